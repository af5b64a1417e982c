// SPDX-License-Identifier: GPL-2.0-only
/* Timer state, counter offset and INTIDs, against a KVM whose ioctls fail as the test says. */
#include "timer/timer_state.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "timer/counter_offset.h"
#include "timer/timer_intids.h"

static int vm, vcpus[2];

/* What KVM has. */
#define HAS(vcpu, timer, reg) fake_kvm_reg(vcpu, arch_timer_reg_id(timer, reg))

static const uint64_t host_regs[ARCH_TIMERS][ARCH_TIMER_REGS] = {
	[ARCH_TIMER_VIRTUAL] = { 1, 0x1111111111111111, 0x1010101010101010 },
	[ARCH_TIMER_PHYSICAL] = { 7, 0xfeeeeeeeeeeeeeee, 0x2020202020202020 },
};

static void set_up(void)
{
	struct kvm_vcpu_init init = { 0 };

	fake_kvm_reset();
	unit_reset_log();
	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++)
		for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++)
			fake_kvm_set_host_reg(arch_timer_reg_id(timer, reg), host_regs[timer][reg]);
	vm = kvm_ioctl(kvm_open(), KVM_CREATE_VM, 0);
	for (unsigned i = 0; i < 2; i++) {
		vcpus[i] = kvm_ioctl(vm, KVM_CREATE_VCPU, i);
		ck_assert_int_eq(kvm_ioctl(vcpus[i], KVM_ARM_VCPU_INIT, (uintptr_t)&init), 0);
	}
}

/* A host before Linux 6.4. */
static void forget_physical(void)
{
	for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++)
		fake_kvm_forget_host_reg(arch_timer_reg_id(ARCH_TIMER_PHYSICAL, reg));
}

START_TEST(names_and_ids)
{
	/* The kernel's ABI; of the virtual timer CVAL has the encoding of CNTVCT and vice versa. */
	ck_assert_uint_eq(arch_timer_reg_id(ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL),
			  0x603000000013df19);
	ck_assert_uint_eq(arch_timer_reg_id(ARCH_TIMER_VIRTUAL, ARCH_TIMER_CVAL),
			  0x603000000013df02);
	ck_assert_uint_eq(arch_timer_reg_id(ARCH_TIMER_VIRTUAL, ARCH_TIMER_CNT),
			  0x603000000013df1a);
	ck_assert_uint_eq(arch_timer_reg_id(ARCH_TIMER_PHYSICAL, ARCH_TIMER_CTL),
			  0x603000000013df11);
	ck_assert_uint_eq(arch_timer_reg_id(ARCH_TIMER_PHYSICAL, ARCH_TIMER_CVAL),
			  0x603000000013df12);
	ck_assert_uint_eq(arch_timer_reg_id(ARCH_TIMER_PHYSICAL, ARCH_TIMER_CNT),
			  0x603000000013df01);
	ck_assert_str_eq(arch_timer_name(ARCH_TIMER_VIRTUAL), "virtual");
	ck_assert_str_eq(arch_timer_name(ARCH_TIMER_PHYSICAL), "physical");
	ck_assert_str_eq(arch_timer_reg_name(ARCH_TIMER_VIRTUAL, ARCH_TIMER_CNT), "CNTVCT");
	ck_assert_str_eq(arch_timer_reg_name(ARCH_TIMER_PHYSICAL, ARCH_TIMER_CVAL), "CNTP_CVAL");
}
END_TEST

