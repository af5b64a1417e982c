/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The library of the bare-metal guests: all that a test's guest side needs.
 *
 * A test is a function GUEST_TEST(name) in guest-images/tests/. It runs on CPU 0 at EL1 with MMU
 * and caches on, interrupts masked (DAIF), the GIC ready (CPU interface on, all priorities allowed,
 * all interrupts disabled), both timers disabled. When it returns, the test is over. What it finds
 * wrong it says with CHECK() or fail().
 *
 * Times are in counts of the system counter unless a name says otherwise. Per-CPU state belongs to
 * the CPU that calls; nothing here is to be called from a handler unless it says so.
 */
#ifndef GUEST_IMAGES_LIB_GUEST_H
#define GUEST_IMAGES_LIB_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-images/protocol.h"

/* -- tests and what they report --------------------------------------------------------------- */

/* A test's function. The name is unique over all files. */
#define GUEST_TEST(name)              \
	void guest_test_##name(void); \
	void guest_test_##name(void)

#define shared ((volatile struct guest_shared *)GUEST_SHARED_BASE)

unsigned this_cpu(void);
static inline unsigned cpu_count(void)
{
	return shared->cpus;
}
static inline uint64_t arg(unsigned n)
{
	return shared->args[n];
}
static inline bool has_fault(enum guest_fault fault)
{
	return shared->faults & fault;
}

/*
 * Formats know %d %u %x %c %s %p %%, with l, width and leading zeroes. All may be called from
 * handlers and at EL0.
 */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says what failed, and goes on. After 16 failures the test ends. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the test: it cannot be done here. */
void skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Ends the test now, on any CPU. */
void finish(void) __attribute__((noreturn));
#define CHECK(condition, ...) ((condition) ? true : (fail(__VA_ARGS__), false))
/* Has failed: to leave loops early. */
bool failed(void);

/* Adds to this CPU's ring of events, which a failure's diagnostics show. Cheap; no exit. */
void event(enum guest_event_kind kind, uint64_t a, uint64_t b);

/* Pseudo-random, from the test's seed and the CPU's number. */
uint64_t random64(void);
uint64_t random_below(uint64_t end);

/* -- host ------------------------------------------------------------------------------------- */

/* One exit to userspace. Whatever KVM decides on the way out and in (an expired timer, a pending
 * signal) has been decided when it returns. */
void exit_to_host(void);
/* One exit that KVM handles (a null hypercall: PSCI_VERSION), without leaving for userspace. */
void null_hypercall(void);
/* Calls function `function` of the test's script on this vCPU's thread; returns its result. */
uint64_t call_host(unsigned function, uint64_t a, uint64_t b, uint64_t c);

/* Words of shared memory, with release and acquire semantics. */
void word_set(unsigned word, uint64_t value);
uint64_t word_get(unsigned word);
/* Spins until the word is `value`; the harness ends a test that waits too long. */
void word_wait(unsigned word, uint64_t value);

/* -- CPUs ------------------------------------------------------------------------------------- */

typedef void cpu_fn(void *argument);
/* Starts `cpu` by PSCI CPU_ON; it runs `fn` in the state in which a test begins. Fails the test
 * when PSCI refuses. */
void cpu_start(unsigned cpu, cpu_fn *fn, void *argument);
/* Its two halves: what the CPU will run, and PSCI CPU_ON, whose status is returned. Any CPU may
 * try. */
void cpu_prepare(unsigned cpu, cpu_fn *fn, void *argument);
int64_t cpu_try_start(unsigned cpu);
/* Waits until its function has returned; the CPU is then off (PSCI CPU_OFF, AFFINITY_INFO says so).
 */
void cpu_join(unsigned cpu);
/* Runs fn on all CPUs, this one included, and waits for all. */
void on_all_cpus(cpu_fn *fn, void *argument);
/* Between looks at what another CPU has to do, which may wait for this one's host CPU. `looks` is 0
 * at first. */
void look_again(unsigned *looks);
/* Waits until all CPUs of the test have come here. Any number of times. */
void barrier(void);

