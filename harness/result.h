/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What came of one run of a test.
 *
 * Written by the run's own process into memory that it shares with its parent, who reads it when
 * that process has ended, and may add to it then (what the kernel log said). All is bounded: what
 * does not fit is counted, not kept. The functions may be called on any thread of the process that
 * is at work on it; none allocates.
 */
#ifndef HARNESS_RESULT_H
#define HARNESS_RESULT_H

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-images/protocol.h"

enum run_verdict {
	RUN_PASSED,
	RUN_FAILED,
	RUN_SKIPPED, /* could not be done here; nothing had failed before */
};

#define RESULT_TEXT	    512
#define RESULT_NAME	    48
#define RESULT_FAILURES	    16
#define RESULT_NOTES	    48
#define RESULT_SERIES	    16
#define RESULT_SERIES_KEEPS 512
#define RESULT_COUNTERS	    128
#define RESULT_EVENTS	    24
#define RESULT_FRAMES	    8

/* One timer of a vCPU, as KVM_GET_ONE_REG gave it. */
struct result_timer {
	bool known;
	uint64_t ctl, cval, count;
};

/* Where a vCPU was, and what it had done last. */
struct result_cpu {
	bool known; /* false: all that follows is missing */
	unsigned cpu;
	char vm[16];
	uint64_t pc, sp, pstate, x[31], elr_el1, spsr_el1, esr_el1, far_el1;
	struct result_timer timers[2];	/* virtual, physical */
	uint64_t frames[RESULT_FRAMES]; /* return addresses, innermost first; 0: no more */
	uint64_t count;			/* CNTVCT_EL0 of the guest, then; 0: unknown */
	uint64_t frequency;		/* of the counter, in Hz; 0: unknown */
	unsigned event_count;
	struct guest_event events[RESULT_EVENTS]; /* the last ones, oldest first */
};

struct run_failure {
	char text[RESULT_TEXT];
	uint64_t time; /* nanoseconds since the run began */
	struct result_cpu cpu;
};

struct run_series {
	char name[RESULT_NAME];
	uint64_t count;
	double sum, min, max;
	/* The values, or, where there were more, an even choice of them; min(count, KEEPS) of them,
	 * in no order. */
	double values[RESULT_SERIES_KEEPS];
};

/* A number of the run: exits of a kind, interrupts of the host, statistics of KVM. */
struct run_counter {
	char name[RESULT_NAME]; /* "exits.mmio_read", "host.vtimer", "kvm.halt_wakeup" */
	int64_t value;
};

struct run_result {
	pthread_mutex_t lock;
	uint64_t random; /* for the choice of values */
	uint64_t begun;	 /* CLOCK_MONOTONIC */

	unsigned failure_count; /* all of them; the first RESULT_FAILURES are kept */
	struct run_failure failures[RESULT_FAILURES];
	unsigned note_count;
	struct {
		uint64_t time; /* as above */
		char text[RESULT_TEXT];
	} notes[RESULT_NOTES];
	bool skipped;
	char skip_reason[RESULT_TEXT];
	unsigned series_count;
	struct run_series series[RESULT_SERIES];
	unsigned counter_count;
	struct run_counter counters[RESULT_COUNTERS];

	uint64_t duration;	 /* ns, of all; the process's start and end included */
	uint64_t guest_duration; /* ns, from the first KVM_RUN to the test's end; 0: none */
	bool ended;		 /* the run's process came to its end by itself */
	int signal;		 /* the process died of this one; 0: it did not */
};

/* Memory that is shared with processes forked later; NULL, described, when there is none. */
struct run_result *result_create(void);
void result_destroy(struct run_result *result);
/* Empty again. `seed` is for the choice of values. */
void result_begin(struct run_result *result, uint64_t seed);
/* The run's process is no more: makes the lock usable whatever it was doing, and the counts fit
 * their arrays whatever it had written. */
void result_adopt(struct run_result *result);

enum run_verdict result_verdict(const struct run_result *result);

/*
 * Adds a failure. `cpu` (NULL: none) is where it was seen. The text is cut where it is too long,
 * and bytes that are not printable become '?'.
 */
void result_fail(struct run_result *result, const struct result_cpu *cpu, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void result_vfail(struct run_result *result, const struct result_cpu *cpu, const char *format,
		  va_list arguments) __attribute__((format(printf, 3, 0)));
void result_skip(struct run_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void result_vskip(struct run_result *result, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
void result_note(struct run_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void result_vnote(struct run_result *result, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
void result_sample(struct run_result *result, const char *name, double value);
/* Adds `value` to the counter of that name. */
void result_count(struct run_result *result, const char *name, int64_t value);

/* Failures that are kept: the smaller of failure_count and RESULT_FAILURES; notes likewise. */
unsigned result_failures_kept(const struct run_result *result);
unsigned result_notes_kept(const struct run_result *result);
unsigned result_values_kept(const struct run_series *series);

#endif