START_TEST(get_and_set)
{
	uint64_t value = 0;

	ck_assert_int_eq(arch_timer_get(vcpus[0], ARCH_TIMER_PHYSICAL, ARCH_TIMER_CVAL, &value), 0);
	ck_assert_uint_eq(value, 0xfeeeeeeeeeeeeeee);
	ck_assert_int_eq(arch_timer_set(vcpus[0], ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, 3), 0);
	ck_assert_uint_eq(HAS(0, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL), 3);
	forget_physical();
	ck_assert_int_eq(arch_timer_get(vcpus[0], ARCH_TIMER_PHYSICAL, ARCH_TIMER_CTL, &value),
			 -ENOENT);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

START_TEST(saves_once_and_loads_once)
{
	struct timer_state state = { 0 };

	ck_assert_int_eq(timer_state_load(&state, vcpus[0], TIMER_COUNTERS_LOAD), 0);
	ck_assert_uint_eq(fake_kvm_calls(KVM_SET_ONE_REG), 0); /* it was loaded */

	ck_assert_int_eq(timer_state_save(&state, vcpus[0]), 0);
	ck_assert(state.saved && state.has_physical);
	ck_assert_mem_eq(state.regs, host_regs, sizeof(host_regs));
	ck_assert_uint_eq(HAS(0, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL), 0);
	ck_assert_uint_eq(HAS(0, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CTL), 0);
	ck_assert_int_eq(timer_state_save(&state, vcpus[0]), 0);
	ck_assert_mem_eq(state.regs, host_regs, sizeof(host_regs));

	/* Another vCPU gets it. */
	ck_assert_int_eq(arch_timer_set(vcpus[1], ARCH_TIMER_VIRTUAL, ARCH_TIMER_CVAL, 0), 0);
	ck_assert_int_eq(timer_state_load(&state, vcpus[1], TIMER_COUNTERS_LOAD), 0);
	ck_assert(!state.saved);
	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++)
		for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++)
			ck_assert_uint_eq(HAS(1, timer, reg), host_regs[timer][reg]);
	/* What the guest has made of it meanwhile is not undone by a second load. */
	ck_assert_int_eq(arch_timer_set(vcpus[1], ARCH_TIMER_VIRTUAL, ARCH_TIMER_CVAL, 99), 0);
	ck_assert_int_eq(timer_state_load(&state, vcpus[1], TIMER_COUNTERS_LOAD), 0);
	ck_assert_uint_eq(HAS(1, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CVAL), 99);
}
END_TEST

/* What is written to CTL and CNT, one after the other. */
static struct {
	uint64_t id, value;
} written[32];
static unsigned written_count;

static int note_set(void *context, int fd, uintptr_t argument)
{
	const struct kvm_one_reg *reg = (const struct kvm_one_reg *)argument;

	(void)context, (void)fd;
	ck_assert_uint_lt(written_count, 32);
	written[written_count].id = reg->id;
	memcpy(&written[written_count++].value, (const void *)(uintptr_t)reg->addr, 8);
	return 0;
}

START_TEST(loads_in_order)
{
	static const enum arch_timer_reg order[] = { ARCH_TIMER_CTL, ARCH_TIMER_CNT,
						     ARCH_TIMER_CVAL, ARCH_TIMER_CTL };

	for (unsigned keep = 0; keep < 2; keep++) {
		struct timer_state state = { 0 };
		unsigned n = 0;

		set_up();
		ck_assert_int_eq(timer_state_save(&state, vcpus[0]), 0);
		written_count = 0;
		fake_kvm_hook(KVM_SET_ONE_REG, note_set, NULL);
		ck_assert_int_eq(timer_state_load(&state, vcpus[0],
						  keep ? TIMER_COUNTERS_KEEP : TIMER_COUNTERS_LOAD),
				 0);
		for (unsigned i = 0; i < 4; i++) {
			for (unsigned timer = 0; timer < ARCH_TIMERS; timer++) {
				if (keep && order[i] == ARCH_TIMER_CNT)
					continue;
				ck_assert_uint_lt(n, written_count);
				ck_assert_uint_eq(written[n].id,
						  arch_timer_reg_id(timer, order[i]));
				ck_assert_uint_eq(written[n].value,
						  i == 0 ? 0 : host_regs[timer][order[i]]);
				n++;
			}
		}
		ck_assert_uint_eq(n, written_count);
	}
}
END_TEST

