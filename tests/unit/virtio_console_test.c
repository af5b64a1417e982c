// SPDX-License-Identifier: GPL-2.0-only
/* virtio-console on the streams that it shares with the PL011. */
#include "devices/virtio/virtio_console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "devices/console_host.h"
#include "devices/pl011_registers.h"
#include "devices/serial_console.h"
#include "tests/unit/unit.h"
#include "tests/unit/virtio_driver.h"

#define RECEIVE	 0
#define TRANSMIT 1

static struct virtio_driver driver;
static struct pl011 uart;
static struct serial_console console;
static struct console_port *port;
static struct virtio_device *device;
static int in[2], out[2]; /* pipes: the console reads in[0] and writes out[1] */

static void on_quit(void *context)
{
	(void)context;
}

static void make(int in_fd, int out_fd)
{
	virtio_driver_init(&driver);
	pl011_init(&uart, NULL, 0);
	ck_assert_int_eq(virtio_console_create(&driver.memory, &driver.loop,
					       (struct virtio_console_size){ 80, 25 }, &device,
					       &port),
			 0);
	virtio_driver_attach(&driver, device);
	ck_assert_int_eq(
		serial_console_init(&console, &driver.loop, &uart, in_fd, out_fd, on_quit, NULL),
		0);
	serial_console_add_port(&console, port);
}

static void setup(void)
{
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	make(in[0], out[1]);
}

static void teardown(void)
{
	serial_console_destroy(&console);
	virtio_driver_destroy(&driver);
}

static void run_until_idle(void)
{
	do {
		virtio_driver_settle(&driver);
		if (console.ticking)
			event_loop_once(&driver.loop, 1000);
	} while (console.ticking || event_loop_once(&driver.loop, 0) > 0);
}

/* Hands the device `text` in one buffer, number `slot` of 4 KiB. */
static void send_text(unsigned slot, const char *text)
{
	uint64_t ipa = DRIVER_BUFFERS + slot * 0x1000;

	memcpy(virtio_driver_at(&driver, ipa), text, strlen(text));
	virtio_driver_add(&driver, TRANSMIT, &(struct driver_descriptor){ ipa, strlen(text), 0, 0 },
			  1);
	virtio_driver_write(&driver, REG_QUEUE_NOTIFY, TRANSMIT);
}

static void expect_output(const char *text)
{
	char bytes[256];
	ssize_t got;

	run_until_idle();
	got = read(out[0], bytes, sizeof(bytes));
	ck_assert_int_eq(got, strlen(text));
	ck_assert_mem_eq(bytes, text, got);
}

/* A driver that has written something gets input soon. */
static void start_and_write(uint64_t features)
{
	virtio_driver_start(&driver, features, 16);
	send_text(15, ">");
	expect_output(">");
}

static void give_buffers(unsigned count, unsigned size)
{
	for (unsigned i = 0; i < count; i++)
		virtio_driver_add(
			&driver, RECEIVE,
			&(struct driver_descriptor){ DRIVER_BUFFERS + 0x100000 + i * 0x1000, size,
						     DESC_WRITE, 0 },
			1);
	virtio_driver_write(&driver, REG_QUEUE_NOTIFY, RECEIVE);
}

static void expect_input(unsigned buffer, const char *text)
{
	uint32_t head, written;

	/* Through a pseudo terminal it takes a moment. */
	while (!virtio_driver_take_used(&driver, RECEIVE, &head, &written))
		ck_assert_int_ge(event_loop_once(&driver.loop, 1000), 0);
	ck_assert_uint_eq(head, buffer);
	ck_assert_uint_eq(written, strlen(text));
	ck_assert_mem_eq(virtio_driver_at(&driver, DRIVER_BUFFERS + 0x100000 + buffer * 0x1000),
			 text, written);
}

static unsigned used_count(unsigned queue)
{
	uint32_t head, written;
	unsigned count = 0;

	while (virtio_driver_take_used(&driver, queue, &head, &written))
		count++;
	return count;
}

START_TEST(size_is_told)
{
	virtio_driver_start(&driver, 1, 16);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_CONFIG), 80 | 25 << 16);
	virtio_console_resize(device, (struct virtio_console_size){ 132, 50 });
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_CONFIG), 132 | 50 << 16);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_INTERRUPT_STATUS), 2);
}
END_TEST

START_TEST(output_is_written)
{
	virtio_driver_start(&driver, 0, 16);
	send_text(0, "one ");
	send_text(1, "two");
	expect_output("one two");
	ck_assert_uint_eq(used_count(TRANSMIT), 2);
}
END_TEST

/* One for all that came within a tick, and not before it has passed. */
START_TEST(interrupts_come_with_the_tick)
{
	virtio_driver_start(&driver, 0, 16);
	for (unsigned i = 0; i < 5; i++) {
		send_text(i, "x");
		event_loop_once(&driver.loop, 0);
	}
	run_until_idle();
	ck_assert_uint_eq(used_count(TRANSMIT), 5);
	ck_assert_uint_eq(virtio_driver_interrupts(&driver), 1);
}
END_TEST

