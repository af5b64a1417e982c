// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vector lengths that a vCPU can have: KVM_REG_ARM64_SVE_VLS before and after
 * KVM_ARM_VCPU_FINALIZE (Documentation/virt/kvm/api.rst, 4.68 and 4.119), and what a guest finds of
 * them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest-images/tests/fpsimd.h"
#include "harness/guest_tests.h"
#include "harness/raw_vm.h"
#include "harness/tests/fpsimd_state.h"
#include "vcpu/fp_state.h"

#define SVE    (1u << KVM_ARM_VCPU_SVE)
#define WORDS  KVM_ARM64_SVE_VLS_WORDS
#define Z(n)   KVM_REG_ARM64_SVE_ZREG(n, 0)
#define P(n)   KVM_REG_ARM64_SVE_PREG(n, 0)
#define LENGTH KVM_REG_ARM64_SVE_VLS

/* Bit n: vectors of n + 1 times 128 bits. */
typedef uint64_t lengths_t[WORDS];

static int get(struct raw_vm *vm, uint64_t id, void *value)
{
	return kvm_get_one_reg(vm->vcpus[0].fd, id, value);
}

static int set(struct raw_vm *vm, uint64_t id, const void *value)
{
	return kvm_set_one_reg(vm->vcpus[0].fd, id, value);
}

static int finalize(struct raw_vm *vm)
{
	int feature = KVM_ARM_VCPU_SVE;

	return kvm_ioctl(vm->vcpus[0].fd, KVM_ARM_VCPU_FINALIZE, (uintptr_t)&feature);
}

static int list_registers(struct raw_vm *vm)
{
	struct kvm_reg_list none = { .n = 0 };

	return kvm_ioctl(vm->vcpus[0].fd, KVM_GET_REG_LIST, (uintptr_t)&none);
}

/* A vCPU with SVE, which is not final. */
static bool make_vcpu(struct raw_vm *vm, struct test_run *run, lengths_t lengths)
{
	return raw_vm_open(vm, run) && raw_expect(vm, raw_add_vcpu(vm), 0, "KVM_CREATE_VCPU") &&
	       raw_expect(vm, raw_init_vcpu(vm, 0, SVE), 0, "KVM_ARM_VCPU_INIT with SVE") &&
	       raw_expect(vm, get(vm, LENGTH, lengths), 0, "KVM_GET_ONE_REG of the lengths") &&
	       RUN_CHECK(run, lengths[0] & 1, "there are no vectors of 128 bits");
}

static unsigned highest(const lengths_t lengths)
{
	for (unsigned bit = WORDS * 64; bit-- > 0;)
		if (lengths[bit / 64] >> bit % 64 & 1)
			return bit;
	return 0;
}

/* What is not a beginning of the host's list. */
static void try_impossible(struct raw_vm *vm, const lengths_t host)
{
	unsigned last = highest(host);
	lengths_t lengths = { 0 };

	raw_expect(vm, set(vm, LENGTH, lengths), -EINVAL, "setting no length at all");
	if (last > 0) {
		memcpy(lengths, host, sizeof(lengths));
		lengths[0] &= ~UINT64_C(1);
		raw_expect(vm, set(vm, LENGTH, lengths), -EINVAL,
			   "setting lengths without that of 128 bits");
	}
	if (last + 1 < WORDS * 64) {
		memcpy(lengths, host, sizeof(lengths));
		lengths[(last + 1) / 64] |= UINT64_C(1) << (last + 1) % 64;
		raw_expect(vm, set(vm, LENGTH, lengths), -EINVAL,
			   "setting a length that the host does not have");
	}
}

static void open_alone(struct test_run *run)
{
	lengths_t host, lengths = { 1 }, seen;
	uint8_t z[VCPU_SVE_MAX_BYTES] = { 0 };
	struct raw_vm vm;

	if (make_vcpu(&vm, run, host)) {
		raw_expect(&vm, get(&vm, Z(0), z), -EPERM, "reading Z0 before SVE is final");
		raw_expect(&vm, set(&vm, P(0), z), -EPERM, "writing P0 before SVE is final");
		raw_expect(&vm, list_registers(&vm), -EPERM,
			   "KVM_GET_REG_LIST before SVE is final");
		raw_expect(&vm, raw_kvm_run(&vm, 0), -EPERM, "KVM_RUN before SVE is final");
		raw_expect(&vm, set(&vm, LENGTH, host), 0, "setting the lengths as they are");
		try_impossible(&vm, host);
		raw_expect(&vm, set(&vm, LENGTH, lengths), 0, "setting the shortest length alone");
		raw_expect(&vm, get(&vm, LENGTH, seen), 0, "reading what was set");
		RUN_CHECK(run, !memcmp(seen, lengths, sizeof(seen)),
			  "the lengths read 0x%llx... after 0x1 was set",
			  (unsigned long long)seen[0]);
		raw_expect(&vm, set(&vm, LENGTH, host), 0, "setting all lengths again");
	}
	raw_vm_close(&vm);
}

