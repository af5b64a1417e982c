// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "sweep": rows, and the events that the host makes in steps around an expiry of the guest.
 *
 * The guest tells at what count of its virtual counter it expects the interrupt; the script knows
 * the offset between that counter and the host's from a handshake, and spins on the host's until
 * the step's time has come. A machine that is too busy for that makes the event at another time,
 * which changes nothing about what must be true.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "guest-images/tests/sweep.h"
#include "harness/guest_tests.h"
#include "harness/run.h"
#include "harness/test_timer.h"
#include "harness/tests/families.h"
#include "harness/tests/sweep.h"
#include "timer/host_counter.h"

/*
 * How far from the expiry the first and the last step's events are; the steps are small around it
 * and grow outwards. What an event does to the vCPU comes later: a signal needs its time.
 */
#define RANGE_US 600

/* Longer than any step: a target beyond it is nonsense of the guest's. */
#define PATIENCE_US 20000

struct sweep {
	/* Host's counter minus the guest's virtual counter; a little more, by the time that an exit
	 * takes. */
	int64_t offset;
	unsigned place; /* of the host CPU where the vCPU is */
};

static uint64_t us_to_count(uint64_t us)
{
	return us * host_counter_frequency() / 1000000;
}

static void prepare(struct test_run *run)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (sweep)
		sweep->offset = INT64_MAX;
	run->script_data = sweep;
}

static void finish(struct test_run *run)
{
	free(run->script_data);
	run->script_data = NULL;
}

static uint64_t shake_hands(struct test_run *run, struct test_vm *vm, unsigned cpu,
			    unsigned function, const uint64_t args[3])
{
	struct sweep *sweep = run->script_data;
	int64_t offset = host_counter() - args[0];

	(void)vm;
	(void)cpu;
	if (function == SWEEP_CALL_CLOCK && offset < sweep->offset)
		sweep->offset = offset;
	return 0;
}

/* Counts from the expiry, negative before it. */
static int64_t phase_of_step(struct test_run *run, uint64_t n, uint64_t steps)
{
	int64_t range = us_to_count(RANGE_US), place;

	if (n % SWEEP_FAR_STEPS == 0)
		return -(int64_t)us_to_count(SWEEP_FAR_US);
	/* -1000 to 1000; and its square, with the sign kept. */
	place = (int64_t)(((n - 1) * 1000 + run_random(run, 1000)) * 2 / steps) - 1000;
	return place * (place < 0 ? -place : place) * range / 1000000;
}

/* Waits for the time of step `n` of `steps`, and notes by how much it was met. */
static void await_phase(struct test_run *run, uint64_t n, uint64_t steps)
{
	struct sweep *sweep = run->script_data;
	uint64_t expiry = test_vm_word(&run->vm, SWEEP_WORD_WHEN) + sweep->offset;
	uint64_t target = expiry + phase_of_step(run, n, steps);
	int64_t left;

	do
		left = target - host_counter();
	while (left > 0 && left < (int64_t)us_to_count(PATIENCE_US) && !run_is_over(run));
	run_sample(run, "event after expiry (us)",
		   (double)(int64_t)(host_counter() - expiry) * 1e6 / host_counter_frequency());
}

typedef void event_fn(struct test_run *run);

static void sweep_event(struct test_run *run, event_fn *event)
{
	uint64_t steps = run->test->args[1];

	for (uint64_t n = 1; n <= steps; n++) {
		if (!test_vm_wait_word(&run->vm, SWEEP_WORD_STEP, n))
			return;
		await_phase(run, n, steps);
		event(run);
		test_vm_set_word(&run->vm, SWEEP_WORD_DONE, n);
	}
}

static void send_signal(struct test_run *run)
{
	test_vm_signal(&run->vm, 0);
}

static void hop(struct test_run *run)
{
	struct sweep *sweep = run->script_data;

	sweep->place = (sweep->place + 1) % run->host_cpu_count;
	test_vm_move(&run->vm, 0, sweep->place);
}

