// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/virtio/virtio_device.h"
#include "devices/virtio/virtio_net_layout.h"
#include "tests/unit/unit.h"
#include "tests/unit/virtio_driver.h"

/* Queues of the first pair. */
#define RECEIVE 0
#define SEND	1

#define HEADER	  sizeof(struct net_header)
#define CORE	  (VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)
#define PLAIN	  (NET_F_MAC | NET_F_STATUS | CORE)
#define BUFFER(n) (DRIVER_BUFFERS + (n)*UINT64_C(0x11000))

static struct virtio_driver driver;
static int peers[NET_QUEUES_MAX]; /* the other ends */
static atomic_uint begun;

static int count_thread(void *context)
{
	(void)context;
	atomic_fetch_add(&begun, 1);
	return 0;
}

/* A TAP is played by a socket that keeps packets apart. */
static void begin(enum net_kind kind, unsigned queues, uint64_t features)
{
	const struct net_request request = { .kind = kind, .queues = queues };
	const struct virtio_net_setup setup = {
		.net = &request,
		.memory = &driver.memory,
		.vm_name = "vm",
		.thread_begin = count_thread,
	};
	struct virtio_device *device = NULL;
	int fds[NET_QUEUES_MAX], pair[2];

	virtio_driver_init(&driver);
	for (unsigned i = 0; i < queues; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX,
					    kind == NET_USER ? SOCK_STREAM : SOCK_SEQPACKET, 0,
					    pair),
				 0);
		ck_assert_int_eq(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
		fds[i] = pair[0];
		peers[i] = pair[1];
	}
	ck_assert_int_eq(virtio_net_create_on(&setup, fds, kind == NET_TAP ? 9000 : 0, &device), 0);
	virtio_driver_attach(&driver, device);
	if (features)
		virtio_driver_start(&driver, features, 256);
	unit_reset_log();
}

static void end(void)
{
	virtio_driver_destroy(&driver);
	for (unsigned i = 0; i < NET_QUEUES_MAX; i++)
		if (peers[i])
			close(peers[i]);
}

static void *at(uint64_t ipa)
{
	return virtio_driver_at(&driver, ipa);
}

/* Content that tells which packet it is of. */
static void make_packet(uint8_t *bytes, size_t size, unsigned n)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = i * 31 + (i >> 8) + n;
}

static void assert_packet(const uint8_t *bytes, size_t size, unsigned n)
{
	static uint8_t wanted[70000];

	make_packet(wanted, size, n);
	ck_assert_int_eq(memcmp(bytes, wanted, size), 0);
}

/* The driver sends a packet from buffer `n`, in two pieces, the first with a part of the header. */
static void send_packet(unsigned n, size_t size)
{
	uint8_t *buffer = at(BUFFER(n));
	const struct driver_descriptor pieces[] = {
		{ BUFFER(n), 7, 0, 0 },
		{ BUFFER(n) + 7, HEADER + size - 7, 0, 0 },
	};

	memset(buffer, 0, HEADER);
	make_packet(buffer + HEADER, size, n);
	virtio_driver_add(&driver, SEND, pieces, 2);
}

static void offer_buffer(unsigned queue, unsigned n, size_t size)
{
	const struct driver_descriptor buffer = { BUFFER(n), size, DESC_WRITE, 0 };

	memset(at(BUFFER(n)), 0xff, size);
	virtio_driver_add(&driver, queue, &buffer, 1);
}

static uint32_t wait_used(unsigned queue)
{
	uint32_t head, written;

	while (!virtio_driver_take_used(&driver, queue, &head, &written))
		usleep(100);
	return written;
}

static void read_all(int fd, void *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, (char *)bytes + done, size - done);

		ck_assert_int_gt(got, 0);
		done += got;
	}
}

static void assert_frame(unsigned n, size_t size)
{
	static uint8_t frame[70000];
	uint32_t length;

	read_all(peers[0], &length, sizeof(length));
	ck_assert_uint_eq(ntohl(length), size);
	read_all(peers[0], frame, size);
	assert_packet(frame, size, n);
}

static void write_frame(unsigned n, size_t size, size_t step)
{
	static uint8_t frame[70004];
	uint32_t length = htonl(size);

	memcpy(frame, &length, sizeof(length));
	make_packet(frame + 4, size, n);
	for (size_t done = 0; done < size + 4; done += step) {
		size_t part = size + 4 - done < step ? size + 4 - done : step;

		ck_assert_int_eq(write(peers[0], frame + done, part), (int)part);
	}
}