/* The driver spins until its buffer is used: that does not wait for a write. */
START_TEST(buffers_are_used_before_the_bytes_are_written)
{
	virtio_driver_start(&driver, VIRTIO_F_EVENT_IDX, 16);
	send_text(0, "first");
	event_loop_once(&driver.loop, 0);
	for (unsigned i = 0; i < 10; i++) {
		while (used_count(TRANSMIT) == 0)
			event_loop_once(&driver.loop, 1000);
		send_text(1, "x");
	}
	expect_output("firstxxxxxxxxxx");
}
END_TEST

START_TEST(both_ports_share_the_output)
{
	virtio_driver_start(&driver, 0, 16);
	pl011_ops.write(&uart, PL011_DR, 'u', 4, 0);
	run_until_idle();
	send_text(0, "v");
	run_until_idle();
	pl011_ops.write(&uart, PL011_DR, 'u', 4, 0);
	expect_output("uvu");
}
END_TEST

START_TEST(input_goes_to_the_port_with_a_driver)
{
	pl011_ops.write(&uart, PL011_CR, PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE, 4, 0);
	ck_assert_int_eq(write(in[1], "u", 1), 1);
	run_until_idle();
	ck_assert_uint_eq(pl011_ops.read(&uart, PL011_DR, 4, 0), 'u');

	start_and_write(0);
	give_buffers(3, 4);
	ck_assert_int_eq(write(in[1], "abcdef", 6), 6);
	run_until_idle();
	expect_input(0, "abcd");
	expect_input(1, "ef");
	ck_assert_uint_ne(pl011_ops.read(&uart, PL011_FR, 4, 0) & PL011_FR_RXFE, 0);
	ck_assert_uint_ge(virtio_driver_interrupts(&driver), 1);
}
END_TEST

START_TEST(input_waits_for_buffers)
{
	start_and_write(VIRTIO_F_EVENT_IDX);
	ck_assert_int_eq(write(in[1], "abc", 3), 3);
	run_until_idle();
	give_buffers(1, 2);
	run_until_idle();
	expect_input(0, "ab");
	virtio_driver_add(
		&driver, RECEIVE,
		&(struct driver_descriptor){ DRIVER_BUFFERS + 0x101000, 8, DESC_WRITE, 0 }, 1);
	virtio_driver_write(&driver, REG_QUEUE_NOTIFY, RECEIVE);
	run_until_idle();
	expect_input(1, "c");
}
END_TEST

START_TEST(input_from_before_the_driver)
{
	ck_assert_int_eq(write(in[1], "early", 5), 5);
	run_until_idle();
	virtio_driver_negotiate(&driver, VIRTIO_F_VERSION_1);
	virtio_driver_set_up_queue(&driver, RECEIVE, 16);
	virtio_driver_set_up_queue(&driver, TRANSMIT, 16);
	give_buffers(1, 64);
	virtio_driver_go(&driver);
	for (unsigned i = 0; i < 100; i++)
		event_loop_once(&driver.loop, 10);
	/* Linux would throw it away. */
	ck_assert_uint_eq(used_count(RECEIVE), 0);
	send_text(0, ">");
	expect_output(">");
	expect_input(0, "early");
}
END_TEST

/* A reader that stops holds the guest up; nothing is lost. A reset in the middle forgets the rest.
 */
START_TEST(output_waits_for_the_reader)
{
	static char filler[0x1000], bytes[0x1000];
	uint64_t total = 0, got = 0;
	ssize_t count;

	memset(filler, 'f', sizeof(filler) - 1);
	virtio_driver_start(&driver, 0, 64);
	/* A pipe holds 64 KiB, the console 4. */
	for (unsigned i = 0; i < 40; i++)
		send_text(i, filler);
	run_until_idle();
	ck_assert_uint_lt(used_count(TRANSMIT), 40);
	total = 40 * (sizeof(filler) - 1);
	while (got < total) {
		while ((count = read(out[0], bytes, sizeof(bytes))) > 0)
			got += count;
		run_until_idle();
	}
	ck_assert_uint_eq(got, total);
	ck_assert_int_gt(used_count(TRANSMIT), 0);

	memset(filler, 'g', sizeof(filler) - 1);
	for (unsigned i = 0; i < 40; i++)
		send_text(i, filler);
	run_until_idle();
	virtio_driver_start(&driver, 0, 64);
	while (read(out[0], bytes, sizeof(bytes)) > 0)
		run_until_idle();
	send_text(0, "new");
	expect_output("new");
}
END_TEST

static void serve(struct console_host *host, enum console_place place, const char *path)
{
	ck_assert_int_eq(console_host_open(host, place, path), 0);
	make(console_host_in_fd(host), console_host_out_fd(host));
	ck_assert_int_eq(console_host_connect(host, &driver.loop, &console), 0);
	virtio_driver_start(&driver, 0, 16);
}