START_TEST(without_physical_registers)
{
	struct timer_state state = { 0 };

	forget_physical();
	ck_assert_int_eq(timer_state_save(&state, vcpus[0]), 0);
	ck_assert(state.saved && !state.has_physical);
	ck_assert_uint_eq(unit_log_count(), 0);
	fake_kvm_hook(KVM_SET_ONE_REG, note_set, NULL);
	written_count = 0;
	ck_assert_int_eq(timer_state_load(&state, vcpus[0], TIMER_COUNTERS_LOAD), 0);
	for (unsigned i = 0; i < written_count; i++)
		for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++)
			ck_assert_uint_ne(written[i].id,
					  arch_timer_reg_id(ARCH_TIMER_PHYSICAL, reg));
	ck_assert_uint_eq(written_count, 4);
}
END_TEST

/* Each of its reads and writes fails once. */
START_TEST(failing_save)
{
	for (unsigned nth = 1; nth <= 6; nth++) {
		struct timer_state state = { 0 };

		set_up();
		fake_kvm_fail(KVM_GET_ONE_REG, nth, EIO);
		ck_assert_int_eq(timer_state_save(&state, vcpus[0]), -EIO);
		ck_assert(!state.saved);
		ck_assert_uint_eq(unit_log_count(), 1);
		unit_assert_logged("cannot save the timer: reading CNT");
		ck_assert_uint_eq(fake_kvm_calls(KVM_SET_ONE_REG), 0);
	}
	/* -ENOENT says "no such register" for the physical timer's first one only. */
	for (unsigned nth = 1; nth <= 6; nth++) {
		struct timer_state state = { 0 };

		set_up();
		fake_kvm_fail(KVM_GET_ONE_REG, nth, ENOENT);
		ck_assert_int_eq(timer_state_save(&state, vcpus[0]), nth == 4 ? 0 : -ENOENT);
	}
	for (unsigned nth = 1; nth <= 2; nth++) {
		struct timer_state state = { 0 };

		set_up();
		fake_kvm_fail(KVM_SET_ONE_REG, nth, EIO);
		ck_assert_int_eq(timer_state_save(&state, vcpus[0]), -EIO);
		ck_assert(!state.saved);
		ck_assert_uint_eq(unit_log_count(), 1);
		unit_assert_logged(nth == 1 ? "CNTV_CTL" : "CNTP_CTL");
		ck_assert_uint_eq(HAS(0, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL), 1);
		ck_assert_uint_eq(HAS(0, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CTL), 7);
	}
}
END_TEST

START_TEST(failing_load)
{
	/* The first two disable the timers, which is only a precaution. */
	for (unsigned nth = 1; nth <= 8; nth++) {
		struct timer_state state = { 0 };

		set_up();
		ck_assert_int_eq(timer_state_save(&state, vcpus[0]), 0);
		fake_kvm_fail(KVM_SET_ONE_REG, nth, EIO);
		ck_assert_int_eq(timer_state_load(&state, vcpus[0], TIMER_COUNTERS_LOAD),
				 nth <= 2 ? 0 : -EIO);
		ck_assert_int_eq(state.saved, nth > 2);
		if (nth <= 2)
			continue;
		ck_assert_uint_eq(unit_log_count(), 1);
		unit_assert_logged("cannot load the timer: writing CNT");
		ck_assert_uint_eq(HAS(0, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL), 0);
		ck_assert_uint_eq(HAS(0, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CTL), 0);
		/* Nothing is lost. */
		ck_assert_int_eq(timer_state_load(&state, vcpus[0], TIMER_COUNTERS_LOAD), 0);
		ck_assert_uint_eq(HAS(0, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CTL), 7);
		ck_assert_uint_eq(HAS(0, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CVAL), 0x1111111111111111);
	}
}
END_TEST

static int take_offset(void *context, int fd, uintptr_t argument)
{
	const struct kvm_arm_counter_offset *offset =
		(const struct kvm_arm_counter_offset *)argument;

	ck_assert_int_eq(fd, vm);
	ck_assert_uint_eq(offset->reserved, 0);
	*(uint64_t *)context = offset->counter_offset;
	return 0;
}

