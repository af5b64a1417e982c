// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "base/kvm.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vcpu/features.h"

#define PAUTH (1u << VCPU_FEATURE_PAUTH)
#define PMU   (1u << VCPU_FEATURE_PMU)
#define SVE   (1u << VCPU_FEATURE_SVE)
#define EL2   (1u << VCPU_FEATURE_NESTED)
#define ALL   (PAUTH | PMU | SVE)

static void check_choice(const char *list, vcpu_feature_set offered, vcpu_feature_set wanted)
{
	struct vcpu_feature_choice chosen;

	unit_reset_log();
	ck_assert_int_eq(vcpu_features_choose(list, offered, &chosen), 0);
	ck_assert_uint_eq(chosen.set, wanted);
	ck_assert_uint_eq(unit_log_count(), 0);
}

static void check_refusal(const char *list, vcpu_feature_set offered, int error,
			  const char *message)
{
	struct vcpu_feature_choice chosen;

	unit_reset_log();
	ck_assert_int_eq(vcpu_features_choose(list, offered, &chosen), error);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged(message);
}

START_TEST(test_names)
{
	ck_assert_str_eq(vcpu_feature_name(VCPU_FEATURE_PAUTH), "pauth");
	ck_assert_str_eq(vcpu_feature_name(VCPU_FEATURE_PMU), "pmu");
	ck_assert_str_eq(vcpu_feature_name(VCPU_FEATURE_SVE), "sve");
	ck_assert_str_eq(vcpu_feature_name(VCPU_FEATURE_NESTED), "nested");
}
END_TEST

START_TEST(test_choice)
{
	check_choice(NULL, ALL, ALL);
	check_choice("", ALL, ALL);
	check_choice(NULL, PMU, PMU);
	check_choice("-sve", ALL, PAUTH | PMU);
	check_choice("-sve,-pmu", ALL, PAUTH);
	check_choice("-sve,-pmu,-pauth", ALL, 0);
	check_choice("sve", ALL, ALL);
	check_choice("+sve", ALL, ALL);
	check_choice("-pmu,+pmu", ALL, ALL);
	check_choice("pmu,-pmu", ALL, PAUTH | SVE);
	check_refusal("sve,", ALL, -EINVAL, "no feature \"\"");
	check_refusal(",sve", ALL, -EINVAL, "no feature \"\"");
}
END_TEST

/* To switch off what is not there does no harm: a script for several hosts can say it. */
START_TEST(test_switch_off_what_is_absent)
{
	check_choice("-sve", PMU, PMU);
	check_choice("-sve,-pauth", 0, 0);
}
END_TEST

START_TEST(test_refusals)
{
	check_refusal("sme", ALL, -EINVAL, "no feature \"sme\": use some of pauth, pmu, sve");
	check_refusal("-sv", ALL, -EINVAL, "no feature \"sv\"");
	check_refusal("sve2", ALL, -EINVAL, "no feature \"sve2\"");
	check_refusal("-", ALL, -EINVAL, "no feature \"\"");
	check_refusal("-sve,,pmu", ALL, -EINVAL, "no feature \"\"");
	check_refusal("-pmu, sve", ALL, -EINVAL, "no feature \" sve\"");
	check_refusal("--sve", ALL, -EINVAL, "no feature \"-sve\"");
	check_refusal("-pmu,sve", PMU | PAUTH, -ENOTSUP,
		      "this host's KVM has no sve: it offers: pauth, pmu");
	check_refusal("pmu", 0, -ENOTSUP, "it offers: none");
}
END_TEST

/* A guest with EL2 is slow, and Linux behaves differently there: only who asks gets it. */
START_TEST(test_nested_on_request)
{
	check_choice(NULL, ALL | EL2, ALL);
	check_choice("-sve", ALL | EL2, PAUTH | PMU);
	check_choice("nested", ALL | EL2, ALL | EL2);
	check_choice("+nested,-sve", ALL | EL2, PAUTH | PMU | EL2);
	check_choice("nested,-nested", ALL | EL2, ALL);
	check_choice("-nested", ALL, ALL);
	check_refusal("nested", ALL, -ENOTSUP, "no nested: it offers: pauth, pmu, sve");
	check_refusal("warp", ALL | EL2, -EINVAL, "pauth, pmu, sve, nested");
}
END_TEST

