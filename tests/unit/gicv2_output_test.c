// SPDX-License-Identifier: GPL-2.0-only
/* When the GICv2 drives the vCPUs' inputs, and when not. */
#include <errno.h>
#include <string.h>

#include "irqchip/gicv2.h"
#include "tests/unit/unit.h"

#define PPI	  27
#define GICD_SGIR 0xf00
#define GICC_CTLR 0x00
#define GICC_PMR  0x04

static struct gicv2 *gic;
static struct call {
	unsigned cpu;
	enum gicv2_pin pin;
	bool level;
} calls[100];
static unsigned count;
static int result;
static void (*during)(void); /* done within the next call */

static int drive(void *context, unsigned cpu, enum gicv2_pin pin, bool level)
{
	void (*now)(void) = during;

	ck_assert_ptr_eq(context, calls);
	ck_assert_uint_lt(count, 100);
	calls[count++] = (struct call){ cpu, pin, level };
	during = NULL;
	if (now)
		now();
	return result;
}

static void assert_call(unsigned n, unsigned cpu, enum gicv2_pin pin, bool level)
{
	ck_assert_uint_lt(n, count);
	ck_assert_uint_eq(calls[n].cpu, cpu);
	ck_assert_int_eq(calls[n].pin, pin);
	ck_assert_int_eq(calls[n].level, level);
}

static void setup(void)
{
	result = 0;
	during = NULL;
	count = 0;
	ck_assert_int_eq(gicv2_create(2, drive, calls, &gic), 0);
	ck_assert_uint_eq(count, 0);
	gicv2_reset(gic);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		gicv2_distributor_write(gic, 0x100, 1u << PPI, 4, cpu);
		gicv2_cpu_interface_write(gic, GICC_PMR, 0xff, 4, cpu);
		gicv2_cpu_interface_write(gic, GICC_CTLR, 1, 4, cpu);
	}
	gicv2_distributor_write(gic, 0x000, 1, 4, 0);
}

static void teardown(void)
{
	gicv2_destroy(gic);
}

