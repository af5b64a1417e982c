/* SPDX-License-Identifier: GPL-2.0-only */
/* The fake KVM's memory: objects, registers, attributes. For fake_kvm.c, which holds its lock. */
#ifndef TESTS_UNIT_FAKE_KVM_STORE_H
#define TESTS_UNIT_FAKE_KVM_STORE_H

#include "tests/unit/fake_kvm.h"

#define FAKE_KVM_SYSTEM 0x10002

void fake_store_reset(void);
/* A new object of a kind: FAKE_KVM_* or KVM_DEV_TYPE_*. Its descriptor, or -EMFILE. */
int fake_store_add(uint32_t kind, unsigned index);
int fake_store_cap(int capability);
int fake_store_create_device(struct kvm_create_device *device);
int fake_store_init_vcpu(int fd, const struct kvm_vcpu_init *init);
struct kvm_run *fake_store_run(int fd);
int fake_store_get_reg(int fd, const struct kvm_one_reg *reg);
int fake_store_set_reg(int fd, const struct kvm_one_reg *reg);
int fake_store_has_attr(int fd, const struct kvm_device_attr *attr);
int fake_store_get_attr(int fd, const struct kvm_device_attr *attr);
int fake_store_set_attr(int fd, const struct kvm_device_attr *attr);
int fake_store_irq_line(const struct kvm_irq_level *line);

#endif
