// SPDX-License-Identifier: GPL-2.0-only
/* Priorities, preemption and groups of the GICv2. */
#include "tests/unit/gicv2_fixture.h"

/* Makes an SPI pending with a priority. */
static void pend(unsigned intid, uint8_t priority)
{
	set_priority(0, intid, priority);
	irq_write(0, GICD_ISPENDR, intid);
}

START_TEST(higher_priority_comes_first)
{
	pend(40, 0x80);
	pend(200, 0x40);
	pend(33, 0xc0);
	set_priority(0, 27, 0x60);
	gicv2_set_ppi(gic, 0, 27, true);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 200);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 200);
	cpu_write(0, GICC_EOIR, 200);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 27);
	gicv2_set_ppi(gic, 0, 27, false);
	cpu_write(0, GICC_EOIR, 27);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 33);
}
END_TEST

START_TEST(lower_intid_comes_first_among_equals)
{
	pend(200, 0x40);
	pend(64, 0x40);
	pend(65, 0x40);
	gicv2_set_ppi(gic, 0, 30, true);
	gicv2_set_ppi(gic, 0, 27, true);
	set_priority(0, 27, 0x40);
	set_priority(0, 30, 0x40);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 27);
	irq_write(0, GICD_ICENABLER, 27);
	irq_write(0, GICD_ICENABLER, 30);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 64);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 64);
}
END_TEST

START_TEST(preemption_nests)
{
	pend(40, 0x80);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x80);
	/* Equal priority does not preempt. */
	pend(41, 0x80);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 41);
	pend(42, 0x78);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 42);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x78);
	pend(43, 0x00);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 43);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x00);
	ck_assert_uint_eq(cpu_read(0, GICC_APR0), 1u << 16 | 1u << 15 | 1);
	cpu_write(0, GICC_EOIR, 43);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x78);
	cpu_write(0, GICC_EOIR, 42);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x80);
	ck_assert_uint_eq(pins[0], 0);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0xff);
	ck_assert_uint_eq(pins[0], IRQ);
}
END_TEST

START_TEST(ends_in_the_wrong_order_give_all_priorities_back)
{
	pend(40, 0x80);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	pend(41, 0x40);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 41);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 0);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 41), 1);
	cpu_write(0, GICC_EOIR, 41);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0xff);
	pend(42, 0xf0);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 42);
}
END_TEST

START_TEST(binary_point_makes_groups)
{
	/* BPR 4: bits 7 to 5 are the group priority. */
	cpu_write(0, GICC_BPR, 4);
	pend(40, 0x58);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x40);
	pend(41, 0x40); /* higher, but of the same group */
	ck_assert_uint_eq(pins[0], 0);
	pend(42, 0x38);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 42);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x20);
	cpu_write(0, GICC_EOIR, 42);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 41);
}
END_TEST

START_TEST(subpriority_decides_who_comes_first)
{
	cpu_write(0, GICC_BPR, 7);
	pend(40, 0x80);
	pend(41, 0x78);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 41);
	/* No bit of it is group priority: nothing preempts. */
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0);
	pend(42, 0x00);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
}
END_TEST

START_TEST(group1_has_a_binary_point_of_its_own)
{
	cpu_write(0, GICC_CTLR, CTLR_GROUP0 | CTLR_GROUP1 | CTLR_ACK_CTL);
	for (unsigned intid = 40; intid < 44; intid++)
		set_group1(0, intid);
	cpu_write(0, GICC_BPR, 7);
	/* ABPR 5 is what BPR 4 is. */
	cpu_write(0, GICC_ABPR, 5);
	pend(40, 0x78);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x60);
	pend(41, 0x60);
	ck_assert_uint_eq(pins[0], 0);
	pend(42, 0x58);
	ck_assert_uint_eq(pins[0], IRQ);
	/* With CBPR, BPR is for both. */
	cpu_write(0, GICC_CTLR, CTLR_GROUP0 | CTLR_GROUP1 | CTLR_ACK_CTL | CTLR_CBPR);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 42);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0);
}
END_TEST

START_TEST(priority_mask)
{
	cpu_write(0, GICC_PMR, 0x80);
	pend(40, 0x80);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
	/* It is the highest pending one all the same. */
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 40);
	set_priority(0, 40, 0x78);
	ck_assert_uint_eq(pins[0], IRQ);
	cpu_write(0, GICC_PMR, 0x78);
	ck_assert_uint_eq(pins[0], 0);
	cpu_write(0, GICC_PMR, 0xff);
	ck_assert_uint_eq(pins[0], IRQ);
	/* The lowest priority is never signalled. */
	set_priority(0, 40, 0xff);
	ck_assert_uint_eq(pins[0], 0);
}
END_TEST

START_TEST(priority_of_a_pending_private_interrupt)
{
	gicv2_set_ppi(gic, 1, 27, true);
	set_priority(1, 27, 0xf8);
	ck_assert_uint_eq(pins[1], 0);
	set_priority(0, 27, 0);
	ck_assert_uint_eq(pins[1], 0);
	set_priority(1, 27, 0xf0);
	ck_assert_uint_eq(pins[1], IRQ);
}
END_TEST

START_TEST(saved_active_priorities_block)
{
	pend(40, 0x80);
	cpu_write(0, GICC_APR0, 1u << 16);
	ck_assert_uint_eq(pins[0], 0);
	cpu_write(0, GICC_APR0, 1u << 17);
	ck_assert_uint_eq(pins[0], IRQ);
}
END_TEST

