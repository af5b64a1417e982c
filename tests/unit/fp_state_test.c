// SPDX-License-Identifier: GPL-2.0-only
/* FP/SIMD and SVE registers of a vCPU by ONE_REG: which ids, in which order, and what fails. */
#include "vcpu/fp_state.h"

#include <errno.h>
#include <string.h>

#include "base/kvm.h"
#include "irqchip/irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vcpu/vcpu.h"

static struct vcpu_group group;
static struct vcpu vcpu;

static void make_vcpu(vcpu_feature_set features)
{
	static const struct irqchip_ops no_ops;
	static struct irqchip chip = { .ops = &no_ops };
	int kvm;

	fake_kvm_reset();
	kvm = kvm_open();
	memset(&group, 0, sizeof(group));
	group.vm_fd = kvm_ioctl(kvm, KVM_CREATE_VM, 0);
	group.run_size = FAKE_KVM_RUN_SIZE;
	group.features = features;
	group.irqchip = &chip;
	ck_assert_int_eq(vcpu_create(&vcpu, &group, 0), 0);
}

static void with_sve(void)
{
	make_vcpu(1u << VCPU_FEATURE_SVE);
}

static void without_sve(void)
{
	make_vcpu(0);
}

static void fill(void *to, size_t size, unsigned from)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = from + i * 7 + i / 256;
}

/* As the kernel's header says: V n is 4 words of 32 bits after V n - 1, FPSR and FPCR follow. */
START_TEST(v_registers_are_core_registers)
{
	const uint64_t v0 = UINT64_C(0x6040000000100054), fpsr = UINT64_C(0x60200000001000d4),
		       fpcr = UINT64_C(0x60200000001000d5);
	struct vcpu_fp_state in, out;

	fill(&in, sizeof(in), 3);
	in.fpcr = 0x01c00000;
	in.fpsr = 0x0800009f;
	ck_assert_int_eq(vcpu_set_fp_state(&vcpu, &in), 0);
	for (unsigned n = 0; n < 32; n++)
		ck_assert_uint_eq(fake_kvm_reg(0, v0 + n * 4), in.v[n][0]);
	ck_assert_uint_eq(fake_kvm_reg(0, fpsr), in.fpsr);
	ck_assert_uint_eq(fake_kvm_reg(0, fpcr), in.fpcr);
	ck_assert_int_eq(vcpu_get_fp_state(&vcpu, &out), 0);
	ck_assert_mem_eq(&in, &out, sizeof(in));
}
END_TEST

START_TEST(with_sve_they_are_the_low_parts_of_z)
{
	struct vcpu_fp_state in, out;
	struct vcpu_sve_state sve, after;

	fill(&sve, sizeof(sve), 11);
	ck_assert_int_eq(vcpu_set_sve_state(&vcpu, &sve), 0);
	fill(&in, sizeof(in), 5);
	in.fpcr = in.fpsr = 0;
	ck_assert_int_eq(vcpu_set_fp_state(&vcpu, &in), 0);
	ck_assert_int_eq(vcpu_get_fp_state(&vcpu, &out), 0);
	ck_assert_mem_eq(&in, &out, sizeof(in));
	ck_assert_int_eq(vcpu_get_sve_state(&vcpu, &after), 0);
	for (unsigned n = 0; n < 32; n++) {
		ck_assert_mem_eq(after.z[n], in.v[n], 16);
		ck_assert_mem_eq(after.z[n] + 16, sve.z[n] + 16, sizeof(sve.z[n]) - 16);
	}
	ck_assert_mem_eq(after.p, sve.p, sizeof(sve.p));
	ck_assert_mem_eq(after.ffr, sve.ffr, sizeof(sve.ffr));
}
END_TEST

START_TEST(the_longest_vector_is_told)
{
	uint64_t lengths[KVM_ARM64_SVE_VLS_WORDS] = { 3 };

	ck_assert_uint_eq(vcpu_sve_bytes(&vcpu), 32);
	lengths[0] = 0x808b;
	kvm_set_one_reg(vcpu.fd, KVM_REG_ARM64_SVE_VLS, lengths);
	ck_assert_uint_eq(vcpu_sve_bytes(&vcpu), 256);
}
END_TEST

START_TEST(there_is_none_without_sve)
{
	ck_assert_uint_eq(vcpu_sve_bytes(&vcpu), 0);
}
END_TEST

START_TEST(a_failure_comes_back)
{
	struct vcpu_fp_state state = { 0 };
	struct vcpu_sve_state sve = { 0 };

	fake_kvm_fail(KVM_SET_ONE_REG, 34, EINVAL);
	ck_assert_int_eq(vcpu_set_fp_state(&vcpu, &state), -EINVAL);
	ck_assert_int_eq(vcpu_set_fp_state(&vcpu, &state), 0);
	fake_kvm_fail(KVM_GET_ONE_REG, 1, EPERM);
	ck_assert_int_eq(vcpu_get_fp_state(&vcpu, &state), -EPERM);
	ck_assert_int_eq(vcpu_get_sve_state(&vcpu, &sve), -ENOENT);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("fp_state");
	TCase *plain = tcase_create("without SVE"), *sve = tcase_create("with SVE");

	tcase_add_checked_fixture(plain, without_sve, NULL);
	tcase_add_test(plain, v_registers_are_core_registers);
	tcase_add_test(plain, there_is_none_without_sve);
	tcase_add_test(plain, a_failure_comes_back);
	tcase_add_checked_fixture(sve, with_sve, NULL);
	tcase_add_test(sve, with_sve_they_are_the_low_parts_of_z);
	tcase_add_test(sve, the_longest_vector_is_told);
	suite_add_tcase(suite, plain);
	suite_add_tcase(suite, sve);
	return suite;
}
