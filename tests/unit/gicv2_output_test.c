// SPDX-License-Identifier: GPL-2.0-only
/* When the GICv2 drives the vCPUs' inputs, and when not. */
#include <errno.h>
#include <string.h>

#include "irqchip/gicv2_vcpu.h"
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
static unsigned count, kicks[2];
static bool inside; /* the vCPUs are in the guest, as kicks find them */
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

static bool kick(void *context, unsigned cpu)
{
	ck_assert_ptr_eq(context, calls);
	kicks[cpu]++;
	return inside;
}

static void assert_call(unsigned n, unsigned cpu, enum gicv2_pin pin, bool level)
{
	ck_assert_uint_lt(n, count);
	ck_assert_uint_eq(calls[n].cpu, cpu);
	ck_assert_int_eq(calls[n].pin, pin);
	ck_assert_int_eq(calls[n].level, level);
}

static void both_enter(void)
{
	gicv2_vcpu_enters(gic, 0, drive, calls);
	gicv2_vcpu_enters(gic, 1, drive, calls);
}

static void forget_calls(void)
{
	count = kicks[0] = kicks[1] = 0;
}

static void setup(void)
{
	result = 0;
	during = NULL;
	inside = false;
	forget_calls();
	ck_assert_int_eq(gicv2_create(2, kick, calls, &gic), 0);
	gicv2_reset(gic);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		gicv2_distributor_write(gic, 0x100, 1u << PPI, 4, cpu);
		gicv2_cpu_interface_write(gic, GICC_PMR, 0xff, 4, cpu);
		gicv2_cpu_interface_write(gic, GICC_CTLR, 1, 4, cpu);
	}
	gicv2_distributor_write(gic, 0x000, 1, 4, 0);
	ck_assert_uint_eq(count + kicks[0] + kicks[1], 0);
	both_enter();
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
	both_enter();
	ck_assert_uint_eq(count, 4);
}
END_TEST

/* KVM can lose a call that is made while the vCPU is in KVM_RUN. */
START_TEST(inputs_are_driven_only_when_their_vcpu_enters)
{
	forget_calls();
	gicv2_set_ppi(gic, 1, PPI, true);
	gicv2_distributor_write(gic, GICD_SGIR, 1 << 16 | 1, 4, 1);
	ck_assert_uint_eq(count, 0);
	gicv2_vcpu_enters(gic, 1, drive, calls);
	ck_assert_uint_eq(count, 1);
	assert_call(0, 1, GICV2_PIN_IRQ, true);
	gicv2_vcpu_enters(gic, 0, drive, calls);
	ck_assert_uint_eq(count, 2);
	assert_call(1, 0, GICV2_PIN_IRQ, true);
}
END_TEST

START_TEST(only_changes_are_driven)
{
	struct gicv2_output_stats before = gicv2_output_stats(gic, 1), after;

	forget_calls();
	gicv2_set_ppi(gic, 1, PPI, true);
	both_enter();
	ck_assert_uint_eq(count, 1);
	/* No change of the state, not even looked at. */
	gicv2_set_ppi(gic, 1, PPI, true);
	/* Changes of the state, not of the input. */
	gicv2_distributor_write(gic, GICD_SGIR, 2 << 16 | 1, 4, 1);
	gicv2_cpu_interface_write(gic, GICC_PMR, 0x80, 4, 1);
	both_enter();
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(kicks[1], 1);
	after = gicv2_output_stats(gic, 1);
	ck_assert_uint_eq(after.issued - before.issued, 1);
	ck_assert_uint_eq(after.avoided - before.avoided, 2);
	ck_assert_uint_eq(gicv2_output_stats(gic, 0).issued, 2);
}
END_TEST

/* Whoever changes it; a fall too, so that a guest that polls sees it in finite time. */
START_TEST(each_change_kicks_the_vcpu)
{
	forget_calls();
	inside = true;
	gicv2_distributor_write(gic, GICD_SGIR, 2 << 16 | 1, 4, 0);
	ck_assert_uint_eq(kicks[1], 1);
	gicv2_distributor_write(gic, GICD_SGIR, 2 << 16 | 2, 4, 0);
	ck_assert_uint_eq(kicks[1], 1);
	gicv2_distributor_write(gic, 0x000, 0, 4, 0);
	ck_assert_uint_eq(kicks[1], 2);
	inside = false;
	gicv2_distributor_write(gic, 0x000, 1, 4, 0);
	ck_assert_uint_eq(kicks[1], 3);
	ck_assert_uint_eq(kicks[0], 0);
	/* Those that found the vCPU inside. */
	ck_assert_uint_eq(gicv2_output_stats(gic, 1).kicks, 2);
}
END_TEST

