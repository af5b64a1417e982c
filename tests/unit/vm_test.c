// SPDX-License-Identifier: GPL-2.0-only
/* A whole VM against a KVM that is played: its making, its ends, its resets, and every failure on
 * the way. */
#include "vmm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "devices/disk_request.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vmm/memory_map.h"

static struct vm_config config;
static struct kernel_image kernel;
static struct sealed_file initrd;
static uint32_t events[8];
static _Atomic unsigned next_event;

/* vCPU 0 exits with one system event after the other; the others sleep until they are kicked. */
static int fake_run(void *context, int fd, uintptr_t argument)
{
	struct vm *vm = context;
	struct vcpu *vcpu = NULL;

	(void)argument;
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		if (vm->machine.vcpus[i].fd == fd)
			vcpu = &vm->machine.vcpus[i];
	if (!vcpu->run->immediate_exit && vcpu->index == 0 && events[next_event]) {
		vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
		vcpu->run->system_event.type = events[next_event++];
		return 0;
	}
	while (!*(volatile uint8_t *)&vcpu->run->immediate_exit)
		usleep(1000);
	return -EINTR;
}

static void setup(void)
{
	static const uint8_t code[4096] = { 0xd5 };
	struct sealed_request request = { .what = "initrd", .limit = 1 << 20 };

	fake_kvm_reset();
	ck_assert_int_eq(kernel_image_open(unit_make_file(code, sizeof(code)), KERNEL_LOAD_FLAT,
					   64 << 20, &kernel),
			 0);
	request.path = unit_make_file("initrd", 6);
	ck_assert_int_eq(sealed_file_open(&initrd, &request), 0);
	config = (struct vm_config){
		.kernel = &kernel,
		.initrd = &initrd,
		.cpus = 2,
		.memory = 64 << 20,
		.reboots = UINT_MAX,
	};
	memset(events, 0, sizeof(events));
	next_event = 0;
	unit_reset_log();
	/* The console of a test is nobody's. */
	close(STDIN_FILENO);
	ck_assert_int_eq(open("/dev/null", O_RDWR), STDIN_FILENO);
	dup2(STDIN_FILENO, STDOUT_FILENO);
}

static void teardown(void)
{
	kernel_image_close(&kernel);
	sealed_file_close(&initrd);
}

static enum vm_end run(struct vm *vm)
{
	enum vm_end end;

	ck_assert_int_eq(vm_create(vm, &config), 0);
	fake_kvm_hook(KVM_RUN, fake_run, vm);
	ck_assert_int_eq(vm_run(vm, &end), 0);
	return end;
}

START_TEST(the_guest_is_loaded)
{
	struct vm vm;
	const char *ram;

	ck_assert_int_eq(vm_create(&vm, &config), 0);
	ram = vm.machine.memory.host;
	ck_assert_uint_eq((uint8_t)ram[0x80000], 0xd5);
	ck_assert_mem_eq(ram + (vm.layout.initrd - MAP_RAM_BASE), "initrd", 6);
	ck_assert_mem_eq(ram + (vm.layout.dtb - MAP_RAM_BASE), "\xd0\x0d\xfe\xed", 4);
	ck_assert_uint_eq(fake_kvm_reg(0, KVM_CORE_REG_U64(regs.pc)), MAP_RAM_BASE + 0x80000);
	ck_assert_uint_eq(fake_kvm_reg(0, KVM_CORE_REG_U64(regs.regs[0])), vm.layout.dtb);
	vm_destroy(&vm);
	ck_assert_uint_eq(fake_kvm_open_fds(), 0);
}
END_TEST

static const struct {
	uint32_t event;
	enum vm_end end;
} ends[] = {
	{ KVM_SYSTEM_EVENT_SHUTDOWN, VM_END_SHUTDOWN },
	{ KVM_SYSTEM_EVENT_CRASH, VM_END_CRASH },
};

START_TEST(ends_as_the_guest_says)
{
	struct vm vm;

	events[0] = ends[_i].event;
	ck_assert_int_eq(run(&vm), ends[_i].end);
	vm_destroy(&vm);
	ck_assert_uint_eq(fake_kvm_open_fds(), 0);
}
END_TEST

