// SPDX-License-Identifier: GPL-2.0-only
#include "harness/fault.h"

#include <ctype.h>
#include <string.h>

#include "base/kvm_uapi.h"
#include "harness/fault_lines.h"
#include "harness/fault_play.h"
#include "harness/run.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "timer/timer_state.h"

#define V  KVM_ARM_DEV_EL1_VTIMER
#define P  KVM_ARM_DEV_EL1_PTIMER
#define MS UINT64_C(1000000)

static struct fault_lines lines;

static void begin(enum fault fault)
{
	lines = (struct fault_lines){ .fault = fault };
}

static uint64_t told(uint64_t levels, uint64_t now)
{
	return fault_lines_told(&lines, levels, now);
}

static uint64_t entered(uint64_t now)
{
	return fault_lines_entered(&lines, NULL, 0, now);
}

static uint64_t entered_with(uint64_t ctl, int64_t ns_left)
{
	const struct fault_timer_view views[] = { { V, ctl, ns_left }, { P, 0, -1 } };

	return fault_lines_entered(&lines, views, 2, 0);
}

/* -- the table -------------------------------------------------------------------------------- */

START_TEST(the_table_is_complete)
{
	uint64_t guest = 0;

	for (enum fault fault = FAULT_NONE; fault < FAULTS; fault++) {
		const struct fault_row *row = &fault_rows[fault];

		ck_assert_msg(row->name && row->title && *row->title,
			      "fault %d has no name or title", fault);
		ck_assert_msg(row->irqchips, "%s can be played nowhere", row->name);
		for (const char *c = row->name; *c; c++)
			ck_assert_msg(islower((unsigned char)*c) || *c == '-', "%s", row->name);
		for (enum fault other = FAULT_NONE; other < fault; other++)
			ck_assert_str_ne(row->name, fault_rows[other].name);
		ck_assert_int_eq(fault_find(row->name), fault);
		ck_assert_uint_eq(guest & row->guest, 0);
		guest |= row->guest;
	}
	ck_assert_int_eq(fault_find("no-such-fault"), FAULT_NONE);
	ck_assert_int_eq(fault_find(""), FAULT_NONE);
	/* The guest's are in order, none left out. */
	ck_assert_uint_eq(guest, (UINT64_C(1) << (FAULTS - FAULT_GUEST_COUNTER_SKEW)) - 1);
	for (enum fault fault = FAULT_GUEST_COUNTER_SKEW; fault < FAULTS; fault++)
		ck_assert_uint_eq(fault_rows[fault].guest,
				  UINT64_C(1) << (fault - FAULT_GUEST_COUNTER_SKEW));
}
END_TEST

/* -- lines ------------------------------------------------------------------------------------ */

START_TEST(drop)
{
	begin(FAULT_LINE_DROP);
	for (unsigned round = 1; round <= 9; round++) {
		uint64_t seen = round % 3 ? V : 0;

		ck_assert_uint_eq(told(V, 0), seen);
		ck_assert_uint_eq(entered(0), seen);
		ck_assert_uint_eq(entered(1000 * MS), seen);
		ck_assert_uint_eq(told(0, 0), 0);
		ck_assert_uint_eq(entered(0), 0);
	}
}
END_TEST

START_TEST(drop_leaves_the_other_line)
{
	begin(FAULT_LINE_DROP);
	told(V, 0), told(V | P, 0);
	ck_assert_uint_eq(told(P, 0), P);
	ck_assert_uint_eq(told(V | P, 0), P);
	ck_assert_uint_eq(told(V, 0), 0);
	ck_assert_uint_eq(told(0, 0), 0);
	ck_assert_uint_eq(told(V, 0), V);
}
END_TEST

START_TEST(drop_of_the_pmu)
{
	begin(FAULT_LINE_DROP);
	for (unsigned round = 1; round <= 9; round++) {
		ck_assert_uint_eq(told(KVM_ARM_DEV_PMU, 0), round % 3 ? KVM_ARM_DEV_PMU : 0);
		ck_assert_uint_eq(told(0, 0), 0);
	}
}
END_TEST

