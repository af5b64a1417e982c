// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts of others: IPIs between two vCPUs, and an SPI that the monitor raises. */
#include "guest-images/bench/bench.h"
#include "guest-images/lib/cpu.h"

#define SGI 1

struct ipi {
	bool receiver_sleeps, sender_sleeps, round_trip;
	volatile bool ready, received, replied, stop;
	volatile uint64_t count; /* when it was received */
};
static struct ipi ipi;

static void on_request(struct irq *irq)
{
	uint64_t now = bench_now();

	(void)irq;
	bench_not_a_storm();
	if (ipi.stop)
		return;
	if (!ipi.round_trip)
		bench_mark_end();
	ipi.count = now;
	__atomic_store_n(&ipi.received, true, __ATOMIC_RELEASE);
	/* A sender that sleeps has to be told. */
	if (ipi.round_trip || ipi.sender_sleeps)
		gic_send_sgi(SGI, 0);
}

static void on_reply(struct irq *irq)
{
	(void)irq;
	bench_not_a_storm();
	ipi.replied = true;
}

static void sleep_or_spin(bool asleep)
{
	if (!asleep)
		return;
	irq_disable();
	asm volatile("dsb sy\n\twfi" ::: "memory");
	irq_enable();
	isb();
}

static void receive(void *argument)
{
	(void)argument;
	bench_handle(SGI, on_request, NULL);
	irq_enable();
	__atomic_store_n(&ipi.ready, true, __ATOMIC_RELEASE);
	while (!ipi.stop)
		sleep_or_spin(ipi.receiver_sleeps);
	irq_disable();
}

static bool is_done(void)
{
	bool answers = ipi.round_trip || ipi.sender_sleeps;

	return __atomic_load_n(&ipi.received, __ATOMIC_ACQUIRE) && (!answers || ipi.replied);
}

/* Interrupts stay masked between a look and WFI, so that none is taken there. */
static void await_end(void)
{
	while (!is_done()) {
		if (ipi.sender_sleeps)
			asm volatile("dsb sy\n\twfi" ::: "memory");
		irq_enable();
		isb();
		irq_disable();
	}
}

/* args: 1: the receiver sleeps, 1: the sender sleeps, 1: there and back. */
GUEST_TEST(bench_ipi)
{
	unsigned looks = 0;

	ipi = (struct ipi){ .receiver_sleeps = arg(0),
			    .sender_sleeps = arg(1),
			    .round_trip = arg(2) };
	bench_handle(SGI, on_reply, NULL);
	cpu_start(1, receive, NULL);
	while (!__atomic_load_n(&ipi.ready, __ATOMIC_ACQUIRE))
		look_again(&looks);
	bench_begin();
	while (bench_next()) {
		ipi.received = ipi.replied = false;
		bench_start();
		gic_send_sgi(SGI, 1);
		await_end();
		if (ipi.round_trip)
			bench_stop();
		else
			bench_sample(ipi.count - bench.start);
	}
	ipi.stop = true;
	gic_send_sgi(SGI, 1);
	cpu_join(1);
}

/* The INTID of the SPI is args[0]; edge-triggered, so that nobody has to lower it. */
static void take_spi(irq_fn *fn, void *argument)
{
	gic_set_edge(arg(0), true);
	gic_route(arg(0), 0);
	bench_handle(arg(0), fn, argument);
}

static volatile bool spi_taken;
static volatile uint64_t spi_count; /* the physical counter, which the host reads as well */

static void on_spi(struct irq *irq)
{
	(void)irq;
	spi_count = timer_count(PTIMER);
	bench_not_a_storm();
	spi_taken = true;
}

static void await_spi(void)
{
	irq_enable();
	while (!spi_taken)
		;
	irq_disable();
}

/* The monitor raises it while it deals with an exit of this vCPU. */
GUEST_TEST(bench_spi)
{
	take_spi(on_spi, NULL);
	bench_begin();
	while (bench_next()) {
		spi_taken = false;
		bench_start();
		call_host(BENCH_CALL_ACT, 0, 0, 0);
		await_spi();
		bench_stop();
	}
	gic_disable(arg(0));
}

/* Another thread of the monitor raises it while the guest runs. */
GUEST_TEST(bench_spi_running)
{
	uint64_t wanted = 0;

	take_spi(on_spi, NULL);
	bench_begin();
	while (bench_next()) {
		spi_taken = false;
		bench_mark_begin();
		word_set(BENCH_WORD_WANTED, ++wanted);
		await_spi();
		bench_mark_end();
		bench_sample(spi_count - word_get(BENCH_WORD_SENT));
	}
	gic_disable(arg(0));
}
