// SPDX-License-Identifier: GPL-2.0-only
/* The life of a vCPU and its run loop, against a KVM that exits as the test says. */
#include "vcpu/vcpu.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "devices/mmio_bus.h"
#include "irqchip/irqchip.h"
#include "tests/unit/fake_host_cpus.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vcpu/placement.h"

#define DEVICE UINT64_C(0x9000000)
#define PC     KVM_CORE_REG_U64(regs.pc)

static struct vcpu_group group;
static struct vcpu vcpu;
static struct mmio_bus bus;
static uint64_t written;
static atomic_uint stops; /* bit n: enum vcpu_stop n */

/* What KVM_RUN does, one after the other; then it waits to be kicked. */
struct exit_step {
	uint32_t reason;
	uint64_t ipa, value;
	unsigned length;
	bool write;
	uint32_t event;
	uint64_t entry_failure;
	int error;
	uint64_t lines; /* device_irq_level from now on */
};
static const struct exit_step *steps;
static atomic_uint next_step, step_count;
static uint64_t read_back[1000];
static atomic_bool completed;

static uint64_t device_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	(void)device, (void)size, (void)cpu;
	return 0x1122334455667788 + offset;
}

static void device_write(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	(void)device, (void)offset, (void)size, (void)cpu;
	written = value;
}

static int thread_begin(void *context, struct vcpu *which)
{
	(void)which;
	return *(int *)context;
}

static void stopped(void *context, struct vcpu *which, enum vcpu_stop why)
{
	(void)context, (void)which;
	atomic_fetch_or(&stops, 1u << why);
}

static int fake_run(void *context, int fd, uintptr_t argument)
{
	struct kvm_run *run = vcpu.run;
	const struct exit_step *step;
	unsigned n;

	(void)context, (void)fd, (void)argument;
	n = atomic_load(&next_step);
	if (n)
		memcpy(&read_back[n - 1], run->mmio.data, 8);
	if (run->immediate_exit) {
		completed = true;
		return -EINTR;
	}
	if (n == atomic_load(&step_count)) {
		/* In the guest, until a kick comes. */
		while (!*(volatile uint8_t *)&run->immediate_exit)
			;
		return -EINTR;
	}
	step = &steps[n];
	atomic_store(&next_step, n + 1);
	run->exit_reason = step->reason;
	run->s.regs.device_irq_level = step->lines;
	if (step->reason == KVM_EXIT_MMIO) {
		run->mmio.phys_addr = step->ipa;
		run->mmio.len = step->length;
		run->mmio.is_write = step->write;
		memcpy(run->mmio.data, &step->value, 8);
	} else if (step->reason == KVM_EXIT_SYSTEM_EVENT) {
		run->system_event.type = step->event;
	} else if (step->reason == KVM_EXIT_FAIL_ENTRY) {
		run->fail_entry.hardware_entry_failure_reason = step->entry_failure;
		run->fail_entry.cpu = 1;
	} else if (step->reason == KVM_EXIT_ARM_NISV) {
		run->arm_nisv.fault_ipa = step->ipa;
	}
	return step->error;
}

static int begin_result;

/* An interrupt controller that only notes what it is told, and what the device had been written by
 * then. */
static struct {
	uint64_t level, written_before;
	unsigned calls, entries, initialised;
} told;

static void chip_vcpu_exited(struct irqchip *chip, unsigned cpu, uint64_t level)
{
	(void)chip, (void)cpu;
	told.level = level;
	told.written_before = written;
	told.calls++;
}

static void chip_vcpu_enters(struct irqchip *which, unsigned cpu)
{
	(void)which, (void)cpu;
	told.entries++;
}

static void chip_vcpu_initialised(struct irqchip *which, unsigned cpu, irqchip_kick_fn *kick,
				  void *context)
{
	(void)which, (void)cpu;
	told.initialised++;
	/* It is not inside. */
	ck_assert(!kick(context));
}

static const struct irqchip_ops chip_ops = { .name = "test",
					     .vcpu_initialised = chip_vcpu_initialised,
					     .vcpu_exited = chip_vcpu_exited,
					     .vcpu_enters = chip_vcpu_enters };
static struct irqchip chip;