START_TEST(delay)
{
	begin(FAULT_LINE_DELAY);
	told(V, 0), told(0, 0), told(V, 0), told(0, 0);
	ck_assert_uint_eq(told(V, 5 * MS), 0);
	ck_assert_uint_eq(entered(14 * MS), 0);
	ck_assert_uint_eq(entered(15 * MS), V);
	ck_assert_uint_eq(told(0, 16 * MS), 0);
	ck_assert_uint_eq(told(V, 17 * MS), V);
	ck_assert_uint_eq(entered(17 * MS), V);
}
END_TEST

START_TEST(delay_of_a_line_that_falls)
{
	begin(FAULT_LINE_DELAY);
	told(V, 0), told(0, 0), told(V, 0), told(0, 0);
	ck_assert_uint_eq(told(V, 5 * MS), 0);
	ck_assert_uint_eq(told(0, 6 * MS), 0);
	ck_assert_uint_eq(entered(15 * MS), 0);
}
END_TEST

START_TEST(duplicate)
{
	begin(FAULT_LINE_DUPLICATE);
	ck_assert_uint_eq(told(V, 0), V);
	ck_assert_uint_eq(entered(0), V);
	/* The fall is seen, then the rise that is none. */
	ck_assert_uint_eq(told(0, 10), 0);
	ck_assert_uint_eq(entered(10), V);
	ck_assert_uint_eq(entered(10 + 2 * MS), V);
	ck_assert_uint_eq(entered(10 + 3 * MS), 0);
	ck_assert_uint_eq(entered(10 + 9 * MS), 0);
	/* A line that rises anew before that is no duplicate. */
	ck_assert_uint_eq(told(V, 0), V);
	ck_assert_uint_eq(told(0, 0), 0);
	ck_assert_uint_eq(told(V, 0), V);
	ck_assert_uint_eq(entered(0), V);
}
END_TEST

START_TEST(stuck)
{
	begin(FAULT_LINE_STUCK);
	ck_assert_uint_eq(told(0, 0), 0);
	ck_assert_uint_eq(told(P, 0), P);
	ck_assert_uint_eq(told(0, 0), P);
	ck_assert_uint_eq(entered(100 * MS), P);
	ck_assert_uint_eq(told(V, 0), V | P);
	ck_assert_uint_eq(told(0, 0), V | P);
}
END_TEST

START_TEST(early)
{
	begin(FAULT_LINE_EARLY);
	ck_assert_uint_eq(entered_with(ARCH_TIMER_CTL_ENABLE, 11 * MS), 0);
	ck_assert_uint_eq(entered_with(ARCH_TIMER_CTL_ENABLE, 9 * MS), V);
	ck_assert_uint_eq(entered_with(0, 9 * MS), 0);
	ck_assert_uint_eq(entered_with(ARCH_TIMER_CTL_ENABLE | ARCH_TIMER_CTL_IMASK, 9 * MS), 0);
	ck_assert_uint_eq(told(V, 0), V);
	ck_assert_uint_eq(entered_with(ARCH_TIMER_CTL_ENABLE | ARCH_TIMER_CTL_ISTATUS, -5), V);
}
END_TEST

START_TEST(masked)
{
	uint64_t ctl = ARCH_TIMER_CTL_ENABLE | ARCH_TIMER_CTL_IMASK | ARCH_TIMER_CTL_ISTATUS;

	begin(FAULT_LINE_MASKED);
	ck_assert_uint_eq(entered_with(ctl, 1), 0);
	ck_assert_uint_eq(entered_with(ctl, 0), V);
	ck_assert_uint_eq(entered_with(ARCH_TIMER_CTL_IMASK, 0), 0);
}
END_TEST

START_TEST(swap)
{
	begin(FAULT_LINE_SWAP);
	ck_assert_uint_eq(told(V, 0), P);
	ck_assert_uint_eq(told(P | KVM_ARM_DEV_PMU, 0), V | KVM_ARM_DEV_PMU);
	ck_assert_uint_eq(entered(0), V | KVM_ARM_DEV_PMU);
	ck_assert_uint_eq(told(V | P, 0), V | P);
}
END_TEST

