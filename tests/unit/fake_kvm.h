/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A KVM to play with: takes the place of base/kvm.c in unit tests.
 *
 * After fake_kvm_reset() it is a plausible host: GICv3 with ITS and GICv2, PMU, pointer
 * authentication, SVE with vectors of 16 and 32 bytes, 40 IPA bits, and vCPUs with a few ID
 * registers. Each VM, vCPU and device is a memfd, so that close() and mmap() work on it as on
 * KVM's own. A test changes what it wants before and while the code under test runs.
 *
 * Any thread may make KVM's calls; hooks run on the calling thread, several at once if need be. The
 * functions of this header are for the test's own thread, also while others run.
 */
#ifndef TESTS_UNIT_FAKE_KVM_H
#define TESTS_UNIT_FAKE_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/kvm.h"

#define FAKE_KVM_RUN_SIZE 0x3000 /* KVM_GET_VCPU_MMAP_SIZE */
#define FAKE_KVM_ALWAYS	  0	 /* for `nth`: each call */

/* Begins anew: forgets all objects (without closing them), counts, hooks and settings. */
void fake_kvm_reset(void);

/* kvm_open() fails with -`error`, and says nothing. */
void fake_kvm_fail_open(int error);

/*
 * The nth call of `request` from now on (1: the next; FAKE_KVM_ALWAYS) returns -`error` and does
 * nothing else. One such order per request; 0 as `error` takes it back. FAKE_KVM_MAP_RUN stands for
 * kvm_map_run().
 */
#define FAKE_KVM_MAP_RUN (~0ul)
void fake_kvm_fail(unsigned long request, unsigned nth, int error);

/* What is called instead of the fake's own behaviour; its result is kvm_ioctl()'s. NULL takes it
 * back. */
typedef int fake_kvm_hook_fn(void *context, int fd, uintptr_t argument);
void fake_kvm_hook(unsigned long request, fake_kvm_hook_fn *hook, void *context);

/* How often `request` was made, failed and hooked calls included. */
unsigned fake_kvm_calls(unsigned long request);

void fake_kvm_set_cap(int capability, int value);
/* Which KVM_DEV_TYPE_* can be created. */
void fake_kvm_set_device(uint32_t type, bool offered);

/*
 * Registers of vCPUs. The host's are what each vCPU has until it is set there. The register's
 * id says how many bytes a value has, up to 256. A register that nobody set is -ENOENT, as in KVM.
 */
void fake_kvm_set_host_reg(uint64_t id, uint64_t value);
void fake_kvm_set_host_reg_bytes(uint64_t id, const void *value);
void fake_kvm_forget_host_reg(uint64_t id);
/* What vCPU `index` (KVM_CREATE_VCPU's argument) has, up to 64 bits of it; 0 when it has none. */
uint64_t fake_kvm_reg(unsigned index, uint64_t id);

/* The features that KVM_ARM_VCPU_INIT last gave this vCPU. */
uint32_t fake_kvm_vcpu_features(unsigned index);
/* What the vCPU's KVM_RUN leaves for its user. */
struct kvm_run *fake_kvm_run(unsigned index);

/* Device attributes as last set, for a device by its type, or for FAKE_KVM_VM and FAKE_KVM_VCPU.
 * `set` may be NULL. */
#define FAKE_KVM_VM   0x10000
#define FAKE_KVM_VCPU 0x10001
uint64_t fake_kvm_attr(uint32_t type, uint32_t group, uint64_t attr, bool *set);

/* The level of a line as KVM_IRQ_LINE last set it; `irq` is as in struct kvm_irq_level. */
bool fake_kvm_irq_level(uint32_t irq);

/* How many of the descriptors that the fake gave out are still open. */
unsigned fake_kvm_open_fds(void);

#endif
