/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this host's KVM offers: what `armlet info` shows, and what opens each record of a test or
 * benchmark.
 *
 * What cannot be found out is reported as absent (JSON: null, or no such key in a table), never as
 * an error. KVM is asked by a scratch VM with one vCPU that has what `armlet run` gives it and no
 * interrupt controller, and is gone afterwards.
 *
 * The JSON object (HOST_INFO_SCHEMA 1; a key may be added within a schema, never change or go):
 *
 *   schema              1
 *   kernel              { release, version, machine }: as uname(2) has them
 *   board               the machine's name by its firmware, or null
 *   page_size           of the host, bytes
 *   memory              of the host, bytes, or null
 *   cpus                [ { midr: "0x...", cpus: "0-3,6" } ]: those online, by MIDR_EL1
 *   mode                "vhe", "nvhe", "protected", "nested", or null
 *   mode_source         "capability", "kernel log", "interrupts": what tells the mode; or null
 *   irqchips            of "gicv3", "gicv2", "user": which a VM can have
 *   its                 whether GICv3 can have an ITS
 *   timer               { frequency: of the counter in Hz, or null;
 *                         active_state: whether the host's GIC is KVM's to use, so that the
 *                           interrupt of an expired timer is held by its active state; else KVM
 *                           masks it on that host CPU;
 *                         ecv: ID_AA64MMFR0_EL1.ECV of the host: 0 none, 1 FEAT_ECV, 2 with
 *                           CNTPOFF_EL2; or null;
 *                         vcpu_ecv: the same as a vCPU sees it, or null }
 *   features            of "pauth", "pmu", "sve", "nested": what --cpu-features can have
 *   sve_vector_bytes    [ 16, 32 ]: vector lengths of a vCPU; empty without SVE
 *   pmu                 { version: ID_AA64DFR0_EL1.PMUVer of a vCPU; counters: event counters, or
 *                         null }; null without PMU
 *   limits              { vcpus, recommended_vcpus, vcpu_ids, ipa_bits, gicv3_vcpus, gicv2_vcpus };
 *                       0: not known, or no such GIC
 *   capabilities        { "ARM_USER_IRQ": 7 }: by the name after KVM_CAP_; 0: absent
 *   id_registers        { "ID_AA64PFR0_EL1": "0x..." }: of a vCPU
 */
#ifndef VMM_HOST_INFO_H
#define VMM_HOST_INFO_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "vcpu/features.h"

#define HOST_INFO_SCHEMA 1

#define HOST_INFO_CPU_KINDS	8
#define HOST_INFO_MAX_CAPS	64
#define HOST_INFO_MAX_ID_REGS	32
#define HOST_INFO_MAX_SVE_WORDS 8

enum host_kvm_mode {
	HOST_KVM_MODE_UNKNOWN,
	HOST_KVM_MODE_VHE,
	HOST_KVM_MODE_NVHE,
	HOST_KVM_MODE_PROTECTED,
	HOST_KVM_MODE_NESTED,
};

enum host_mode_source {
	HOST_MODE_SOURCE_NONE,
	HOST_MODE_SOURCE_CAPABILITY, /* guests can have EL2: nested */
	HOST_MODE_SOURCE_LOG,	     /* what KVM said when it started */
	HOST_MODE_SOURCE_INTERRUPTS, /* EL2's timer is the host's own: its kernel runs there */
};

/* CPUs of one kind. */
struct host_cpu_kind {
	uint64_t midr;
	cpu_set_t cpus;
};

struct host_info {
	struct utsname kernel;
	char board[64]; /* "": unknown */
	unsigned page_size;
	uint64_t memory; /* 0: unknown */
	unsigned cpu_kind_count;
	struct host_cpu_kind cpu_kinds[HOST_INFO_CPU_KINDS];

	enum host_kvm_mode mode;
	enum host_mode_source mode_source;
	bool gicv3, gicv2, its, user_irq;

	bool timer_active_state;
	uint64_t counter_frequency; /* Hz; 0: unknown */
	int ecv, vcpu_ecv;	    /* -1: unknown */

	vcpu_feature_set features;
	uint64_t sve_lengths[HOST_INFO_MAX_SVE_WORDS]; /* bit n: vectors of (n + 1) * 16 bytes */
	int pmu_version;			       /* -1: none */
	int pmu_counters;			       /* -1: unknown */

	unsigned vcpus, recommended_vcpus, vcpu_ids, ipa_bits;

	/* In the order of host_info_caps and host_info_id_regs (vmm/host_info_private.h). */
	int caps[HOST_INFO_MAX_CAPS];
	bool has_id_reg[HOST_INFO_MAX_ID_REGS];
	uint64_t id_regs[HOST_INFO_MAX_ID_REGS];
};

struct json_t; /* of jansson */

/* KVM's mode alone, without asking KVM: nested mode is told from the kernel log only. */
enum host_kvm_mode host_info_kvm_mode(void);

/*
 * Asks the running host. Returns 0, -ENOTSUP on a machine that is not arm64, or why /dev/kvm cannot
 * be used, described: -ENOENT, -ENODEV, -ENXIO, -EACCES, ...
 */
int host_info_gather(struct host_info *info);

/* The object described above, owned by the caller; NULL without memory. */
struct json_t *host_info_json(const struct host_info *info);

/* For people: all of it, or what --cpu-features can have. */
void host_info_print(const struct host_info *info, FILE *stream);
void host_info_print_features(const struct host_info *info, FILE *stream);

#endif
