// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: net_check listen PORT
 *        net_check tcp ADDRESS PORT BYTES
 *        net_check udp ADDRESS PORT PACKETS SIZE
 *        net_check quit ADDRESS PORT
 *        net_check unix PATH TEXT
 *        net_check names ADDRESS
 *
 * Proves that a network keeps what is sent. `listen` is the other side of all others, by TCP and
 * UDP, and ends by `quit`. tcp: as many bytes in each direction. udp: packets of odd sizes up to
 * SIZE, which come back, up to 32 at once; one that is lost is sent again, one that comes back
 * changed is a failure. unix: sends TEXT to a unix socket, and prints what comes from there.
 * names: a name server at 127.0.0.1, for which each name has the ADDRESS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHUNK	  65536
#define UDP_MAX	  65507
#define FRAME_MAX 1472 /* of UDP, in an Ethernet frame */
#define PATIENCE  1000 /* ms, until a packet counts as lost */
#define TRIES	  60

static uint8_t buffer[CHUNK], wanted[CHUNK];

static _Noreturn void die(const char *what)
{
	printf("net_check: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Byte `offset` and those after it of the stream that everybody sends. */
static void fill(uint8_t *bytes, size_t size, uint64_t offset)
{
	for (size_t i = 0; i < size; i++) {
		uint64_t at = offset + i;

		bytes[i] = at * 7 + (at >> 8) * 13 + (at >> 16) * 31;
	}
}

static void write_all(int fd, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t sent = send(fd, (const char *)bytes + done, size - done, MSG_NOSIGNAL);

		if (sent <= 0)
			die("send");
		done += sent;
	}
}

static void read_all(int fd, void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = recv(fd, (char *)bytes + done, size - done, 0);

		if (got <= 0)
			die("receive");
		done += got;
	}
}

static void send_stream(int fd, uint64_t bytes)
{
	for (uint64_t offset = 0; offset < bytes;) {
		size_t part = bytes - offset < CHUNK ? bytes - offset : CHUNK;

		fill(buffer, part, offset);
		write_all(fd, buffer, part);
		offset += part;
	}
}

static void check_stream(int fd, uint64_t bytes)
{
	for (uint64_t offset = 0; offset < bytes;) {
		size_t part = bytes - offset < CHUNK ? bytes - offset : CHUNK;

		fill(wanted, part, offset);
		read_all(fd, buffer, part);
		if (memcmp(buffer, wanted, part) != 0) {
			printf("net_check: mismatch after %llu bytes\n",
			       (unsigned long long)offset);
			exit(1);
		}
		offset += part;
	}
}

static int make_socket(int type, const char *address, unsigned port, bool listens)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = address ? inet_addr(address) : htonl(INADDR_ANY),
	};
	int fd = socket(AF_INET, type, 0), one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listens ? bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0
		    : connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		die(listens ? "bind" : "connect");
	if (listens && type == SOCK_STREAM && listen(fd, 4) < 0)
		die("listen");
	return fd;
}

/* A connection says how many bytes it wants; none is the end. */
static bool serve_tcp(int listener)
{
	int fd = accept(listener, NULL, NULL);
	uint64_t bytes;

	if (fd < 0)
		die("accept");
	read_all(fd, &bytes, sizeof(bytes));
	check_stream(fd, bytes);
	send_stream(fd, bytes);
	close(fd);
	return bytes;
}

static void serve_udp(int fd)
{
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	ssize_t size = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &length);

	if (size >= 0)
		sendto(fd, buffer, size, 0, (struct sockaddr *)&from, length);
}

static int serve(unsigned port)
{
	struct pollfd fds[] = {
		{ .fd = make_socket(SOCK_STREAM, NULL, port, true), .events = POLLIN },
		{ .fd = make_socket(SOCK_DGRAM, NULL, port, true), .events = POLLIN },
	};

	printf("net_check: listening\n");
	fflush(stdout);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			die("poll");
		if (fds[1].revents)
			serve_udp(fds[1].fd);
		if (fds[0].revents && !serve_tcp(fds[0].fd))
			return 0;
	}
}

static int talk_tcp(const char *address, unsigned port, uint64_t bytes)
{
	int fd = make_socket(SOCK_STREAM, address, port, false);

	write_all(fd, &bytes, sizeof(bytes));
	send_stream(fd, bytes);
	check_stream(fd, bytes);
	close(fd);
	if (bytes)
		printf("net_check: tcp: %llu bytes each way, all as sent\n",
		       (unsigned long long)bytes);
	return 0;
}

/* Packet `number`, whose size follows from its number. Half of them fit in one Ethernet frame. */
static size_t make_packet(uint8_t *bytes, uint32_t number, unsigned most)
{
	uint64_t random = number * UINT64_C(6364136223846793005) + 1442695040888963407;
	size_t size =
		4 + (random >> 33) % (number % 2 && most > FRAME_MAX ? FRAME_MAX - 3 : most - 3);

	fill(bytes, size, (uint64_t)number << 20);
	memcpy(bytes, &number, sizeof(number));
	return size;
}