START_TEST(disks_are_part_of_it)
{
	struct disk_request disks[40];
	char *path = (char *)unit_make_file("", 0), other[64];
	struct vm vm;

	ck_assert_int_eq(truncate(path, 1 << 20), 0);
	for (unsigned i = 0; i < 40; i++)
		disks[i] = (struct disk_request){ .path = path, .readonly = true, .queues = 1 };
	config.disks = disks;
	config.disk_count = 3;
	events[0] = KVM_SYSTEM_EVENT_RESET;
	events[1] = KVM_SYSTEM_EVENT_SHUTDOWN;
	ck_assert_int_eq(run(&vm), VM_END_SHUTDOWN);
	ck_assert_uint_ge(vm.virtio.count, 3);
	vm_destroy(&vm);
	ck_assert_uint_eq(fake_kvm_open_fds(), 0);

	/* More than there is room for; and one that is not there. */
	config.disk_count = 40;
	ck_assert_int_lt(vm_create(&vm, &config), 0);
	unit_assert_logged("use fewer disks or networks");
	vm_destroy(&vm);
	snprintf(other, sizeof(other), "%s.not", path);
	disks[2].path = other;
	config.disk_count = 3;
	ck_assert_int_lt(vm_create(&vm, &config), 0);
	unit_assert_logged("no such file");
	vm_destroy(&vm);
	ck_assert_uint_eq(fake_kvm_open_fds(), 0);
}
END_TEST

START_TEST(a_reset_boots_again)
{
	struct vm vm;
	uint64_t dirty;

	events[0] = events[1] = KVM_SYSTEM_EVENT_RESET;
	events[2] = KVM_SYSTEM_EVENT_SHUTDOWN;
	ck_assert_int_eq(vm_create(&vm, &config), 0);
	dirty = vm.layout.kernel_end - MAP_RAM_BASE + 4096;
	((char *)vm.machine.memory.host)[dirty] = 1;
	((char *)vm.machine.memory.host)[0x80000] = 1;
	fake_kvm_hook(KVM_RUN, fake_run, &vm);
	ck_assert_int_eq(vm_run(&vm, &(enum vm_end){ 0 }), 0);
	ck_assert_int_eq(vm.end, VM_END_SHUTDOWN);
	ck_assert_uint_eq(vm.resets, 2);
	ck_assert_uint_eq(fake_kvm_calls(KVM_ARM_VCPU_INIT), 2 + 2 * 2);
	ck_assert_int_eq(((char *)vm.machine.memory.host)[dirty], 0);
	ck_assert_uint_eq(((uint8_t *)vm.machine.memory.host)[0x80000], 0xd5);
	vm_destroy(&vm);
}
END_TEST

START_TEST(resets_can_be_limited)
{
	struct vm vm;

	config.reboots = 1;
	events[0] = events[1] = events[2] = KVM_SYSTEM_EVENT_RESET;
	ck_assert_int_eq(run(&vm), VM_END_REBOOT_LIMIT);
	ck_assert_uint_eq(vm.resets, 1);
	vm_destroy(&vm);
}
END_TEST

START_TEST(a_reset_that_fails_ends_the_vm)
{
	struct vm vm;
	enum vm_end end;

	events[0] = KVM_SYSTEM_EVENT_RESET;
	ck_assert_int_eq(vm_create(&vm, &config), 0);
	fake_kvm_hook(KVM_RUN, fake_run, &vm);
	fake_kvm_fail(KVM_ARM_VCPU_INIT, 2, EINVAL);
	ck_assert_int_eq(vm_run(&vm, &end), 0);
	ck_assert_int_eq(end, VM_END_FAILURE);
	vm_destroy(&vm);
}
END_TEST

static struct vm *signalled;

static int signal_and_wait(void *context, int fd, uintptr_t argument)
{
	static _Atomic int sent;

	if (!sent++)
		kill(getpid(), SIGTERM);
	return fake_run(context, fd, argument);
}

START_TEST(a_signal_ends_it)
{
	struct vm vm;
	enum vm_end end;

	signalled = &vm;
	ck_assert_int_eq(vm_create(&vm, &config), 0);
	fake_kvm_hook(KVM_RUN, signal_and_wait, signalled);
	ck_assert_int_eq(vm_run(&vm, &end), 0);
	ck_assert_int_eq(end, VM_END_SIGNAL);
	ck_assert_int_eq(vm.signal, SIGTERM);
	vm_destroy(&vm);
}
END_TEST

/* A driver of the power key, which does nothing when it is pressed. Its minute is over at once. */
static int be_asked_and_wait(void *context, int fd, uintptr_t argument)
{
	static const struct itimerspec now = { .it_value.tv_nsec = 1 };
	struct vm *vm = context;
	struct itimerspec timer;
	static _Atomic int sent;

	if (sent++)
		return fake_run(context, fd, argument);
	mmio_bus_write(&vm->machine.bus, 0, MAP_GPIO_BASE + 0x40c, 4, 1 << MAP_GPIO_POWER_PIN);
	mmio_bus_write(&vm->machine.bus, 0, MAP_GPIO_BASE + 0x410, 4, 1 << MAP_GPIO_POWER_PIN);
	kill(getpid(), SIGTERM);
	do
		timerfd_gettime(vm->off_timer.fd, &timer);
	while (!timer.it_value.tv_sec);
	ck_assert_int_le(timer.it_value.tv_sec, 60);
	timerfd_settime(vm->off_timer.fd, 0, &now, NULL);
	return fake_run(context, fd, argument);
}