START_TEST(unknown_inputs_are_driven_once)
{
	ck_assert_uint_eq(count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_call(i, i / 2, i % 2 ? GICV2_PIN_FIQ : GICV2_PIN_IRQ, false);
}
END_TEST

START_TEST(only_changes_are_driven)
{
	struct gicv2_output_stats before = gicv2_output_stats(gic, 1), after;

	gicv2_set_ppi(gic, 1, PPI, true, 1);
	ck_assert_uint_eq(count, 5);
	assert_call(4, 1, GICV2_PIN_IRQ, true);
	/* No change of the state, not even looked at. */
	gicv2_set_ppi(gic, 1, PPI, true, 1);
	/* Changes of the state, not of the input. */
	gicv2_distributor_write(gic, 0xf00, 2 << 16 | 1, 4, 1);
	gicv2_cpu_interface_write(gic, GICC_PMR, 0x80, 4, 1);
	ck_assert_uint_eq(count, 5);
	after = gicv2_output_stats(gic, 1);
	ck_assert_uint_eq(after.issued - before.issued, 1);
	ck_assert_uint_eq(after.avoided - before.avoided, 2);
	ck_assert_uint_eq(gicv2_output_stats(gic, 0).issued, 2);
}
END_TEST

START_TEST(both_inputs_change_at_once)
{
	gicv2_set_ppi(gic, 0, PPI, true, 0);
	gicv2_cpu_interface_write(gic, GICC_CTLR, 1 | 8, 4, 0); /* FIQEn */
	ck_assert_uint_eq(count, 7);
	assert_call(5, 0, GICV2_PIN_IRQ, false);
	assert_call(6, 0, GICV2_PIN_FIQ, true);
}
END_TEST

START_TEST(reset_forgets_the_inputs)
{
	gicv2_set_ppi(gic, 0, PPI, true, 0);
	count = 0;
	gicv2_reset(gic);
	ck_assert_uint_eq(count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_call(i, i / 2, i % 2, false);
	count = 0;
	gicv2_reset(gic);
	ck_assert_uint_eq(count, 4);
}
END_TEST

START_TEST(failure_is_tried_again_at_the_next_change)
{
	result = -EIO;
	gicv2_set_ppi(gic, 0, PPI, true, 0);
	ck_assert_uint_eq(count, 5);
	gicv2_set_ppi(gic, 0, 23, true, 0); /* disabled: the input stays as it should be */
	ck_assert_uint_eq(count, 7);
	result = 0;
	gicv2_set_ppi(gic, 0, 23, false, 0);
	ck_assert_uint_eq(count, 9);
	assert_call(7, 0, GICV2_PIN_IRQ, true);
	assert_call(8, 0, GICV2_PIN_FIQ, false);
	gicv2_set_ppi(gic, 0, 23, true, 0);
	ck_assert_uint_eq(count, 9);
}
END_TEST

static void lower(void)
{
	gicv2_set_ppi(gic, 0, PPI, false, 0);
	/* Not driven yet: the call that we are in comes first. */
	ck_assert_uint_eq(count, 5);
}

START_TEST(change_during_a_call_follows_it)
{
	during = lower;
	gicv2_set_ppi(gic, 0, PPI, true, 0);
	ck_assert_uint_eq(count, 6);
	assert_call(4, 0, GICV2_PIN_IRQ, true);
	assert_call(5, 0, GICV2_PIN_IRQ, false);
}
END_TEST

static void use_everything(void)
{
	gicv2_set_spi(gic, 0, true);
	gicv2_set_ppi(gic, 1, PPI, true, 1);
	gicv2_distributor_read(gic, 0x200, 4, 0);
	gicv2_distributor_write(gic, 0x104, 1, 4, 0);
	gicv2_cpu_interface_read(gic, 0x18, 4, 0);
	gicv2_cpu_interface_read(gic, 0x18, 4, 1);
}

START_TEST(no_lock_is_held_during_a_call)
{
	during = use_everything;
	gicv2_set_ppi(gic, 0, PPI, true, 0);
	ck_assert_uint_eq(count, 6);
	assert_call(5, 1, GICV2_PIN_IRQ, true);
	during = use_everything;
	gicv2_distributor_write(gic, 0x000, 0, 4, 0);
	ck_assert_uint_eq(count, 8);
}
END_TEST

static void flap(void)
{
	gicv2_set_ppi(gic, 0, PPI, false, 0);
	gicv2_set_ppi(gic, 0, PPI, true, 0);
}

START_TEST(flapping_during_a_call_is_merged)
{
	uint64_t avoided = gicv2_output_stats(gic, 0).avoided;

	during = flap;
	gicv2_set_ppi(gic, 0, PPI, true, 0);
	ck_assert_uint_eq(count, 5);
	ck_assert_uint_eq(gicv2_output_stats(gic, 0).avoided - avoided, 2);
}
END_TEST

/*
 * KVM loses a call that comes from another thread while it loads the vCPU: a rise comes twice, so
 * that a vCPU in WFI wakes, and the vCPU's own thread tells the level again before it enters.
 */
START_TEST(others_drive_a_rise_twice)
{
	gicv2_distributor_write(gic, GICD_SGIR, 2 << 16 | 1, 4, 0);
	ck_assert_uint_eq(count, 6);
	assert_call(4, 1, GICV2_PIN_IRQ, true);
	assert_call(5, 1, GICV2_PIN_IRQ, true);
	ck_assert_uint_eq(gicv2_output_stats(gic, 1).issued, 4);
	gicv2_vcpu_enters(gic, 0);
	ck_assert_uint_eq(count, 6);
	gicv2_vcpu_enters(gic, 1);
	ck_assert_uint_eq(count, 7);
	assert_call(6, 1, GICV2_PIN_IRQ, true);
	gicv2_vcpu_enters(gic, 1);
	ck_assert_uint_eq(count, 7);
}
END_TEST

START_TEST(others_lower_once_and_the_vcpu_again)
{
	gicv2_distributor_write(gic, 0x100 + 4, 1, 4, 0);
	gicv2_distributor_write(gic, 0x820, 3, 4, 0);
	gicv2_set_spi(gic, 0, true);
	gicv2_vcpu_enters(gic, 0);
	gicv2_vcpu_enters(gic, 1);
	count = 0;
	/* CPU 0 takes it: on its own thread it drives its own input once. */
	ck_assert_uint_eq(gicv2_cpu_interface_read(gic, 0x0c, 4, 0), 32);
	ck_assert_uint_eq(count, 2);
	assert_call(0, 0, GICV2_PIN_IRQ, false);
	assert_call(1, 1, GICV2_PIN_IRQ, false);
	gicv2_vcpu_enters(gic, 0);
	ck_assert_uint_eq(count, 2);
	gicv2_vcpu_enters(gic, 1);
	ck_assert_uint_eq(count, 3);
	assert_call(2, 1, GICV2_PIN_IRQ, false);
}
END_TEST

START_TEST(acknowledging_settles_what_others_drove)
{
	gicv2_distributor_write(gic, GICD_SGIR, 2 << 16 | 1, 4, 0);
	count = 0;
	ck_assert_uint_eq(gicv2_cpu_interface_read(gic, 0x0c, 4, 1), 1);
	ck_assert_uint_eq(count, 1);
	assert_call(0, 1, GICV2_PIN_IRQ, false);
	gicv2_vcpu_enters(gic, 1);
	ck_assert_uint_eq(count, 1);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("gicv2_output");
	TCase *tests = tcase_create("gicv2_output");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, unknown_inputs_are_driven_once);
	tcase_add_test(tests, only_changes_are_driven);
	tcase_add_test(tests, both_inputs_change_at_once);
	tcase_add_test(tests, reset_forgets_the_inputs);
	tcase_add_test(tests, failure_is_tried_again_at_the_next_change);
	tcase_add_test(tests, change_during_a_call_follows_it);
	tcase_add_test(tests, no_lock_is_held_during_a_call);
	tcase_add_test(tests, flapping_during_a_call_is_merged);
	tcase_add_test(tests, others_drive_a_rise_twice);
	tcase_add_test(tests, others_lower_once_and_the_vcpu_again);
	tcase_add_test(tests, acknowledging_settles_what_others_drove);
	suite_add_tcase(suite, tests);
	return suite;
}