uint64_t psci(uint32_t function, uint64_t a, uint64_t b, uint64_t c);
#define PSCI_VERSION	    0x84000000
#define PSCI_CPU_SUSPEND    0xc4000001
#define PSCI_CPU_OFF	    0x84000002
#define PSCI_CPU_ON	    0xc4000003
#define PSCI_AFFINITY_INFO  0xc4000004
#define PSCI_SYSTEM_OFF	    0x84000008
#define PSCI_SYSTEM_RESET   0x84000009
#define PSCI_FEATURES	    0x8400000a
#define PSCI_SYSTEM_SUSPEND 0xc400000e

/* -- interrupts ------------------------------------------------------------------------------- */

struct irq {
	uint32_t intid;
	uint32_t iar;	/* as acknowledged */
	uint64_t count; /* CNTVCT_EL0 just after the acknowledgement */
	uint64_t pc;	/* interrupted */
	void *argument;
};
/* Runs with interrupts masked, after the acknowledgement and before EOI. May reprogram timers. */
typedef void irq_fn(struct irq *irq);

/* The handler of an INTID on this CPU. Without one, an interrupt fails the test and is disabled. */
void irq_set_handler(uint32_t intid, irq_fn *fn, void *argument);
static inline void irq_enable(void)
{
	asm volatile("msr daifclr, #2" ::: "memory");
}
static inline void irq_disable(void)
{
	asm volatile("msr daifset, #2" ::: "memory");
}
/* How often this CPU took an interrupt that was none (1023). */
uint64_t irq_spurious(void);

/* The GIC, version 2 or 3 alike. PPIs and SGIs: this CPU's own. All may be called from handlers. */
void gic_enable(uint32_t intid);
void gic_disable(uint32_t intid);
bool gic_is_enabled(uint32_t intid);
void gic_set_priority(uint32_t intid, uint8_t priority);
void gic_set_pending(uint32_t intid);
void gic_clear_pending(uint32_t intid);
bool gic_is_pending(uint32_t intid);
void gic_set_active(uint32_t intid);
void gic_clear_active(uint32_t intid);
bool gic_is_active(uint32_t intid);
void gic_set_edge(uint32_t intid, bool edge);
void gic_route(uint32_t spi_intid, unsigned cpu);
void gic_send_sgi(unsigned sgi, unsigned cpu);
void gic_set_priority_mask(uint8_t mask);
uint8_t gic_running_priority(void);
/* The lowest 8-bit priority value step that this GIC tells apart. */
uint8_t gic_priority_step(void);
/* EOI drops the priority only; gic_deactivate() has to follow (EOImode 1). */
void gic_set_split_eoi(bool split);
/* For tests that poll instead of taking interrupts: */
uint32_t gic_acknowledge(void); /* the IAR; INTID in the low bits, 1023 when there is none */
void gic_end(uint32_t iar);
void gic_deactivate(uint32_t iar);
/* The INTID that would be acknowledged next, or 1023. */
uint32_t gic_highest_pending(void);
/* The library ends each interrupt after its handler, unless the handler said that it does so
 * itself. */
void irq_handler_ends_it(void);

/* -- timers ----------------------------------------------------------------------------------- */

enum timer { VTIMER, PTIMER, TIMERS };
const char *timer_name(enum timer timer); /* "virtual", "physical" */

#define TIMER_ENABLE  (1u << 0)
#define TIMER_IMASK   (1u << 1)
#define TIMER_ISTATUS (1u << 2)

uint32_t timer_frequency(void);		/* CNTFRQ_EL0, in Hz */
uint64_t timer_count(enum timer timer); /* CNTVCT_EL0 or CNTPCT_EL0, after an ISB */
/* KVM says that it has a hypercall for PTP (Documentation/virt/kvm/arm/ptp_kvm.rst). */
bool has_ptp_hypercall(void);
/* The same counter, as that hypercall tells it together with the host's time. False: it does not,
 * for there is none, or the host's clock is not made from its counter. */