static void end(struct console_host *host)
{
	console_host_close(host);
	teardown();
}

START_TEST(output_to_a_file)
{
	const char *path = unit_make_file("old contents", 12);
	struct console_host host;
	char bytes[32];
	int fd;

	serve(&host, CONSOLE_FILE, path);
	send_text(0, "to the file");
	run_until_idle();
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, bytes, sizeof(bytes)), 11);
	ck_assert_mem_eq(bytes, "to the file", 11);
	close(fd);
	end(&host);
}
END_TEST

START_TEST(file_that_cannot_be_written)
{
	struct console_host host;

	ck_assert_int_lt(console_host_open(&host, CONSOLE_FILE, "/nowhere/console"), 0);
	unit_assert_logged("/nowhere/console");
	ck_assert_int_lt(console_host_open(&host, CONSOLE_UNIX, "/nowhere/console"), 0);
	unit_assert_logged("/nowhere/console");
}
END_TEST

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void expect_from(int fd, const char *text)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char bytes[64];

	run_until_idle();
	ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
	ck_assert_int_eq(read(fd, bytes, sizeof(bytes)), strlen(text));
	ck_assert_mem_eq(bytes, text, strlen(text));
}

START_TEST(clients_of_a_socket_come_and_go)
{
	const char *path = unit_make_file("x", 1);
	struct console_host host;
	char byte;
	int fd, other;

	ck_assert_int_lt(console_host_open(&host, CONSOLE_UNIX, path), 0);
	unit_assert_logged("there is something of that name");
	unlink(path);
	/* One that nobody listens on is in nobody's way. */
	ck_assert_int_eq(console_host_open(&host, CONSOLE_UNIX, path), 0);
	console_host_close(&host);
	serve(&host, CONSOLE_UNIX, path);
	give_buffers(3, 64);

	send_text(0, "to nobody");
	run_until_idle();
	ck_assert_uint_eq(used_count(TRANSMIT), 1);
	for (unsigned i = 0; i < 3; i++) {
		fd = connect_to(path);
		run_until_idle();
		/* One at a time. */
		other = connect_to(path);
		run_until_idle();
		ck_assert_int_eq(read(other, &byte, 1), 0);
		close(other);
		send_text(1, "hello");
		expect_from(fd, "hello");
		/* Nothing in it is a command. */
		ck_assert_int_eq(write(fd, "\1x", 2), 2);
		run_until_idle();
		expect_input(i, "\1x");
		close(fd);
		run_until_idle();
		send_text(2, "to nobody");
		run_until_idle();
	}
	ck_assert_uint_eq(serial_console_drain(&console, 0), 0);
	end(&host);
}
END_TEST

START_TEST(pseudo_terminal)
{
	struct console_host host;
	char name[64];
	int fd;

	serve(&host, CONSOLE_PTY, NULL);
	give_buffers(1, 64);
	ck_assert_int_eq(ptsname_r(host.fd, name, sizeof(name)), 0);
	fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	send_text(0, "hello\n");
	expect_from(fd, "hello\n");
	ck_assert_int_eq(write(fd, "\1x\3", 3), 3);
	run_until_idle();
	expect_input(0, "\1x\3");
	close(fd);
	/* The guest goes on without a reader, and one finds it again. */
	for (unsigned i = 0; i < 5000; i++) {
		send_text(0, "0123456789abcdef");
		while (used_count(TRANSMIT) == 0)
			event_loop_once(&driver.loop, 1000);
	}
	run_until_idle();
	fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	memset(name, 0, sizeof(name));
	while (!memmem(name, sizeof(name), "again", 5)) {
		send_text(0, "again");
		run_until_idle();
		used_count(TRANSMIT);
		while (read(fd, name, sizeof(name)) > 0)
			;
	}
	close(fd);
	end(&host);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("virtio_console");
	TCase *tests = tcase_create("ports"), *places = tcase_create("places");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, size_is_told);
	tcase_add_test(tests, output_is_written);
	tcase_add_test(tests, interrupts_come_with_the_tick);
	tcase_add_test(tests, buffers_are_used_before_the_bytes_are_written);
	tcase_add_test(tests, both_ports_share_the_output);
	tcase_add_test(tests, input_goes_to_the_port_with_a_driver);
	tcase_add_test(tests, input_waits_for_buffers);
	tcase_add_test(tests, input_from_before_the_driver);
	tcase_add_test(tests, output_waits_for_the_reader);
	suite_add_tcase(suite, tests);
	tcase_add_test(places, output_to_a_file);
	tcase_add_test(places, file_that_cannot_be_written);
	tcase_add_test(places, clients_of_a_socket_come_and_go);
	tcase_add_test(places, pseudo_terminal);
	suite_add_tcase(suite, places);
	return suite;
}
