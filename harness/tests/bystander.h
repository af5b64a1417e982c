/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "bystander": the scripts that its rows name. */
#ifndef HARNESS_TESTS_BYSTANDER_H
#define HARNESS_TESTS_BYSTANDER_H

#include "harness/run.h"
#include "harness/test.h"

/* The kind of the other VM's interrupt controller: args[5] of a row. */
enum bystander_kind {
	BYSTANDER_SAME_KIND,
	BYSTANDER_OTHER_KIND, /* user beside a vGIC, the host's vGIC beside user */
};

extern const struct test_script bystander_beside_rest;	 /* the other VM rests in each state */
extern const struct test_script bystander_beside_unruly; /* it misbehaves, and moves */
extern const struct test_script bystander_after_death;	 /* it is killed in each state */
extern const struct test_script bystander_quiet; /* the host has no interrupt of the one VM's */

/* The kind of the other VM; false after run_skip(): this host has only one. */
bool bystander_other_kind(struct test_run *run, enum irqchip_kind *kind);

/* Makes and starts the other VM, which goes into the state (bystander_rests()); its vCPU begins on
 * the first host CPU. False: it failed, which has been told. */
bool bystander_start(struct test_run *run, struct test_vm *vm, enum irqchip_kind kind,
		     unsigned state);

/* A script's call: BYSTANDER_CALL_STAY, until the VM or the run ends. */
uint64_t bystander_stay(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
			const uint64_t args[3]);

/* A state in words: "VM ...". */
const char *bystander_state_name(unsigned state);

#endif
