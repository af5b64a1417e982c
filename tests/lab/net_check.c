// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: net_check listen PORT
 *        net_check tcp ADDRESS PORT BYTES
 *        net_check udp ADDRESS PORT PACKETS SIZE
 *        net_check quit ADDRESS PORT
 *
 * Proves that a network keeps what is sent. `listen` is the other side of all others, by TCP and
 * UDP, and ends by `quit`. tcp: as many bytes in each direction. udp: packets of odd sizes up to
 * SIZE, which come back; one that is lost is sent again, one that comes back changed is a
 * failure.
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

/* Sends packet `number` until it comes back. Returns how often it was lost. */
static unsigned send_packet(int fd, uint32_t number, size_t size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	static uint8_t answer[CHUNK];

	fill(wanted, size, (uint64_t)number << 20);
	memcpy(wanted, &number, size < sizeof(number) ? size : sizeof(number));
	for (unsigned lost = 0; lost < TRIES; lost++) {
		if (send(fd, wanted, size, 0) != (ssize_t)size)
			die("send a packet");
		while (poll(&wait, 1, PATIENCE) > 0) {
			ssize_t got = recv(fd, answer, sizeof(answer), 0);

			if (got == (ssize_t)size && memcmp(answer, wanted, size) == 0)
				return lost;
			/* A packet that was given up may come late. */
			if (got < 4 || size < 4 || memcmp(answer, wanted, 4) == 0) {
				printf("net_check: packet %u of %zu bytes came back changed\n",
				       number, size);
				exit(1);
			}
		}
	}
	printf("net_check: packet %u of %zu bytes never came back\n", number, size);
	exit(1);
}

static int talk_udp(const char *address, unsigned port, unsigned packets, unsigned most)
{
	int fd = make_socket(SOCK_DGRAM, address, port, false);
	uint64_t random = 1;
	unsigned lost = 0;

	for (unsigned number = 0; number < packets; number++) {
		size_t size;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		/* Half of them in one Ethernet frame. */
		size = 4 +
		       (random >> 33) % (number % 2 && most > FRAME_MAX ? FRAME_MAX - 3 : most - 3);
		lost += send_packet(fd, number, size);
	}
	printf("net_check: udp: %u packets as sent, %u were lost on the way\n", packets, lost);
	return 0;
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
	fprintf(stderr, "usage: net_check listen PORT\n"
			"       net_check tcp ADDRESS PORT BYTES\n"
			"       net_check udp ADDRESS PORT PACKETS SIZE\n"
			"       net_check quit ADDRESS PORT\n");
	return 129;
}
