// SPDX-License-Identifier: GPL-2.0-only
/* The life of a vCPU: made, reset, parked, ended. */
#include "tests/unit/vcpu_fixture.h"

#include <errno.h>
#include <time.h>

START_TEST(features_become_init_bits)
{
	struct vcpu second;

	group.features = 1u << VCPU_FEATURE_SVE | 1u << VCPU_FEATURE_PMU | 1u << VCPU_FEATURE_PAUTH;
	ck_assert_int_eq(vcpu_create(&second, &group, 1), 0);
	ck_assert_uint_eq(fake_kvm_vcpu_features(0), 1u << KVM_ARM_VCPU_PSCI_0_2);
	ck_assert_uint_eq(fake_kvm_vcpu_features(1),
			  1u << KVM_ARM_VCPU_PSCI_0_2 | 1u << KVM_ARM_VCPU_POWER_OFF |
				  1u << KVM_ARM_VCPU_SVE | 1u << KVM_ARM_VCPU_PMU_V3 |
				  1u << KVM_ARM_VCPU_PTRAUTH_ADDRESS |
				  1u << KVM_ARM_VCPU_PTRAUTH_GENERIC);
	/* SVE is final before anything asks for registers, and only once. */
	ck_assert_uint_eq(fake_kvm_calls(KVM_ARM_VCPU_FINALIZE), 1);
	ck_assert_int_eq(vcpu_reset(&second), 0);
	ck_assert_uint_eq(fake_kvm_calls(KVM_ARM_VCPU_FINALIZE), 1);
	vcpu_destroy(&second);
}
END_TEST

START_TEST(el2_becomes_an_init_bit)
{
	struct vcpu nested;

	group.features = 1u << VCPU_FEATURE_NESTED;
	ck_assert_int_eq(vcpu_create(&nested, &group, 1), 0);
	ck_assert_uint_eq(fake_kvm_vcpu_features(1), 1u << KVM_ARM_VCPU_PSCI_0_2 |
							     1u << KVM_ARM_VCPU_POWER_OFF |
							     1u << KVM_ARM_VCPU_HAS_EL2);
	vcpu_destroy(&nested);
}
END_TEST

static uint64_t lengths_with_limit(unsigned bits)
{
	static const uint64_t host[KVM_ARM64_SVE_VLS_WORDS] = { 0x800b }; /* 128, 256, 512, 2048 */
	uint64_t lengths[KVM_ARM64_SVE_VLS_WORDS];
	struct vcpu limited;

	group.features = 1u << VCPU_FEATURE_SVE;
	group.sve_max_bits = bits;
	ck_assert_int_eq(vcpu_create(&limited, &group, 1), 0);
	ck_assert_int_eq(kvm_set_one_reg(limited.fd, KVM_REG_ARM64_SVE_VLS, host), 0);
	vcpu_destroy(&limited);
	ck_assert_int_eq(vcpu_create(&limited, &group, 1), 0);
	ck_assert_int_eq(kvm_get_one_reg(limited.fd, KVM_REG_ARM64_SVE_VLS, lengths), 0);
	vcpu_destroy(&limited);
	group.sve_max_bits = 0;
	for (unsigned word = 1; word < KVM_ARM64_SVE_VLS_WORDS; word++)
		ck_assert_uint_eq(lengths[word], 0);
	return lengths[0];
}

START_TEST(longer_vectors_are_taken_away_before_sve_is_final)
{
	ck_assert_uint_eq(lengths_with_limit(0), 0x800b);
	ck_assert_uint_eq(lengths_with_limit(128), 1);
	ck_assert_uint_eq(lengths_with_limit(256), 3);
	ck_assert_uint_eq(lengths_with_limit(384), 3);
	ck_assert_uint_eq(lengths_with_limit(1920), 0xb);
	ck_assert_uint_eq(lengths_with_limit(2048), 0x800b);
}
END_TEST

START_TEST(the_pmu_gets_its_interrupt_then_init)
{
	bool set;

	group.features = 1u << VCPU_FEATURE_PMU;
	ck_assert_int_eq(vcpu_finish(&vcpu), 0);
	ck_assert_uint_eq(fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_PMU_V3_CTRL,
					KVM_ARM_VCPU_PMU_V3_IRQ, &set) &
				  0xffffffff,
			  23);
	ck_assert(set);
	fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, &set);
	ck_assert(set);
}
END_TEST

START_TEST(without_a_vgic_the_pmu_gets_no_interrupt)
{
	bool set;

	chip.kind = IRQCHIP_USER;
	group.features = 1u << VCPU_FEATURE_PMU;
	ck_assert_int_eq(vcpu_finish(&vcpu), 0);
	fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ, &set);
	ck_assert(!set);
	fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, &set);
	ck_assert(set);
}
END_TEST

START_TEST(a_reset_lowers_the_lines)
{
	static const struct exit_step list[] = {
		{ .error = -EINTR, .lines = KVM_ARM_DEV_EL1_VTIMER },
	};

	run_all(list, 1);
	ck_assert_uint_eq(told.calls, 1);
	ck_assert_uint_eq(told.initialised, 1);
	ck_assert_int_eq(vcpu_reset(&vcpu), 0);
	ck_assert_uint_eq(told.initialised, 2);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	vcpu_wait_parked(&vcpu);
	ck_assert_uint_eq(told.calls, 1);
	quit_and_join();
}
END_TEST

