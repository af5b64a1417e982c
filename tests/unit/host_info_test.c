// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/kvm.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vmm/host_info_private.h"

static struct host_info info;

/* A host's /proc and /sys, in a directory that vanishes with the test. */
static char root[64];

static void make_host_file(const char *path, const char *text)
{
	char name[512];
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (char *slash = name + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(name, 0700);
		*slash = '/';
	}
	file = fopen(name, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_midr(unsigned cpu, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/regs/identification/midr_el1",
		 cpu);
	make_host_file(path, text);
}

static void set_up(void)
{
	snprintf(root, sizeof(root), "/tmp/armlet-host-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	fake_kvm_reset();
	unit_reset_log();
	memset(&info, 0, sizeof(info));
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(test_system)
{
	make_host_file("/sys/firmware/devicetree/base/model", "A board\n");
	make_host_file("/sys/class/dmi/id/product_name", "Not this\n");
	make_host_file("/proc/meminfo", "MemTotal:        2015932 kB\nMemFree: 1 kB\n");
	make_host_file("/sys/devices/system/cpu/online", "0-2,5\n");
	make_midr(0, "0x00000000410fd034\n");
	make_midr(1, "0x00000000410fd034\n");
	make_midr(2, "0x00000000410fd082\n");
	make_midr(3, "0x0000000000000001\n"); /* not online */
	make_midr(5, "0x00000000410fd034\n");
	host_info_collect_system(&info, root);
	ck_assert_str_eq(info.board, "A board");
	ck_assert_uint_eq(info.memory, UINT64_C(2015932) << 10);
	ck_assert_uint_eq(info.page_size, getpagesize());
	ck_assert_uint_eq(info.cpu_kind_count, 2);
	ck_assert_uint_eq(info.cpu_kinds[0].midr, 0x410fd034);
	ck_assert_int_eq(CPU_COUNT(&info.cpu_kinds[0].cpus), 3);
	ck_assert(CPU_ISSET(5, &info.cpu_kinds[0].cpus));
	ck_assert_uint_eq(info.cpu_kinds[1].midr, 0x410fd082);
	ck_assert(CPU_ISSET(2, &info.cpu_kinds[1].cpus));
}
END_TEST

START_TEST(test_system_without_anything)
{
	host_info_collect_system(&info, root);
	ck_assert_str_eq(info.board, "");
	ck_assert_uint_eq(info.memory, 0);
	ck_assert_uint_eq(info.cpu_kind_count, 0);
}
END_TEST

START_TEST(test_strange_files)
{
	char kinds[16];

	make_host_file("/sys/class/dmi/id/product_name", "B\033[1m\xc3\xa4 and more\nline");
	make_host_file("/proc/meminfo", "MemTotal: much\n");
	make_host_file("/sys/devices/system/cpu/online", "0-9,4000000000,7-3,20-");
	for (unsigned i = 0; i < 10; i++) {
		snprintf(kinds, sizeof(kinds), "0x%x", i + 16);
		make_midr(i, kinds);
	}
	host_info_collect_system(&info, root);
	ck_assert_str_eq(info.board, "B?[1m?? and more");
	ck_assert_uint_eq(info.memory, 0);
	ck_assert_uint_eq(info.cpu_kind_count, HOST_INFO_CPU_KINDS);
}
END_TEST

START_TEST(test_too_many_cpus)
{
	make_host_file("/sys/devices/system/cpu/online", "1022-4000000000\n");
	make_midr(1023, "0x1");
	make_midr(1024, "0x2");
	host_info_collect_system(&info, root);
	ck_assert_uint_eq(info.cpu_kind_count, 1);
	ck_assert_int_eq(CPU_COUNT(&info.cpu_kinds[0].cpus), 1);
}
END_TEST

START_TEST(test_cpu_list)
{
	char text[64];
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	host_info_cpu_list(&cpus, text, sizeof(text));
	ck_assert_str_eq(text, "");
	CPU_SET(0, &cpus);
	CPU_SET(2, &cpus);
	CPU_SET(3, &cpus);
	CPU_SET(4, &cpus);
	CPU_SET(CPU_SETSIZE - 1, &cpus);
	host_info_cpu_list(&cpus, text, sizeof(text));
	ck_assert_str_eq(text, "0,2-4,1023");
	host_info_cpu_list(&cpus, text, 4);
	ck_assert_str_eq(text, "0,2");
}
END_TEST

static int cap(const char *name)
{
	for (size_t i = 0; host_info_caps[i].name; i++)
		if (!strcmp(host_info_caps[i].name, name))
			return info.caps[i];
	ck_abort_msg("no capability %s", name);
	return 0;
}

START_TEST(test_kvm)
{
	fake_kvm_set_cap(KVM_CAP_ARM_USER_IRQ, 7);
	fake_kvm_set_cap(KVM_CAP_MAX_VCPU_ID, 512);
	fake_kvm_set_host_reg(ARM64_SYS_REG(3, 0, 0, 7, 0), UINT64_C(0x1000000000000005));
	ck_assert_int_eq(host_info_collect_kvm(&info), 0);
	ck_assert(info.gicv3 && info.gicv2 && info.its && info.user_irq);
	ck_assert(info.timer_active_state);
	ck_assert_uint_eq(info.features, (1u << VCPU_FEATURES) - 1 - (1u << VCPU_FEATURE_NESTED));
	ck_assert_uint_eq(info.sve_lengths[0], 3);
	ck_assert_int_eq(info.pmu_version, 6);
	ck_assert_int_eq(info.pmu_counters, 6);
	ck_assert_int_eq(info.vcpu_ecv, 1);
	ck_assert_uint_eq(info.vcpus, 512);
	ck_assert_uint_eq(info.recommended_vcpus, 4);
	ck_assert_uint_eq(info.vcpu_ids, 512);
	ck_assert_uint_eq(info.ipa_bits, 40);
	ck_assert_int_eq(cap("ARM_USER_IRQ"), 7);
	ck_assert_int_eq(cap("ARM_EL2"), 0);
	ck_assert(info.has_id_reg[0]);
	ck_assert_uint_eq(info.id_regs[0], 0x411fd402);
	ck_assert(!info.has_id_reg[2]);
	ck_assert_uint_eq(fake_kvm_open_fds(), 0);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

START_TEST(test_kvm_with_little)
{
	fake_kvm_set_cap(KVM_CAP_IRQCHIP, 0);
	fake_kvm_set_cap(KVM_CAP_ARM_SVE, 0);
	fake_kvm_set_cap(KVM_CAP_ARM_PMU_V3, 0);
	fake_kvm_set_cap(KVM_CAP_ARM_PTRAUTH_GENERIC, 0);
	fake_kvm_set_cap(KVM_CAP_ARM_USER_IRQ, 0);
	fake_kvm_set_cap(KVM_CAP_ARM_VM_IPA_SIZE, 0);
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_V3, false);
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_V2, false);
	fake_kvm_forget_host_reg(ARM64_SYS_REG(3, 0, 0, 7, 0));
	ck_assert_int_eq(host_info_collect_kvm(&info), 0);
	ck_assert(!info.gicv3 && !info.gicv2 && !info.its && !info.user_irq);
	ck_assert(!info.timer_active_state);
	ck_assert_uint_eq(info.features, 0);
	ck_assert_uint_eq(info.sve_lengths[0], 0);
	ck_assert_int_eq(info.pmu_version, -1);
	ck_assert_int_eq(info.pmu_counters, -1);
	ck_assert_int_eq(info.vcpu_ecv, -1);
	ck_assert_uint_eq(info.ipa_bits, 40);
	ck_assert_uint_eq(fake_kvm_vcpu_features(0), 1u << KVM_ARM_VCPU_PSCI_0_2);
	ck_assert_uint_eq(fake_kvm_calls(KVM_ARM_VCPU_FINALIZE), 0);
}
END_TEST

/* Each step that can fail leaves the rest as it is, and nothing open. */
static const struct {
	unsigned long request;
	unsigned nth;
} failures[] = {
	{ KVM_CREATE_VM, 1 },
	{ KVM_CREATE_VCPU, 1 },
	{ KVM_ARM_PREFERRED_TARGET, 1 },
	{ KVM_ARM_PREFERRED_TARGET, FAKE_KVM_ALWAYS },
	{ KVM_ARM_VCPU_INIT, 1 },
	{ KVM_ARM_VCPU_INIT, FAKE_KVM_ALWAYS },
	{ KVM_GET_ONE_REG, 1 },
	{ KVM_GET_ONE_REG, FAKE_KVM_ALWAYS },
	{ KVM_ARM_VCPU_FINALIZE, 1 },
	{ KVM_CREATE_DEVICE, FAKE_KVM_ALWAYS },
	{ KVM_CHECK_EXTENSION, 1 },
	{ KVM_CHECK_EXTENSION, FAKE_KVM_ALWAYS },
};

START_TEST(test_failure)
{
	fake_kvm_fail(failures[_i].request, failures[_i].nth, EIO);
	ck_assert_int_eq(host_info_collect_kvm(&info), 0);
	ck_assert_uint_eq(fake_kvm_open_fds(), 0);
	ck_assert_uint_eq(unit_log_count(), failures[_i].request == KVM_CREATE_VM);
	if (failures[_i].request != KVM_CHECK_EXTENSION)
		ck_assert_uint_eq(info.vcpus, 512);
	if (failures[_i].request == KVM_ARM_VCPU_INIT && failures[_i].nth == 1)
		ck_assert_uint_eq(info.id_regs[0], 0x411fd402);
}
END_TEST

START_TEST(test_no_kvm)
{
	fake_kvm_fail_open(ENOENT);
	ck_assert_int_eq(host_info_collect(&info, root), -ENOENT);
}
END_TEST

static int vm_of_36_bits(void *context, int fd, uintptr_t type)
{
	(void)fd;
	*(uintptr_t *)context = type;
	return -EINVAL;
}

START_TEST(test_small_ipa)
{
	uintptr_t type = 1;

	fake_kvm_hook(KVM_CREATE_VM, vm_of_36_bits, &type);
	ck_assert_int_eq(host_info_collect_kvm(&info), 0);
	ck_assert_uint_eq(type, 0);
	unit_assert_logged("cannot create a VM");
	fake_kvm_set_cap(KVM_CAP_ARM_VM_IPA_SIZE, 36);
	ck_assert_int_eq(host_info_collect_kvm(&info), 0);
	ck_assert_uint_eq(type, 36);
	fake_kvm_set_cap(KVM_CAP_ARM_VM_IPA_SIZE, 48);
	ck_assert_int_eq(host_info_collect_kvm(&info), 0);
	ck_assert_uint_eq(type, 0);
	ck_assert_uint_eq(info.ipa_bits, 48);
}
END_TEST

#define TIMER_LINE(intid)                                                        \
	"           CPU0       CPU1\n"                                           \
	" 10:          5          7     GICv3  27 Level     kvm guest vtimer\n"  \
	" 11:       8123       2345     GICv3  " intid " Level     arch_timer\n" \
	"IPI0:  1 2 Rescheduling interrupts\n"

static const struct {
	const char *log, *interrupts, *command_line;
	enum host_kvm_mode mode;
	enum host_mode_source source;
} modes[] = {
	{ "<6>[    0.2] kvm [1]: VHE mode initialized successfully\n", "", "", HOST_KVM_MODE_VHE,
	  HOST_MODE_SOURCE_LOG },
	{ "<6>[    0.2] kvm [1]: nv: 570 coarse\n<6>[ 0.2] kvm [1]: VHE+NV2 mode initialized "
	  "successfully\n<6>x",
	  "", "", HOST_KVM_MODE_NESTED, HOST_MODE_SOURCE_LOG },
	{ "a\n<6>[    0.2] kvm [1]: Hyp nVHE mode initialized successfully\n", TIMER_LINE("26"), "",
	  HOST_KVM_MODE_NVHE, HOST_MODE_SOURCE_LOG },
	{ "kvm [1]: Hyp mode initialized successfully", "", "", HOST_KVM_MODE_NVHE,
	  HOST_MODE_SOURCE_LOG },
	{ "kvm [1]: Protected nVHE mode initialized successfully", "", "", HOST_KVM_MODE_PROTECTED,
	  HOST_MODE_SOURCE_LOG },
	{ "kvm [1]: Protected hVHE mode initialized successfully", "", "", HOST_KVM_MODE_PROTECTED,
	  HOST_MODE_SOURCE_LOG },
	{ "kvm [1]: Hyp hVHE mode initialized successfully", "", "", HOST_KVM_MODE_NVHE,
	  HOST_MODE_SOURCE_LOG },
	{ "other [1]: VHE mode initialized successfully\nkvm [1]: VHE mode not\n", "", "",
	  HOST_KVM_MODE_UNKNOWN, HOST_MODE_SOURCE_NONE },
	{ "", TIMER_LINE("26"), "kvm-arm.mode=protected", HOST_KVM_MODE_VHE,
	  HOST_MODE_SOURCE_INTERRUPTS },
	{ NULL, TIMER_LINE("28"), "", HOST_KVM_MODE_VHE, HOST_MODE_SOURCE_INTERRUPTS },
	{ NULL, TIMER_LINE("30"), "quiet", HOST_KVM_MODE_NVHE, HOST_MODE_SOURCE_INTERRUPTS },
	{ NULL, TIMER_LINE("30"), "a kvm-arm.mode=protected b", HOST_KVM_MODE_PROTECTED,
	  HOST_MODE_SOURCE_INTERRUPTS },
	{ NULL, TIMER_LINE("27"), "", HOST_KVM_MODE_NVHE, HOST_MODE_SOURCE_INTERRUPTS },
	{ NULL, TIMER_LINE("99"), "", HOST_KVM_MODE_UNKNOWN, HOST_MODE_SOURCE_NONE },
	{ NULL, TIMER_LINE("x"), "", HOST_KVM_MODE_UNKNOWN, HOST_MODE_SOURCE_NONE },
	{ NULL, " 1: 2 AIC 26 Level arch_timer\n", "", HOST_KVM_MODE_UNKNOWN,
	  HOST_MODE_SOURCE_NONE },
	{ NULL, "", "kvm-arm.mode=nvhe", HOST_KVM_MODE_UNKNOWN, HOST_MODE_SOURCE_NONE },
};

START_TEST(test_mode)
{
	host_info_decide_mode(&info, modes[_i].log, modes[_i].interrupts, modes[_i].command_line);
	ck_assert_int_eq(info.mode, modes[_i].mode);
	ck_assert_int_eq(info.mode_source, modes[_i].source);
}
END_TEST

START_TEST(test_nested_capability)
{
	fake_kvm_set_cap(KVM_CAP_ARM_EL2, 1);
	ck_assert_int_eq(host_info_collect_kvm(&info), 0);
	ck_assert(info.features & 1u << VCPU_FEATURE_NESTED);
	/* The ID registers shown are those of a vCPU as it is made when nothing is said. */
	ck_assert(!(fake_kvm_vcpu_features(0) & 1u << KVM_ARM_VCPU_HAS_EL2));
	host_info_decide_mode(&info, "kvm [1]: VHE mode initialized successfully\n", "", "");
	ck_assert_int_eq(info.mode, HOST_KVM_MODE_NESTED);
	ck_assert_int_eq(info.mode_source, HOST_MODE_SOURCE_CAPABILITY);
}
END_TEST

#ifndef __aarch64__ /* there the kernel log speaks of the real host */
START_TEST(test_collect)
{
	make_host_file("/proc/interrupts", TIMER_LINE("30"));
	make_host_file("/proc/cmdline", "quiet\n");
	ck_assert_int_eq(host_info_collect(&info, root), 0);
	ck_assert_int_eq(info.mode, HOST_KVM_MODE_NVHE);
	ck_assert(info.user_irq);
	ck_assert_str_ne(info.kernel.release, "");
	make_host_file("/proc/cmdline", "kvm-arm.mode=protected\n");
	ck_assert_int_eq(host_info_collect(&info, root), 0);
	ck_assert_int_eq(info.mode, HOST_KVM_MODE_PROTECTED);
	ck_assert(!info.user_irq);
}
END_TEST
#endif

static void make_known_host(void)
{
	make_host_file("/sys/firmware/devicetree/base/model", "linux,dummy-virt");
	make_host_file("/proc/meminfo", "MemTotal: 2097152 kB\n");
	make_host_file("/sys/devices/system/cpu/online", "0-1\n");
	make_midr(0, "0x411fd402");
	make_midr(1, "0x411fd402");
	host_info_collect_system(&info, root);
	ck_assert_int_eq(host_info_collect_kvm(&info), 0);
	host_info_decide_mode(&info, NULL, TIMER_LINE("26"), "");
	info.page_size = 4096;
	info.counter_frequency = 62500000;
	info.ecv = 2;
	snprintf(info.kernel.release, sizeof(info.kernel.release), "6.12.0");
	snprintf(info.kernel.version, sizeof(info.kernel.version), "#1 SMP");
	snprintf(info.kernel.machine, sizeof(info.kernel.machine), "aarch64");
}

START_TEST(test_json)
{
	static const char expected[] =
		"{\"schema\": 1, \"kernel\": {\"release\": \"6.12.0\", \"version\": \"#1 SMP\","
		" \"machine\": \"aarch64\"}, \"board\": \"linux,dummy-virt\", \"page_size\": 4096,"
		" \"memory\": 2147483648, \"cpus\": [{\"midr\": \"0x411fd402\", \"cpus\":"
		" \"0-1\"}], \"mode\": \"vhe\", \"mode_source\": \"interrupts\", \"irqchips\":"
		" [\"gicv3\", \"gicv2\", \"user\"], \"its\": true, \"timer\": {\"frequency\":"
		" 62500000, \"active_state\": true, \"ecv\": 2, \"vcpu_ecv\": 0}, \"features\":"
		" [\"pauth\", \"pmu\", \"sve\"], \"sve_vector_bytes\": [16, 32], \"pmu\":"
		" {\"version\": 6, \"counters\": 6}, \"limits\": {\"vcpus\": 512,"
		" \"recommended_vcpus\": 4, \"vcpu_ids\": 0, \"ipa_bits\": 40, \"gicv3_vcpus\":"
		" 123, \"gicv2_vcpus\": 8}, \"id_registers\": {\"MIDR_EL1\": \"0x411fd402\","
		" \"ID_AA64PFR0_EL1\": \"0x11\", \"ID_AA64DFR0_EL1\": \"0x600\","
		" \"ID_AA64MMFR0_EL1\": \"0x5\"}}";
	json_t *object, *wanted = json_loads(expected, 0, NULL), *caps, *value;
	const char *key;

	make_known_host();
	object = host_info_json(&info);
	ck_assert_ptr_nonnull(object);
	caps = json_object_get(object, "capabilities");
	ck_assert_int_eq(json_integer_value(json_object_get(caps, "ARM_NISV_TO_USER")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(caps, "MAX_VCPUS")), 0);
	ck_assert(json_is_integer(json_object_get(caps, "ARM_MTE")));
	ck_assert_uint_eq(json_object_size(object), json_object_size(wanted) + 1);
	json_object_foreach(wanted, key, value)
		ck_assert_msg(json_equal(json_object_get(object, key), value), "%s: %s", key,
			      json_dumps(json_object_get(object, key), JSON_ENCODE_ANY));
	json_decref(object);
	json_decref(wanted);
}
END_TEST

START_TEST(test_json_of_unknown)
{
	static const char *const nulls[] = { "board", "memory", "mode", "mode_source", "pmu" };
	json_t *object, *timer;

	info.ecv = info.vcpu_ecv = info.pmu_version = info.pmu_counters = -1;
	object = host_info_json(&info);
	ck_assert_ptr_nonnull(object);
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		ck_assert_msg(json_is_null(json_object_get(object, nulls[i])), "%s", nulls[i]);
	timer = json_object_get(object, "timer");
	ck_assert(json_is_null(json_object_get(timer, "frequency")));
	ck_assert(json_is_null(json_object_get(timer, "ecv")));
	ck_assert(json_is_null(json_object_get(timer, "vcpu_ecv")));
	ck_assert(json_is_false(json_object_get(timer, "active_state")));
	ck_assert_uint_eq(json_array_size(json_object_get(object, "sve_vector_bytes")), 0);
	ck_assert_uint_eq(json_object_size(json_object_get(object, "id_registers")), 0);
	json_decref(object);
}
END_TEST

static const char *text_by(void (*print)(const struct host_info *, FILE *),
			   const struct host_info *host)
{
	static char text[8192];
	FILE *stream = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(stream);
	print(host, stream);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

static const char *text_of(const struct host_info *host)
{
	return text_by(host_info_print, host);
}

START_TEST(test_features_help)
{
	make_known_host();
	ck_assert_str_eq(
		text_by(host_info_print_features, &info),
		"--cpu-features takes a list of these, with '-' before what is to be off:\n\n"
		"  pauth            on        pointer authentication\n"
		"  pmu              on        performance counters (PMUv3)\n"
		"  sve              on        scalable vectors\n"
		"  nested           not here  EL2 for the guest, which can be a hypervisor itself "
		"(vGICv3 only)\n"
		"  sve-max-vl=BITS            no longer vectors than of BITS bits; there are: 128 "
		"256\n\n"
		"\"on\" and \"off\" are what a vCPU has when nothing is said.\n");
	info.features = 1u << VCPU_FEATURE_NESTED;
	ck_assert_ptr_nonnull(strstr(text_by(host_info_print_features, &info),
				     "  nested           off       EL2"));
	ck_assert_ptr_nonnull(strstr(text_by(host_info_print_features, &info),
				     "  sve-max-vl=BITS  not here  no longer vectors than of BITS "
				     "bits\n"));
}
END_TEST

START_TEST(test_text)
{
	static const char expected[] =
		"Host\n"
		"  kernel                6.12.0 (aarch64, 4 KiB pages)\n"
		"  board                 linux,dummy-virt\n"
		"  CPUs                  0-1: MIDR 0x411fd402\n"
		"  memory                2048 MiB\n"
		"\n"
		"KVM\n"
		"  mode                  vhe (by interrupts)\n"
		"  interrupt controllers gicv3 (ITS) gicv2 user\n"
		"  CPU features          pauth pmu sve\n"
		"  SVE vectors           16 32 bytes\n"
		"  PMU                   version 6, 6 counters\n"
		"  CPUs of a VM          512, 123 with gicv3, 8 with gicv2 (4 recommended)\n"
		"  guest addresses       40 bits\n"
		"\n"
		"Timer\n"
		"  counter               62.500 MHz\n"
		"  expired interrupt     held by its active state\n"
		"  FEAT_ECV              host: yes, with CNTPOFF; guest: no\n"
		"\n"
		"Capabilities\n"
		"  IRQCHIP                       1\n";
	const char *text;

	make_known_host();
	text = text_of(&info);
	ck_assert_msg(!strncmp(text, expected, strlen(expected)), "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "  ID_AA64DFR0_EL1      0x0000000000000600\n"));
	ck_assert_ptr_null(strstr(text, " \n"));
}
END_TEST

START_TEST(test_text_of_unknown)
{
	const char *text;

	info.ecv = info.vcpu_ecv = info.pmu_version = info.pmu_counters = -1;
	text = text_of(&info);
	ck_assert_ptr_nonnull(strstr(text, "mode                  unknown"));
	ck_assert_ptr_nonnull(strstr(text, "controllers none\n"));
	ck_assert_ptr_nonnull(strstr(text, "memory                unknown\n"));
	ck_assert_ptr_nonnull(strstr(text, "masked on the host CPU"));
	ck_assert_ptr_null(strstr(text, "PMU "));
	ck_assert_ptr_null(strstr(text, " \n"));
}
END_TEST

#ifndef __aarch64__
START_TEST(test_other_machine)
{
	ck_assert_int_eq(host_info_gather(&info), -ENOTSUP);
	unit_assert_logged("this machine is x86_64: armlet needs a 64-bit Arm host");
	ck_assert_uint_eq(fake_kvm_calls(KVM_CREATE_VM), 0);
}
END_TEST
#endif

START_TEST(test_sve_lengths)
{
	info.sve_lengths[0] = UINT64_C(1) << 63 | 1;
	info.sve_lengths[7] = UINT64_C(1) << 63;
	ck_assert(host_info_sve_length(&info, 16));
	ck_assert(!host_info_sve_length(&info, 32));
	ck_assert(host_info_sve_length(&info, 1024));
	ck_assert(host_info_sve_length(&info, HOST_INFO_MAX_SVE_BYTES));
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *unit_suite(void)
{
	Suite *suite = suite_create("host_info");
	TCase *tests = tcase_create("host_info");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_system);
	tcase_add_test(tests, test_system_without_anything);
	tcase_add_test(tests, test_strange_files);
	tcase_add_test(tests, test_too_many_cpus);
	tcase_add_test(tests, test_cpu_list);
	tcase_add_test(tests, test_kvm);
	tcase_add_test(tests, test_kvm_with_little);
	tcase_add_loop_test(tests, test_failure, 0, COUNT(failures));
	tcase_add_test(tests, test_no_kvm);
	tcase_add_test(tests, test_small_ipa);
	tcase_add_loop_test(tests, test_mode, 0, COUNT(modes));
	tcase_add_test(tests, test_nested_capability);
#ifndef __aarch64__
	tcase_add_test(tests, test_collect);
#endif
	tcase_add_test(tests, test_json);
	tcase_add_test(tests, test_json_of_unknown);
	tcase_add_test(tests, test_text);
	tcase_add_test(tests, test_features_help);
	tcase_add_test(tests, test_text_of_unknown);
#ifndef __aarch64__
	tcase_add_test(tests, test_other_machine);
#endif
	tcase_add_test(tests, test_sve_lengths);
	suite_add_tcase(suite, tests);
	return suite;
}
