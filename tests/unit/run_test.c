// SPDX-License-Identifier: GPL-2.0-only
/* Whole runs, in their own processes, against a KVM whose guests do as the test says. */
#include "harness/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/result.h"
#include "harness/runner.h"
#include "tests/unit/fake_host_cpus.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"

/* What the guest's CPU 0 does with each KVM_RUN; the last step is repeated. */
struct step {
	enum { WRITE, READ, EVENT, SLEEP, SPIN, FAILURE } what;
	uint64_t offset, value; /* of the test device; or the system event */
	const char *message;
	unsigned size; /* 0: 8 */
};

static const struct step *steps;
static struct guest_shared *shared;
static unsigned next;
static struct run_result *result;
static struct test test;
static struct test_script script;
static struct run_request request;

static int set_memory(void *context, int fd, uintptr_t argument)
{
	const struct kvm_userspace_memory_region *region = (const void *)argument;

	(void)context, (void)fd;
	shared = (struct guest_shared *)(uintptr_t)region->userspace_addr;
	return 0;
}

/* A vCPU in the guest that needs nobody. */
static int stay(struct kvm_run *run)
{
	while (!__atomic_load_n(&run->immediate_exit, __ATOMIC_SEQ_CST))
		usleep(500);
	return -EINTR;
}

static int play_guest(void *context, int fd, uintptr_t argument)
{
	struct kvm_run *run = fake_kvm_run(0);
	const struct step *step = &steps[next];

	(void)context, (void)fd, (void)argument;
	if (run->immediate_exit)
		return -EINTR;
	next++;
	if (step->message)
		memcpy(shared->cpu[0].message, step->message, strlen(step->message) + 1);
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = GUEST_TEST_DEVICE + step->offset;
	run->mmio.len = step->size ? step->size : 8;
	memcpy(run->mmio.data, &step->value, 8);
	run->mmio.is_write = step->what == WRITE;
	switch (step->what) {
	case WRITE:
	case READ:
		return 0;
	case EVENT:
		run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
		run->system_event.type = step->value;
		return 0;
	case FAILURE:
		return -EFAULT;
	case SLEEP:
		strcpy(shared->cpu[0].wait_for, step->message);
		shared->cpu[0].waits++;
		shared->cpu[0].wait_time = step->value;
		return stay(run);
	case SPIN:
		next--;
		return stay(run);
	}
	return -EINVAL;
}

static void setup(void)
{
	unit_reset_log();
	fake_kvm_reset();
	fake_host_cpus_reset(2);
	fake_kvm_hook(KVM_SET_USER_MEMORY_REGION, set_memory, NULL);
	fake_kvm_hook(KVM_RUN, play_guest, NULL);
	fake_kvm_set_host_reg(KVM_CORE_REG_U64(regs.pc), 0);
	result = result_create();
	test = (struct test){ .id = "unit/test", .script = NULL };
	script = (struct test_script){ 0 };
	request = (struct run_request){
		.test = &test, .irqchip = IRQCHIP_GICV3, .seed = 7, .timeout_scale = 1
	};
	next = 0;
}

static void teardown(void)
{
	result_destroy(result);
}

static void assert_passed(void)
{
	ck_assert_msg(result_verdict(result) == RUN_PASSED, "failure is \"%s\"",
		      result->failures[0].text);
}

static enum run_verdict run(const struct step *what)
{
	steps = what;
	ck_assert_int_eq(run_execute(&request, result), 0);
	/* Nothing is left of it. */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	return result_verdict(result);
}

static void assert_failed(const char *text)
{
	ck_assert_int_eq(result_verdict(result), RUN_FAILED);
	ck_assert_msg(strstr(result->failures[0].text, text), "failure is \"%s\", not \"%s\"",
		      result->failures[0].text, text);
}

START_TEST(a_guest_that_is_done)
{
	static const struct step guest[] = {
		{ .what = READ, .offset = TEST_DEVICE_EXIT },
		{ .what = WRITE, .offset = TEST_DEVICE_EXIT },
		{ .what = WRITE, .offset = TEST_DEVICE_PRINT, .message = "a line" },
		{ .what = WRITE, .offset = TEST_DEVICE_SAMPLE, .value = 12, .message = "late" },
		{ .what = WRITE, .offset = TEST_DEVICE_DONE },
		{ .what = FAILURE },
	};

	run(guest);
	assert_passed();
	ck_assert(result->ended);
	ck_assert_uint_eq(result->note_count, 1);
	ck_assert_str_eq(result->notes[0].text, "a line");
	ck_assert_str_eq(result->series[0].name, "late");
	ck_assert_double_eq(result->series[0].sum, 12);
	ck_assert_uint_gt(result->duration, 0);
	ck_assert_uint_gt(result->guest_duration, 0);
	ck_assert_str_eq(result->counters[0].name, "exits.mmio_read");
	ck_assert_int_eq(result->counters[0].value, 1);
	ck_assert_str_eq(result->counters[1].name, "exits.mmio_write");
	ck_assert_int_eq(result->counters[1].value, 4);
}
END_TEST

