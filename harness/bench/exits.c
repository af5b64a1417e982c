// SPDX-License-Identifier: GPL-2.0-only
/* Operations that are one exit. */
#include <sys/mman.h>
#include <unistd.h>

#include "harness/bench/job.h"
#include "harness/bench/operations.h"
#include "harness/guest_tests.h"

#define FAST 20000

/* Small pages, so that each is a fault of its own, and none of them there. */
static void forget_pages(struct bench_job *job)
{
	void *pages =
		guest_memory_at(&job->run->vm.machine.memory, BENCH_FRESH_BASE, BENCH_FRESH_SIZE);

	if (!pages)
		return;
	madvise(pages, BENCH_FRESH_SIZE, MADV_NOHUGEPAGE);
	madvise(pages, BENCH_FRESH_SIZE, MADV_DONTNEED);
}

static void tell_page_size(struct bench_job *job)
{
	job->run->vm.shared->args[0] = sysconf(_SC_PAGESIZE);
}

/* The vCPU's own thread goes on to another host CPU: the vCPU is put here and loaded there. */
static void hop(struct bench_job *job, struct test_vm *vm, unsigned cpu)
{
	const struct test_run *run = job->run;

	(void)vm;
	(void)cpu;
	job->place_now = (job->place_now + 1) % run->host_cpu_count;
	run_bind_thread(run->host_cpus[job->place_now]);
}

const struct bench_operation bench_exits[] = {
	{
		.test = { .id = "hypercall",
			  .title = "a hypercall that does nothing (PSCI_VERSION)",
			  .guest = GUEST(bench_hypercall) },
		.class = BENCH_KERNEL,
		.iterations = FAST,
	},
	{
		.test = { .id = "hypercall-fp-dirty",
			  .title = "the same, with an FP register written before each",
			  .guest = GUEST(bench_hypercall_fp) },
		.class = BENCH_KERNEL,
		.iterations = FAST,
	},
	{
		.test = { .id = "hypercall-sve-dirty",
			  .title = "the same, with an SVE register written before each",
			  .guest = GUEST(bench_hypercall_sve),
			  .needs = TEST_NEEDS_SVE },
		.class = BENCH_KERNEL,
		.iterations = FAST,
	},
	{
		.test = { .id = "fp-first-use",
			  .title = "the first FP instruction after a return from userspace",
			  .guest = GUEST(bench_fp_first_use) },
		.class = BENCH_EL2,
		.iterations = FAST,
	},
	{
		.test = { .id = "sysreg-trap",
			  .title = "a read of an ID register (ID_AA64PFR0_EL1)",
			  .guest = GUEST(bench_sysreg) },
		.class = BENCH_KERNEL,
		.iterations = FAST,
	},
	{
		.test = { .id = "mmio-kernel-read",
			  .title = "a read of a register of KVM's vGIC (GICD_TYPER)",
			  .guest = GUEST(bench_mmio_kernel),
			  .irqchips = TEST_ON_VGIC },
		.class = BENCH_KERNEL,
		.iterations = FAST,
	},
	{
		.test = { .id = "mmio-user-read",
			  .title = "a read of a device's register in userspace",
			  .guest = GUEST(bench_mmio_read) },
		.class = BENCH_USERSPACE,
		.iterations = FAST,
	},
	{
		.test = { .id = "mmio-user-fp-dirty",
			  .title = "the same, with an FP register written before each",
			  .guest = GUEST(bench_mmio_read_fp) },
		.class = BENCH_USERSPACE,
		.iterations = FAST,
	},
	{
		.test = { .id = "mmio-user-write",
			  .title = "a write to a device's register in userspace",
			  .guest = GUEST(bench_mmio_write) },
		.class = BENCH_USERSPACE,
		.iterations = FAST,
	},
	{
		.test = { .id = "first-touch",
			  .title = "a store to a page that the host has no memory for yet",
			  .guest = GUEST(bench_first_touch) },
		.class = BENCH_KERNEL,
		.iterations = 5000,
		.max_batch = 128,
		.prepare = tell_page_size,
		.before_batch = forget_pages,
	},
	{
		.test = { .id = "vcpu-hop",
			  .title = "the vCPU's thread goes on to another host CPU, and its guest "
				   "goes on",
			  .guest = GUEST(bench_act),
			  .needs = TEST_NEEDS_TWO_HOST_CPUS },
		.class = BENCH_USERSPACE,
		.iterations = 2000,
		.act = hop,
	},
	{},
};
