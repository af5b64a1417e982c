// SPDX-License-Identifier: GPL-2.0-only
/* The life of single interrupts in the GICv2: level, edge, SGIs, PPIs, SPIs with several targets.
 */
#include "tests/unit/gicv2_fixture.h"

START_TEST(level_still_high_after_deactivation_is_pending_again)
{
	set_level(40, true);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	ck_assert_uint_eq(pins[0], 0);
	/* Active and pending: not signalled. */
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 1);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 1);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	set_level(40, false);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 0);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 0);
}
END_TEST

START_TEST(level_that_falls_before_acknowledgement_is_gone)
{
	set_level(40, true);
	set_level(40, false);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
}
END_TEST

START_TEST(level_is_not_lowered_by_icpendr)
{
	set_level(40, true);
	irq_write(0, GICD_ICPENDR, 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 1);
	ck_assert_uint_eq(pins[0], IRQ);
}
END_TEST

START_TEST(level_pended_by_software_is_a_latch_of_its_own)
{
	irq_write(0, GICD_ISPENDR, 40);
	ck_assert_uint_eq(pins[0], IRQ);
	/* The line comes and goes, the latch stays. */
	set_level(40, true);
	set_level(40, false);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 1);
	ck_assert_uint_eq(pins[0], IRQ);
	/* Acknowledgement takes it. */
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 0);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(pins[0], 0);
	/* So does ICPENDR. */
	irq_write(0, GICD_ISPENDR, 40);
	irq_write(0, GICD_ICPENDR, 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 0);
	ck_assert_uint_eq(pins[0], 0);
}
END_TEST

START_TEST(edge_is_remembered_after_the_line_fell)
{
	set_edge(40);
	pulse(40);
	ck_assert_uint_eq(pins[0], IRQ);
	/* Edges while it is pending are one. */
	pulse(40);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 0);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(pins[0], 0);
}
END_TEST

START_TEST(edge_while_active_is_pending_after_deactivation)
{
	set_edge(40);
	pulse(40);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	pulse(40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 1);
	ck_assert_uint_eq(pins[0], 0);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
}
END_TEST

START_TEST(edge_line_that_stays_high_is_one_interrupt)
{
	set_edge(40);
	set_level(40, true);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	set_level(40, true);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(pins[0], 0);
	set_level(40, false);
	ck_assert_uint_eq(pins[0], 0);
	set_level(40, true);
	ck_assert_uint_eq(pins[0], IRQ);
}
END_TEST

START_TEST(edge_is_cleared_by_icpendr)
{
	set_edge(40);
	set_level(40, true);
	irq_write(0, GICD_ICPENDR, 40);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 0);
}
END_TEST

START_TEST(configuration_decides_on_a_high_line)
{
	set_level(40, true);
	ck_assert_uint_eq(pins[0], IRQ);
	set_edge(40);
	ck_assert_uint_eq(pins[0], 0);
	dist_write(0, GICD_ICFGR + 8, 0);
	ck_assert_uint_eq(pins[0], IRQ);
}
END_TEST

START_TEST(disabled_interrupts_wait)
{
	irq_write(0, GICD_ICENABLER, 40);
	set_level(40, true);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 40), 1);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
	irq_write(0, GICD_ISENABLER, 40);
	ck_assert_uint_eq(pins[0], IRQ);
	dist_write(0, GICD_CTLR, 0);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), SPURIOUS);
	dist_write(0, GICD_CTLR, 1);
	ck_assert_uint_eq(pins[0], IRQ);
	cpu_write(0, GICC_CTLR, 0);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
}
END_TEST

START_TEST(distributor_switches_private_interrupts_too)
{
	dist_write(0, GICD_CTLR, 0);
	gicv2_set_ppi(gic, 1, 27, true);
	send_sgi(0, 4, 9);
	ck_assert_uint_eq(pins[1] | pins[2], 0);
	dist_write(0, GICD_CTLR, 1);
	ck_assert_uint_eq(pins[1], IRQ);
	ck_assert_uint_eq(pins[2], IRQ);
}
END_TEST