/* What came into buffers `first` and following, `room` bytes each. */
static void assert_received(unsigned first, size_t room, unsigned n, size_t size)
{
	static uint8_t packet[80000];
	struct net_header header;
	unsigned buffers = (HEADER + size + room - 1) / room;
	size_t done = 0;

	for (unsigned i = 0; i < buffers; i++) {
		uint32_t written = wait_used(RECEIVE);

		ck_assert_uint_le(written, room);
		memcpy(packet + done, at(BUFFER(first + i)), written);
		done += written;
	}
	ck_assert_uint_eq(done, HEADER + size);
	memcpy(&header, packet, sizeof(header));
	ck_assert_uint_eq(header.num_buffers, buffers);
	assert_packet(packet + HEADER, size, n);
}

START_TEST(the_device_is_described)
{
	uint8_t mac[6];
	uint64_t value;

	begin(NET_TAP, 2, 0);
	ck_assert_uint_eq(atomic_load(&begun), 2);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_DEVICE_ID), 1);
	ck_assert_uint_eq(driver.device->queue_count, 5);
	net_derive_mac("vm", 0, mac);
	for (unsigned i = 0; i < 6; i++) {
		mmio_bus_read(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + i, 1, &value);
		ck_assert_uint_eq(value, mac[i]);
	}
	mmio_bus_read(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + 6, 2, &value);
	ck_assert_uint_eq(value, NET_S_LINK_UP);
	mmio_bus_read(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + 8, 2, &value);
	ck_assert_uint_eq(value, 2);
	mmio_bus_read(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + 10, 2, &value);
	ck_assert_uint_eq(value, 9000);
	ck_assert_uint_ne(driver.device->features_offered & NET_F_HOST_TSO4, 0);
	end();

	begin(NET_USER, 1, 0);
	ck_assert_uint_eq(driver.device->queue_count, 2);
	ck_assert_uint_eq(driver.device->features_offered &
				  (NET_F_CSUM | NET_F_GUEST_CSUM | NET_F_MQ | NET_F_MTU),
			  0);
	end();
}
END_TEST

START_TEST(features_that_do_not_go_together_are_refused)
{
	static const uint64_t refused[] = {
		NET_F_GUEST_TSO4,
		NET_F_HOST_TSO6,
		NET_F_MQ,
		NET_F_CTRL_VQ,
		NET_F_CSUM | NET_F_HOST_ECN,
		NET_F_GUEST_CSUM | NET_F_GUEST_ECN,
	};

	begin(NET_TAP, 2, 0);
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		virtio_driver_negotiate(&driver, refused[i] | VIRTIO_F_VERSION_1);
		ck_assert_uint_eq(
			virtio_driver_read(&driver, REG_STATUS) & VIRTIO_STATUS_FEATURES_OK, 0);
	}
	end();
}
END_TEST

START_TEST(passt_gets_what_the_driver_sends)
{
	begin(NET_USER, 1, PLAIN);
	for (unsigned round = 0; round < 30; round++) {
		for (unsigned n = 0; n < 40; n++)
			send_packet(n, 14 + (n * 37 + round * 101) % 1501);
		virtio_driver_kick(&driver, SEND);
		for (unsigned n = 0; n < 40; n++)
			assert_frame(n, 14 + (n * 37 + round * 101) % 1501);
		for (unsigned n = 0; n < 40; n++)
			ck_assert_uint_eq(wait_used(SEND), 0);
	}
	send_packet(0, 65549);
	virtio_driver_kick(&driver, SEND);
	assert_frame(0, 65549);
	end();
}
END_TEST

START_TEST(a_full_socket_loses_nothing)
{
	begin(NET_USER, 1, PLAIN);
	for (unsigned n = 0; n < 100; n++)
		send_packet(n % 50, 14 + 160 * n);
	virtio_driver_kick(&driver, SEND);
	usleep(10000);
	/* The buffers of the second half overwrote those of the first, but for the lengths. */
	for (unsigned n = 0; n < 100; n++) {
		static uint8_t frame[70000];
		uint32_t length;

		read_all(peers[0], &length, sizeof(length));
		ck_assert_uint_eq(ntohl(length), 14 + 160 * n);
		read_all(peers[0], frame, ntohl(length));
		assert_packet(frame, ntohl(length), n % 50);
	}
	for (unsigned n = 0; n < 100; n++)
		wait_used(SEND);
	end();
}
END_TEST