START_TEST(a_guest_that_does_not_power_off_is_ended)
{
	struct vm vm;
	enum vm_end end;

	ck_assert_int_eq(vm_create(&vm, &config), 0);
	fake_kvm_hook(KVM_RUN, be_asked_and_wait, &vm);
	ck_assert_int_eq(vm_run(&vm, &end), 0);
	ck_assert_int_eq(end, VM_END_SIGNAL);
	unit_assert_logged("within 60 seconds of SIGTERM");
	vm_destroy(&vm);
}
END_TEST

static int hang_up_and_wait(void *context, int fd, uintptr_t argument)
{
	static _Atomic int sent;

	/* SIGHUP has the lower number: it would come first. */
	if (!sent++) {
		kill(getpid(), SIGHUP);
		kill(getpid(), SIGTERM);
	}
	return fake_run(context, fd, argument);
}

START_TEST(an_ignored_hangup_does_not_end_it)
{
	struct vm vm;
	enum vm_end end;

	signal(SIGHUP, SIG_IGN);
	signalled = &vm;
	ck_assert_int_eq(vm_create(&vm, &config), 0);
	fake_kvm_hook(KVM_RUN, hang_up_and_wait, signalled);
	ck_assert_int_eq(vm_run(&vm, &end), 0);
	ck_assert_int_eq(end, VM_END_SIGNAL);
	ck_assert_int_eq(vm.signal, SIGTERM);
	vm_destroy(&vm);
}
END_TEST

static struct kvm_userspace_memory_region shown;

static int note_shown(void *context, int fd, uintptr_t argument)
{
	const struct kvm_userspace_memory_region *region = (const void *)argument;

	(void)fd;
	if (region->flags & KVM_MEM_READONLY)
		shown = *region;
	return region->flags & KVM_MEM_READONLY ? *(const int *)context : 0;
}

/* What the guest reads of virtio devices' registers is in its memory, if KVM can do that. */
START_TEST(registers_are_shown)
{
	static const struct {
		int can, refused;
	} rows[] = { { 1, 0 }, { 0, 0 }, { 1, -EINVAL } };
	int refused = rows[_i].refused;
	const uint32_t *registers;
	struct vm vm;

	shown = (struct kvm_userspace_memory_region){ 0 };
	fake_kvm_set_cap(KVM_CAP_READONLY_MEM, rows[_i].can);
	fake_kvm_hook(KVM_SET_USER_MEMORY_REGION, note_shown, &refused);
	ck_assert_int_eq(vm_create(&vm, &config), 0);
	ck_assert_int_eq(vm.virtio.shown != NULL, rows[_i].can && !refused);
	ck_assert_int_eq(shown.memory_size != 0, rows[_i].can);
	if (vm.virtio.shown) {
		ck_assert_uint_eq(shown.guest_phys_addr, MAP_VIRTIO_BASE);
		ck_assert_uint_ne(shown.slot, 0);
		registers = (const uint32_t *)(uintptr_t)shown.userspace_addr;
		ck_assert_uint_eq(registers[0], 0x74726976);
		ck_assert_uint_eq(registers[2], 4); /* entropy */
	}
	vm_destroy(&vm);
}
END_TEST

/* Whatever KVM refuses, whenever: a described failure, and nothing stays open. */
START_TEST(every_failure_of_kvm_is_described)
{
	static const unsigned long requests[] = {
		KVM_CREATE_VM,
		KVM_SET_USER_MEMORY_REGION,
		KVM_CREATE_DEVICE,
		KVM_SET_DEVICE_ATTR,
		KVM_CREATE_VCPU,
		KVM_ARM_VCPU_INIT,
		FAKE_KVM_MAP_RUN,
		KVM_SET_ONE_REG,
		KVM_ARM_PREFERRED_TARGET,
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		for (unsigned nth = 1; nth < 40; nth++) {
			struct vm vm;
			int ret;

			fake_kvm_fail(requests[i], nth, ENOMEM);
			unit_reset_log();
			ret = vm_create(&vm, &config);
			vm_destroy(&vm);
			ck_assert_uint_eq(fake_kvm_open_fds(), 0);
			if (ret == 0)
				break;
			ck_assert_msg(strncmp(unit_last_log(), "cannot ", 7) == 0, "%s",
				      unit_last_log());
		}
		fake_kvm_fail(requests[i], 1, 0);
	}
	fake_kvm_fail_open(ENOENT);
	ck_assert_int_eq(vm_create(&(struct vm){ 0 }, &config), -ENOTSUP);
	fake_kvm_fail_open(EACCES);
	ck_assert_int_eq(vm_create(&(struct vm){ 0 }, &config), -EACCES);
}
END_TEST

