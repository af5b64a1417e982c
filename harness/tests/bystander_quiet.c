// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "bystander": a timer causes the host no interrupt while there is nobody to take it, which
 * no guest can see.
 *
 * Other VMs of the host have timers, too. So the measure is the same time with the timer off, and
 * the host must be disturbed in most rounds.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "guest-images/tests/bystander.h"
#include "harness/tests/bystander.h"

struct quiet {
	int64_t begun;	    /* the host's interrupts at BYSTANDER_CALL_BEGIN */
	unsigned rounds[2]; /* timer off, timer expires */
	unsigned disturbed[2];
};

static void prepare(struct test_run *run)
{
	run->script_data = calloc(1, sizeof(struct quiet));
	if (run_host_timer_interrupts(run) < 0)
		run_skip(run, "this host does not tell its timer interrupts");
}

static void note_round(struct test_run *run, bool expires)
{
	struct quiet *quiet = run->script_data;
	int64_t now = run_host_timer_interrupts(run);

	if (run->fault == FAULT_HOST_OVERCOUNTED && expires)
		now++;
	quiet->rounds[expires]++;
	quiet->disturbed[expires] += now > quiet->begun;
}

static uint64_t call(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
		     const uint64_t args[3])
{
	struct quiet *quiet = run->script_data;

	(void)vm;
	(void)cpu;
	if (!quiet)
		return 0;
	if (function == BYSTANDER_CALL_BEGIN)
		quiet->begun = run_host_timer_interrupts(run);
	if (function == BYSTANDER_CALL_AWAY)
		run_sleep_us(2 * run->test->args[2]);
	if (function == BYSTANDER_CALL_AWAY || function == BYSTANDER_CALL_COUNT)
		note_round(run, args[0]);
	return 0;
}

static void judge(struct test_run *run)
{
	struct quiet *quiet = run->script_data;

	if (quiet) {
		run_sample(run, "rounds with host interrupts, timer off", quiet->disturbed[0]);
		run_sample(run, "rounds with host interrupts", quiet->disturbed[1]);
		RUN_CHECK(run,
			  quiet->disturbed[1] <= 2 * quiet->disturbed[0] + quiet->rounds[1] / 2,
			  "the host had timer interrupts in %u of %u rounds in which nobody could "
			  "take them, and in %u of %u with the timer off",
			  quiet->disturbed[1], quiet->rounds[1], quiet->disturbed[0],
			  quiet->rounds[0]);
	}
	free(quiet);
	run->script_data = NULL;
}

const struct test_script bystander_quiet = {
	.prepare = prepare,
	.call = call,
	.finish = judge,
};