static void setup(void)
{
	static const struct mmio_ops ops = { device_read, device_write };
	struct mmio_region region = { DEVICE, 0x1000, &ops, NULL, "test" };

	fake_kvm_reset();
	fake_kvm_hook(KVM_RUN, fake_run, NULL);
	fake_kvm_set_host_reg(PC, 0x40001234);
	mmio_bus_init(&bus);
	ck_assert_int_eq(mmio_bus_add(&bus, &region), 0);
	memset(&group, 0, sizeof(group));
	begin_result = 0;
	group.vm_fd = kvm_ioctl(kvm_open(), KVM_CREATE_VM, 0);
	group.run_size = FAKE_KVM_RUN_SIZE;
	group.bus = &bus;
	group.irqchip = &chip;
	chip = (struct irqchip){ .ops = &chip_ops, .kind = IRQCHIP_GICV3 };
	memset(&told, 0, sizeof(told));
	group.thread_begin = thread_begin;
	group.stopped = stopped;
	group.context = &begin_result;
	atomic_store(&stops, 0);
	atomic_store(&next_step, 0);
	completed = false;
	written = 0;
	ck_assert_int_eq(vcpu_create(&vcpu, &group, 0), 0);
	unit_reset_log();
}

static void teardown(void)
{
	vcpu_destroy(&vcpu);
	mmio_bus_destroy(&bus);
}

static void start(const struct exit_step *list, unsigned count)
{
	steps = list;
	atomic_store(&step_count, count);
	ck_assert_int_eq(vcpu_start_thread(&vcpu), 0);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
}

static void finish(void)
{
	vcpu_order(&vcpu, VCPU_ORDER_QUIT);
	vcpu_join(&vcpu);
}

static void wait_for_steps(unsigned count)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	while (atomic_load(&next_step) < count || !fake_kvm_calls(KVM_RUN))
		nanosleep(&pause, NULL);
}

/* All steps done; then parked, so that everything the vCPU did can be seen. */
static void run_all(const struct exit_step *list, unsigned count)
{
	start(list, count);
	wait_for_steps(count);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	vcpu_wait_parked(&vcpu);
}

START_TEST(features_become_init_bits)
{
	struct vcpu second;

	group.features = 1u << VCPU_FEATURE_SVE | 1u << VCPU_FEATURE_PMU | 1u << VCPU_FEATURE_PAUTH;
	ck_assert_int_eq(vcpu_create(&second, &group, 1), 0);
	ck_assert_uint_eq(fake_kvm_vcpu_features(0), 1u << KVM_ARM_VCPU_PSCI_0_2);
	ck_assert_uint_eq(fake_kvm_vcpu_features(1),
			  1u << KVM_ARM_VCPU_PSCI_0_2 | 1u << KVM_ARM_VCPU_POWER_OFF |
				  1u << KVM_ARM_VCPU_SVE | 1u << KVM_ARM_VCPU_PMU_V3 |
				  1u << KVM_ARM_VCPU_PTRAUTH_ADDRESS |
				  1u << KVM_ARM_VCPU_PTRAUTH_GENERIC);
	/* SVE is final before anything asks for registers, and only once. */
	ck_assert_uint_eq(fake_kvm_calls(KVM_ARM_VCPU_FINALIZE), 1);
	ck_assert_int_eq(vcpu_reset(&second), 0);
	ck_assert_uint_eq(fake_kvm_calls(KVM_ARM_VCPU_FINALIZE), 1);
	vcpu_destroy(&second);
}
END_TEST

START_TEST(the_pmu_gets_its_interrupt_then_init)
{
	bool set;

	group.features = 1u << VCPU_FEATURE_PMU;
	ck_assert_int_eq(vcpu_finish(&vcpu), 0);
	ck_assert_uint_eq(fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_PMU_V3_CTRL,
					KVM_ARM_VCPU_PMU_V3_IRQ, &set) &
				  0xffffffff,
			  23);
	ck_assert(set);
	fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, &set);
	ck_assert(set);
}
END_TEST

START_TEST(without_a_vgic_the_pmu_gets_no_interrupt)
{
	bool set;

	chip.kind = IRQCHIP_USER;
	group.features = 1u << VCPU_FEATURE_PMU;
	ck_assert_int_eq(vcpu_finish(&vcpu), 0);
	fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ, &set);
	ck_assert(!set);
	fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, &set);
	ck_assert(set);
}
END_TEST

/* The levels reach the interrupt controller at each edge, before the access of the same exit is
 * emulated. */