bool timer_count_by_ptp(enum timer timer, uint64_t *count);
uint64_t timer_cval(enum timer timer);
int32_t timer_tval(enum timer timer);
uint32_t timer_ctl(enum timer timer);
/* The raw upper bits as well. */
uint64_t timer_tval_raw(enum timer timer);
uint64_t timer_ctl_raw(enum timer timer);
void timer_set_cval(enum timer timer, uint64_t cval);
void timer_set_tval(enum timer timer, uint64_t tval);
void timer_set_ctl(enum timer timer, uint64_t ctl);
uint32_t timer_intid(enum timer timer);
/* CTL as this CPU found it when it started last, before the library disabled the timers. */
uint32_t timer_ctl_at_start(enum timer timer);

/* `span` before `count`, but not before the beginning of time: a VM's counters begin at 0. */
static inline uint64_t count_before(uint64_t count, uint64_t span)
{
	return count > span ? count - span : 0;
}
uint64_t us_to_count(uint64_t us);
uint64_t count_to_ns(uint64_t count);
void spin_until(enum timer timer, uint64_t count);
void spin_us(uint64_t us);

/*
 * A timer with a handler that notes what came; most tests need nothing else. The handler checks
 * that the counter has reached CVAL ("never early"), notes the time and disables the timer (or does
 * what `on_fire` says instead of disabling).
 */
struct timer_shots {
	enum timer timer;
	volatile uint64_t armed_cval; /* of the shot that is on its way */
	uint64_t taken_cval;	      /* of the shot that came last */
	volatile uint64_t fired;      /* interrupts taken */
	volatile uint64_t count;      /* the timer's counter, at the last one */
	volatile uint64_t max_late;   /* counter - CVAL, the largest so far */
	void (*on_fire)(struct timer_shots *shots, struct irq *irq); /* NULL: disable the timer */
	void *context;
};
/* Sets the handler and enables the PPI on this CPU. */
void shots_begin(struct timer_shots *shots, enum timer timer);
void shots_end(struct timer_shots *shots); /* timer and PPI off */
void shots_arm(struct timer_shots *shots, uint64_t cval);
/*
 * Spins, interrupts enabled, until `fired` is `wanted`. A timer that has expired and does not come
 * within many exits to userspace after that is lost: then the test fails and false is returned.
 * (An exit after expiry has to bring the interrupt, however slow the machine is: no seconds in it.)
 */
bool shots_await(struct timer_shots *shots, uint64_t wanted);
/* The same, asleep in WFI between. The harness finds a sleeper that nothing wakes. */
bool shots_await_asleep(struct timer_shots *shots, uint64_t wanted);
/* Some exits of each kind with interrupts enabled; fails when `fired` is not `wanted` after them:
 * an interrupt too many. */
bool shots_no_more(struct timer_shots *shots, uint64_t wanted);

/* -- sleeping --------------------------------------------------------------------------------- */

/*
 * WFI. The harness fails the test when this takes much longer than `ns`. To be called with
 * interrupts masked, so that none is taken between a check and the WFI; they are as before when it
 * returns. Returning early is allowed to WFI and means nothing.
 */
void wait_for_interrupt(uint64_t ns, const char *what);
void wfe(void);
bool has_wfxt(void);
void wfit(uint64_t until); /* in counts of CNTVCT_EL0; only with has_wfxt() */
/* For waits that are not WFI: between these the harness expects an end within `ns`. */
void wait_begin(uint64_t ns, const char *what);
void wait_end(void);

/* -- exceptions and exception levels ---------------------------------------------------------- */

/*
 * Runs fn(argument) at EL0, interrupts enabled there when `irqs` is; returns when it returns. Its
 * stack is its own. At EL0: memory, timers and counters (CNTKCTL_EL1 allows all), note(), fail(),
 * event(), word_*(); not the GIC, not irq_*.
 */
void at_el0(cpu_fn *fn, void *argument, bool irqs);

/* Between these, a synchronous exception is stepped over and its syndrome kept; 0: there was none.
 */
void probe_begin(void);
uint64_t probe_end(void); /* ESR_EL1 of the first one */

#define read_sysreg(name)                                                 \
	({                                                                \
		uint64_t sysreg_;                                         \
		asm volatile("mrs %0, " #name : "=r"(sysreg_)::"memory"); \
		sysreg_;                                                  \
	})
#define write_sysreg(name, value) \
	asm volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")
static inline void isb(void)
{
	asm volatile("isb" ::: "memory");
}

#endif