static void pause_and_go_on(struct test_run *run)
{
	test_vm_park(&run->vm, 0);
	test_vm_unpark(&run->vm, 0);
}

static void inject(struct test_run *run)
{
	struct irqchip *chip = run->vm.machine.irqchip;

	irqchip_set_spi(chip, SWEEP_SPI, true);
	irqchip_set_spi(chip, SWEEP_SPI, false);
}

static bool read_reg(struct test_run *run, enum arch_timer timer, enum arch_timer_reg reg,
		     uint64_t *value)
{
	int ret = test_timer_get(run, run->vm.machine.vcpus[0].fd, timer, reg, value);

	return RUN_CHECK(run, ret == 0, "cannot read %s: %d", arch_timer_reg_name(timer, reg), ret);
}

/* As the guest has told them, whatever the phase. */
static void read_registers(struct test_run *run)
{
	enum arch_timer timer = run->test->args[0] ? ARCH_TIMER_PHYSICAL : ARCH_TIMER_VIRTUAL;
	uint64_t wanted = test_vm_word(&run->vm, SWEEP_WORD_CVAL);
	uint64_t ctl = 0, cval = 0, count = 0, again = 0;
	bool ok;

	test_vm_park(&run->vm, 0);
	ok = read_reg(run, timer, ARCH_TIMER_CTL, &ctl) &&
	     read_reg(run, timer, ARCH_TIMER_CVAL, &cval) &&
	     read_reg(run, timer, ARCH_TIMER_CNT, &count) &&
	     read_reg(run, timer, ARCH_TIMER_CNT, &again);
	test_vm_unpark(&run->vm, 0);
	if (!ok)
		return;
	RUN_CHECK(run, cval == wanted, "CVAL reads 0x%" PRIx64 " instead of 0x%" PRIx64, cval,
		  wanted);
	RUN_CHECK(run, again >= count, "the counter reads 0x%" PRIx64 ", then 0x%" PRIx64, count,
		  again);
	RUN_CHECK(run, !(ctl & ~UINT64_C(5)), "CTL reads 0x%" PRIx64, ctl);
	/* Enabled and expired when CTL was read: then the count, read later, is not before CVAL. */
	RUN_CHECK(run, (ctl & 5) != 5 || count >= cval,
		  "CTL reads 0x%" PRIx64 " at 0x%" PRIx64 ", before CVAL 0x%" PRIx64, ctl, count,
		  cval);
}

static void save_and_load(struct test_run *run)
{
	struct timer_state state = {};
	int fd = run->vm.machine.vcpus[0].fd;

	test_vm_park(&run->vm, 0);
	if (RUN_CHECK(run, test_timer_save(run, fd, &state) == 0, "cannot save the timers"))
		RUN_CHECK(run, test_timer_load(run, fd, &state, TIMER_COUNTERS_KEEP) == 0,
			  "cannot load the timers");
	test_vm_unpark(&run->vm, 0);
}

#define SCRIPT(name, event)                             \
	static void beside_##name(struct test_run *run) \
	{                                               \
		sweep_event(run, event);                \
	}                                               \
	const struct test_script sweep_##name = {       \
		.prepare = prepare,                     \
		.call = shake_hands,                    \
		.beside = beside_##name,                \
		.finish = finish,                       \
	}

SCRIPT(signal, send_signal);
SCRIPT(hop, hop);
SCRIPT(pause, pause_and_go_on);
SCRIPT(inject, inject);
SCRIPT(read, read_registers);
SCRIPT(save, save_and_load);

/* Steps over the whole range: enough to meet the phases, and in the full tier to meet the small
 * ones among them. */
#define OWN_STEPS	   40
#define OWN_STEPS_FINE	   600
#define HANDLER_STEPS	   120
#define HANDLER_STEPS_FINE 3000
#define HOST_STEPS	   40
#define HOST_STEPS_FINE	   500

