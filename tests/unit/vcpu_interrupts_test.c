// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of other threads reach a vCPU that runs, whatever it does at that instant: the real
 * userspace irqchip and a real vCPU thread on a KVM whose guest sleeps in WFI.
 *
 * As the real one, this KVM may only be told of an input by the vCPU's own thread; what another
 * thread says while the vCPU is in KVM_RUN can be lost, and here always is.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "devices/mmio_bus.h"
#include "irqchip/irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vcpu/vcpu.h"

#define DEVICE	  UINT64_C(0x9000000)
#define CPU_BASE  UINT64_C(0x8010000)
#define GICC_IAR  0x0c
#define GICC_EOIR 0x10
#define PPI	  20
#define ROUNDS	  3000

static const struct irqchip_map map = { .dist = 0x8000000, .gicv2_cpu = CPU_BASE };
static struct irqchip *chip;
static struct irqchip_mmio parts[2];
static struct mmio_ops part_ops[2];
static struct vcpu_group group;
static struct vcpu vcpu;
static struct mmio_bus bus;

/* The guest: takes each interrupt, else sleeps. The thread of the vCPU owns these. */
static enum { SLEEPS, READS_IAR, HANDLES, WRITES_EOIR } doing;
static uint32_t acknowledged;
static bool irq_input;

static atomic_uint taken, spurious, sleeps, wrong_threads;
static atomic_bool device_wanted; /* the guest's next access is to the device */

/* Where the test wants something done, once. */
static enum place { NOWHERE, IN_DEVICE, IN_IRQ_LINE, IN_RUN_BEFORE, IN_RUN_AFTER } place;
static void (*act)(void);

static void at(enum place here)
{
	void (*now)(void) = act;

	if (place != here)
		return;
	place = NOWHERE;
	now();
}

static uint64_t device_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	(void)device, (void)offset, (void)size, (void)cpu;
	at(IN_DEVICE);
	return 0;
}

static void device_write(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	(void)device, (void)offset, (void)value, (void)size, (void)cpu;
}

static int irq_line(void *context, int fd, uintptr_t argument)
{
	const struct kvm_irq_level *line = (const struct kvm_irq_level *)argument;

	(void)context, (void)fd;
	if (!pthread_equal(pthread_self(), vcpu.thread)) {
		atomic_fetch_add(&wrong_threads, 1);
		return 0;
	}
	at(IN_IRQ_LINE);
	if ((line->irq & 1) == KVM_ARM_IRQ_CPU_IRQ)
		irq_input = line->level;
	return 0;
}

static int mmio(uint64_t ipa, bool write, uint32_t value)
{
	struct kvm_run *run = vcpu.run;

	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = ipa;
	run->mmio.len = 4;
	run->mmio.is_write = write;
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	memcpy(run->mmio.data, &value, sizeof(value));
	return 0;
}

/* Completes the access that the guest left for. */
static void complete(void)
{
	switch (doing) {
	case READS_IAR:
		memcpy(&acknowledged, vcpu.run->mmio.data, sizeof(acknowledged));
		doing = (acknowledged & 0x3ff) < 1020 ? HANDLES : SLEEPS;
		if (doing == SLEEPS)
			atomic_fetch_add(&spurious, 1);
		break;
	case WRITES_EOIR:
		doing = SLEEPS;
		atomic_fetch_add(&taken, 1);
		break;
	default:
		break;
	}
}

/* The guest, until it accesses something or has to leave. */
static int guest(const sigset_t *outside)
{
	complete();
	if (*(volatile uint8_t *)&vcpu.run->immediate_exit)
		return -EINTR;
	if (doing == HANDLES) {
		chip->ops->set_ppi(chip, 0, PPI, false);
		doing = WRITES_EOIR;
		return mmio(CPU_BASE + GICC_EOIR, true, acknowledged);
	}
	if (atomic_exchange(&device_wanted, false))
		return mmio(DEVICE, false, 0);
	if (irq_input) {
		doing = READS_IAR;
		return mmio(CPU_BASE + GICC_IAR, false, 0);
	}
	atomic_fetch_add(&sleeps, 1);
	sigsuspend(outside);
	return -EINTR;
}

static int run(void *context, int fd, uintptr_t argument)
{
	sigset_t kick, outside;
	int ret;

	(void)context, (void)fd, (void)argument;
	at(IN_RUN_BEFORE);
	sigemptyset(&kick);
	sigaddset(&kick, VCPU_KICK_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &kick, &outside);
	at(IN_RUN_AFTER);
	ret = guest(&outside);
	pthread_sigmask(SIG_SETMASK, &outside, NULL);
	return ret;
}

