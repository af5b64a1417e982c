// SPDX-License-Identifier: GPL-2.0-only
/* Timers saved and loaded: in place, and from one VM to another. */
#include <string.h>

#include "guest-images/tests/control.h"
#include "harness/run.h"
#include "harness/test_timer.h"
#include "harness/tests/control_scripts.h"
#include "timer/host_counter.h"

/* -- in place --------------------------------------------------------------------------------- */

/* Time stands still for the guest, or it does not; where KVM cannot let the physical counter stand
 * still, it never does. */
static enum timer_counters choose_counters(struct test_run *run)
{
	bool physical = run->test->args[CONTROL_ARG_TIMERS] & CONTROL_PHYSICAL;

	if (physical && !(run->test->needs & TEST_NEEDS_PHYSICAL_OFFSET))
		return TIMER_COUNTERS_KEEP;
	return run_random(run, 2) ? TIMER_COUNTERS_LOAD : TIMER_COUNTERS_KEEP;
}

static bool save_and_load(struct test_run *run, uint64_t pause_us)
{
	enum timer_counters counters = choose_counters(run);
	struct timer_state state = { 0 };
	int fd = run->vm.machine.vcpus[0].fd, ret;

	test_vm_park(&run->vm, 0);
	ret = test_timer_save(run, fd, &state);
	run_sleep_us(pause_us);
	ret = ret ? ret : test_timer_load(run, fd, &state, counters);
	test_vm_unpark(&run->vm, 0);
	return RUN_CHECK(run, ret == 0, "saving and loading the timers: %s", strerror(-ret));
}

static void beside_saves(struct test_run *run)
{
	unsigned count = run->test->args[CONTROL_ARG_COUNT];

	if (!test_vm_wait_word(&run->vm, CONTROL_WORD_STATE, 1))
		return;
	for (unsigned i = 0; i < count && !run_is_over(run); i++) {
		/* The guest's timers are armed up to 600 us ahead. */
		run_sleep_us(run_random(run, 700));
		if (!save_and_load(run, run_random(run, 4) ? 0 : run_random(run, 700)))
			break;
	}
	test_vm_set_word(&run->vm, CONTROL_WORD_GO, 1);
}

const struct test_script save_around_expiry = { .beside = beside_saves };

/* -- from one VM to another ------------------------------------------------------------------- */

/* The run's own VM is the destination: what it finds is the verdict. */
static void prepare_destination(struct test_run *run)
{
	test_vm_set_word(&run->vm, CONTROL_WORD_GO, CONTROL_ROLE_DESTINATION);
}

/* What the guest will be told to expect, read past the faults that are planted in saving. */
static void read_expected(int fd, struct timer_state *expected)
{
	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++)
		for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++)
			arch_timer_get(fd, timer, reg, &expected->regs[timer][reg]);
}

/* Runs the source until its timers are as they shall be, and takes them. */
static bool save_source(struct test_run *run, struct timer_state *state,
			struct timer_state *expected)
{
	struct test_vm_config config = {
		.name = "source",
		.guest = run->test->guest,
		.cpus = 1,
		.irqchip = run->irqchip,
	};
	struct test_vm source;
	int ret;

	memcpy(config.args, run->test->args, sizeof(config.args));
	ret = test_vm_create(&source, run, &config);
	ret = ret ? ret : test_vm_start(&source);
	if (!ret && test_vm_wait_word(&source, CONTROL_WORD_STATE, 1)) {
		run_sleep_us(run_random(run, 200));
		test_vm_park(&source, 0);
		read_expected(source.machine.vcpus[0].fd, expected);
		ret = test_timer_save(run, source.machine.vcpus[0].fd, state);
		/* The counter has gone on since. */
		for (unsigned timer = 0; timer < ARCH_TIMERS; timer++)
			expected->regs[timer][ARCH_TIMER_CNT] = state->regs[timer][ARCH_TIMER_CNT];
		/* Nothing may come of it after this. */
		test_vm_unpark(&source, 0);
		test_vm_set_word(&source, CONTROL_WORD_STATE, 2);
		test_vm_wait_done(&source);
	}
	test_vm_destroy(&source);
	return RUN_CHECK(run, ret == 0 && state->saved, "the source's timers were not saved");
}

static void tell_expected(struct test_vm *vm, const struct timer_state *state)
{
	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++)
		for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++)
			test_vm_set_word(vm, CONTROL_EXPECTED(timer, reg), state->regs[timer][reg]);
}

static void beside_migration(struct test_run *run)
{
	int fd = run->vm.machine.vcpus[0].fd;
	struct timer_state state = { 0 }, expected = { 0 };
	int ret;

	if (!test_vm_wait_word(&run->vm, CONTROL_WORD_STATE, 1) ||
	    !save_source(run, &state, &expected))
		return;
	test_vm_park(&run->vm, 0);
	tell_expected(&run->vm, &expected);
	test_vm_set_word(&run->vm, CONTROL_WORD_LOADED, host_counter());
	ret = test_timer_load(run, fd, &state, TIMER_COUNTERS_LOAD);
	test_vm_set_word(&run->vm, CONTROL_WORD_STATE, 2);
	test_vm_unpark(&run->vm, 0);
	RUN_CHECK(run, ret == 0, "the timers could not be loaded: %s", strerror(-ret));
}

const struct test_script migrate_to_this_vm = { .prepare = prepare_destination,
						.beside = beside_migration,
						.call = control_call };