#define ROW(timer_number, timer_word, name, title_, function, fine, ...)                         \
	{                                                                                        \
		.id = "sweep/" timer_word "-" name, .title = title_, .guest = GUEST(function),   \
		.expires_ptimer = timer_number, .tier = fine ? TEST_TIER_FULL : TEST_TIER_QUICK, \
		__VA_ARGS__,                                                                     \
	}

/* An event of the guest's own. */
#define OWN(timer_number, timer_word, event, event_word, tells, ...)                        \
	ROW(timer_number, timer_word, event_word,                                           \
	    tells " across an expiry of the " timer_word " timer", sweep_own_event, false,  \
	    .args = { timer_number, OWN_STEPS, event }, .faults = FAULT_SET(__VA_ARGS__)),  \
		ROW(timer_number, timer_word, event_word "-finely",                         \
		    tells " in small steps across an expiry of the " timer_word " timer",   \
		    sweep_own_event, true, .args = { timer_number, OWN_STEPS_FINE, event }, \
		    .faults = FAULT_SET(__VA_ARGS__))
#define OWN_BOTH(event, event_word, tells, ...)                   \
	OWN(0, "virtual", event, event_word, tells, __VA_ARGS__), \
		OWN(1, "physical", event, event_word, tells, __VA_ARGS__)

/* The next expiry across the handler, running and asleep. */
#define HANDLER(timer_number, timer_word, kind, kind_word, tells)                                  \
	ROW(timer_number, timer_word, "next-expiry" kind_word,                                     \
	    "the next expiry of the " timer_word " timer across the handler" tells, sweep_handler, \
	    false, .args = { timer_number, HANDLER_STEPS, kind, 0, 500 },                          \
	    .faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP)),                     \
		ROW(timer_number, timer_word, "next-expiry" kind_word "-asleep",                   \
		    "the next expiry of the " timer_word " timer across the handler" tells         \
		    ", asleep between",                                                            \
		    sweep_handler, false, .args = { timer_number, HANDLER_STEPS, kind, 1, 500 },   \
		    .faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP)),             \
		ROW(timer_number, timer_word, "next-expiry" kind_word "-finely",                   \
		    "the next expiry of the " timer_word " timer across the handler" tells         \
		    ", in small steps",                                                            \
		    sweep_handler, true,                                                           \
		    .args = { timer_number, HANDLER_STEPS_FINE, kind, 0, 20 },                     \
		    .faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP)),             \
		ROW(timer_number, timer_word, "next-expiry" kind_word "-asleep-finely",            \
		    "the next expiry of the " timer_word " timer across the handler" tells         \
		    ", asleep between, in small steps",                                            \
		    sweep_handler, true,                                                           \
		    .args = { timer_number, HANDLER_STEPS_FINE, kind, 1, 20 },                     \
		    .faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP))

