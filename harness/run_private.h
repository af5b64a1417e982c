/* SPDX-License-Identifier: GPL-2.0-only */
/* What the harness's files know of a run; not for scripts. */
#ifndef HARNESS_RUN_PRIVATE_H
#define HARNESS_RUN_PRIVATE_H

#include <stdint.h>

struct run_request;
struct run_result;
struct test_run;
struct test_vm;

/* The run is over: its guest is done, or it has to end. Any thread. */
void run_end(struct test_run *run);

/* The run cannot come to its end: fails it and ends this process. */
void run_abort(struct test_run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* VMs that the watchdog looks at. run_add_vm() returns 0 or -ENOSPC, which fails the test. */
int run_add_vm(struct test_run *run, struct test_vm *vm);
void run_remove_vm(struct test_run *run, struct test_vm *vm);

/* What log_error() said last on this thread. */
const char *run_last_error(void);

/* For a vCPU that is fetched out of the guest, to come. What shortens the guests' limits does not
 * make the host any faster. */
#define RUN_PARK_NS UINT64_C(5000000000)
uint64_t run_park_time(const struct test_run *run);

uint64_t run_scaled(const struct test_run *run, uint64_t ns);

/* The whole of a run, in its own process. */
void run_child(const struct run_request *request, struct run_result *result);

/* On the main thread of the run's process, until the run is over. */
void run_watch(struct test_run *run);

#endif
