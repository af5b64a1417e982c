// SPDX-License-Identifier: GPL-2.0-only
/* The run loop of a vCPU: each kind of exit, and what comes with it. */
#include "tests/unit/vcpu_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "tests/unit/fake_host_cpus.h"
#include "vcpu/placement.h"

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
	quit_and_join();
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
	quit_and_join();
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
	quit_and_join();
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
	quit_and_join();
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
	quit_and_join();
}
END_TEST

START_TEST(unassigned_may_stop)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_MMIO, .ipa = 0xb000000, .length = 4 },
	};

	group.unassigned = UNASSIGNED_MMIO_STOP;
	start_steps(list, 1);
	vcpu_wait_parked(&vcpu);
	wait_for_steps(1);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	vcpu_wait_parked(&vcpu);
	ck_assert_uint_eq(stops, 1u << VCPU_STOP_CRASH);
	quit_and_join();
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
	quit_and_join();
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
	start_steps(&stop_cases[_i].step, 1);
	while (!atomic_load(&stops))
		nanosleep(&pause, NULL);
	vcpu_wait_parked(&vcpu);
	quit_and_join();
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
	quit_and_join();
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
	quit_and_join();
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

Suite *unit_suite(void)
{
	Suite *suite = suite_create("vcpu_run_loop");
	TCase *tests = tcase_create("vcpu_run_loop");

	tcase_add_checked_fixture(tests, vcpu_fixture_begin, vcpu_fixture_end);
	tcase_add_test(tests, lines_come_before_accesses);
	tcase_add_test(tests, mmio_goes_to_the_bus_and_back);
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
	suite_add_tcase(suite, tests);
	return suite;
}