START_TEST(the_driver_gets_what_passt_sends)
{
	static const size_t steps[] = { 100000, 1, 1000 };
	size_t step = steps[_i];

	begin(NET_USER, 1, PLAIN);
	for (unsigned n = 0; n < 20; n++)
		offer_buffer(RECEIVE, n, 2000);
	virtio_driver_kick(&driver, RECEIVE);
	for (unsigned n = 0; n < 20; n++)
		write_frame(n, 14 + 90 * n, step);
	for (unsigned n = 0; n < 20; n++)
		assert_received(n, 2000, n, 14 + 90 * n);
	end();
}
END_TEST

START_TEST(a_packet_may_fill_several_buffers)
{
	static const size_t sizes[] = { 14, 100, 1514, 9014, 65549, 60, 30000 };
	enum net_kind kind = _i ? NET_TAP : NET_USER;
	size_t room = 600;

	begin(kind, 1, PLAIN | NET_F_MRG_RXBUF);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		static uint8_t packet[70000];

		for (unsigned n = 0; n < 120; n++)
			offer_buffer(RECEIVE, n, room);
		virtio_driver_kick(&driver, RECEIVE);
		if (kind == NET_USER) {
			write_frame(i, sizes[i], 1 << 20);
		} else {
			memset(packet, 0, HEADER);
			make_packet(packet + HEADER, sizes[i], i);
			ck_assert_int_eq(write(peers[0], packet, HEADER + sizes[i]),
					 (int)(HEADER + sizes[i]));
		}
		assert_received(0, room, i, sizes[i]);
		virtio_driver_start(&driver, PLAIN | NET_F_MRG_RXBUF, 256);
	}
	end();
}
END_TEST

START_TEST(packets_wait_for_buffers)
{
	begin(NET_USER, 1, PLAIN);
	write_frame(0, 100, 1 << 20);
	write_frame(1, 200, 1 << 20);
	usleep(5000);
	offer_buffer(RECEIVE, 0, 2000);
	virtio_driver_kick(&driver, RECEIVE);
	assert_received(0, 2000, 0, 100);
	offer_buffer(RECEIVE, 1, 2000);
	virtio_driver_kick(&driver, RECEIVE);
	assert_received(1, 2000, 1, 200);
	end();
}
END_TEST

/* There are some, but not enough: that is no reason to look at them again and again. */
START_TEST(a_packet_waits_for_more_buffers)
{
	begin(NET_USER, 1, PLAIN | NET_F_MRG_RXBUF);
	offer_buffer(RECEIVE, 0, 600);
	offer_buffer(RECEIVE, 1, 600);
	virtio_driver_kick(&driver, RECEIVE);
	write_frame(0, 1500, 1 << 20);
	usleep(5000);
	offer_buffer(RECEIVE, 2, 600);
	virtio_driver_kick(&driver, RECEIVE);
	assert_received(0, 600, 0, 1500);

	offer_buffer(RECEIVE, 0, 600);
	virtio_driver_kick(&driver, RECEIVE);
	write_frame(0, 1500, 1 << 20);
	usleep(5000);
	/* It hangs here when the thread keeps its lock. */
	virtio_driver_start(&driver, PLAIN | NET_F_MRG_RXBUF, 256);
	for (unsigned n = 0; n < 3; n++)
		offer_buffer(RECEIVE, n, 600);
	virtio_driver_kick(&driver, RECEIVE);
	assert_received(0, 600, 0, 1500);
	end();
}
END_TEST

START_TEST(a_packet_without_room_is_lost)
{
	enum net_kind kind = _i ? NET_TAP : NET_USER;
	uint8_t packet[HEADER + 300] = { 0 };

	begin(kind, 1, PLAIN);
	offer_buffer(RECEIVE, 0, 200);
	offer_buffer(RECEIVE, 1, 200);
	virtio_driver_kick(&driver, RECEIVE);
	for (unsigned n = 0; n < 2; n++) {
		size_t size = n ? 50 : 300;

		if (kind == NET_USER) {
			write_frame(n, size, 1 << 20);
			continue;
		}
		make_packet(packet + HEADER, size, n);
		ck_assert_int_gt(write(peers[0], packet, HEADER + size), 0);
	}
	/* In the first buffer, which the lost one did not use. */
	assert_received(0, 200, 1, 50);
	end();
}
END_TEST