START_TEST(group0_is_fiq_when_enabled)
{
	cpu_write(0, GICC_CTLR, CTLR_GROUP0 | CTLR_GROUP1 | CTLR_FIQ_EN);
	pend(40, 0x80);
	ck_assert_uint_eq(pins[0], FIQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	ck_assert_uint_eq(pins[0], 0);
	cpu_write(0, GICC_EOIR, 40);
	set_group1(0, 41);
	pend(41, 0x80);
	ck_assert_uint_eq(pins[0], IRQ);
	pend(40, 0x80);
	ck_assert_uint_eq(pins[0], FIQ);
	cpu_write(0, GICC_CTLR, CTLR_GROUP0 | CTLR_GROUP1);
	ck_assert_uint_eq(pins[0], IRQ);
}
END_TEST

START_TEST(group1_needs_ackctl_or_the_alias)
{
	set_group1(0, 40);
	pend(40, 0x80);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 1022);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 1022);
	/* That acknowledged nothing. */
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 0);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_AHPPIR), 40);
	ck_assert_uint_eq(cpu_read(0, GICC_AIAR), 40);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x80);
	cpu_write(0, GICC_AEOIR, 40);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0xff);

	cpu_write(0, GICC_CTLR, CTLR_GROUP0 | CTLR_GROUP1 | CTLR_ACK_CTL);
	pend(40, 0x80);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 40);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 0);
}
END_TEST

START_TEST(alias_is_blind_for_group0)
{
	pend(40, 0x80);
	ck_assert_uint_eq(cpu_read(0, GICC_AHPPIR), SPURIOUS);
	ck_assert_uint_eq(cpu_read(0, GICC_AIAR), SPURIOUS);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	cpu_write(0, GICC_AEOIR, 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 1);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x80);
}
END_TEST

START_TEST(group_disabled_in_the_distributor_is_not_forwarded)
{
	set_group1(0, 40);
	pend(40, 0x20);
	pend(41, 0x80);
	dist_write(0, GICD_CTLR, CTLR_GROUP0);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 41);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 41);
	cpu_write(0, GICC_EOIR, 41);
	dist_write(0, GICD_CTLR, CTLR_GROUP1);
	pend(41, 0x00);
	ck_assert_uint_eq(cpu_read(0, GICC_AIAR), 40);
}
END_TEST

/* The CPU interface sees the highest priority pending interrupt alone. */
START_TEST(group_disabled_in_the_cpu_interface_hides_what_is_below)
{
	set_group1(0, 40);
	pend(40, 0x20);
	pend(41, 0x80);
	cpu_write(0, GICC_CTLR, CTLR_GROUP0);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), SPURIOUS);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
	ck_assert_uint_eq(cpu_read(0, GICC_AIAR), SPURIOUS);
	set_priority(0, 40, 0xa0);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 41);
}
END_TEST

START_TEST(private_interrupts_have_groups_per_cpu)
{
	set_group1(1, 5);
	cpu_write(0, GICC_CTLR, CTLR_GROUP0 | CTLR_GROUP1 | CTLR_FIQ_EN);
	cpu_write(1, GICC_CTLR, CTLR_GROUP0 | CTLR_GROUP1 | CTLR_FIQ_EN);
	send_sgi(1, 3, 5);
	ck_assert_uint_eq(pins[0], FIQ);
	ck_assert_uint_eq(pins[1], IRQ);
	ck_assert_uint_eq(cpu_read(1, GICC_AHPPIR), 1 << 10 | 5);
	ck_assert_uint_eq(cpu_read(1, GICC_AIAR), 1 << 10 | 5);
}
END_TEST

START_TEST(each_cpu_has_its_own_running_priority)
{
	set_targets(40, 3);
	pend(40, 0x40);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	set_targets(41, 3);
	pend(41, 0x40);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(pins[1], IRQ);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 41);
}
END_TEST

static void setup(void)
{
	gicv2_fixture_begin_enabled(2);
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("gicv2_priority");
	TCase *tests = tcase_create("gicv2_priority");

	tcase_add_checked_fixture(tests, setup, gicv2_fixture_end);
	tcase_add_test(tests, higher_priority_comes_first);
	tcase_add_test(tests, lower_intid_comes_first_among_equals);
	tcase_add_test(tests, preemption_nests);
	tcase_add_test(tests, ends_in_the_wrong_order_give_all_priorities_back);
	tcase_add_test(tests, binary_point_makes_groups);
	tcase_add_test(tests, subpriority_decides_who_comes_first);
	tcase_add_test(tests, group1_has_a_binary_point_of_its_own);
	tcase_add_test(tests, priority_mask);
	tcase_add_test(tests, priority_of_a_pending_private_interrupt);
	tcase_add_test(tests, saved_active_priorities_block);
	tcase_add_test(tests, group0_is_fiq_when_enabled);
	tcase_add_test(tests, group1_needs_ackctl_or_the_alias);
	tcase_add_test(tests, alias_is_blind_for_group0);
	tcase_add_test(tests, group_disabled_in_the_distributor_is_not_forwarded);
	tcase_add_test(tests, group_disabled_in_the_cpu_interface_hides_what_is_below);
	tcase_add_test(tests, private_interrupts_have_groups_per_cpu);
	tcase_add_test(tests, each_cpu_has_its_own_running_priority);
	suite_add_tcase(suite, tests);
	return suite;
}