START_TEST(offset)
{
	uint64_t seen = 0;

	ck_assert_int_eq(counter_offset_set(vm, 1), -ENOTSUP);
	unit_assert_logged("6.4");
	ck_assert_uint_eq(fake_kvm_calls(KVM_ARM_SET_COUNTER_OFFSET), 0);

	fake_kvm_set_cap(KVM_CAP_COUNTER_OFFSET, 1);
	fake_kvm_hook(KVM_ARM_SET_COUNTER_OFFSET, take_offset, &seen);
	ck_assert_int_eq(counter_offset_set(vm, 0xfedcba9876543210), 0);
	ck_assert_uint_eq(seen, 0xfedcba9876543210);
	ck_assert_int_eq(counter_offset_set(vm, 0), 0);
	ck_assert_uint_eq(seen, 0);
	ck_assert_uint_eq(unit_log_count(), 1);

	fake_kvm_fail(KVM_ARM_SET_COUNTER_OFFSET, 1, EBUSY);
	ck_assert_int_eq(counter_offset_set(vm, 5), -EBUSY);
	unit_assert_logged("pause the VM");
	fake_kvm_fail(KVM_ARM_SET_COUNTER_OFFSET, 1, EINVAL);
	ck_assert_int_eq(counter_offset_set(vm, 5), -EINVAL);
	unit_assert_logged("KVM_ARM_SET_COUNTER_OFFSET");
	ck_assert_uint_eq(seen, 0);
}
END_TEST

START_TEST(intids)
{
	unsigned intid = 0;
	bool set;

	ck_assert_int_eq(timer_intid_set(vcpus[0], ARCH_TIMER_VIRTUAL, 20), 0);
	ck_assert_int_eq(timer_intid_set(vcpus[0], ARCH_TIMER_PHYSICAL, 21), 0);
	ck_assert_uint_eq(fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_TIMER_CTRL,
					KVM_ARM_VCPU_TIMER_IRQ_VTIMER, &set),
			  20);
	ck_assert(set);
	ck_assert_uint_eq(fake_kvm_attr(FAKE_KVM_VCPU, KVM_ARM_VCPU_TIMER_CTRL,
					KVM_ARM_VCPU_TIMER_IRQ_PTIMER, &set),
			  21);
	ck_assert(set);
	ck_assert_int_eq(timer_intid_get(vcpus[1], ARCH_TIMER_PHYSICAL, &intid), 0);
	ck_assert_uint_eq(intid, 21);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

START_TEST(failing_intids)
{
	static const struct {
		int error;
		const char *text;
	} cases[] = { { EBUSY, "has run already" },
		      { EINVAL, "16 to 31" },
		      { ENXIO, "No such device" } };
	unsigned intid = 77;

	for (unsigned i = 0; i < 3; i++) {
		fake_kvm_fail(KVM_SET_DEVICE_ATTR, 1, cases[i].error);
		ck_assert_int_eq(timer_intid_set(vcpus[0], ARCH_TIMER_PHYSICAL, 21),
				 -cases[i].error);
		unit_assert_logged("cannot give the physical timer INTID 21");
		unit_assert_logged(cases[i].text);
	}
	fake_kvm_fail(KVM_GET_DEVICE_ATTR, 1, ENXIO);
	ck_assert_int_eq(timer_intid_get(vcpus[0], ARCH_TIMER_VIRTUAL, &intid), -ENXIO);
	unit_assert_logged("cannot read the virtual timer's INTID");
	ck_assert_uint_eq(intid, 77);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("timer_state");
	TCase *tests = tcase_create("timer_state");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, names_and_ids);
	tcase_add_test(tests, get_and_set);
	tcase_add_test(tests, saves_once_and_loads_once);
	tcase_add_test(tests, loads_in_order);
	tcase_add_test(tests, without_physical_registers);
	tcase_add_test(tests, failing_save);
	tcase_add_test(tests, failing_load);
	tcase_add_test(tests, offset);
	tcase_add_test(tests, intids);
	tcase_add_test(tests, failing_intids);
	suite_add_tcase(suite, tests);
	return suite;
}
