// SPDX-License-Identifier: GPL-2.0-only
/* Both counters: monotonic, in step with each other, on all CPUs and with the host. */
#include "guest-images/tests/counter.h"
#include "guest-images/lib/guest.h"

#define HOUR_US INT64_C(3600000000)

/* True while a loop that began at `start` (of the virtual counter) shall go on. A counter that has
 * gone back is for the loop to notice, not its end. */
static bool goes_on(uint64_t start)
{
	if (failed() || word_get(COUNTER_WORD_STOP))
		return false;
	return !arg(COUNTER_ARG_US) ||
	       (int64_t)(timer_count(VTIMER) - start) < (int64_t)us_to_count(arg(COUNTER_ARG_US));
}

/* All that may happen between two reads of a counter. */
static void something_between(unsigned round)
{
	switch (round % 32) {
	case 7:
		null_hypercall();
		break;
	case 23:
		exit_to_host();
		break;
	}
}

/* -- monotonic -------------------------------------------------------------------------------- */

static void check_own_order(void *at_el0_too)
{
	uint64_t last[TIMERS] = { timer_count(VTIMER), timer_count(PTIMER) };
	uint64_t start = last[VTIMER];

	for (unsigned round = 0; goes_on(start); round++) {
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			uint64_t count = timer_count(timer);

			if (!CHECK(count >= last[timer],
				   "the %s counter went back by %lu ns: 0x%lx, then 0x%lx",
				   timer_name(timer), count_to_ns(last[timer] - count), last[timer],
				   count))
				return;
			last[timer] = count;
		}
		if (!at_el0_too)
			something_between(round);
	}
}

static void own_order_everywhere(void *argument)
{
	(void)argument;
	check_own_order(NULL);
}

/* One CPU alone with itself, each for itself. */
GUEST_TEST(counter_one_cpu)
{
	word_set(COUNTER_WORD_READY, 1);
	on_all_cpus(own_order_everywhere, NULL);
}

GUEST_TEST(counter_el0)
{
	at_el0(check_own_order, "EL0", false);
}

/* The highest count that any CPU has read. */
static uint64_t latest[TIMERS];

/* How often each CPU has compared. One that the host let wait has had no part in it yet. */
#define FEWEST_ROUNDS 64
static unsigned rounds[GUEST_MAX_CPUS];

static bool all_had_part(void)
{
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		if (__atomic_load_n(&rounds[cpu], __ATOMIC_RELAXED) < FEWEST_ROUNDS)
			return false;
	return true;
}

/*
 * Whoever reads the counter after having seen another CPU's count must not read less. That the read
 * comes after takes a branch that depends on what was seen, and then the ISB of timer_count().
 */
static void check_common_order(void *argument)
{
	uint64_t start;

	(void)argument;
	barrier();
	start = timer_count(VTIMER);
	for (unsigned round = 0; goes_on(start) || !(failed() || all_had_part()); round++) {
		enum timer timer = round % TIMERS;
		uint64_t seen = __atomic_load_n(&latest[timer], __ATOMIC_ACQUIRE);
		uint64_t count;

		if (seen == UINT64_MAX)
			return;
		count = timer_count(timer);
		if (!CHECK(count >= seen,
			   "the %s counter of CPU %u is %lu ns behind what a CPU read before: "
			   "0x%lx, then 0x%lx",
			   timer_name(timer), this_cpu(), count_to_ns(seen - count), seen, count))
			return;
		__atomic_compare_exchange_n(&latest[timer], &seen, count, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
		__atomic_store_n(&rounds[this_cpu()], round + 1, __ATOMIC_RELAXED);
		something_between(round);
	}
}

GUEST_TEST(counter_all_cpus)
{
	word_set(COUNTER_WORD_READY, 1);
	on_all_cpus(check_common_order, NULL);
}

/* -- differences ------------------------------------------------------------------------------ */

/* What a difference of two counters may be, after all that was read so far. */
struct bounds {
	int64_t low, high;
};
#define NO_BOUNDS ((struct bounds){ INT64_MIN, INT64_MAX })

/* Takes in another observation; false when it contradicts the ones before. */
static bool narrow(struct bounds *bounds, int64_t low, int64_t high)
{
	if (low > bounds->low)
		bounds->low = low;
	if (high < bounds->high)
		bounds->high = high;
	return bounds->low <= bounds->high;
}

/* Physical minus virtual: the physical counter is read between two reads of the virtual one. */
static bool compare_counters(struct bounds *bounds)
{
	uint64_t before = timer_count(VTIMER);
	uint64_t physical = timer_count(PTIMER);
	uint64_t after = timer_count(VTIMER);

	return CHECK(narrow(bounds, physical - after, physical - before),
		     "the counters' difference changed: between 0x%lx and 0x%lx, but now physical "
		     "0x%lx between virtual 0x%lx and 0x%lx",
		     bounds->low, bounds->high, physical, before, after);
}

/* What a timer can be doing meanwhile, without an interrupt. */
static const struct {
	int64_t from_now_us;
	unsigned ctl;
} timer_states[] = {
	{ 0, 0 },
	{ HOUR_US, TIMER_ENABLE },
	{ HOUR_US, TIMER_ENABLE | TIMER_IMASK },
	{ -1000, TIMER_ENABLE | TIMER_IMASK },
	{ -1000, TIMER_ENABLE }, /* the virtual one alone, its PPI is disabled */
};
#define TIMER_STATES (sizeof(timer_states) / sizeof(timer_states[0]))

static void set_timers(unsigned state)
{
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		int64_t us = timer_states[state].from_now_us;
		uint64_t now = timer_count(timer);

		timer_set_ctl(timer, 0);
		timer_set_cval(timer, us < 0 ? count_before(now, us_to_count(-us))
					     : now + us_to_count(us));
		timer_set_ctl(timer, timer == PTIMER && us < 0 ? TIMER_IMASK | TIMER_ENABLE
							       : timer_states[state].ctl);
	}
}

