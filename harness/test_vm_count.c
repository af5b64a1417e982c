// SPDX-License-Identifier: GPL-2.0-only
/* What is counted of a VM: exits, KVM's statistics, the lines of a userspace irqchip. */
#include <stdio.h>

#include "harness/oracle_kvm_stats.h"
#include "harness/result.h"
#include "harness/run.h"
#include "harness/test_vm_private.h"

/* The counters of the test's own VM have short names, those of others begin with the VM's. */
static void count(struct test_vm *vm, const char *kind, const char *what, uint64_t value)
{
	bool own = vm == &vm->run->vm;
	char name[RESULT_NAME];

	snprintf(name, sizeof(name), "%s%s%s%s", own ? "" : vm->name, own ? "" : ".", kind, what);
	if (value)
		result_count(vm->run->result, name, value);
}

static void count_kvm_stat(void *context, const char *name, uint64_t value)
{
	count(context, "kvm.", name, value);
}

/* What the userspace irqchip counts. */
static void count_lines(struct test_vm *vm, unsigned cpu)
{
	const struct irqchip_ops *ops = vm->machine.irqchip->ops;
	struct irqchip_cpu_stats stats = { 0 };
	char name[RESULT_NAME];

	if (!ops->cpu_stats)
		return;
	ops->cpu_stats(vm->machine.irqchip, cpu, &stats);
	for (unsigned i = 0; i < IRQCHIP_LINE_SOURCES; i++) {
		snprintf(name, sizeof(name), "%s.rises", stats.lines[i].name);
		count(vm, "lines.", name, stats.lines[i].rises);
	}
	count(vm, "inputs.", "issued", stats.inputs_issued);
	count(vm, "inputs.", "kicks", stats.kicks);
}

void test_vm_count_all(struct test_vm *vm)
{
	for (unsigned i = 0; i < vm->machine.cpus; i++) {
		struct vcpu *vcpu = &vm->machine.vcpus[i];

		for (enum vcpu_exit exit = 0; exit < VCPU_EXITS; exit++)
			count(vm, "exits.", vcpu_exit_name(exit), vcpu->stats.exits[exit]);
		kvm_stats_ask(vcpu->fd, count_kvm_stat, vm);
		count_lines(vm, i);
	}
	kvm_stats_ask(vm->machine.fd, count_kvm_stat, vm);
}