START_TEST(limits_of_the_host_are_named)
{
	struct vm vm;

	fake_kvm_set_cap(KVM_CAP_MAX_VCPUS, 1);
	ck_assert_int_eq(vm_create(&vm, &config), -ENOTSUP);
	unit_assert_logged("KVM_CAP_MAX_VCPUS");
	vm_destroy(&vm);

	fake_kvm_set_cap(KVM_CAP_MAX_VCPUS, 512);
	fake_kvm_set_cap(KVM_CAP_ARM_VM_IPA_SIZE, 36);
	config.memory = UINT64_C(1) << 36;
	ck_assert_int_eq(vm_create(&vm, &config), -ENOTSUP);
	unit_assert_logged("36 address bits");
	unit_assert_logged("64512M");
	vm_destroy(&vm);

	config.memory = 64 << 20;
	config.unassigned = UNASSIGNED_MMIO_ABORT;
	fake_kvm_set_cap(KVM_CAP_ARM_INJECT_EXT_DABT, 0);
	ck_assert_int_eq(vm_create(&vm, &config), -ENOTSUP);
	unit_assert_logged("--unassigned-mmio zero");
	vm_destroy(&vm);

	config.unassigned = UNASSIGNED_MMIO_ZERO;
	config.cpu_features = "nested";
	ck_assert_int_eq(vm_create(&vm, &config), -ENOTSUP);
	unit_assert_logged("this host's KVM has no nested");
	vm_destroy(&vm);
	fake_kvm_set_cap(KVM_CAP_ARM_EL2, 1);
	config.irqchip = IRQCHIP_GICV2;
	ck_assert_int_eq(vm_create(&vm, &config), -ENOTSUP);
	unit_assert_logged("--irqchip gicv3");
	vm_destroy(&vm);
}
END_TEST

START_TEST(what_cannot_boot_is_refused_before_a_vm_exists)
{
	struct vm vm;

	config.memory = 256 << 10;
	ck_assert_int_lt(vm_create(&vm, &config), 0);
	unit_assert_logged("--mem");
	vm_destroy(&vm);
	ck_assert_uint_eq(fake_kvm_calls(KVM_CREATE_VM), 0);
}
END_TEST

static unsigned long vm_type;

static int take_type(void *context, int fd, uintptr_t argument)
{
	(void)context, (void)fd;
	vm_type = argument;
	return -ENOMEM;
}

START_TEST(the_address_space_is_as_large_as_needed)
{
	static const struct {
		int offered;
		uint64_t memory;
		unsigned long type;
	} cases[] = {
		{ 0, 64 << 20, 0 },
		{ 48, 64 << 20, 0 },
		{ 36, 64 << 20, 32 },
		{ 36, UINT64_C(32) << 30, 36 },
		{ 48, UINT64_C(1) << 40, 41 },
	};
	struct vm vm;

	fake_kvm_hook(KVM_CREATE_VM, take_type, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_kvm_set_cap(KVM_CAP_ARM_VM_IPA_SIZE, cases[i].offered);
		config.memory = cases[i].memory;
		vm_type = ~0ul;
		ck_assert_int_eq(vm_create(&vm, &config), -ENOMEM);
		ck_assert_uint_eq(vm_type, cases[i].type);
		vm_destroy(&vm);
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("vm");
	TCase *tests = tcase_create("vm");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, the_guest_is_loaded);
	tcase_add_loop_test(tests, ends_as_the_guest_says, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(tests, disks_are_part_of_it);
	tcase_add_test(tests, a_reset_boots_again);
	tcase_add_test(tests, resets_can_be_limited);
	tcase_add_test(tests, a_reset_that_fails_ends_the_vm);
	tcase_add_test(tests, a_signal_ends_it);
	tcase_add_test(tests, a_guest_that_does_not_power_off_is_ended);
	tcase_add_test(tests, an_ignored_hangup_does_not_end_it);
	tcase_add_loop_test(tests, registers_are_shown, 0, 3);
	tcase_add_test(tests, every_failure_of_kvm_is_described);
	tcase_add_test(tests, limits_of_the_host_are_named);
	tcase_add_test(tests, what_cannot_boot_is_refused_before_a_vm_exists);
	tcase_add_test(tests, the_address_space_is_as_large_as_needed);
	suite_add_tcase(suite, tests);
	return suite;
}