/* How many moves were told; -1: nothing of the kind. */
static double moves_told(void)
{
	for (unsigned i = 0; i < result->series_count; i++)
		if (!strcmp(result->series[i].name, "moves"))
			return result->series[i].sum;
	return -1;
}

START_TEST(vcpus_that_are_to_be_moved)
{
	static const struct step guest[] = {
		{ .what = READ, .offset = TEST_DEVICE_EXIT },
		{ .what = READ, .offset = TEST_DEVICE_EXIT },
		{ .what = WRITE, .offset = TEST_DEVICE_DONE },
	};

	run(guest);
	assert_passed();
	ck_assert_double_eq(moves_told(), -1);
	request.migrate = "on-exit:1";
	run(guest);
	assert_passed();
	/* The guest may be done before the mover has begun. */
	ck_assert_double_ge(moves_told(), 0);
	request.place = "pin:1023";
	run(guest);
	assert_failed("cannot place and move vCPUs (--place pin:1023 --migrate on-exit:1)");
}
END_TEST

START_TEST(a_guest_that_says_what_failed)
{
	static const struct step guest[] = {
		{ .what = WRITE, .offset = TEST_DEVICE_FAIL, .message = "too early" },
		{ .what = WRITE, .offset = TEST_DEVICE_FAIL, .message = "too late" },
		{ .what = WRITE, .offset = TEST_DEVICE_DONE },
	};
	const struct run_failure *failure = &result->failures[0];

	run(guest);
	assert_failed("too early");
	ck_assert_uint_eq(result->failure_count, 2);
	ck_assert_str_eq(result->failures[1].text, "too late");
	ck_assert(failure->cpu.known);
	ck_assert_str_eq(failure->cpu.vm, "vm");
	/* The entry: the fake's guest moves no PC. */
	ck_assert_uint_eq(failure->cpu.pc, GUEST_IMAGE_BASE);
}
END_TEST

START_TEST(a_guest_that_cannot_be_tested)
{
	static const struct step guest[] = {
		{ .what = WRITE, .offset = TEST_DEVICE_SKIP, .message = "no WFIT" },
		{ .what = FAILURE },
	};

	ck_assert_int_eq(run(guest), RUN_SKIPPED);
	ck_assert_str_eq(result->skip_reason, "no WFIT");
}
END_TEST

START_TEST(a_guest_that_misuses_the_device)
{
	static const struct step guest[] = {
		{ .what = WRITE, .offset = 0x800, .value = 1 },
		{ .what = WRITE, .offset = TEST_DEVICE_FAIL, .size = 4 },
		{ .what = READ, .offset = TEST_DEVICE_DONE },
		{ .what = WRITE, .offset = TEST_DEVICE_CALL },
		{ .what = WRITE, .offset = TEST_DEVICE_DONE },
	};

	run(guest);
	assert_failed("writes 8 bytes at 0x800");
	/* Once is enough. */
	ck_assert_uint_eq(result->failure_count, 1);
}
END_TEST

START_TEST(a_message_without_end)
{
	static char endless[GUEST_MESSAGE + 100];
	struct step guest[] = {
		{ .what = WRITE, .offset = TEST_DEVICE_FAIL, .message = endless },
		{ .what = WRITE, .offset = TEST_DEVICE_DONE },
	};

	memset(endless, 'x', sizeof(endless) - 1);
	run(guest);
	assert_failed("xxxx");
	ck_assert_uint_eq(strlen(result->failures[0].text), GUEST_MESSAGE - 1);
}
END_TEST

