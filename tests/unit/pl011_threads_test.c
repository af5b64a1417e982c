// SPDX-License-Identifier: GPL-2.0-only
/* The PL011 with several vCPUs and the host's side at once. */
#include <pthread.h>
#include <sched.h>

#include "tests/unit/pl011_fixture.h"

#define THREADS	   4
#define PER_THREAD 30000

static atomic_uint running;

/* Each thread sends its own sequence, in the lower six bits, and waits when the ring is full. */
static void *send_sequence(void *argument)
{
	unsigned id = (uintptr_t)argument;

	for (unsigned i = 0; i < PER_THREAD; i++) {
		while (get(PL011_FR) & PL011_FR_TXFF)
			sched_yield();
		put(PL011_DR, id << 6 | (i & 0x3f));
		/* Room that was there may be gone: a blind writer's bytes are counted. */
	}
	atomic_fetch_sub(&running, 1);
	return NULL;
}

START_TEST(bytes_of_each_vcpu_arrive_in_order)
{
	unsigned next[THREADS] = { 0 }, total = 0, wrong = 0;
	static uint8_t bytes[300];
	pthread_t threads[THREADS];

	put(PL011_IMSC, PL011_INT_TX);
	atomic_store(&running, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, send_sequence, (void *)i), 0);
	for (;;) {
		bool last = !atomic_load(&running);
		size_t count = pl011_take(&uart, bytes, sizeof(bytes));

		for (size_t i = 0; i < count; i++) {
			unsigned id = bytes[i] >> 6;

			wrong += (next[id] & 0x3f) != (bytes[i] & 0x3f);
			next[id] = bytes[i] + 1;
		}
		total += count;
		if (last && !count)
			break;
		if (!count)
			sched_yield();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(total + uart.dropped, THREADS * PER_THREAD);
	/* Only a lost byte breaks a sequence. */
	ck_assert_uint_le(wrong, uart.dropped);
	ck_assert(uart_irqchip.level[UART_SPI]);
	ck_assert_uint_eq(uart_irqchip.repeats + uart_irqchip.overlaps, 0);
	put(PL011_ICR, PL011_INT_TX);
	ck_assert(!uart_irqchip.level[UART_SPI]);
}
END_TEST

static atomic_uint received[256];
static atomic_bool host_done;

static void *receive_bytes(void *argument)
{
	(void)argument;
	/* Interrupt driven: nothing is read unless the line says so. */
	while (!atomic_load(&host_done) || uart_irqchip.level[UART_SPI]) {
		if (!uart_irqchip.level[UART_SPI]) {
			sched_yield();
			continue;
		}
		while (!(get(PL011_FR) & PL011_FR_RXFE))
			atomic_fetch_add(&received[get(PL011_DR) & 0xff], 1);
	}
	return NULL;
}

/* Two vCPUs read, neither byte nor interrupt is lost, and the host sleeps while there is no room.
 */
START_TEST(host_bytes_reach_the_guest)
{
	enum { ROUNDS = 400 };
	pthread_t threads[2];

	enable();
	put(PL011_IMSC, PL011_INT_RX | PL011_INT_RT);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, receive_bytes, NULL), 0);
	for (unsigned i = 0; i < ROUNDS * 255;) {
		uint8_t byte = 1 + i % 255;

		if (pl011_give(&uart, &byte, 1)) {
			i++;
			continue;
		}
		atomic_store(&uart_wakes, 0);
		if (pl011_wait_for_room(&uart))
			while (!atomic_load(&uart_wakes))
				sched_yield();
	}
	/* The last bytes raise the line as well. */
	while (!(get(PL011_FR) & PL011_FR_RXFE))
		sched_yield();
	atomic_store(&host_done, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	/* One that lost the race for the last byte read 0 from an empty FIFO. */
	for (unsigned i = 1; i < 256; i++)
		ck_assert_uint_eq(received[i], ROUNDS);
	ck_assert(!uart_irqchip.level[UART_SPI]);
}
END_TEST

static void *play(void *argument)
{
	uint64_t seed = 88172645463325252u + (uintptr_t)argument;

	for (unsigned i = 0; i < PER_THREAD; i++) {
		unsigned offset;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		offset = seed >> 32 & 0x7c;
		if (seed & 1)
			pl011_ops.write(&uart, offset, seed >> 40, 4, 0);
		else
			pl011_ops.read(&uart, offset, 4, 0);
	}
	atomic_fetch_sub(&running, 1);
	return NULL;
}

/* Nonsense from all sides leaves a UART that works. */
START_TEST(nonsense_does_no_harm)
{
	pthread_t threads[THREADS];
	uint8_t bytes[64] = { 0 };

	atomic_store(&running, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, play, (void *)i), 0);
	while (atomic_load(&running)) {
		pl011_take(&uart, bytes, sizeof(bytes));
		pl011_give(&uart, bytes, sizeof(bytes));
		pl011_wait_for_bytes(&uart);
		pl011_wait_for_room(&uart);
		sched_yield();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	while (pl011_take(&uart, bytes, sizeof(bytes)))
		;
	/* The line agrees with the registers, whatever they are. */
	ck_assert_uint_eq(uart_irqchip.level[UART_SPI], get(PL011_MIS) != 0);
	fake_irqchip_init(&uart_irqchip);
	pl011_reset(&uart);
	enable();
	ck_assert_uint_eq(pl011_give(&uart, (const uint8_t *)"AB", 2), 2);
	ck_assert_uint_eq(get(PL011_DR), 'A');
	ck_assert_uint_eq(get(PL011_DR), 'B');
	put(PL011_DR, 'z');
	ck_assert_uint_eq(pl011_take(&uart, bytes, sizeof(bytes)), 1);
	ck_assert_uint_eq(bytes[0], 'z');
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("pl011_threads");
	TCase *tcase = tcase_create("pl011_threads");

	tcase_add_checked_fixture(tcase, pl011_fixture_begin, NULL);
	tcase_set_timeout(tcase, 240);
	tcase_add_test(tcase, bytes_of_each_vcpu_arrive_in_order);
	tcase_add_test(tcase, host_bytes_reach_the_guest);
	tcase_add_test(tcase, nonsense_does_no_harm);
	suite_add_tcase(suite, tcase);
	return suite;
}