START_TEST(lines_come_before_accesses)
{
	static const struct exit_step list[] = {
		{ .error = -EINTR, .lines = KVM_ARM_DEV_EL1_VTIMER },
		{ .error = -EINTR, .lines = KVM_ARM_DEV_EL1_VTIMER },
		{ .reason = KVM_EXIT_MMIO,
		  .ipa = DEVICE,
		  .length = 4,
		  .write = true,
		  .value = 7,
		  .lines = KVM_ARM_DEV_EL1_VTIMER },
		{ .reason = KVM_EXIT_MMIO, .ipa = DEVICE, .length = 4, .write = true, .value = 8 },
	};

	run_all(list, 4);
	ck_assert_uint_eq(told.calls, 2);
	/* Before each KVM_RUN but the last, which only completes an access. */
	ck_assert_uint_eq(told.entries, fake_kvm_calls(KVM_RUN) - 1);
	ck_assert_uint_eq(told.level, 0);
	ck_assert_uint_eq(told.written_before, 7);
	ck_assert_uint_eq(written, 8);
	ck_assert_uint_eq(vcpu.stats.exits[VCPU_EXIT_LINE], 1);
	ck_assert_uint_ge(vcpu.stats.exits[VCPU_EXIT_SIGNAL], 1);
	finish();
}
END_TEST

START_TEST(a_reset_lowers_the_lines)
{
	static const struct exit_step list[] = {
		{ .error = -EINTR, .lines = KVM_ARM_DEV_EL1_VTIMER },
	};

	run_all(list, 1);
	ck_assert_uint_eq(told.calls, 1);
	ck_assert_uint_eq(told.initialised, 1);
	ck_assert_int_eq(vcpu_reset(&vcpu), 0);
	ck_assert_uint_eq(told.initialised, 2);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	vcpu_wait_parked(&vcpu);
	ck_assert_uint_eq(told.calls, 1);
	finish();
}
END_TEST

START_TEST(failures_of_kvm_are_described_and_leave_nothing)
{
	static const struct {
		unsigned long request;
		int error;
		const char *text;
	} cases[] = {
		{ KVM_CREATE_VCPU, EMFILE, "ulimit -n" },
		{ KVM_CREATE_VCPU, ENOMEM, "memory" },
		{ FAKE_KVM_MAP_RUN, ENOMEM, "run structure" },
		{ KVM_ARM_PREFERRED_TARGET, ENODEV, "preferred target" },
		{ KVM_ARM_VCPU_INIT, EINVAL, "--cpu-features" },
		{ KVM_ARM_VCPU_FINALIZE, EPERM, "-sve" },
		{ KVM_GET_ONE_REG, ENOENT, "MPIDR" },
	};
	unsigned open_fds = fake_kvm_open_fds();

	group.features = 1u << VCPU_FEATURE_SVE;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vcpu failing;

		fake_kvm_fail(cases[i].request, 1, cases[i].error);
		ck_assert_int_eq(vcpu_create(&failing, &group, 1), -cases[i].error);
		unit_assert_logged(cases[i].text);
		ck_assert_uint_eq(fake_kvm_open_fds(), open_fds);
	}
	fake_kvm_fail(KVM_SET_DEVICE_ATTR, 1, ENODEV);
	group.features = 1u << VCPU_FEATURE_PMU;
	ck_assert_int_eq(vcpu_finish(&vcpu), -ENODEV);
	unit_assert_logged("-pmu");
	fake_kvm_fail(KVM_SET_ONE_REG, 1, EINVAL);
	ck_assert_int_eq(vcpu_set_entry(&vcpu, 0, 0), -EINVAL);
	unit_assert_logged("entry point");
}
END_TEST

START_TEST(the_entry_is_pc_and_x0)
{
	ck_assert_int_eq(vcpu_set_entry(&vcpu, 0x40080000, 0x48000000), 0);
	ck_assert_uint_eq(fake_kvm_reg(0, PC), 0x40080000);
	ck_assert_uint_eq(fake_kvm_reg(0, KVM_CORE_REG_U64(regs.regs[0])), 0x48000000);
}
END_TEST

