// SPDX-License-Identifier: GPL-2.0-only
#include "harness/test_device.h"

#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/capture.h"
#include "harness/result.h"
#include "harness/run.h"
#include "harness/test_vm.h"
#include "harness/test_vm_private.h"

/* The CPU's message, as it is now: the guest can change it at any time. */
static void take_message(const struct test_vm *vm, unsigned cpu, char text[GUEST_MESSAGE])
{
	const volatile char *message = vm->shared->cpu[cpu].message;
	unsigned i = 0;

	while (i < GUEST_MESSAGE - 1 && (text[i] = message[i]))
		i++;
	text[i] = '\0';
}

/* Who says it, where that is not clear. */
static void name_speaker(const struct test_vm *vm, unsigned cpu, char name[32])
{
	bool own = vm == &vm->run->vm;

	name[0] = '\0';
	if (!own && vm->machine.cpus > 1)
		snprintf(name, 32, "%s vcpu%u: ", vm->name, cpu);
	else if (!own)
		snprintf(name, 32, "%s: ", vm->name);
	else if (vm->machine.cpus > 1)
		snprintf(name, 32, "vcpu%u: ", cpu);
}

static void guest_misuses_device(struct test_vm *vm, unsigned cpu, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void guest_misuses_device(struct test_vm *vm, unsigned cpu, const char *format, ...)
{
	struct result_cpu where;
	char text[128];
	va_list arguments;

	if (atomic_exchange(&vm->broken, true))
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	capture_cpu(&where, vm, cpu);
	result_fail(vm->run->result, &where, "vcpu%u of %s %s: the guest is broken", cpu, vm->name,
		    text);
}

static void call_script(struct test_vm *vm, unsigned cpu, uint64_t function)
{
	volatile struct guest_cpu_area *area = &vm->shared->cpu[cpu];
	const struct test_script *script = vm->run->test->script;
	const uint64_t arguments[] = { area->call[0], area->call[1], area->call[2] };

	if (!script || !script->call) {
		guest_misuses_device(
			vm, cpu, "calls function %" PRIu64 " of a script that has none", function);
		return;
	}
	area->call[0] = script->call(vm->run, vm, cpu, function, arguments);
}

static uint64_t device_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	if (offset != TEST_DEVICE_EXIT || size != 8)
		guest_misuses_device(device, cpu,
				     "reads %u bytes at 0x%" PRIx64 " of the test device", size,
				     offset);
	return 0;
}

static void device_write(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	struct test_vm *vm = device;
	struct test_run *run = vm->run;
	char text[GUEST_MESSAGE], speaker[32];
	struct result_cpu where;

	if (cpu >= GUEST_MAX_CPUS || (offset == TEST_DEVICE_EXIT && size == 8))
		return;
	take_message(vm, cpu, text);
	name_speaker(vm, cpu, speaker);
	switch (size == 8 ? offset : UINT64_MAX) {
	case TEST_DEVICE_PRINT:
		run_note(run, "%s%s", speaker, text);
		break;
	case TEST_DEVICE_FAIL:
		capture_cpu(&where, vm, cpu);
		result_fail(run->result, &where, "%s%s", speaker, text);
		break;
	case TEST_DEVICE_SKIP:
		run_skip(run, "%s%s", speaker, text);
		test_vm_done(vm, cpu);
		break;
	case TEST_DEVICE_DONE:
		test_vm_done(vm, cpu);
		break;
	case TEST_DEVICE_CALL:
		call_script(vm, cpu, value);
		break;
	case TEST_DEVICE_YIELD:
		sched_yield();
		break;
	case TEST_DEVICE_SAMPLE:
		run_sample(run, text, value);
		break;
	default:
		guest_misuses_device(vm, cpu, "writes %u bytes at 0x%" PRIx64 " of the test device",
				     size, offset);
		break;
	}
}

const struct mmio_ops test_device_ops = { .read = device_read, .write = device_write };