START_TEST(a_tap_gets_whole_packets)
{
	static uint8_t packet[70000];

	begin(NET_TAP, 1, PLAIN | NET_F_CSUM | NET_F_HOST_TSO4);
	for (unsigned n = 0; n < 40; n++) {
		send_packet(n, 14 + 1500 * (n % 3) + n);
		virtio_driver_kick(&driver, SEND);
		ck_assert_int_eq(read(peers[0], packet, sizeof(packet)),
				 (int)(HEADER + 14 + 1500 * (n % 3) + n));
		assert_packet(packet + HEADER, 14 + 1500 * (n % 3) + n, n);
		wait_used(SEND);
	}
	end();
}
END_TEST

START_TEST(chains_that_are_no_packets_are_used_up)
{
	enum net_kind kind = _i ? NET_TAP : NET_USER;
	const struct driver_descriptor nothing = { BUFFER(0), 20, DESC_WRITE, 0 };
	const struct driver_descriptor little = { BUFFER(0), HEADER, 0, 0 };
	static uint8_t packet[200];

	begin(kind, 1, PLAIN);
	virtio_driver_add(&driver, SEND, &nothing, 1);
	virtio_driver_add(&driver, SEND, &little, 1);
	send_packet(1, 50);
	/* And a receive buffer that cannot be written. */
	virtio_driver_add(&driver, RECEIVE, &little, 1);
	virtio_driver_kick(&driver, RECEIVE);
	virtio_driver_kick(&driver, SEND);
	for (unsigned n = 0; n < 3; n++)
		wait_used(SEND);
	if (kind == NET_USER)
		assert_frame(1, 50);
	else
		ck_assert_int_eq(read(peers[0], packet, sizeof(packet)), (int)HEADER + 50);
	ck_assert_uint_eq(unit_log_count(), 0);
	end();
}
END_TEST

static void wait_link_down(void)
{
	uint64_t status;

	do {
		usleep(100);
		mmio_bus_read(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + 6, 2, &status);
	} while (status & NET_S_LINK_UP);
}

START_TEST(the_end_of_the_other_side_is_a_link_that_is_down)
{
	enum net_kind kind = _i % 2 ? NET_TAP : NET_USER;
	static const uint8_t nonsense[8] = { 0xff, 0xff, 0xff, 0xff };

	begin(kind, 1, PLAIN);
	offer_buffer(RECEIVE, 0, 2000);
	virtio_driver_kick(&driver, RECEIVE);
	if (_i == 2) {
		ck_assert_int_eq(write(peers[0], nonsense, sizeof(nonsense)), 8);
	} else {
		close(peers[0]);
		peers[0] = 0;
	}
	wait_link_down();
	/* What is sent is used up all the same. */
	for (unsigned n = 0; n < 3; n++)
		send_packet(n, 100);
	virtio_driver_kick(&driver, SEND);
	for (unsigned n = 0; n < 3; n++)
		wait_used(SEND);
	virtio_driver_write(&driver, REG_STATUS, 0);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("network 0 is down");
	end();
}
END_TEST

/* Returns the answer. */
static uint8_t command(uint8_t class, uint8_t what, uint16_t pairs)
{
	const struct driver_descriptor parts[] = {
		{ BUFFER(0), 2, 0, 0 },
		{ BUFFER(0) + 2, 2, 0, 0 },
		{ BUFFER(0) + 4, 1, DESC_WRITE, 0 },
	};
	uint8_t *bytes = at(BUFFER(0));

	bytes[0] = class;
	bytes[1] = what;
	bytes[2] = pairs;
	bytes[3] = pairs >> 8;
	bytes[4] = 0xff;
	virtio_driver_add(&driver, 6, parts, 3);
	virtio_driver_kick(&driver, 6);
	ck_assert_uint_eq(wait_used(6), 1);
	return bytes[4];
}