/* An event of the host's, running and asleep. */
#define HOST(timer_number, timer_word, event, tells, more_needs, device, ...)                    \
	ROW(timer_number, timer_word, #event,                                                    \
	    tells " across an expiry of the " timer_word " timer", sweep_host_event, false,      \
	    .needs = more_needs, .args = { timer_number, HOST_STEPS, device },                   \
	    .script = &sweep_##event, .faults = FAULT_SET(__VA_ARGS__)),                         \
		ROW(timer_number, timer_word, #event "-finely",                                  \
		    tells " in small steps across an expiry of the " timer_word " timer",        \
		    sweep_host_event, true, .needs = more_needs,                                 \
		    .args = { timer_number, HOST_STEPS_FINE, device }, .script = &sweep_##event, \
		    .faults = FAULT_SET(__VA_ARGS__))

#define COMING_FAULTS FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_DOUBLE_INTERRUPT, FAULT_LINE_DROP
#define REG_FAULTS    FAULT_REG_CVAL, FAULT_REG_CTL_LOST

const struct test sweep_tests[] = {
	OWN_BOTH(SWEEP_EXIT, "exit", "an exit to userspace", COMING_FAULTS, FAULT_GUEST_EARLY),
	OWN_BOTH(SWEEP_HYPERCALL, "hypercall", "an exit to KVM", COMING_FAULTS),
	OWN_BOTH(SWEEP_TIMER_OFF, "disabled", "the timer is disabled", FAULT_LINE_STUCK,
		 FAULT_GUEST_LOST_INTERRUPT),
	OWN_BOTH(SWEEP_IMASK, "masked", "the timer is masked", FAULT_GUEST_IGNORES_IMASK,
		 FAULT_LINE_MASKED),
	OWN_BOTH(SWEEP_TIMER_FAR, "moved", "CVAL is moved away", FAULT_LINE_STUCK,
		 FAULT_GUEST_LOST_INTERRUPT),
	OWN_BOTH(SWEEP_PPI_OFF, "ppi-disabled", "the PPI is disabled", COMING_FAULTS),
	OWN_BOTH(SWEEP_PEND, "pended", "software sets the interrupt pending",
		 FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_STUCK),
	OWN_BOTH(SWEEP_UNPEND, "unpended", "software clears the interrupt's pending bit",
		 COMING_FAULTS),
	HANDLER(0, "virtual", SWEEP_HANDLER_PLAIN, "", ""),
	HANDLER(1, "physical", SWEEP_HANDLER_PLAIN, "", ""),
	HANDLER(0, "virtual", SWEEP_HANDLER_EXITS, "-and-exit", ", which exits"),
	HANDLER(1, "physical", SWEEP_HANDLER_EXITS, "-and-exit", ", which exits"),
	HANDLER(0, "virtual", SWEEP_HANDLER_DISABLES, "-after-fall",
		", which disables the timer and exits first"),
	HANDLER(1, "physical", SWEEP_HANDLER_DISABLES, "-after-fall",
		", which disables the timer and exits first"),
	HOST(0, "virtual", signal, "a signal", 0, 0, COMING_FAULTS, REG_FAULTS),
	HOST(1, "physical", signal, "a signal", 0, 0, COMING_FAULTS),
	HOST(0, "virtual", hop, "a move to another host CPU", TEST_NEEDS_TWO_HOST_CPUS, 0,
	     COMING_FAULTS, REG_FAULTS),
	HOST(1, "physical", hop, "a move to another host CPU", TEST_NEEDS_TWO_HOST_CPUS, 0,
	     COMING_FAULTS),
	HOST(0, "virtual", pause, "a pause", 0, 0, COMING_FAULTS),
	HOST(1, "physical", pause, "a pause", 0, 0, COMING_FAULTS),
	HOST(0, "virtual", inject, "a device's interrupt", 0, 1, COMING_FAULTS),
	HOST(1, "physical", inject, "a device's interrupt", 0, 1, COMING_FAULTS),
	HOST(0, "virtual", read, "the host reading the registers", 0, 0, COMING_FAULTS),
	HOST(1, "physical", read, "the host reading the registers", TEST_NEEDS_PTIMER_REGS, 0,
	     COMING_FAULTS),
	HOST(0, "virtual", save, "saving and loading the timers", 0, 0, FAULT_SAVE_CVAL,
	     FAULT_SAVE_CTL, FAULT_SAVE_LOST, FAULT_LOAD_IMASK),
	HOST(1, "physical", save, "saving and loading the timers", TEST_NEEDS_PTIMER_REGS, 0,
	     FAULT_SAVE_CVAL, FAULT_SAVE_CTL, FAULT_SAVE_LOST, FAULT_LOAD_IMASK),
};
const size_t sweep_tests_count = sizeof(sweep_tests) / sizeof(sweep_tests[0]);