const struct test_script sve_lengths_open = { .alone = open_alone };

/* Z0 of a vCPU whose vectors have 128 bits: there is nothing beyond them. */
static void check_short_register(struct raw_vm *vm)
{
	uint8_t z[VCPU_SVE_MAX_BYTES], seen[VCPU_SVE_MAX_BYTES] = { 0 };

	memset(z, 0x5a, sizeof(z));
	raw_expect(vm, set(vm, Z(0), z), 0, "writing Z0");
	raw_expect(vm, get(vm, Z(0), seen), 0, "reading Z0");
	RUN_CHECK(vm->test, !memcmp(seen, z, 16), "Z0 does not read as it was written");
	for (unsigned byte = 16; byte < sizeof(seen); byte++)
		if (!RUN_CHECK(vm->test, !seen[byte],
			       "byte %u of Z0 reads 0x%02x, with vectors of 16 bytes", byte,
			       seen[byte]))
			break;
}

static void final_alone(struct test_run *run)
{
	lengths_t host, lengths = { 1 }, seen;
	struct raw_vm vm;

	if (make_vcpu(&vm, run, host)) {
		raw_expect(&vm, set(&vm, LENGTH, lengths), 0, "setting the shortest length alone");
		raw_expect(&vm, finalize(&vm), 0, "KVM_ARM_VCPU_FINALIZE");
		raw_expect(&vm, finalize(&vm), -EPERM, "KVM_ARM_VCPU_FINALIZE again");
		raw_expect(&vm, set(&vm, LENGTH, host), -EPERM, "setting lengths that are final");
		raw_expect(&vm, list_registers(&vm), -E2BIG, "KVM_GET_REG_LIST without room");
		check_short_register(&vm);
		raw_expect(&vm, raw_init_vcpu(&vm, 0, SVE), 0, "KVM_ARM_VCPU_INIT again");
		raw_expect(&vm, get(&vm, LENGTH, seen), 0, "reading the lengths");
		RUN_CHECK(run, !memcmp(seen, lengths, sizeof(seen)),
			  "the lengths read 0x%llx... after 0x1 was made final",
			  (unsigned long long)seen[0]);
	}
	raw_vm_close(&vm);
	if (raw_vm_open(&vm, run) && raw_expect(&vm, raw_add_vcpu(&vm), 0, "KVM_CREATE_VCPU") &&
	    raw_expect(&vm, raw_init_vcpu(&vm, 0, 0), 0, "KVM_ARM_VCPU_INIT without SVE")) {
		raw_expect(&vm, get(&vm, LENGTH, seen), -ENOENT,
			   "reading the lengths of a vCPU without SVE");
		raw_expect(&vm, finalize(&vm), -EINVAL, "KVM_ARM_VCPU_FINALIZE without SVE");
	}
	raw_vm_close(&vm);
}

const struct test_script sve_lengths_final = { .alone = final_alone };

/* -- what a guest finds -- */

static void run_limited(struct test_run *run, unsigned bits)
{
	char features[32];
	struct test_vm_config config = {
		.name = "limited",
		.guest = GUEST(sve_limited),
		.cpus = 1,
		.irqchip = run->irqchip,
		.cpu_features = run->fault == FAULT_SVE_LENGTHS ? NULL : features,
	};
	struct test_vm vm;

	snprintf(features, sizeof(features), "sve-max-vl=%u", bits);
	memcpy(config.args, run->test->args, sizeof(config.args));
	config.args[FPSIMD_ARG_VL] = bits / 8;
	if (test_vm_create(&vm, run, &config) == 0 && test_vm_start(&vm) == 0)
		test_vm_wait_done(&vm);
	test_vm_destroy(&vm);
}

static void limited_alone(struct test_run *run)
{
	static const unsigned limits[] = { 128, 256, 512, 1024 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]) && !run_is_over(run); i++)
		run_limited(run, limits[i]);
}

const struct test_script sve_lengths_limited = { .alone = limited_alone };