START_TEST(active_set_by_software_blocks)
{
	irq_write(0, GICD_ISACTIVER, 40);
	set_level(40, true);
	ck_assert_uint_eq(pins[0], 0);
	irq_write(0, GICD_ICACTIVER, 40);
	ck_assert_uint_eq(pins[0], IRQ);
	irq_write(0, GICD_ISACTIVER, 27);
	gicv2_set_ppi(gic, 0, 27, true);
	set_level(40, false);
	ck_assert_uint_eq(pins[0], 0);
	irq_write(0, GICD_ICACTIVER, 27);
	ck_assert_uint_eq(pins[0], IRQ);
}
END_TEST

/* A guest that clears the active state and never writes EOIR, as kvm-unit-tests' does. */
START_TEST(icactiver_does_not_drop_the_priority)
{
	send_sgi(0, 1, 1);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 1);
	irq_write(0, GICD_ICACTIVER, 1);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 1), 0);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0);
	cpu_write(0, GICC_EOIR, 1);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0xff);
}
END_TEST

START_TEST(sgi_is_pending_per_source)
{
	send_sgi(2, 1, 3);
	send_sgi(1, 1, 3);
	send_sgi(1, 1, 3);
	ck_assert_uint_eq(dist_read_byte(0, GICD_SPENDSGIR + 3), 6);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_HPPIR), 1 << 10 | 3);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 1 << 10 | 3);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 3), 1);
	/* Not while it is active. */
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
	cpu_write(0, GICC_EOIR, 1 << 10 | 3);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 2 << 10 | 3);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 3), 0);
	cpu_write(0, GICC_EOIR, 2 << 10 | 3);
	ck_assert_uint_eq(pins[0], 0);
}
END_TEST

START_TEST(sgi_filters)
{
	dist_write(1, GICD_SGIR, 1u << 24 | 0xff << 16 | 4); /* all others */
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(pins[1], 0);
	ck_assert_uint_eq(pins[2], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 1 << 10 | 4);
	ck_assert_uint_eq(cpu_read(2, GICC_IAR), 1 << 10 | 4);
	dist_write(2, GICD_SGIR, 2u << 24 | 0xff << 16 | 5); /* itself */
	ck_assert_uint_eq(pins[1], 0);
	cpu_write(2, GICC_EOIR, 1 << 10 | 4);
	ck_assert_uint_eq(cpu_read(2, GICC_IAR), 2 << 10 | 5);
	send_sgi(0, 0xfa, 6); /* a list; CPUs 3 and up do not exist */
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 6);
	ck_assert_uint_eq(cpu_read(2, GICC_IAR), SPURIOUS);
}
END_TEST

START_TEST(sgi_sent_again_while_active)
{
	send_sgi(0, 2, 0);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 0);
	send_sgi(0, 2, 0);
	ck_assert_uint_eq(pins[1], 0);
	cpu_write(1, GICC_EOIR, 0);
	ck_assert_uint_eq(pins[1], IRQ);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 0);
}
END_TEST

START_TEST(sgi_by_set_and_clear_pending_registers)
{
	dist_write_byte(1, GICD_SPENDSGIR + 7, 1 << 2);
	ck_assert_uint_eq(pins[1], IRQ);
	ck_assert_uint_eq(pins[2], 0);
	dist_write_byte(1, GICD_CPENDSGIR + 7, 1 << 2);
	ck_assert_uint_eq(pins[1], 0);
	dist_write_byte(1, GICD_SPENDSGIR + 7, 1 << 2 | 1);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 7);
	cpu_write(1, GICC_EOIR, 7);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 2 << 10 | 7);
}
END_TEST

START_TEST(sgi_can_be_disabled)
{
	dist_write(1, GICD_ICENABLER, 1 << 2);
	send_sgi(0, 7, 2);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(pins[1], 0);
	ck_assert_uint_eq(pins[2], IRQ);
	dist_write(1, GICD_ISENABLER, 1 << 2);
	ck_assert_uint_eq(pins[1], IRQ);
}
END_TEST