START_TEST(mmio_goes_to_the_bus_and_back)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_MMIO, .ipa = DEVICE + 4, .length = 4 },
		{ .reason = KVM_EXIT_MMIO,
		  .ipa = DEVICE,
		  .length = 2,
		  .write = true,
		  .value = 0xabcdef1234 },
		{ .reason = KVM_EXIT_MMIO, .ipa = DEVICE, .length = 8 },
	};

	run_all(list, 3);
	ck_assert_uint_eq(read_back[0], 0x5566778c);
	ck_assert_uint_eq(written, 0x1234);
	ck_assert_uint_eq(read_back[2], 0x1122334455667788);
	ck_assert_uint_eq(vcpu.stats.exits[VCPU_EXIT_MMIO_READ], 2);
	ck_assert_uint_eq(vcpu.stats.exits[VCPU_EXIT_MMIO_WRITE], 1);
	ck_assert_uint_eq(vcpu.stats.unassigned, 0);
	ck_assert_uint_ne(group.first_run, 0);
	finish();
}
END_TEST

START_TEST(an_access_is_completed_before_parking)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_MMIO, .ipa = DEVICE, .length = 8 },
	};

	run_all(list, 1);
	ck_assert(completed);
	finish();
}
END_TEST

START_TEST(unassigned_reads_zero_and_is_said_once_per_page)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_MMIO, .ipa = 0xb000000, .length = 4, .value = ~0ull },
		{ .reason = KVM_EXIT_MMIO, .ipa = 0xb000ff8, .length = 4 },
		{ .reason = KVM_EXIT_MMIO, .ipa = 0xb000000, .length = 4, .write = true },
		{ .reason = KVM_EXIT_MMIO, .ipa = 0xb001000, .length = 4 },
		{ .reason = KVM_EXIT_MMIO, .ipa = DEVICE + 0xffe, .length = 4, .value = ~0ull },
	};

	run_all(list, 5);
	ck_assert_uint_eq(read_back[0], 0);
	ck_assert_uint_eq(read_back[4], 0);
	ck_assert_uint_eq(vcpu.stats.unassigned, 5);
	ck_assert_uint_eq(unit_log_count(), 3);
	unit_assert_logged("0x40001234");
	ck_assert_uint_eq(fake_kvm_calls(KVM_SET_VCPU_EVENTS), 0);
	finish();
}
END_TEST

START_TEST(a_guest_cannot_fill_the_log)
{
	static struct exit_step list[1000];

	for (unsigned i = 0; i < 1000; i++)
		list[i] = (struct exit_step){ .reason = KVM_EXIT_MMIO,
					      .ipa = 0x10000000 + i * 0x1000,
					      .length = 4 };
	run_all(list, 1000);
	ck_assert_uint_eq(unit_log_count(), VCPU_LOGGED_PAGES);
	ck_assert_uint_eq(vcpu.stats.unassigned, 1000);
	finish();
}
END_TEST

static struct kvm_vcpu_events last_events;

static int take_events(void *context, int fd, uintptr_t argument)
{
	(void)context, (void)fd;
	last_events = *(struct kvm_vcpu_events *)argument;
	return 0;
}

START_TEST(unassigned_may_abort)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_MMIO, .ipa = 0xb000000, .length = 4 },
	};

	group.unassigned = UNASSIGNED_MMIO_ABORT;
	fake_kvm_hook(KVM_SET_VCPU_EVENTS, take_events, NULL);
	run_all(list, 1);
	ck_assert_uint_eq(last_events.exception.ext_dabt_pending, 1);
	ck_assert_uint_eq(fake_kvm_calls(KVM_SET_VCPU_EVENTS), 1);
	ck_assert_uint_eq(stops, 0);
	finish();
}
END_TEST

START_TEST(unassigned_may_stop)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_MMIO, .ipa = 0xb000000, .length = 4 },
	};

	group.unassigned = UNASSIGNED_MMIO_STOP;
	start(list, 1);
	vcpu_wait_parked(&vcpu);
	wait_for_steps(1);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	vcpu_wait_parked(&vcpu);
	ck_assert_uint_eq(stops, 1u << VCPU_STOP_CRASH);
	finish();
}
END_TEST

START_TEST(undecoded_accesses_abort)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_ARM_NISV, .ipa = DEVICE },
		{ .reason = KVM_EXIT_ARM_NISV, .ipa = DEVICE + 8 },
	};

	memset(&last_events, 0, sizeof(last_events));
	fake_kvm_hook(KVM_SET_VCPU_EVENTS, take_events, NULL);
	run_all(list, 2);
	ck_assert_uint_eq(last_events.exception.ext_dabt_pending, 1);
	ck_assert_uint_eq(fake_kvm_calls(KVM_SET_VCPU_EVENTS), 2);
	ck_assert_uint_eq(vcpu.stats.exits[VCPU_EXIT_UNDECODED], 2);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("0x9000000");
	finish();
}
END_TEST