static int thread_begin(void *context, struct vcpu *which)
{
	(void)context, (void)which;
	return 0;
}

static void stopped(void *context, struct vcpu *which, enum vcpu_stop why)
{
	(void)context, (void)which, (void)why;
}

static void write_register(unsigned part, uint64_t offset, uint32_t value)
{
	parts[part].write(parts[part].device, offset, value, 4, 0);
}

static void create_chip(void)
{
	ck_assert_int_eq(irqchip_create(IRQCHIP_USER, group.vm_fd, 1, &map, &chip), 0);
	ck_assert_int_eq(chip->ops->finalize(chip, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct mmio_region region;

		ck_assert_int_eq(chip->ops->mmio(chip, i, &parts[i]), 0);
		part_ops[i] = (struct mmio_ops){ parts[i].read, parts[i].write };
		region = (struct mmio_region){ parts[i].base, parts[i].size, &part_ops[i],
					       parts[i].device, parts[i].name };
		ck_assert_int_eq(mmio_bus_add(&bus, &region), 0);
	}
	write_register(0, 0x100, UINT32_MAX);
	write_register(0, 0x000, 1);
	write_register(1, 0x04, 0xf0);
	write_register(1, 0x00, 1);
}

static void setup(void)
{
	static const struct mmio_ops ops = { device_read, device_write };
	struct mmio_region region = { DEVICE, 0x1000, &ops, NULL, "test" };

	fake_kvm_reset();
	fake_kvm_set_cap(KVM_CAP_ARM_USER_IRQ, 1);
	fake_kvm_hook(KVM_RUN, run, NULL);
	fake_kvm_hook(KVM_IRQ_LINE, irq_line, NULL);
	mmio_bus_init(&bus);
	ck_assert_int_eq(mmio_bus_add(&bus, &region), 0);
	memset(&group, 0, sizeof(group));
	group.vm_fd = kvm_ioctl(kvm_open(), KVM_CREATE_VM, 0);
	group.run_size = FAKE_KVM_RUN_SIZE;
	group.bus = &bus;
	create_chip();
	group.irqchip = chip;
	group.thread_begin = thread_begin;
	group.stopped = stopped;
	ck_assert_int_eq(vcpu_create(&vcpu, &group, 0), 0);
	ck_assert_int_eq(vcpu_start_thread(&vcpu), 0);
}

/* What hangs in here lost a wake-up. */
static void wait_until(atomic_uint *counter, unsigned count)
{
	while (atomic_load(counter) < count)
		sched_yield();
}

static void teardown(void)
{
	vcpu_order(&vcpu, VCPU_ORDER_QUIT);
	vcpu_join(&vcpu);
	vcpu_destroy(&vcpu);
	mmio_bus_destroy(&bus);
	irqchip_destroy(chip);
	ck_assert_uint_eq(atomic_load(&wrong_threads), 0);
}

static void raise_ppi(void)
{
	chip->ops->set_ppi(chip, 0, PPI, true);
}

static uint64_t kicks(void)
{
	struct irqchip_cpu_stats stats;

	chip->ops->cpu_stats(chip, 0, &stats);
	return stats.kicks;
}

/* A wait of some length, so that interrupts come at all instants. */
static void dawdle(unsigned round)
{
	for (volatile unsigned i = round * 2654435761u >> 22; i; i--)
		;
}

START_TEST(no_interrupt_of_another_thread_is_lost)
{
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	for (unsigned round = 1; round <= ROUNDS; round++) {
		dawdle(round);
		if (round % 3 == 0)
			atomic_store(&device_wanted, true);
		raise_ppi();
		wait_until(&taken, round);
	}
	ck_assert_uint_le(kicks(), ROUNDS);
}
END_TEST

/* At each place where the vCPU's thread can be, between its look at the inputs and its sleep. */
START_TEST(no_instant_is_too_late)
{
	act = raise_ppi;
	place = _i;
	/* An interrupt has the vCPU come by at all places. */
	if (place == IN_DEVICE)
		atomic_store(&device_wanted, true);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	wait_until(&taken, 1);
}
END_TEST

START_TEST(a_vcpu_that_is_not_inside_is_not_kicked)
{
	act = raise_ppi;
	place = IN_DEVICE;
	atomic_store(&device_wanted, true);
	raise_ppi();
	chip->ops->set_ppi(chip, 0, PPI, false);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	wait_until(&taken, 1);
	ck_assert_uint_eq(kicks(), 0);
	ck_assert_uint_eq(atomic_load(&spurious), 0);
}
END_TEST

START_TEST(a_sleeping_vcpu_is_kicked_once)
{
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	wait_until(&sleeps, 1);
	raise_ppi();
	wait_until(&taken, 1);
	wait_until(&sleeps, 2);
	ck_assert_uint_eq(kicks(), 1);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	vcpu_wait_parked(&vcpu);
	/* The kick and the order to park, and what the order's signal may have found. */
	ck_assert_uint_ge(vcpu.stats.exits[VCPU_EXIT_SIGNAL], 2);
	ck_assert_uint_le(vcpu.stats.exits[VCPU_EXIT_SIGNAL], 3);
}
END_TEST

static int pipe_fds[2];
static ssize_t got;
static atomic_uint reads;

static void read_pipe(void)
{
	char byte;

	atomic_fetch_add(&reads, 1);
	got = read(pipe_fds[0], &byte, 1);
}

/* The signal of a late kick may come while a device is in a system call, such as a message. */
START_TEST(a_kick_does_not_end_other_system_calls)
{
	struct timespec pause = { .tv_nsec = 20000000 };

	ck_assert_int_eq(pipe(pipe_fds), 0);
	act = read_pipe;
	place = IN_DEVICE;
	atomic_store(&device_wanted, true);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	wait_until(&reads, 1);
	nanosleep(&pause, NULL);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	nanosleep(&pause, NULL);
	ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
	vcpu_wait_parked(&vcpu);
	ck_assert_int_eq(got, 1);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}
END_TEST

static atomic_bool lowered;

static void lower_ppi(void)
{
	chip->ops->set_ppi(chip, 0, PPI, false);
	atomic_store(&lowered, true);
}

/* It was about to go in with the level from before. */
START_TEST(a_fall_fetches_the_vcpu_too)
{
	act = lower_ppi;
	place = IN_RUN_AFTER;
	raise_ppi();
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	wait_until(&sleeps, 1);
	ck_assert(atomic_load(&lowered));
	ck_assert_uint_eq(atomic_load(&taken) + atomic_load(&spurious), 0);
	ck_assert_uint_eq(kicks(), 1);
}
END_TEST

/* Both use immediate_exit. */
START_TEST(kicks_and_orders_do_not_hide_each_other)
{
	for (unsigned round = 1; round <= ROUNDS; round++) {
		vcpu_order(&vcpu, VCPU_ORDER_RUN);
		dawdle(round);
		raise_ppi();
		dawdle(round * 7);
		vcpu_order(&vcpu, VCPU_ORDER_PARK);
		vcpu_wait_parked(&vcpu);
		vcpu_order(&vcpu, VCPU_ORDER_RUN);
		wait_until(&taken, round);
		vcpu_order(&vcpu, VCPU_ORDER_PARK);
		vcpu_wait_parked(&vcpu);
	}
}
END_TEST

START_TEST(an_order_that_is_taken_back_leaves_no_storm)
{
	uint64_t signals;

	for (unsigned round = 1; round <= 100; round++) {
		vcpu_order(&vcpu, VCPU_ORDER_RUN);
		vcpu_order(&vcpu, VCPU_ORDER_PARK);
	}
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	raise_ppi();
	wait_until(&taken, 1);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	vcpu_wait_parked(&vcpu);
	signals = vcpu.stats.exits[VCPU_EXIT_SIGNAL];
	ck_assert_uint_le(signals, 2 * 101 + 2);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("vcpu_interrupts");
	TCase *tests = tcase_create("vcpu_interrupts");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, no_interrupt_of_another_thread_is_lost);
	tcase_add_loop_test(tests, no_instant_is_too_late, IN_DEVICE, IN_RUN_AFTER + 1);
	tcase_add_test(tests, a_vcpu_that_is_not_inside_is_not_kicked);
	tcase_add_test(tests, a_sleeping_vcpu_is_kicked_once);
	tcase_add_test(tests, a_kick_does_not_end_other_system_calls);
	tcase_add_test(tests, a_fall_fetches_the_vcpu_too);
	tcase_add_test(tests, kicks_and_orders_do_not_hide_each_other);
	tcase_add_test(tests, an_order_that_is_taken_back_leaves_no_storm);
	suite_add_tcase(suite, tests);
	return suite;
}
