/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of one test with one kind of interrupt controller: what a script can use.
 *
 * A run has a process of its own, so that nothing that happens to it (a crash, a hung ioctl) ends
 * the others, and so that nothing of it is left. The watchdog ends a run whose guest or script does
 * not come to an end, and says where each vCPU was.
 */
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/oracle_interrupts.h"
#include "harness/test.h"
#include "harness/test_vm.h"

#define RUN_MAX_VMS 128

struct run_result; /* harness/result.h; shared with the parent process */

struct test_run {
	const struct test *test;
	enum irqchip_kind irqchip;
	enum fault fault;
	uint64_t seed;
	uint64_t random; /* state of run_random() */
	double timeout_scale;
	bool exact_time;			 /* lateness is a verdict here */
	int image_fd;				 /* the guest image, or 0 */
	unsigned host_cpus[256], host_cpu_count; /* that this process may use */
	struct test_vm vm;			 /* the test's own; not with script->alone */
	atomic_bool over;
	void *script_data; /* the script's */
	struct run_result *result;

	/* What follows is the harness's own. */
	pthread_mutex_t lock;
	pthread_cond_t changed;		  /* `over`, `script_ended` */
	pthread_mutex_t vms_lock;	  /* taken before `lock` */
	struct test_vm *vms[RUN_MAX_VMS]; /* that exist, for the watchdog */
	atomic_uint vms_made;
	bool script_ended;
	struct host_interrupts host_interrupts; /* when it began */
};

/*
 * Limits, for timeout_scale 1. A guest's wait fails the test when it takes RUN_WAIT_SLACK_NS longer
 * than it said; then its vCPU is kicked, and if it still waits after RUN_KICK_SLACK_NS, the run is
 * ended. Time in which the machine was too busy to run even the watchdog does not count.
 */
#define RUN_LIMIT_NS	  UINT64_C(60000000000)
#define RUN_WAIT_SLACK_NS UINT64_C(10000000000)
#define RUN_KICK_SLACK_NS UINT64_C(5000000000)

/* The test failed, or cannot be done here; goes on. Any thread. */
void run_fail(struct test_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_skip(struct test_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_note(struct test_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define RUN_CHECK(run, condition, ...) ((condition) ? true : (run_fail(run, __VA_ARGS__), false))

/* The guest is done or was ended: a script has to come to its end. */
static inline bool run_is_over(const struct test_run *run)
{
	return atomic_load_explicit(&run->over, memory_order_acquire);
}

/* A named series of numbers (latencies in ns, moves, exits): kept as a distribution in the record
 * and shown with -v. Any thread. `name` is a literal. */
void run_sample(struct test_run *run, const char *name, double value);

/* Pseudo-random, from the seed; the scripts' thread only. */
uint64_t run_random(struct test_run *run, uint64_t end);

/* The host's Linux is older. For known differences: what has a row of its own is not to fail
 * others, too. Any thread. */
bool run_kernel_is_before(unsigned major, unsigned minor);

/* Binds the calling thread to a host CPU: an element of host_cpus. */
void run_bind_thread(unsigned host_cpu);

void run_sleep_us(uint64_t us);
uint64_t run_now_ns(void); /* CLOCK_MONOTONIC */

/* Host interrupts of KVM's timers ("kvm guest vtimer", "kvm guest ptimer") on all CPUs since the
 * run began; -1 where the host does not tell. */
int64_t run_host_timer_interrupts(struct test_run *run);

#endif