START_TEST(ppi_belongs_to_its_cpu)
{
	gicv2_set_ppi(gic, 1, 27, true);
	ck_assert_uint_eq(pins[0], 0);
	ck_assert_uint_eq(pins[1], IRQ);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 27), 0);
	ck_assert_uint_eq(irq_bit(1, GICD_ISPENDR, 27), 1);
	gicv2_set_ppi(gic, 2, 27, true);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 27);
	ck_assert_uint_eq(irq_bit(1, GICD_ISACTIVER, 27), 1);
	ck_assert_uint_eq(irq_bit(2, GICD_ISACTIVER, 27), 0);
	ck_assert_uint_eq(cpu_read(2, GICC_IAR), 27);
	gicv2_set_ppi(gic, 1, 27, false);
	cpu_write(1, GICC_EOIR, 27);
	ck_assert_uint_eq(pins[1], 0);
	cpu_write(2, GICC_EOIR, 27);
	ck_assert_uint_eq(pins[2], IRQ);
}
END_TEST

/* What Linux does per timer tick, and what armlet counts on for its exits. */
START_TEST(timer_tick_drives_the_input_twice)
{
	for (unsigned tick = 0; tick < 10; tick++) {
		unsigned before = drives;

		gicv2_set_ppi(gic, 0, 27, true);
		ck_assert_uint_eq(cpu_read(0, GICC_IAR), 27);
		gicv2_set_ppi(gic, 0, 27, false); /* reprogrammed; seen at the next exit */
		cpu_write(0, GICC_EOIR, 27);
		ck_assert_uint_eq(cpu_read(0, GICC_IAR), SPURIOUS);
		ck_assert_uint_eq(drives - before, 2);
	}
}
END_TEST

START_TEST(spi_of_several_targets_is_acknowledged_once)
{
	set_targets(50, 7);
	set_level(50, true);
	for (unsigned cpu = 0; cpu < 3; cpu++)
		ck_assert_uint_eq(pins[cpu], IRQ);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 50);
	for (unsigned cpu = 0; cpu < 3; cpu++) {
		ck_assert_uint_eq(pins[cpu], 0);
		ck_assert_uint_eq(cpu_read(cpu, GICC_IAR), SPURIOUS);
	}
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0xff);
	cpu_write(1, GICC_EOIR, 50);
	for (unsigned cpu = 0; cpu < 3; cpu++)
		ck_assert_uint_eq(pins[cpu], IRQ);
	ck_assert_uint_eq(cpu_read(2, GICC_IAR), 50);
}
END_TEST

START_TEST(spi_follows_its_targets)
{
	set_targets(50, 0);
	set_level(50, true);
	for (unsigned cpu = 0; cpu < 3; cpu++)
		ck_assert_uint_eq(pins[cpu], 0);
	set_targets(50, 2);
	ck_assert_uint_eq(pins[1], IRQ);
	set_targets(50, 4);
	ck_assert_uint_eq(pins[1], 0);
	ck_assert_uint_eq(pins[2], IRQ);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), SPURIOUS);
	ck_assert_uint_eq(cpu_read(2, GICC_IAR), 50);
}
END_TEST

START_TEST(only_cpu_gets_spis_without_targets)
{
	gicv2_fixture_begin_enabled(1);
	set_targets(50, 0);
	set_level(50, true);
	ck_assert_uint_eq(pins[0], IRQ);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 50);
	set_level(50, false);
	cpu_write(0, GICC_EOIR, 50);
	ck_assert_uint_eq(pins[0], 0);
}
END_TEST

START_TEST(every_interrupt_goes_through)
{
	for (unsigned intid = 0; intid < GICV2_INTERRUPTS; intid++) {
		if (intid < 16)
			send_sgi(0, 1, intid);
		else if (intid < 32)
			gicv2_set_ppi(gic, 0, intid, true);
		else
			set_level(intid, true);
		ck_assert_uint_eq(pins[0], IRQ);
		ck_assert_uint_eq(cpu_read(0, GICC_IAR), intid);
		if (intid >= 32)
			set_level(intid, false);
		else if (intid >= 16)
			gicv2_set_ppi(gic, 0, intid, false);
		cpu_write(0, GICC_EOIR, intid);
		ck_assert_uint_eq(pins[0], 0);
	}
}
END_TEST