/* What is on its way: so much that no socket's buffer overflows. */
static struct flight {
	size_t size; /* 0: nothing */
	uint32_t number;
} flights[32];
#define FLIGHTS (sizeof(flights) / sizeof(flights[0]))

static void send_packet(int fd, struct flight *flight, uint32_t number, unsigned most)
{
	flight->number = number;
	flight->size = make_packet(wanted, number, most);
	if (send(fd, wanted, flight->size, 0) != (ssize_t)flight->size)
		die("send a packet");
}

/* Takes a packet that came back. Returns how many bytes are no longer on their way. */
static size_t receive_packet(int fd, uint32_t begun, unsigned most)
{
	ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
	struct flight *flight;
	uint32_t number = 0;
	size_t size;

	if (got < 0)
		return 0; /* such as a port that nobody listens at yet */
	memcpy(&number, buffer, sizeof(number));
	if (got < (ssize_t)sizeof(number) || number >= begun ||
	    make_packet(wanted, number, most) != (size_t)got || memcmp(buffer, wanted, got) != 0) {
		printf("net_check: packet %u came back changed, %zd bytes of it\n", number, got);
		exit(1);
	}
	/* One that counted as lost may come twice. */
	flight = &flights[number % FLIGHTS];
	size = flight->number == number ? flight->size : 0;
	flight->size = size ? 0 : flight->size;
	return size;
}

static int talk_udp(const char *address, unsigned port, unsigned packets, unsigned most)
{
	int fd = make_socket(SOCK_DGRAM, address, port, false);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	unsigned begun = 0, lost = 0, tries = 0;
	size_t under_way = 0;

	while (begun < packets || under_way) {
		struct flight *next = &flights[begun % FLIGHTS];

		if (begun < packets && !next->size && (!under_way || under_way + most <= UDP_MAX)) {
			send_packet(fd, next, begun++, most);
			under_way += next->size;
			continue;
		}
		if (poll(&wait, 1, PATIENCE) > 0) {
			under_way -= receive_packet(fd, begun, most);
			tries = 0;
			continue;
		}
		if (tries++ == TRIES) {
			printf("net_check: no packet comes back after %u of %u\n", begun, packets);
			return 1;
		}
		for (next = flights; next < flights + FLIGHTS; next++) {
			if (!next->size)
				continue;
			send_packet(fd, next, next->number, most);
			lost++;
		}
	}
	printf("net_check: udp: %u packets as sent, %u were lost on the way\n", packets, lost);
	return 0;
}

static int talk_unix(const char *path, const char *text)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ssize_t got;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		die(path);
	write_all(fd, text, strlen(text));
	while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0)
		fwrite(buffer, got, 1, stdout);
	return 0;
}

/* Where the only question of a query ends; 0: it has none. */
static size_t question_end(const uint8_t *query, size_t size)
{
	size_t at = 12;

	while (at < size && query[at])
		at += query[at] + 1;
	return at + 5 <= size ? at + 5 : 0;
}

static int serve_names(const char *address)
{
	/* The name of the question, type A, class IN, a minute, four bytes. */
	static const uint8_t answer[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4 };
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(53) }, from;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	in_addr_t wanted_address = inet_addr(address);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		die("port 53");
	for (;;) {
		socklen_t length = sizeof(from);
		ssize_t size = recvfrom(fd, buffer, 512, 0, (struct sockaddr *)&from, &length);
		size_t end = size < 0 ? 0 : question_end(buffer, size);
		bool is_a;

		if (!end)
			continue;
		is_a = buffer[end - 4] == 0 && buffer[end - 3] == 1;
		memcpy(buffer + 2, "\x81\x80\0\1\0\0\0\0\0\0", 10);
		buffer[7] = is_a;
		if (is_a) {
			memcpy(buffer + end, answer, sizeof(answer));
			memcpy(buffer + end + sizeof(answer), &wanted_address, 4);
			end += sizeof(answer) + 4;
		}
		sendto(fd, buffer, end, 0, (struct sockaddr *)&from, length);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 3 && strcmp(what, "listen") == 0)
		return serve(atoi(argv[2]));
	if (argc == 5 && strcmp(what, "tcp") == 0)
		return talk_tcp(argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 10));
	if (argc == 6 && strcmp(what, "udp") == 0 && atoi(argv[5]) > 4 && atoi(argv[5]) <= UDP_MAX)
		return talk_udp(argv[2], atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
	if (argc == 4 && strcmp(what, "quit") == 0)
		return talk_tcp(argv[2], atoi(argv[3]), 0);
	if (argc == 4 && strcmp(what, "unix") == 0)
		return talk_unix(argv[2], argv[3]);
	if (argc == 3 && strcmp(what, "names") == 0)
		return serve_names(argv[2]);
	fprintf(stderr, "usage: net_check listen PORT\n"
			"       net_check tcp ADDRESS PORT BYTES\n"
			"       net_check udp ADDRESS PORT PACKETS SIZE\n"
			"       net_check quit ADDRESS PORT\n"
			"       net_check unix PATH TEXT\n"
			"       net_check names ADDRESS\n");
	return 129;
}