/* Each way to stop, and what the VM is told. */
static const struct {
	struct exit_step step;
	enum vcpu_stop why;
	const char *text; /* of the report's first line; NULL: none */
} stop_cases[] = {
	{ { .reason = KVM_EXIT_SYSTEM_EVENT, .event = KVM_SYSTEM_EVENT_SHUTDOWN },
	  VCPU_STOP_SHUTDOWN,
	  NULL },
	{ { .reason = KVM_EXIT_SYSTEM_EVENT, .event = KVM_SYSTEM_EVENT_RESET },
	  VCPU_STOP_RESET,
	  NULL },
	{ { .reason = KVM_EXIT_SYSTEM_EVENT, .event = KVM_SYSTEM_EVENT_SUSPEND },
	  VCPU_STOP_SUSPEND,
	  NULL },
	{ { .reason = KVM_EXIT_SYSTEM_EVENT, .event = KVM_SYSTEM_EVENT_WAKEUP },
	  VCPU_STOP_WAKEUP,
	  NULL },
	{ { .reason = KVM_EXIT_SYSTEM_EVENT, .event = KVM_SYSTEM_EVENT_CRASH },
	  VCPU_STOP_CRASH,
	  "crash" },
	{ { .reason = KVM_EXIT_FAIL_ENTRY }, VCPU_STOP_FAILURE, "enter the guest" },
	{ { .reason = KVM_EXIT_FAIL_ENTRY, .entry_failure = KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED },
	  VCPU_STOP_FAILURE,
	  "--place pin" },
	{ { .reason = KVM_EXIT_INTERNAL_ERROR }, VCPU_STOP_FAILURE, "internal error" },
	{ { .reason = 0x777 }, VCPU_STOP_FAILURE, "1911" },
	{ { .error = -EFAULT }, VCPU_STOP_FAILURE, "memory" },
	{ { .error = -ENOEXEC }, VCPU_STOP_FAILURE, "could not run" },
};

/* The sink of tests/unit/unit.c keeps the last message; reports have many. */
static char all_logs[8192];

static void keep_log(void *context, enum log_level level, const char *message)
{
	size_t used = strlen(all_logs);

	(void)context, (void)level;
	snprintf(all_logs + used, sizeof(all_logs) - used, "%s\n", message);
}

START_TEST(a_stop_is_told_and_parks)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	all_logs[0] = '\0';
	log_set_sink(keep_log, NULL);
	start(&stop_cases[_i].step, 1);
	while (!atomic_load(&stops))
		nanosleep(&pause, NULL);
	vcpu_wait_parked(&vcpu);
	finish();
	ck_assert_uint_eq(stops, 1u << stop_cases[_i].why);
	ck_assert_uint_eq(next_step, 1);
	if (stop_cases[_i].text) {
		ck_assert_msg(strstr(all_logs, stop_cases[_i].text) != NULL, "%s", all_logs);
		ck_assert_msg(strstr(all_logs, "PC 0000000040001234") != NULL, "%s", all_logs);
		ck_assert_ptr_nonnull(strstr(all_logs, "X30"));
	} else {
		ck_assert_str_eq(all_logs, "");
	}
}
END_TEST

START_TEST(interrupted_runs_go_on)
{
	static const struct exit_step list[] = {
		{ .error = -EINTR },
		{ .error = -EAGAIN },
		{ .reason = KVM_EXIT_MMIO, .ipa = DEVICE, .length = 4, .write = true, .value = 7 },
	};

	run_all(list, 3);
	ck_assert_uint_eq(written, 7);
	ck_assert_uint_ge(vcpu.stats.exits[VCPU_EXIT_SIGNAL], 2);
	finish();
}
END_TEST

static void place(const char *where, const char *migrate)
{
	static const pid_t tid = 1;
	struct placement_config config = { .vcpus = 1 };

	fake_host_cpus_reset(2);
	ck_assert_int_eq(placement_parse_place(where, &config.request), 0);
	ck_assert_int_eq(placement_parse_migrate(migrate, &config.request), 0);
	ck_assert_int_eq(placement_create(&group.placement, &config), 0);
	ck_assert_int_eq(placement_begin(group.placement, &tid), 0);
}

