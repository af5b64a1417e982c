/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's own statistics of a VM or vCPU (KVM_GET_STATS_FD; Documentation/virt/kvm/api.rst, "4.133").
 * The kernel describes what there is; nothing here knows a counter by name.
 */
#ifndef HARNESS_ORACLE_KVM_STATS_H
#define HARNESS_ORACLE_KVM_STATS_H

#include <stdint.h>

/* One cumulative counter: of events, or with "_ns" and the like in its name, of time. */
typedef void kvm_stat_fn(void *context, const char *name, uint64_t value);

/* All cumulative counters that `stats_fd` gives. Returns 0 or -errno, silently. */
int kvm_stats_read(int stats_fd, kvm_stat_fn *fn, void *context);

/*
 * The same of a VM or vCPU. Counters begin at 0 with their VM, so once before it is destroyed tells
 * all of it. -ENOTTY or -EINVAL where KVM has no such statistics (before Linux 5.14).
 */
int kvm_stats_ask(int vm_or_vcpu_fd, kvm_stat_fn *fn, void *context);

#endif