START_TEST(a_guest_that_stops_otherwise)
{
	static const struct {
		struct step step;
		const char *text;
	} cases[] = {
		{ { .what = EVENT, .value = KVM_SYSTEM_EVENT_SHUTDOWN }, "SYSTEM_OFF" },
		{ { .what = EVENT, .value = KVM_SYSTEM_EVENT_RESET }, "SYSTEM_RESET" },
		{ { .what = EVENT, .value = KVM_SYSTEM_EVENT_CRASH }, "crashed" },
		{ { .what = FAILURE }, "cannot go on" },
		{ { .what = WRITE, .offset = 0x100000 }, "crashed" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		next = 0;
		run(&cases[i].step);
		assert_failed(cases[i].text);
		ck_assert(result->failures[0].cpu.known);
	}
}
END_TEST

START_TEST(a_guest_that_waits_for_ever)
{
	static const struct step guest[] = {
		{ .what = SLEEP, .message = "a timer", .value = 1000 },
		{ .what = WRITE, .offset = TEST_DEVICE_DONE },
	};

	request.timeout_scale = 0.1;
	run(guest);
	assert_failed("waited for \"a timer\"");
	ck_assert(result->failures[0].cpu.known);
	/* The kick lets it go on. */
	ck_assert_uint_eq(result->failure_count, 1);
}
END_TEST

START_TEST(a_guest_that_a_kick_does_not_help)
{
	static const struct step guest[] = {
		{ .what = SLEEP, .message = "a timer", .value = 1000 },
		{ .what = SPIN },
	};

	request.timeout_scale = 0.1;
	run(guest);
	ck_assert_uint_eq(result->failure_count, 2);
	ck_assert_ptr_nonnull(strstr(result->failures[1].text, "after a kick"));
}
END_TEST

START_TEST(a_guest_without_end)
{
	static const struct step guest[] = { { .what = SPIN } };

	request.timeout_scale = 0.04;
	run(guest);
	assert_failed("did not end within");
	ck_assert_msg(strstr(result->failures[1].text, "PC 0x"), "failure is \"%s\"",
		      result->failures[1].text);
}
END_TEST

static void prepare(struct test_run *which)
{
	run_note(which, "prepared");
}

static void beside(struct test_run *which)
{
	run_note(which, "beside");
	while (!run_is_over(which))
		run_sleep_us(1000);
}

static uint64_t call(struct test_run *which, struct test_vm *vm, unsigned cpu, unsigned function,
		     const uint64_t args[3])
{
	run_note(which, "call %u of cpu %u: %u", function, cpu, (unsigned)args[0]);
	(void)vm;
	return 42;
}

static void finish(struct test_run *which)
{
	run_note(which, "finish %u", (unsigned)which->vm.shared->cpu[0].call[0]);
}

START_TEST(a_script)
{
	static const struct step guest[] = {
		{ .what = WRITE, .offset = TEST_DEVICE_CALL, .value = 3 },
		{ .what = WRITE, .offset = TEST_DEVICE_DONE },
	};
	bool beside_ran = false;

	script = (struct test_script){
		.prepare = prepare, .beside = beside, .call = call, .finish = finish
	};
	test.script = &script;
	run(guest);
	assert_passed();
	ck_assert_uint_eq(result->note_count, 4);
	ck_assert_str_eq(result->notes[0].text, "prepared");
	for (unsigned i = 1; i < 3; i++) {
		if (strcmp(result->notes[i].text, "beside") == 0)
			beside_ran = true;
		else
			ck_assert_str_eq(result->notes[i].text, "call 3 of cpu 0: 0");
	}
	ck_assert(beside_ran);
	ck_assert_str_eq(result->notes[3].text, "finish 42");
}
END_TEST

static void alone(struct test_run *which)
{
	which->script_data = which;
	raise(run_random(which, 1) ? SIGTERM : SIGSEGV);
}

START_TEST(a_script_that_crashes)
{
	script.alone = alone;
	test.script = &script;
	run(NULL);
	ck_assert_int_eq(result->signal, SIGSEGV);
	assert_failed("died of signal 11");
	ck_assert_ptr_nonnull(strstr(result->notes[0].text, "armlet itself"));
}
END_TEST

static void leave_child(struct test_run *which)
{
	pid_t child = fork();

	if (child == 0)
		for (;;)
			pause();
	run_note(which, "%d", child);
}

START_TEST(a_script_that_leaves_a_process)
{
	int child;

	script.alone = leave_child;
	test.script = &script;
	run(NULL);
	assert_passed();
	ck_assert_int_eq(sscanf(result->notes[0].text, "%d", &child), 1);
	for (unsigned i = 0; i < 1000 && kill(child, 0) == 0; i++) {
		char path[64], state = 0;
		FILE *stat;

		/* Until somebody reaps it, it is there as a zombie. */
		snprintf(path, sizeof(path), "/proc/%d/stat", child);
		stat = fopen(path, "r");
		if (!stat || fscanf(stat, "%*d %*s %c", &state) != 1 || state == 'Z')
			state = 'Z';
		if (stat)
			fclose(stat);
		if (state == 'Z')
			return;
		usleep(10000);
	}
	ck_assert_int_eq(kill(child, 0), -1);
}
END_TEST

static void hang(struct test_run *which)
{
	(void)which;
	for (;;)
		pause();
}

START_TEST(a_script_that_hangs)
{
	script.alone = hang;
	test.script = &script;
	request.timeout_scale = 0.04;
	run(NULL);
	assert_failed("did not end within");
	ck_assert_uint_eq(result->failure_count, 2);
	ck_assert_ptr_nonnull(strstr(result->failures[1].text, "script did not come to its end"));
}
END_TEST

static void stop(struct test_run *which)
{
	(void)which;
	raise(SIGSTOP);
}

START_TEST(a_process_that_hangs)
{
	script.alone = stop;
	test.script = &script;
	request.timeout_scale = 0.01;
	run(NULL);
	assert_failed("was killed");
	ck_assert(!result->ended);
}
END_TEST

START_TEST(a_vm_that_cannot_be_made)
{
	static const struct step guest[] = { { .what = FAILURE } };

	fake_kvm_fail(KVM_CREATE_VCPU, 1, ENOMEM);
	run(guest);
	assert_failed("cannot make the VM \"vm\": cannot create vCPU 0");
}
END_TEST

START_TEST(a_noticed_fault_ends_the_run)
{
	static const struct step guest[] = {
		{ .what = WRITE, .offset = TEST_DEVICE_FAIL, .message = "noticed" },
		{ .what = SPIN },
	};

	request.fault = FAULT_GUEST_EARLY;
	run(guest);
	ck_assert_uint_eq(result->failure_count, 1);
	assert_failed("noticed");
}
END_TEST

START_TEST(applies)
{
	struct host_facts facts = { .irqchips[IRQCHIP_USER] = true,
				    .irqchip_reasons[IRQCHIP_GICV3] = "none here",
				    .max_cpus = 4 };
	char reason[200];

	ck_assert(test_applies(&test, IRQCHIP_USER, &facts, false, reason, sizeof(reason)));
	ck_assert(!test_applies(&test, IRQCHIP_GICV3, &facts, false, reason, sizeof(reason)));
	ck_assert_str_eq(reason, "none here");
	test.irqchips = TEST_ON_VGIC;
	ck_assert(!test_is_for(&test, IRQCHIP_USER));
	ck_assert(test_is_for(&test, IRQCHIP_GICV2));
	test.irqchips = 0;
	test.cpus = 5;
	ck_assert(!test_applies(&test, IRQCHIP_USER, &facts, false, reason, sizeof(reason)));
	ck_assert_str_eq(reason, "needs 5 vCPUs, there can be 4");
	facts.max_cpus = 512;
	test.cpus = 9;
	ck_assert(!test_applies(&test, IRQCHIP_USER, &facts, false, reason, sizeof(reason)));
	test.cpus = 8;
	ck_assert(test_applies(&test, IRQCHIP_USER, &facts, false, reason, sizeof(reason)));
	test.needs = TEST_NEEDS_EXACT_TIME | TEST_NEEDS_PMU;
	facts.needs = TEST_NEEDS_PMU;
	ck_assert(!test_applies(&test, IRQCHIP_USER, &facts, false, reason, sizeof(reason)));
	ck_assert_ptr_nonnull(strstr(reason, "time depends on load"));
	ck_assert(test_applies(&test, IRQCHIP_USER, &facts, true, reason, sizeof(reason)));
	/* Each need has its reason. */
	facts.needs = 0;
	for (unsigned need = 1; need <= TEST_NEEDS_SVE; need <<= 1) {
		test.needs = need;
		ck_assert(
			!test_applies(&test, IRQCHIP_USER, &facts, false, reason, sizeof(reason)));
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("run");
	TCase *tests = tcase_create("run");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_guest_that_is_done);
	tcase_add_test(tests, vcpus_that_are_to_be_moved);
	tcase_add_test(tests, a_guest_that_says_what_failed);
	tcase_add_test(tests, a_guest_that_cannot_be_tested);
	tcase_add_test(tests, a_guest_that_misuses_the_device);
	tcase_add_test(tests, a_message_without_end);
	tcase_add_test(tests, a_guest_that_stops_otherwise);
	tcase_add_test(tests, a_guest_that_waits_for_ever);
	tcase_add_test(tests, a_guest_that_a_kick_does_not_help);
	tcase_add_test(tests, a_guest_without_end);
	tcase_add_test(tests, a_script);
	tcase_add_test(tests, a_script_that_crashes);
	tcase_add_test(tests, a_script_that_leaves_a_process);
	tcase_add_test(tests, a_script_that_hangs);
	tcase_add_test(tests, a_process_that_hangs);
	tcase_add_test(tests, a_vm_that_cannot_be_made);
	tcase_add_test(tests, a_noticed_fault_ends_the_run);
	tcase_add_test(tests, applies);
	suite_add_tcase(suite, tests);
	return suite;
}