START_TEST(eoimode_splits_drop_and_deactivation)
{
	cpu_write(0, GICC_CTLR, CTLR_GROUP0 | CTLR_EOI_MODE);
	set_level(40, true);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	cpu_write(0, GICC_EOIR, 40);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0xff);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 1);
	ck_assert_uint_eq(pins[0], 0);
	/* Of equal priority, and free to come. */
	set_level(41, true);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 41);
	cpu_write(0, GICC_DIR, 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 0);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0);
	cpu_write(0, GICC_EOIR, 41);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
}
END_TEST

START_TEST(dir_of_another_cpu)
{
	cpu_write(0, GICC_CTLR, CTLR_GROUP0 | CTLR_EOI_MODE);
	cpu_write(1, GICC_CTLR, CTLR_GROUP0 | CTLR_EOI_MODE);
	set_level(40, true);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	cpu_write(0, GICC_EOIR, 40);
	cpu_write(1, GICC_DIR, 40);
	ck_assert_uint_eq(pins[0], IRQ);
	/* Private interrupts are each CPU's own. */
	gicv2_set_ppi(gic, 0, 27, true);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 27);
	cpu_write(1, GICC_DIR, 27);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 27), 1);
}
END_TEST

START_TEST(dir_without_eoimode_does_nothing)
{
	set_level(40, true);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	cpu_write(0, GICC_DIR, 40);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 1);
}
END_TEST

START_TEST(end_of_nonsense_does_nothing)
{
	set_level(40, true);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 40);
	for (unsigned intid = GICV2_INTERRUPTS; intid < 1024; intid++) {
		cpu_write(0, GICC_EOIR, intid);
		cpu_write(0, GICC_AEOIR, intid);
		cpu_write(0, GICC_DIR, intid);
	}
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0);
	ck_assert_uint_eq(irq_bit(0, GICD_ISACTIVER, 40), 1);
	/* Nothing was active on this CPU. */
	cpu_write(1, GICC_EOIR, 27);
	ck_assert_uint_eq(cpu_read(1, GICC_RPR), 0xff);
}
END_TEST

static void setup(void)
{
	gicv2_fixture_begin_enabled(3);
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("gicv2_interrupts");
	TCase *tests = tcase_create("gicv2_interrupts");

	tcase_add_checked_fixture(tests, setup, gicv2_fixture_end);
	tcase_add_test(tests, level_still_high_after_deactivation_is_pending_again);
	tcase_add_test(tests, level_that_falls_before_acknowledgement_is_gone);
	tcase_add_test(tests, level_is_not_lowered_by_icpendr);
	tcase_add_test(tests, level_pended_by_software_is_a_latch_of_its_own);
	tcase_add_test(tests, edge_is_remembered_after_the_line_fell);
	tcase_add_test(tests, edge_while_active_is_pending_after_deactivation);
	tcase_add_test(tests, edge_line_that_stays_high_is_one_interrupt);
	tcase_add_test(tests, edge_is_cleared_by_icpendr);
	tcase_add_test(tests, configuration_decides_on_a_high_line);
	tcase_add_test(tests, disabled_interrupts_wait);
	tcase_add_test(tests, distributor_switches_private_interrupts_too);
	tcase_add_test(tests, active_set_by_software_blocks);
	tcase_add_test(tests, icactiver_does_not_drop_the_priority);
	tcase_add_test(tests, sgi_is_pending_per_source);
	tcase_add_test(tests, sgi_filters);
	tcase_add_test(tests, sgi_sent_again_while_active);
	tcase_add_test(tests, sgi_by_set_and_clear_pending_registers);
	tcase_add_test(tests, sgi_can_be_disabled);
	tcase_add_test(tests, ppi_belongs_to_its_cpu);
	tcase_add_test(tests, timer_tick_drives_the_input_twice);
	tcase_add_test(tests, spi_of_several_targets_is_acknowledged_once);
	tcase_add_test(tests, spi_follows_its_targets);
	tcase_add_test(tests, only_cpu_gets_spis_without_targets);
	tcase_add_test(tests, every_interrupt_goes_through);
	tcase_add_test(tests, eoimode_splits_drop_and_deactivation);
	tcase_add_test(tests, dir_of_another_cpu);
	tcase_add_test(tests, dir_without_eoimode_does_nothing);
	tcase_add_test(tests, end_of_nonsense_does_nothing);
	suite_add_tcase(suite, tests);
	return suite;
}
