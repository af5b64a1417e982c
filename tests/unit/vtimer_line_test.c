// SPDX-License-Identifier: GPL-2.0-only
#include "timer/vtimer_line.h"

#include "base/kvm_uapi.h"
#include "tests/unit/unit.h"

static const uint64_t device[VTIMER_LINE_SOURCES] = {
	[VTIMER_LINE_VIRTUAL] = KVM_ARM_DEV_EL1_VTIMER,
	[VTIMER_LINE_PHYSICAL] = KVM_ARM_DEV_EL1_PTIMER,
	[VTIMER_LINE_PMU] = KVM_ARM_DEV_PMU,
};

/* All levels of all sources, with bits of devices that armlet does not know. */
#define UNKNOWN_DEVICE (UINT64_C(1) << 40)
#define STATES	       16

static uint64_t levels_of(unsigned state)
{
	uint64_t levels = state & 8 ? UNKNOWN_DEVICE : 0;

	for (unsigned source = 0; source < VTIMER_LINE_SOURCES; source++)
		if (state >> source & 1)
			levels |= device[source];
	return levels;
}

/* As the irqchip does: takes all edges. Returns them as bits. */
static unsigned sample(struct vtimer_line *line, uint64_t levels)
{
	unsigned taken = 0;

	for (unsigned left = vtimer_line_sample(line, levels); left; left &= left - 1) {
		bool high;
		enum vtimer_line_source source = vtimer_line_take_edge(line, left, &high);

		if (source >= VTIMER_LINE_SOURCES || high != vtimer_line_is_high(line, source))
			ck_abort_msg("source %d, %s", source, high ? "high" : "low");
		taken |= 1u << source;
	}
	return taken;
}

START_TEST(sources)
{
	ck_assert_uint_eq(vtimer_line_intid(VTIMER_LINE_VIRTUAL), 27);
	ck_assert_uint_eq(vtimer_line_intid(VTIMER_LINE_PHYSICAL), 30);
	ck_assert_uint_eq(vtimer_line_intid(VTIMER_LINE_PMU), 23);
	ck_assert_str_eq(vtimer_line_name(VTIMER_LINE_VIRTUAL), "vtimer");
	ck_assert_str_eq(vtimer_line_name(VTIMER_LINE_PHYSICAL), "ptimer");
	ck_assert_str_eq(vtimer_line_name(VTIMER_LINE_PMU), "pmu");
}
END_TEST

/* From each state to each state, each way to get into the first one, and sampled again. */
START_TEST(every_transition)
{
	for (unsigned i = 0; i < STATES * STATES * STATES; i++) {
		unsigned path[] = { i % STATES, i / STATES % STATES, i / STATES / STATES };
		uint64_t rises[VTIMER_LINE_SOURCES] = { 0 }, falls[VTIMER_LINE_SOURCES] = { 0 };
		struct vtimer_line line = { 0 };
		unsigned before = 0;

		for (unsigned step = 0; step < 3; step++) {
			unsigned after = path[step] & 7, edges = before ^ after;

			ck_assert_uint_eq(sample(&line, levels_of(path[step])), edges);
			/* A line that stays high is masked: it signals nothing more. */
			ck_assert_uint_eq(sample(&line, levels_of(path[step])), 0);
			ck_assert_uint_eq(sample(&line, levels_of(path[step] ^ 8)), 0);
			ck_assert_uint_eq(line.masked, after);
			for (unsigned source = 0; source < VTIMER_LINE_SOURCES; source++) {
				bool high = after >> source & 1;

				rises[source] += edges >> source & 1 && high;
				falls[source] += edges >> source & 1 && !high;
				ck_assert_int_eq(vtimer_line_is_high(&line, source), high);
				ck_assert_uint_eq(line.edges[source][true], rises[source]);
				ck_assert_uint_eq(line.edges[source][false], falls[source]);
				ck_assert_uint_eq(
					line.edges[source][true] - line.edges[source][false], high);
			}
			before = after;
		}
	}
}
END_TEST

START_TEST(each_vcpu_for_itself)
{
	struct vtimer_line lines[2] = { 0 };

	ck_assert_uint_eq(sample(&lines[0], KVM_ARM_DEV_EL1_VTIMER), 1);
	ck_assert_uint_eq(sample(&lines[1], 0), 0);
	ck_assert_uint_eq(lines[1].masked, 0);
	ck_assert_uint_eq(sample(&lines[1], KVM_ARM_DEV_EL1_VTIMER), 1);
	ck_assert_uint_eq(sample(&lines[0], 0), 1);
	ck_assert_uint_eq(lines[1].masked, 1);
}
END_TEST

START_TEST(reset_unmasks_and_is_no_edge)
{
	for (unsigned state = 0; state < STATES; state++) {
		struct vtimer_line line = { 0 };

		sample(&line, levels_of(state));
		vtimer_line_reset(&line);
		ck_assert_uint_eq(line.masked, 0);
		for (unsigned source = 0; source < VTIMER_LINE_SOURCES; source++) {
			ck_assert_uint_eq(line.edges[source][true], state >> source & 1);
			ck_assert_uint_eq(line.edges[source][false], 0);
		}
		/* A line that is high after it is a new edge. */
		ck_assert_uint_eq(sample(&line, 0), 0);
		ck_assert_uint_eq(sample(&line, levels_of(state)), state & 7);
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("vtimer_line");
	TCase *tests = tcase_create("vtimer_line");

	/* A busy machine. */
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, sources);
	tcase_add_test(tests, every_transition);
	tcase_add_test(tests, each_vcpu_for_itself);
	tcase_add_test(tests, reset_unmasks_and_is_no_edge);
	suite_add_tcase(suite, tests);
	return suite;
}