START_TEST(failures_of_kvm_are_described_and_leave_nothing)
{
	static const struct {
		unsigned long request;
		int error;
		const char *text;
	} cases[] = {
		{ KVM_CREATE_VCPU, EMFILE, "ulimit -n" },
		{ KVM_CREATE_VCPU, ENOMEM, "memory" },
		{ FAKE_KVM_MAP_RUN, ENOMEM, "run structure" },
		{ KVM_ARM_PREFERRED_TARGET, ENODEV, "preferred target" },
		{ KVM_ARM_VCPU_INIT, EINVAL, "--cpu-features" },
		{ KVM_ARM_VCPU_FINALIZE, EPERM, "-sve" },
		{ KVM_GET_ONE_REG, ENOENT, "MPIDR" },
	};
	static const uint64_t lengths[KVM_ARM64_SVE_VLS_WORDS] = { 3 };
	unsigned open_fds = fake_kvm_open_fds();
	struct vcpu limited;

	fake_kvm_set_host_reg_bytes(KVM_REG_ARM64_SVE_VLS, lengths);
	group.features = 1u << VCPU_FEATURE_SVE;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vcpu failing;

		fake_kvm_fail(cases[i].request, 1, cases[i].error);
		ck_assert_int_eq(vcpu_create(&failing, &group, 1), -cases[i].error);
		unit_assert_logged(cases[i].text);
		ck_assert_uint_eq(fake_kvm_open_fds(), open_fds);
	}
	group.sve_max_bits = 128;
	fake_kvm_fail(KVM_SET_ONE_REG, 1, EINVAL);
	ck_assert_int_eq(vcpu_create(&limited, &group, 1), -EINVAL);
	unit_assert_logged("sve-max-vl");
	ck_assert_uint_eq(fake_kvm_open_fds(), open_fds);
	group.sve_max_bits = 0;
	fake_kvm_fail(KVM_SET_DEVICE_ATTR, 1, ENODEV);
	group.features = 1u << VCPU_FEATURE_PMU;
	ck_assert_int_eq(vcpu_finish(&vcpu), -ENODEV);
	unit_assert_logged("-pmu");
	fake_kvm_fail(KVM_SET_ONE_REG, 1, EINVAL);
	ck_assert_int_eq(vcpu_set_entry(&vcpu, 0, 0), -EINVAL);
	unit_assert_logged("entry point");
}
END_TEST

START_TEST(the_entry_is_pc_and_x0)
{
	ck_assert_int_eq(vcpu_set_entry(&vcpu, 0x40080000, 0x48000000), 0);
	ck_assert_uint_eq(fake_kvm_reg(0, PC), 0x40080000);
	ck_assert_uint_eq(fake_kvm_reg(0, KVM_CORE_REG_U64(regs.regs[0])), 0x48000000);
}
END_TEST

START_TEST(an_access_is_completed_before_parking)
{
	static const struct exit_step list[] = {
		{ .reason = KVM_EXIT_MMIO, .ipa = DEVICE, .length = 8 },
	};

	run_all(list, 1);
	ck_assert(completed);
	quit_and_join();
}
END_TEST

START_TEST(parked_and_resumed_many_times)
{
	start_steps(NULL, 0);
	for (int i = 0; i < 200; i++) {
		vcpu_order(&vcpu, VCPU_ORDER_PARK);
		vcpu_wait_parked(&vcpu);
		vcpu_order(&vcpu, VCPU_ORDER_RUN);
	}
	quit_and_join();
	ck_assert_uint_gt(vcpu.stats.cpu_time, 0);
}
END_TEST

START_TEST(quitting_cannot_be_taken_back)
{
	start_steps(NULL, 0);
	vcpu_order(&vcpu, VCPU_ORDER_QUIT);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	vcpu_join(&vcpu);
}
END_TEST

START_TEST(a_thread_that_cannot_begin_never_runs)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	begin_result = -EPERM;
	start_steps(NULL, 0);
	while (!atomic_load(&stops))
		nanosleep(&pause, NULL);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
	quit_and_join();
	ck_assert_uint_eq(fake_kvm_calls(KVM_RUN), 0);
	ck_assert_uint_eq(stops, 1u << VCPU_STOP_FAILURE);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("vcpu");
	TCase *tests = tcase_create("vcpu");

	tcase_add_checked_fixture(tests, vcpu_fixture_begin, vcpu_fixture_end);
	tcase_add_test(tests, features_become_init_bits);
	tcase_add_test(tests, el2_becomes_an_init_bit);
	tcase_add_test(tests, longer_vectors_are_taken_away_before_sve_is_final);
	tcase_add_test(tests, the_pmu_gets_its_interrupt_then_init);
	tcase_add_test(tests, without_a_vgic_the_pmu_gets_no_interrupt);
	tcase_add_test(tests, a_reset_lowers_the_lines);
	tcase_add_test(tests, failures_of_kvm_are_described_and_leave_nothing);
	tcase_add_test(tests, the_entry_is_pc_and_x0);
	tcase_add_test(tests, an_access_is_completed_before_parking);
	tcase_add_test(tests, parked_and_resumed_many_times);
	tcase_add_test(tests, quitting_cannot_be_taken_back);
	tcase_add_test(tests, a_thread_that_cannot_begin_never_runs);
	suite_add_tcase(suite, tests);
	return suite;
}
