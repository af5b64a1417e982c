// SPDX-License-Identifier: GPL-2.0-only
/*
 * FP/SIMD or SVE registers with a pattern in each, kept live through whatever may make KVM save,
 * restore or lose them. Which registers: args[FP_LIVE_ARG]. Compiled without FP registers for the
 * compiler: only guest-images/fp touches them.
 */
#include "guest-images/tests/fpsimd.h"
#include "guest-images/lib/fp.h"
#include "guest-images/lib/guest.h"
#include "guest-images/tests/fpsimd_disturb.h"

static void begin(void)
{
	fp_live_begin((enum fp_live)arg(FP_LIVE_ARG), (enum fp_owner)arg(FPSIMD_ARG_OWNER),
		      arg(FPSIMD_ARG_VL));
}

/* -- rounds -------------------------------------------------------------------------------------
 */

static void check_round(uint32_t round, enum fpsimd_disturbance disturbance)
{
	fp_live_load(round);
	fpsimd_disturb(disturbance);
	fp_live_check(fpsimd_disturbance_names[disturbance]);
}

static void all_rounds(void *unused)
{
	uint64_t rounds = arg(FPSIMD_ARG_ROUNDS);

	(void)unused;
	begin();
	for (uint32_t round = 1; round <= rounds && !failed(); round++)
		check_round(round, (enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
}

GUEST_TEST(fpsimd_rounds)
{
	on_all_cpus(all_rounds, NULL);
}

/* All disturbances one after the other, in an order that the seed gives. */
static void mixed_rounds(void *unused)
{
	uint64_t rounds = arg(FPSIMD_ARG_ROUNDS);

	(void)unused;
	begin();
	for (uint32_t round = 1; round <= rounds && !failed(); round++)
		check_round(round, (enum fpsimd_disturbance)random_below(FPSIMD_OWN_DISTURBANCES));
}

GUEST_TEST(fpsimd_mixed)
{
	on_all_cpus(mixed_rounds, NULL);
}

/* Until the script says that it is done: it moves, signals or stops the vCPU meanwhile. */
static void rounds_until_told(void *unused)
{
	uint32_t round = 0;

	(void)unused;
	begin();
	do {
		check_round(++round, (enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
		word_set(FPSIMD_WORD_LIVE, 1);
	} while (!word_get(FPSIMD_WORD_STOP) && !failed());
	CHECK(round > 0, "no round was done");
}

GUEST_TEST(fpsimd_until_told)
{
	on_all_cpus(rounds_until_told, NULL);
}

/* Exits as fast as it can; with FP_DIRTY set, it changes its registers before each. */
GUEST_TEST(fpsimd_storm)
{
	uint32_t round = 0;

	begin();
	while (!word_get(FPSIMD_WORD_STOP)) {
		if (word_get(FPSIMD_WORD_DIRTY))
			fp_live_load(++round);
		null_hypercall();
	}
}

/* -- EL0 ----------------------------------------------------------------------------------------
 */

/* Rounds that are helped by an exit where no tick came in all the others: how late one comes is not
 * judged here. */
#define HELPED_ROUNDS 200

static void rounds_at_el0(void *unused)
{
	uint64_t rounds = arg(FPSIMD_ARG_ROUNDS);

	(void)unused;
	for (uint64_t round = 1; round <= rounds + HELPED_ROUNDS && !failed(); round++) {
		if (round > rounds && fpsimd_ticks())
			break;
		fp_live_load(round);
		spin_us(arg(FPSIMD_ARG_MICROSECONDS));
		if (round > rounds)
			exit_to_host();
		fp_live_check("at EL0, interrupted by a timer");
	}
}

GUEST_TEST(fpsimd_el0)
{
	begin();
	/* Its vector length is EL1's business. */
	fp_live_load(1);
	fpsimd_ticks_start();
	at_el0(rounds_at_el0, NULL, true);
	fpsimd_ticks_stop();
	CHECK(fpsimd_ticks(), "no timer interrupt came meanwhile");
}

/* -- reset values -------------------------------------------------------------------------------
 */

static void registers_are_reset(void *unused)
{
	(void)unused;
	begin();
	fp_live_check_reset();
}

/* KVM resets the registers to zero; a CPU that is switched on again begins anew. */
GUEST_TEST(fpsimd_reset_values)
{
	registers_are_reset(NULL);
	for (unsigned life = 0; life < arg(FPSIMD_ARG_ROUNDS) && !failed(); life++)
		for (unsigned cpu = 1; cpu < cpu_count(); cpu++) {
			cpu_start(cpu, registers_are_reset, NULL);
			cpu_join(cpu);
		}
}

/* The same after resets of the machine: the words are what stays. */
GUEST_TEST(fpsimd_machine_reset)
{
	uint64_t life = word_get(FPSIMD_WORD_LIVE) + 1;

	registers_are_reset(NULL);
	word_set(FPSIMD_WORD_LIVE, life);
	if (life <= arg(FPSIMD_ARG_ROUNDS) && !failed())
		psci(PSCI_SYSTEM_RESET, 0, 0, 0);
}

/* -- state that the monitor reads and writes ----------------------------------------------------
 */

static void wait_live(void)
{
	word_set(FPSIMD_WORD_LIVE, 1);
	while (!word_get(FPSIMD_WORD_STOP))
		;
}

/* The script reads the registers while they are live (pattern of round 1), puts those of the
 * monitor in their place, and has the guest find these. */
GUEST_TEST(fpsimd_changed_by_monitor)
{
	struct fp_who monitor = { FP_OWNER_MONITOR, this_cpu(), 2 };

	begin();
	fp_live_load(1);
	wait_live();
	fp_live_expect(monitor);
	fp_live_check("after the monitor wrote them");
}

/* The registers of another VM were loaded into this one: this VM's guest finds that one's pattern.
 */
GUEST_TEST(fpsimd_loaded_from_other_vm)
{
	struct fp_who other = { FP_OWNER_OTHER_VM, this_cpu(), 1 };

	begin();
	fp_live_load(2);
	wait_live();
	fp_live_expect(other);
	fp_live_check("after they were loaded from another VM");
}