static struct bounds of_cpu[2][GUEST_MAX_CPUS]; /* of the differences of each test */

/* What each CPU found has to have something in common. */
static void check_same_everywhere(unsigned which, const char *what)
{
	struct bounds common = NO_BOUNDS;

	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		CHECK(narrow(&common, of_cpu[which][cpu].low, of_cpu[which][cpu].high),
		      "%s differs between CPUs: on CPU %u it is between 0x%lx and 0x%lx, on those "
		      "before it it cannot be",
		      what, cpu, of_cpu[which][cpu].low, of_cpu[which][cpu].high);
	note("%s is between 0x%lx and 0x%lx", what, common.low, common.high);
}

static void difference_on_cpu(void *argument)
{
	struct bounds *bounds = &of_cpu[0][this_cpu()];
	uint64_t start = timer_count(VTIMER);

	(void)argument;
	*bounds = NO_BOUNDS;
	for (unsigned round = 0; goes_on(start); round++) {
		if (round % 64 == 0)
			set_timers(round / 64 % TIMER_STATES);
		if (!compare_counters(bounds))
			break;
		something_between(round);
	}
	set_timers(0);
}

GUEST_TEST(counter_difference)
{
	word_set(COUNTER_WORD_READY, 1);
	on_all_cpus(difference_on_cpu, NULL);
	check_same_everywhere(0, "physical minus virtual counter");
}

/* -- the host's ------------------------------------------------------------------------------- */

/* The host reads its counter while this CPU waits: between what this CPU reads before and after. */
static bool compare_with_host(void)
{
	struct bounds *bounds[TIMERS] = { &of_cpu[VTIMER][this_cpu()],
					  &of_cpu[PTIMER][this_cpu()] };
	uint64_t before[TIMERS], after[TIMERS], host;
	bool good = true;

	for (enum timer timer = 0; timer < TIMERS; timer++)
		before[timer] = timer_count(timer);
	host = call_host(COUNTER_CALL_HOST_COUNT, 0, 0, 0);
	for (enum timer timer = 0; timer < TIMERS; timer++)
		after[timer] = timer_count(timer);
	for (enum timer timer = 0; timer < TIMERS; timer++)
		good &= CHECK(narrow(bounds[timer], host - after[timer], host - before[timer]),
			      "the offset of the %s counter changed: between 0x%lx and 0x%lx, but "
			      "now 0x%lx to 0x%lx while the host's is 0x%lx",
			      timer_name(timer), bounds[timer]->low, bounds[timer]->high,
			      before[timer], after[timer], host);
	return good;
}

static void host_on_cpu(void *argument)
{
	uint64_t start = timer_count(VTIMER);

	(void)argument;
	of_cpu[VTIMER][this_cpu()] = of_cpu[PTIMER][this_cpu()] = NO_BOUNDS;
	for (unsigned round = 0; goes_on(start); round++) {
		if (!compare_with_host())
			break;
		spin_us(random_below(200));
	}
}

GUEST_TEST(counter_host)
{
	const struct bounds *physical = of_cpu[PTIMER];

	word_set(COUNTER_WORD_READY, 1);
	on_all_cpus(host_on_cpu, NULL);
	check_same_everywhere(VTIMER, "the host's minus the virtual counter");
	check_same_everywhere(PTIMER, "the host's minus the physical counter");
	for (unsigned cpu = 0; cpu < cpu_count() && arg(COUNTER_ARG_HOSTS_PHYSICAL); cpu++)
		CHECK(physical[cpu].low <= 0 && physical[cpu].high >= 0,
		      "the physical counter of CPU %u is not the host's: host's minus guest's is "
		      "between 0x%lx and 0x%lx",
		      cpu, physical[cpu].low, physical[cpu].high);
}

/* -- by hypercall ----------------------------------------------------------------------------- */