static void unplace(void)
{
	finish();
	placement_end(group.placement);
	placement_destroy(group.placement);
}

START_TEST(moved_at_every_nth_exit)
{
	static const struct exit_step list[] = {
		{ .error = -EINTR }, { .reason = KVM_EXIT_MMIO, .ipa = DEVICE, .length = 4 },
		{ .error = -EINTR }, { .reason = KVM_EXIT_MMIO, .ipa = DEVICE, .length = 4 },
		{ .error = -EINTR },
	};

	uint64_t exits = 0;

	place("spread", "on-exit:2");
	run_all(list, 5);
	for (int i = 0; i < VCPU_EXITS; i++)
		exits += vcpu.stats.exits[i];
	/* Of the kick that parks, too, where it found the vCPU inside. And bound at the start. */
	ck_assert_uint_ge(exits, 5);
	ck_assert_uint_eq(fake_host_cpus_binds(1), 1 + exits / 2);
	unplace();
}
END_TEST

START_TEST(a_cpu_that_cannot_run_it_is_left)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_FAIL_ENTRY,
		  .entry_failure = KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED },
		{ .reason = KVM_EXIT_MMIO, .ipa = DEVICE, .length = 4, .write = true, .value = 7 },
	};

	place("pin:1", "off");
	run_all(list, 2);
	ck_assert_uint_eq(written, 7);
	ck_assert_uint_eq(fake_host_cpus_bound(1), 0);
	unit_assert_logged("KVM cannot run vCPU 0 on host CPU 1");
	unplace();
	ck_assert_uint_eq(stops, 0);
}
END_TEST

START_TEST(parked_and_resumed_many_times)
{
	start(NULL, 0);
	for (int i = 0; i < 200; i++) {
		vcpu_order(&vcpu, VCPU_ORDER_PARK);
		vcpu_wait_parked(&vcpu);
		vcpu_order(&vcpu, VCPU_ORDER_RUN);
	}
	finish();
	ck_assert_uint_gt(vcpu.stats.cpu_time, 0);
}
END_TEST

START_TEST(quitting_cannot_be_taken_back)
{
	start(NULL, 0);
	vcpu_order(&vcpu, VCPU_ORDER_QUIT);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	vcpu_join(&vcpu);
}
END_TEST

START_TEST(a_thread_that_cannot_begin_never_runs)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	begin_result = -EPERM;
	start(NULL, 0);
	while (!atomic_load(&stops))
		nanosleep(&pause, NULL);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	finish();
	ck_assert_uint_eq(fake_kvm_calls(KVM_RUN), 0);
	ck_assert_uint_eq(stops, 1u << VCPU_STOP_FAILURE);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("vcpu");
	TCase *tests = tcase_create("vcpu");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, features_become_init_bits);
	tcase_add_test(tests, the_pmu_gets_its_interrupt_then_init);
	tcase_add_test(tests, without_a_vgic_the_pmu_gets_no_interrupt);
	tcase_add_test(tests, lines_come_before_accesses);
	tcase_add_test(tests, a_reset_lowers_the_lines);
	tcase_add_test(tests, failures_of_kvm_are_described_and_leave_nothing);
	tcase_add_test(tests, the_entry_is_pc_and_x0);
	tcase_add_test(tests, mmio_goes_to_the_bus_and_back);
	tcase_add_test(tests, an_access_is_completed_before_parking);
	tcase_add_test(tests, unassigned_reads_zero_and_is_said_once_per_page);
	tcase_add_test(tests, a_guest_cannot_fill_the_log);
	tcase_add_test(tests, unassigned_may_abort);
	tcase_add_test(tests, unassigned_may_stop);
	tcase_add_test(tests, undecoded_accesses_abort);
	tcase_add_loop_test(tests, a_stop_is_told_and_parks, 0,
			    sizeof(stop_cases) / sizeof(stop_cases[0]));
	tcase_add_test(tests, interrupted_runs_go_on);
	tcase_add_test(tests, moved_at_every_nth_exit);
	tcase_add_test(tests, a_cpu_that_cannot_run_it_is_left);
	tcase_add_test(tests, parked_and_resumed_many_times);
	tcase_add_test(tests, quitting_cannot_be_taken_back);
	tcase_add_test(tests, a_thread_that_cannot_begin_never_runs);
	suite_add_tcase(suite, tests);
	return suite;
}
