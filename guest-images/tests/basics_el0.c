// SPDX-License-Identifier: GPL-2.0-only
/* What CNTKCTL_EL1 lets EL0 do (Arm DDI 0487, D24.10.3), also while a CPU takes turns with others.
 */
#include "guest-images/tests/basics.h"
#include "guest-images/tests/moving.h"

#define FAR (1ul << 62)

enum el0_register {
	CNTVCT,
	CNTPCT,
	CNTV_CTL,
	CNTV_CVAL,
	CNTV_TVAL,
	CNTP_CTL,
	CNTP_CVAL,
	CNTP_TVAL,
	CNTFRQ,
	EL0_REGISTERS
};
#define SET(reg)   (1u << (reg))
#define ALL_RIGHTS 0x303 /* as the library leaves it */

static const char *const el0_register_names[] = {
	"CNTVCT_EL0",	"CNTPCT_EL0",	 "CNTV_CTL_EL0",  "CNTV_CVAL_EL0", "CNTV_TVAL_EL0",
	"CNTP_CTL_EL0", "CNTP_CVAL_EL0", "CNTP_TVAL_EL0", "CNTFRQ_EL0",
};

static const struct {
	uint64_t cntkctl;
	unsigned allowed;
} el0_rights[] = {
	{ 0, 0 },
	{ 1 << 0, SET(CNTPCT) | SET(CNTFRQ) },
	{ 1 << 1, SET(CNTVCT) | SET(CNTFRQ) },
	{ 1 << 8, SET(CNTV_CTL) | SET(CNTV_CVAL) | SET(CNTV_TVAL) },
	{ 1 << 9, SET(CNTP_CTL) | SET(CNTP_CVAL) | SET(CNTP_TVAL) },
	{ ALL_RIGHTS, SET(EL0_REGISTERS) - 1 },
};
#define RIGHTS (sizeof(el0_rights) / sizeof(el0_rights[0]))

#define TRY(reg, access)                      \
	do {                                  \
		probe_begin();                \
		access;                       \
		syndromes[reg] = probe_end(); \
	} while (0)

static void el0_reads(void *argument)
{
	uint64_t *syndromes = argument;

	TRY(CNTVCT, read_sysreg(cntvct_el0));
	TRY(CNTPCT, read_sysreg(cntpct_el0));
	TRY(CNTV_CTL, read_sysreg(cntv_ctl_el0));
	TRY(CNTV_CVAL, read_sysreg(cntv_cval_el0));
	TRY(CNTV_TVAL, read_sysreg(cntv_tval_el0));
	TRY(CNTP_CTL, read_sysreg(cntp_ctl_el0));
	TRY(CNTP_CVAL, read_sysreg(cntp_cval_el0));
	TRY(CNTP_TVAL, read_sysreg(cntp_tval_el0));
	TRY(CNTFRQ, read_sysreg(cntfrq_el0));
}

static void el0_writes(void *argument)
{
	uint64_t *syndromes = argument;

	TRY(CNTV_CTL, write_sysreg(cntv_ctl_el0, 0));
	TRY(CNTV_CVAL, write_sysreg(cntv_cval_el0, FAR + 2));
	TRY(CNTP_CTL, write_sysreg(cntp_ctl_el0, 0));
	TRY(CNTP_CVAL, write_sysreg(cntp_cval_el0, FAR + 2));
}

/* Of a CPU whose CNTKCTL_EL1 is el0_rights[i]: what EL0's accesses came to. */
static void check_rights(unsigned i, const uint64_t *syndromes, enum el0_register first,
			 enum el0_register last, bool write)
{
	for (enum el0_register reg = first; reg <= last; reg++) {
		bool allowed = el0_rights[i].allowed >> reg & 1;
		uint64_t esr = syndromes[reg];

		if (write && (reg == CNTV_TVAL || reg == CNTP_TVAL))
			continue;
		CHECK(allowed == !esr, "EL0 %s %s with CNTKCTL_EL1 0x%lx: ESR 0x%lx",
		      write ? "writes" : "reads", el0_register_names[reg], el0_rights[i].cntkctl,
		      esr);
		CHECK(!esr || (esr >> 26 == 0x18 && (esr & 1) == !write),
		      "%s traps from EL0 with ESR 0x%lx", el0_register_names[reg], esr);
	}
}

/* CNTKCTL_EL1 lets EL0 at what it names, all else traps to EL1: whatever KVM itself traps. */
GUEST_TEST(basics_el0_access)
{
	uint64_t syndromes[EL0_REGISTERS];

	for (unsigned i = 0; i < RIGHTS; i++) {
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			timer_set_cval(timer, FAR + 1);
			timer_set_ctl(timer, TIMER_IMASK);
		}
		write_sysreg(cntkctl_el1, el0_rights[i].cntkctl);
		isb();
		at_el0(el0_reads, syndromes, false);
		check_rights(i, syndromes, 0, EL0_REGISTERS - 1, false);
		at_el0(el0_writes, syndromes, false);
		check_rights(i, syndromes, CNTV_CTL, CNTP_TVAL, true);
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			bool allowed = el0_rights[i].cntkctl >> (timer == VTIMER ? 8 : 9) & 1;

			CHECK(timer_cval(timer) == FAR + (allowed ? 2 : 1) &&
				      (timer_ctl(timer) & 3) == (allowed ? 0 : TIMER_IMASK),
			      "%s timer, after EL0 wrote with CNTKCTL_EL1 0x%lx: CVAL 0x%lx, CTL "
			      "0x%x",
			      timer_name(timer), el0_rights[i].cntkctl, timer_cval(timer),
			      timer_ctl(timer));
		}
	}
	write_sysreg(cntkctl_el1, ALL_RIGHTS);
	isb();
}

/* -- and each CPU its own -- */

#define MOVES_ENOUGH  24
#define ROUNDS_ENOUGH 24

static bool has_moved_enough(uint64_t end)
{
	return word_get(MOVING_WORD_MOVES) >= MOVES_ENOUGH || timer_count(VTIMER) >= end;
}

static void own_rights(void *argument)
{
	unsigned i = 1 + this_cpu() % (RIGHTS - 1);
	uint64_t end = timer_count(VTIMER) + us_to_count(arg(5) * 1000);
	uint64_t syndromes[EL0_REGISTERS];

	(void)argument;
	write_sysreg(cntkctl_el1, el0_rights[i].cntkctl);
	barrier();
	for (unsigned round = 0; (round < ROUNDS_ENOUGH || !has_moved_enough(end)) && !failed();
	     round++) {
		uint64_t cntkctl;

		spin_us(random_below(500));
		if (round % 2)
			exit_to_host();
		cntkctl = read_sysreg(cntkctl_el1);
		CHECK(cntkctl == el0_rights[i].cntkctl,
		      "CNTKCTL_EL1 of CPU %u is 0x%lx instead of 0x%lx", this_cpu(), cntkctl,
		      el0_rights[i].cntkctl);
		at_el0(el0_reads, syndromes, false);
		check_rights(i, syndromes, 0, EL0_REGISTERS - 1, false);
	}
	write_sysreg(cntkctl_el1, ALL_RIGHTS);
	isb();
}

/*
 * More vCPUs than host CPUs: each takes turns with others whose CNTKCTL_EL1 differs.
 *
 * args: -, -, -, -, -, longest wait for moves in ms, -, policy
 */
GUEST_TEST(moving_el0_access)
{
	on_all_cpus(own_rights, NULL);
}