START_TEST(pairs_are_used_when_the_driver_wants_them)
{
	const uint64_t features = PLAIN | NET_F_MQ | NET_F_CTRL_VQ;
	uint8_t packet[HEADER + 100] = { 0 };
	uint32_t head, written;

	begin(NET_TAP, 3, features);
	ck_assert_uint_eq(command(NET_CONTROL_MQ, NET_CONTROL_MQ_PAIRS_SET, 0), NET_CONTROL_ERR);
	ck_assert_uint_eq(command(NET_CONTROL_MQ, NET_CONTROL_MQ_PAIRS_SET, 4), NET_CONTROL_ERR);
	ck_assert_uint_eq(command(NET_CONTROL_MQ, 7, 2), NET_CONTROL_ERR);
	ck_assert_uint_eq(command(0, 0, 2), NET_CONTROL_ERR);
	for (unsigned pair = 0; pair < 3; pair++) {
		offer_buffer(2 * pair, pair + 1, 2000);
		virtio_driver_kick(&driver, 2 * pair);
	}
	ck_assert_int_gt(write(peers[1], packet, sizeof(packet)), 0);
	ck_assert_int_gt(write(peers[2], packet, sizeof(packet)), 0);
	usleep(5000);
	ck_assert(!virtio_driver_take_used(&driver, 2, &head, &written));
	ck_assert_uint_eq(command(NET_CONTROL_MQ, NET_CONTROL_MQ_PAIRS_SET, 2), NET_CONTROL_OK);
	ck_assert_uint_eq(wait_used(2), sizeof(packet));
	usleep(5000);
	ck_assert(!virtio_driver_take_used(&driver, 4, &head, &written));
	ck_assert_uint_eq(command(NET_CONTROL_MQ, NET_CONTROL_MQ_PAIRS_SET, 3), NET_CONTROL_OK);
	ck_assert_uint_eq(wait_used(4), sizeof(packet));
	end();
}
END_TEST

START_TEST(resets_come_at_any_time)
{
	enum net_kind kind = _i ? NET_TAP : NET_USER;

	begin(kind, 1, PLAIN | NET_F_MRG_RXBUF);
	fcntl(peers[0], F_SETFL, O_NONBLOCK);
	for (unsigned round = 0; round < 200; round++) {
		static uint8_t sink[1 << 16];
		uint8_t packet[200] = { 0, 0, 0, 100 };

		for (unsigned n = 0; n < 16; n++) {
			send_packet(n, 100 + 100 * n);
			offer_buffer(RECEIVE, 20 + n, 500);
		}
		virtio_driver_kick(&driver, RECEIVE);
		virtio_driver_kick(&driver, SEND);
		if (write(peers[0], packet, kind == NET_USER ? 104 : 200) < 0)
			ck_assert_int_eq(errno, EAGAIN);
		if (round % 3)
			usleep(10 * (round % 16));
		while (read(peers[0], sink, sizeof(sink)) > 0)
			;
		virtio_driver_start(&driver, PLAIN | NET_F_MRG_RXBUF, 256);
	}
	ck_assert_uint_eq(unit_log_count(), 0);
	end();
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("virtio_net");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, the_device_is_described);
	tcase_add_test(tests, features_that_do_not_go_together_are_refused);
	tcase_add_test(tests, passt_gets_what_the_driver_sends);
	tcase_add_test(tests, a_full_socket_loses_nothing);
	tcase_add_loop_test(tests, the_driver_gets_what_passt_sends, 0, 3);
	tcase_add_loop_test(tests, a_packet_may_fill_several_buffers, 0, 2);
	tcase_add_test(tests, packets_wait_for_buffers);
	tcase_add_test(tests, a_packet_waits_for_more_buffers);
	tcase_add_loop_test(tests, a_packet_without_room_is_lost, 0, 2);
	tcase_add_test(tests, a_tap_gets_whole_packets);
	tcase_add_loop_test(tests, chains_that_are_no_packets_are_used_up, 0, 2);
	tcase_add_loop_test(tests, the_end_of_the_other_side_is_a_link_that_is_down, 0, 3);
	tcase_add_test(tests, pairs_are_used_when_the_driver_wants_them);
	tcase_add_loop_test(tests, resets_come_at_any_time, 0, 2);
	suite_add_tcase(suite, tests);
	return suite;
}