START_TEST(what_is_over_before_the_vcpu_enters_is_not_driven)
{
	uint64_t avoided = gicv2_output_stats(gic, 0).avoided;

	forget_calls();
	gicv2_set_ppi(gic, 0, PPI, true);
	gicv2_set_ppi(gic, 0, PPI, false);
	both_enter();
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(gicv2_output_stats(gic, 0).avoided - avoided, 2);
}
END_TEST

START_TEST(both_inputs_change_at_once)
{
	gicv2_set_ppi(gic, 0, PPI, true);
	both_enter();
	forget_calls();
	gicv2_cpu_interface_write(gic, GICC_CTLR, 1 | 8, 4, 0); /* FIQEn */
	both_enter();
	/* It was not in the guest, but here. */
	ck_assert_uint_eq(kicks[0], 0);
	ck_assert_uint_eq(count, 2);
	assert_call(0, 0, GICV2_PIN_IRQ, false);
	assert_call(1, 0, GICV2_PIN_FIQ, true);
}
END_TEST

START_TEST(reset_forgets_the_inputs)
{
	gicv2_set_ppi(gic, 0, PPI, true);
	both_enter();
	for (unsigned again = 0; again < 2; again++) {
		forget_calls();
		gicv2_reset(gic);
		ck_assert_uint_eq(count, 0);
		both_enter();
		ck_assert_uint_eq(count, 4);
		for (unsigned i = 0; i < 4; i++)
			assert_call(i, i / 2, i % 2, false);
	}
}
END_TEST

START_TEST(failure_is_tried_again_at_the_next_entry)
{
	uint64_t avoided = gicv2_output_stats(gic, 0).avoided;

	forget_calls();
	result = -EIO;
	gicv2_set_ppi(gic, 0, PPI, true);
	both_enter();
	both_enter();
	ck_assert_uint_eq(count, 2);
	result = 0;
	both_enter();
	both_enter();
	ck_assert_uint_eq(count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_call(i, 0, GICV2_PIN_IRQ, true);
	ck_assert_uint_eq(gicv2_output_stats(gic, 0).avoided, avoided);
}
END_TEST

START_TEST(after_a_failure_the_newest_level_counts)
{
	forget_calls();
	result = -EIO;
	gicv2_set_ppi(gic, 0, PPI, true);
	both_enter();
	result = 0;
	gicv2_set_ppi(gic, 0, PPI, false);
	both_enter();
	ck_assert_uint_eq(count, 2);
	assert_call(1, 0, GICV2_PIN_IRQ, false);
}
END_TEST

static void lower(void)
{
	gicv2_set_ppi(gic, 0, PPI, false);
}

START_TEST(change_during_a_call_kicks_and_follows)
{
	forget_calls();
	during = lower;
	gicv2_set_ppi(gic, 0, PPI, true);
	both_enter();
	ck_assert_uint_eq(kicks[0], 2);
	ck_assert_uint_eq(count, 1);
	both_enter();
	ck_assert_uint_eq(count, 2);
	assert_call(0, 0, GICV2_PIN_IRQ, true);
	assert_call(1, 0, GICV2_PIN_IRQ, false);
}
END_TEST

static void use_everything(void)
{
	gicv2_set_spi(gic, 0, true);
	gicv2_set_ppi(gic, 1, PPI, true);
	gicv2_distributor_read(gic, 0x200, 4, 0);
	gicv2_distributor_write(gic, 0x104, 1, 4, 0);
	gicv2_cpu_interface_read(gic, 0x18, 4, 0);
	gicv2_cpu_interface_read(gic, 0x18, 4, 1);
}

START_TEST(no_lock_is_held_during_a_call)
{
	forget_calls();
	during = use_everything;
	gicv2_set_ppi(gic, 0, PPI, true);
	both_enter();
	ck_assert_uint_eq(count, 2);
	assert_call(1, 1, GICV2_PIN_IRQ, true);
	during = use_everything;
	gicv2_distributor_write(gic, 0x000, 0, 4, 0);
	both_enter();
	ck_assert_uint_eq(count, 4);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("gicv2_output");
	TCase *tests = tcase_create("gicv2_output");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, unknown_inputs_are_driven_once);
	tcase_add_test(tests, inputs_are_driven_only_when_their_vcpu_enters);
	tcase_add_test(tests, only_changes_are_driven);
	tcase_add_test(tests, each_change_kicks_the_vcpu);
	tcase_add_test(tests, what_is_over_before_the_vcpu_enters_is_not_driven);
	tcase_add_test(tests, both_inputs_change_at_once);
	tcase_add_test(tests, reset_forgets_the_inputs);
	tcase_add_test(tests, failure_is_tried_again_at_the_next_entry);
	tcase_add_test(tests, after_a_failure_the_newest_level_counts);
	tcase_add_test(tests, change_during_a_call_kicks_and_follows);
	tcase_add_test(tests, no_lock_is_held_during_a_call);
	suite_add_tcase(suite, tests);
	return suite;
}