static void ptp_on_cpu(void *argument)
{
	uint64_t start = timer_count(VTIMER);

	(void)argument;
	for (unsigned round = 0; goes_on(start); round++) {
		enum timer timer = round % TIMERS;
		uint64_t before = timer_count(timer), told, after;

		if (!CHECK(timer_count_by_ptp(timer, &told),
			   "KVM's PTP hypercall does not tell the %s counter", timer_name(timer)))
			return;
		after = timer_count(timer);
		if (!CHECK(before <= told && told <= after,
			   "the %s counter is 0x%lx by KVM's PTP hypercall, 0x%lx before it, "
			   "0x%lx after it",
			   timer_name(timer), told, before, after))
			return;
		something_between(round);
	}
}

GUEST_TEST(counter_ptp)
{
	if (!word_get(COUNTER_WORD_HOST_CLOCK))
		skip("the host's clock is not made from its counter");
	if (!has_ptp_hypercall())
		skip("KVM has no hypercall for PTP");
	word_set(COUNTER_WORD_READY, 1);
	on_all_cpus(ptp_on_cpu, NULL);
}

/* -- frequency -------------------------------------------------------------------------------- */

static void frequency_on_cpu(void *argument)
{
	(void)argument;
	CHECK(timer_frequency() == word_get(COUNTER_WORD_FREQUENCY),
	      "CNTFRQ_EL0 of CPU %u is %u, the host's is %lu", this_cpu(), timer_frequency(),
	      word_get(COUNTER_WORD_FREQUENCY));
}

GUEST_TEST(counter_frequency)
{
	on_all_cpus(frequency_on_cpu, NULL);
}

/* -- self-synchronised views ------------------------------------------------------------------ */

/* FEAT_ECV: CNTVCTSS_EL0 and CNTPCTSS_EL0, by number for assemblers that do not know them. They
 * need no ISB. */
static uint64_t self_synchronised(enum timer timer)
{
	return timer == VTIMER ? read_sysreg(S3_3_C14_C0_6) : read_sysreg(S3_3_C14_C0_5);
}

static void check_self_synchronised(void *at_el0_too)
{
	uint64_t start = timer_count(VTIMER);

	for (unsigned round = 0; goes_on(start); round++) {
		enum timer timer = round % TIMERS;
		uint64_t before = timer_count(timer);
		uint64_t between = self_synchronised(timer);
		uint64_t after = timer_count(timer);

		if (!CHECK(before <= between && between <= after,
			   "the self-synchronised %s counter is 0x%lx, the other view before it "
			   "0x%lx, after it 0x%lx",
			   timer_name(timer), between, before, after))
			return;
		if (!at_el0_too)
			something_between(round);
	}
}

static void self_synchronised_on_cpu(void *argument)
{
	(void)argument;
	check_self_synchronised(NULL);
	at_el0(check_self_synchronised, "EL0", false);
}

GUEST_TEST(counter_self_synchronised)
{
	uint64_t ecv = read_sysreg(ID_AA64MMFR0_EL1) >> 60;

	if (!ecv)
		skip("the host shows its guests no FEAT_ECV");
	on_all_cpus(self_synchronised_on_cpu, NULL);
}

/* -- a pause in which the state is saved ------------------------------------------------------ */

/*
 * The script saves the timers with their counters, waits, and loads them: to the guest no time has
 * passed. After it the counters are at or past what was saved, by no more than the host's has
 * counted since just before the load.
 */
GUEST_TEST(counter_saved)
{
	uint64_t pauses = arg(COUNTER_ARG_PAUSES);

	for (unsigned i = 0; i < pauses && !failed(); i++) {
		uint64_t before[TIMERS], after[TIMERS], host, passed;

		for (enum timer timer = 0; timer < TIMERS; timer++)
			before[timer] = timer_count(timer);
		call_host(COUNTER_CALL_PAUSE, 0, 0, 0);
		for (enum timer timer = 0; timer < TIMERS; timer++)
			after[timer] = timer_count(timer);
		host = call_host(COUNTER_CALL_HOST_COUNT, 0, 0, 0);
		passed = host - word_get(COUNTER_WORD_LOADED);
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			uint64_t saved = word_get(COUNTER_WORD_SAVED + timer);

			if (!(arg(COUNTER_ARG_TIMERS) >> timer & 1))
				continue;
			CHECK(before[timer] <= saved,
			      "the %s counter was 0x%lx, but the host then saved 0x%lx",
			      timer_name(timer), before[timer], saved);
			CHECK(after[timer] >= saved,
			      "the %s counter was saved as 0x%lx, then is 0x%lx", timer_name(timer),
			      saved, after[timer]);
			CHECK(after[timer] - saved <= passed,
			      "the %s counter did not stand still while it was saved: it is %lu ns "
			      "on, but was loaded no more than %lu ns ago",
			      timer_name(timer), count_to_ns(after[timer] - saved),
			      count_to_ns(passed));
		}
	}
}