static unsigned max_vl(const char *list)
{
	struct vcpu_feature_choice chosen;

	unit_reset_log();
	ck_assert_int_eq(vcpu_features_choose(list, ALL, &chosen), 0);
	ck_assert_uint_eq(unit_log_count(), 0);
	return chosen.sve_max_bits;
}

START_TEST(test_longest_vector)
{
	ck_assert_uint_eq(max_vl(NULL), 0);
	ck_assert_uint_eq(max_vl("sve-max-vl=128"), 128);
	ck_assert_uint_eq(max_vl("-pmu,sve-max-vl=2048,-pauth"), 2048);
	ck_assert_uint_eq(max_vl("sve-max-vl=512,sve-max-vl=256"), 256);
	check_refusal("sve-max-vl=0", ALL, -EINVAL, "multiple of 128 bits, up to 2048");
	check_refusal("sve-max-vl=64", ALL, -EINVAL, "sve-max-vl=64");
	check_refusal("sve-max-vl=2176", ALL, -EINVAL, "sve-max-vl=2176");
	check_refusal("sve-max-vl=200", ALL, -EINVAL, "sve-max-vl=200");
	check_refusal("sve-max-vl=", ALL, -EINVAL, "sve-max-vl=:");
	check_refusal("sve-max-vl=-128", ALL, -EINVAL, "sve-max-vl=-128");
	check_refusal("sve-max-vl= 128", ALL, -EINVAL, "sve-max-vl= 128");
	check_refusal("sve-max-vl=128x,pmu", ALL, -EINVAL, "sve-max-vl=128x:");
	check_refusal("sve-max-vl=18446744073709551744", ALL, -EINVAL, "up to 2048");
	check_refusal("sve-max-vl", ALL, -EINVAL, "no feature \"sve-max-vl\"");
	check_refusal("-sve-max-vl=128", ALL, -EINVAL, "no feature");
	check_refusal("-sve,sve-max-vl=128", ALL, -EINVAL, "the vCPUs have no sve");
	check_refusal("sve-max-vl=128", PMU, -ENOTSUP, "this host offers: pmu");
}
END_TEST

START_TEST(test_offered)
{
	int vm;

	fake_kvm_reset();
	vm = kvm_ioctl(kvm_open(), KVM_CREATE_VM, 0);
	fake_kvm_set_cap(KVM_CAP_ARM_PTRAUTH_ADDRESS, 1);
	fake_kvm_set_cap(KVM_CAP_ARM_PTRAUTH_GENERIC, 1);
	fake_kvm_set_cap(KVM_CAP_ARM_PMU_V3, 1);
	fake_kvm_set_cap(KVM_CAP_ARM_SVE, 1);
	ck_assert_uint_eq(vcpu_features_offered(vm), ALL);
	fake_kvm_set_cap(KVM_CAP_ARM_EL2, 1);
	ck_assert_uint_eq(vcpu_features_offered(vm), ALL | EL2);
	fake_kvm_set_cap(KVM_CAP_ARM_EL2, 0);
	fake_kvm_set_cap(KVM_CAP_ARM_SVE, 0);
	ck_assert_uint_eq(vcpu_features_offered(vm), PAUTH | PMU);
	fake_kvm_set_cap(KVM_CAP_ARM_PTRAUTH_GENERIC, 0);
	ck_assert_uint_eq(vcpu_features_offered(vm), PMU);
	fake_kvm_set_cap(KVM_CAP_ARM_PTRAUTH_GENERIC, 1);
	fake_kvm_set_cap(KVM_CAP_ARM_PTRAUTH_ADDRESS, 0);
	ck_assert_uint_eq(vcpu_features_offered(vm), PMU);
	fake_kvm_set_cap(KVM_CAP_ARM_PMU_V3, 0);
	ck_assert_uint_eq(vcpu_features_offered(vm), 0);
	fake_kvm_fail(KVM_CHECK_EXTENSION, FAKE_KVM_ALWAYS, EBADF);
	ck_assert_uint_eq(vcpu_features_offered(vm), 0);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("features");
	TCase *tests = tcase_create("features");

	tcase_add_test(tests, test_names);
	tcase_add_test(tests, test_choice);
	tcase_add_test(tests, test_switch_off_what_is_absent);
	tcase_add_test(tests, test_refusals);
	tcase_add_test(tests, test_nested_on_request);
	tcase_add_test(tests, test_longest_vector);
	tcase_add_test(tests, test_offered);
	suite_add_tcase(suite, tests);
	return suite;
}
