// SPDX-License-Identifier: GPL-2.0-only
/* What one exit costs: by who deals with it, and by what the guest has in its FP registers. */
#include "guest-images/bench/bench.h"
#include "guest-images/lib/cpu.h"

#define GICD_TYPER   0x08000004
#define CPACR_FP_SVE (3 << 20 | 3 << 16)

/* The compiler's options forbid these to name FP registers. */
static inline void dirty_fp(void)
{
	asm volatile(".inst 0x9e6703e0" ::: "memory"); /* fmov d0, xzr */
}
static inline void dirty_sve(void)
{
	asm volatile(".inst 0x2538c000" ::: "memory"); /* mov z0.b, #0 */
}

GUEST_TEST(bench_hypercall)
{
	bench_begin();
	while (bench_next()) {
		bench_start();
		null_hypercall();
		bench_stop();
	}
}

GUEST_TEST(bench_hypercall_fp)
{
	bench_begin();
	while (bench_next()) {
		bench_start();
		dirty_fp();
		null_hypercall();
		bench_stop();
	}
}

GUEST_TEST(bench_hypercall_sve)
{
	write_sysreg(cpacr_el1, CPACR_FP_SVE);
	isb();
	bench_begin();
	while (bench_next()) {
		bench_start();
		dirty_sve();
		null_hypercall();
		bench_stop();
	}
}

/* KVM gives the guest its FP registers when it uses them first after a return from userspace. */
GUEST_TEST(bench_fp_first_use)
{
	bench_begin();
	while (bench_next()) {
		exit_to_host();
		bench_start();
		dirty_fp();
		bench_stop();
	}
}

GUEST_TEST(bench_mmio_kernel)
{
	bench_begin();
	while (bench_next()) {
		bench_start();
		mmio_read32(GICD_TYPER);
		bench_stop();
	}
}

GUEST_TEST(bench_mmio_read)
{
	bench_begin();
	while (bench_next()) {
		bench_start();
		mmio_read64(GUEST_TEST_DEVICE + TEST_DEVICE_EXIT);
		bench_stop();
	}
}

/* What the read above has no need for: the guest's registers are put away, and loaded again. */
GUEST_TEST(bench_mmio_read_fp)
{
	bench_begin();
	while (bench_next()) {
		bench_start();
		dirty_fp();
		mmio_read64(GUEST_TEST_DEVICE + TEST_DEVICE_EXIT);
		bench_stop();
	}
}

GUEST_TEST(bench_mmio_write)
{
	bench_begin();
	while (bench_next()) {
		bench_start();
		mmio_write64(GUEST_TEST_DEVICE + TEST_DEVICE_EXIT, 0);
		bench_stop();
	}
}

/* An ID register: KVM traps and emulates all of them. */
GUEST_TEST(bench_sysreg)
{
	bench_begin();
	while (bench_next()) {
		bench_start();
		read_sysreg(id_aa64pfr0_el1);
		bench_stop();
	}
}

/* The host does something on the vCPU's thread; see the row. */
GUEST_TEST(bench_act)
{
	bench_begin();
	while (bench_next()) {
		bench_start();
		call_host(BENCH_CALL_ACT, 0, 0, 0);
		bench_stop();
	}
}

/* Pages that the host has to find memory for. It takes them back before each batch. */
GUEST_TEST(bench_first_touch)
{
	uint64_t page = arg(0), next = BENCH_FRESH_BASE, batch = 0;

	bench_begin();
	while (bench_next()) {
		if (batch != bench.batch)
			next = BENCH_FRESH_BASE;
		batch = bench.batch;
		bench_start();
		*(volatile uint64_t *)next = 1;
		bench_stop();
		next += page;
	}
}

/* Exits as fast as they come, while the host measures; args: 1: with FP in between. */
GUEST_TEST(bench_storm)
{
	while (!word_get(BENCH_WORD_STOP)) {
		for (unsigned n = 0; n < 64; n++) {
			if (arg(0))
				dirty_fp();
			null_hypercall();
		}
	}
}