/* -- in front of an interrupt controller ------------------------------------------------------ */

static struct test_run run;
static struct test_vm *vm;
static struct irqchip chip;
static uint64_t levels[2];
static unsigned exits, entries;

static void note_exited(struct irqchip *which, unsigned cpu, uint64_t level)
{
	ck_assert_ptr_eq(which, &chip);
	levels[cpu] = level;
	exits++;
}

static void note_enters(struct irqchip *which, unsigned cpu)
{
	(void)cpu;
	ck_assert_ptr_eq(which, &chip);
	entries++;
}

static const struct irqchip_ops user_ops = { .name = "user",
					     .vcpu_exited = note_exited,
					     .vcpu_enters = note_enters };
static const struct irqchip_ops vgic_ops = { .name = "vgic" };

static int attach(enum fault fault, enum irqchip_kind kind)
{
	memset(&run, 0, sizeof(run));
	run.fault = fault;
	vm = &run.vm;
	vm->run = &run;
	chip = (struct irqchip){ .ops = kind == IRQCHIP_USER ? &user_ops : &vgic_ops,
				 .kind = kind };
	vm->machine.irqchip = &chip;
	levels[0] = levels[1] = exits = entries = 0;
	return fault_attach(vm);
}

START_TEST(without_a_fault_nothing_is_in_front)
{
	for (enum fault fault = FAULT_NONE; fault < FAULTS; fault++) {
		bool own = fault_rows[fault].irqchips == TEST_ON_USER;

		ck_assert_int_eq(attach(fault, IRQCHIP_USER), 0);
		if (fault == FAULT_NONE || fault_rows[fault].guest)
			ck_assert_ptr_eq(chip.ops, &user_ops);
		if (own)
			ck_assert_ptr_ne(chip.ops, &user_ops);
		fault_detach(vm);
		ck_assert_ptr_eq(chip.ops, &user_ops);
		ck_assert_int_eq(attach(fault, IRQCHIP_GICV3), 0);
		if (own)
			ck_assert_ptr_eq(chip.ops, &vgic_ops);
		fault_detach(vm);
	}
	attach(FAULT_KILLS_BYSTANDER, IRQCHIP_GICV3);
	ck_assert_ptr_ne(chip.ops, &vgic_ops);
	fault_detach(vm);
	ck_assert_ptr_eq(chip.ops, &vgic_ops);
}
END_TEST

START_TEST(each_vcpu_has_its_own_lines)
{
	attach(FAULT_LINE_SWAP, IRQCHIP_USER);
	irqchip_vcpu_exited(&chip, 0, V);
	irqchip_vcpu_exited(&chip, 1, P);
	ck_assert_uint_eq(levels[0], P);
	ck_assert_uint_eq(levels[1], V);
	ck_assert_uint_eq(exits, 2);
	ck_assert_uint_eq(entries, 0);
	irqchip_vcpu_enters(&chip, 1);
	ck_assert_uint_eq(entries, 1);
	ck_assert_uint_eq(levels[1], V);
	fault_detach(vm);
	irqchip_vcpu_exited(&chip, 0, V);
	ck_assert_uint_eq(levels[0], V);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("fault");
	TCase *tests = tcase_create("fault");

	tcase_add_test(tests, the_table_is_complete);
	tcase_add_test(tests, drop);
	tcase_add_test(tests, drop_leaves_the_other_line);
	tcase_add_test(tests, drop_of_the_pmu);
	tcase_add_test(tests, delay);
	tcase_add_test(tests, delay_of_a_line_that_falls);
	tcase_add_test(tests, duplicate);
	tcase_add_test(tests, stuck);
	tcase_add_test(tests, early);
	tcase_add_test(tests, masked);
	tcase_add_test(tests, swap);
	tcase_add_test(tests, without_a_fault_nothing_is_in_front);
	tcase_add_test(tests, each_vcpu_has_its_own_lines);
	suite_add_tcase(suite, tests);
	return suite;
}
