/* SPDX-License-Identifier: GPL-2.0-only */
/* The scripts of the family "lifetime", by file. */
#ifndef HARNESS_TESTS_LIFETIME_H
#define HARNESS_TESTS_LIFETIME_H

#include "harness/run.h"

/*
 * Whether a script that does something again and again goes on: not when the run is over, nor when
 * a slow machine has given it much time already. `begun` is run_now_ns() when it began.
 */
static inline bool lifetime_goes_on(const struct test_run *run, uint64_t begun)
{
	return !run_is_over(run) && run_now_ns() - begun < UINT64_C(4000000000);
}

/* lifetime_order.c: what comes before what */
void lifetime_irqchip_after_vcpus(struct test_run *run);
void lifetime_offset_before_vcpus(struct test_run *run);
void lifetime_irqchip_after_run(struct test_run *run);
void lifetime_irqchip_twice(struct test_run *run);
void lifetime_vcpu_after_finalize(struct test_run *run);
void lifetime_vcpu_after_run(struct test_run *run);
void lifetime_run_before_init(struct test_run *run);
void lifetime_run_before_finalize(struct test_run *run);
void lifetime_attributes(struct test_run *run);
void lifetime_timer_before_run(struct test_run *run);

/* lifetime_again.c: once more, or by others */
void lifetime_failed_first_run(struct test_run *run);
void lifetime_irqchip_after_failed_run(struct test_run *run);
void lifetime_init_again(struct test_run *run);
void lifetime_init_otherwise(struct test_run *run);
void lifetime_powered_off(struct test_run *run);
void lifetime_other_threads(struct test_run *run);
void lifetime_other_process(struct test_run *run);
void lifetime_closed_vm(struct test_run *run);

/* lifetime_exits.c: what is seen between two runs */
void lifetime_aborted_access(struct test_run *run);
void lifetime_pc_is_final(struct test_run *run);
void lifetime_same_id_registers(struct test_run *run);

/* lifetime_many.c: many at once */
void lifetime_many_at_once(struct test_run *run);
void lifetime_vcpus_against_irqchip(struct test_run *run);

/* lifetime_hundred.c: one after another */
void lifetime_hundred(struct test_run *run);

/* lifetime_random.c: in any order */
void lifetime_random_orders(struct test_run *run);
void lifetime_create_beside(struct test_run *run);

#endif
