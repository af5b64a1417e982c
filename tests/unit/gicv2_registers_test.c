// SPDX-License-Identifier: GPL-2.0-only
/* Each register of the GICv2 by itself: what it holds, for whom, and how it is accessed. */
#include "tests/unit/gicv2_fixture.h"

START_TEST(distributor_ctlr)
{
	ck_assert_uint_eq(dist_read(0, GICD_CTLR), 0);
	dist_write(1, GICD_CTLR, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_CTLR), 3);
	dist_write(0, GICD_CTLR, 2);
	ck_assert_uint_eq(dist_read(1, GICD_CTLR), 2);
}
END_TEST

START_TEST(typer_tells_cpus_and_interrupts)
{
	for (unsigned cpus = 1; cpus <= GICV2_MAX_CPUS; cpus++) {
		gicv2_fixture_begin(cpus);
		ck_assert_uint_eq(dist_read(0, GICD_TYPER), (cpus - 1) << 5 | 7);
		dist_write(0, GICD_TYPER, ~dist_read(0, GICD_TYPER));
		ck_assert_uint_eq(dist_read(0, GICD_TYPER), (cpus - 1) << 5 | 7);
	}
}
END_TEST

START_TEST(identification_is_read_only)
{
	static const uint8_t ids[] = { 0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

	dist_write(0, GICD_IIDR, 0);
	ck_assert_uint_eq(dist_read(0, GICD_IIDR), 0x0200143b);
	for (unsigned i = 0; i < sizeof(ids); i++) {
		dist_write(0, 0xfd0 + i * 4, 0xffffffff);
		ck_assert_uint_eq(dist_read(1, 0xfd0 + i * 4), ids[i]);
	}
	/* Architecture 2. */
	ck_assert_uint_eq(dist_read(0, GICD_ICPIDR2) >> 4 & 0xf, 2);
	cpu_write(0, GICC_IIDR, 0);
	ck_assert_uint_eq(cpu_read(0, GICC_IIDR), 0x0202143b);
}
END_TEST

START_TEST(igroupr)
{
	dist_write(0, GICD_IGROUPR, 0xa5a5ffff);
	ck_assert_uint_eq(dist_read(0, GICD_IGROUPR), 0xa5a5ffff);
	ck_assert_uint_eq(dist_read(1, GICD_IGROUPR), 0);
	dist_write(0, GICD_IGROUPR + 4, 0x12345678);
	ck_assert_uint_eq(dist_read(1, GICD_IGROUPR + 4), 0x12345678);
	dist_write(0, GICD_IGROUPR + 28, 0x80000001);
	ck_assert_uint_eq(dist_read(0, GICD_IGROUPR + 28), 0x80000001);
	dist_write(0, GICD_IGROUPR + 32, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_IGROUPR + 32), 0);
}
END_TEST

START_TEST(enables)
{
	ck_assert_uint_eq(dist_read(0, GICD_ISENABLER), 0xffff);
	dist_write(0, GICD_ISENABLER, 0x08000000);
	ck_assert_uint_eq(dist_read(0, GICD_ISENABLER), 0x0800ffff);
	ck_assert_uint_eq(dist_read(0, GICD_ICENABLER), 0x0800ffff);
	ck_assert_uint_eq(dist_read(1, GICD_ISENABLER), 0xffff);
	dist_write(0, GICD_ICENABLER, 0x08000001);
	ck_assert_uint_eq(dist_read(0, GICD_ISENABLER), 0xfffe);

	ck_assert_uint_eq(dist_read(0, GICD_ISENABLER + 4), 0);
	dist_write(1, GICD_ISENABLER + 4, 0xf0f0f0f0);
	dist_write(0, GICD_ICENABLER + 4, 0x80808080);
	ck_assert_uint_eq(dist_read(1, GICD_ICENABLER + 4), 0x70707070);
	dist_write(0, GICD_ISENABLER + 28, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_ISENABLER + 28), UINT32_MAX);
	dist_write(0, GICD_ISENABLER + 32, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_ISENABLER + 32), 0);
	ck_assert_uint_eq(dist_read(0, GICD_ISENABLER + 0x7c), 0);
}
END_TEST

START_TEST(pending_bits)
{
	/* SGIs are not made pending here. */
	dist_write(0, GICD_ISPENDR, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR), 0xffff0000);
	ck_assert_uint_eq(dist_read(0, GICD_ICPENDR), 0xffff0000);
	ck_assert_uint_eq(dist_read(1, GICD_ISPENDR), 0);
	dist_write(0, GICD_ICPENDR, 0x7fff0000);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR), 0x80000000);

	send_sgi(1, 1, 3);
	dist_write(0, GICD_ICPENDR, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR), 1 << 3);

	dist_write(0, GICD_ISPENDR + 8, 0x00000010);
	ck_assert_uint_eq(dist_read(1, GICD_ISPENDR + 8), 0x10);
	dist_write(1, GICD_ICPENDR + 8, 0x00000010);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR + 8), 0);
}
END_TEST

START_TEST(active_bits)
{
	dist_write(0, GICD_ISACTIVER, 0x80000001);
	ck_assert_uint_eq(dist_read(0, GICD_ISACTIVER), 0x80000001);
	ck_assert_uint_eq(dist_read(0, GICD_ICACTIVER), 0x80000001);
	ck_assert_uint_eq(dist_read(1, GICD_ISACTIVER), 0);
	dist_write(0, GICD_ICACTIVER, 1);
	ck_assert_uint_eq(dist_read(0, GICD_ISACTIVER), 0x80000000);
	dist_write(0, GICD_ISACTIVER + 4, 6);
	dist_write(1, GICD_ICACTIVER + 4, 2);
	ck_assert_uint_eq(dist_read(1, GICD_ISACTIVER + 4), 4);
}
END_TEST

/* As kvm-unit-tests' gic.c does it. */
static void check_byte_access(uint64_t offset, uint32_t pattern, uint32_t mask)
{
	dist_write(0, offset, pattern);
	ck_assert_uint_eq(dist_read(0, offset), pattern & mask);
	ck_assert_uint_eq(dist_read_byte(0, offset + 1), (pattern & mask) >> 8 & 0xff);
	dist_write_byte(0, offset + 2, 0x1f);
	pattern = (pattern & 0xff00ffff) | 0x1f0000;
	ck_assert_uint_eq(dist_read(0, offset), pattern & mask);
	dist_write_byte(0, offset + 3, 0xff);
	pattern |= 0xff000000;
	ck_assert_uint_eq(dist_read(0, offset), pattern & mask);
}

static void check_beyond_limit(uint64_t offset)
{
	dist_write(0, offset, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, offset), 0);
	dist_write_byte(0, offset + 3, 0xff);
	ck_assert_uint_eq(dist_read_byte(0, offset + 3), 0);
}

START_TEST(ipriorityr)
{
	dist_write(0, GICD_IPRIORITYR + 32, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_IPRIORITYR + 32), 0xf8f8f8f8);
	check_byte_access(GICD_IPRIORITYR + 32, 0xff7fbf3f, 0xf8f8f8f8);
	check_byte_access(GICD_IPRIORITYR + 252, 0x08101820, 0xf8f8f8f8);
	check_byte_access(GICD_IPRIORITYR + 4, 0x01020408, 0xf8f8f8f8);
	ck_assert_uint_eq(dist_read(1, GICD_IPRIORITYR + 4), 0);
	ck_assert_uint_ne(dist_read(1, GICD_IPRIORITYR + 252), 0);
	check_beyond_limit(GICD_IPRIORITYR + GICV2_INTERRUPTS);
	check_beyond_limit(GICD_ITARGETSR - 4);
}
END_TEST

START_TEST(itargetsr)
{
	for (unsigned cpus = 1; cpus <= GICV2_MAX_CPUS; cpus++) {
		uint32_t mask = ((1u << cpus) - 1) * 0x01010101;

		gicv2_fixture_begin(cpus);
		ck_assert_uint_eq(dist_read(0, GICD_ITARGETSR + 32), 0);
		/* Those of SGIs and PPIs say who reads them. */
		for (unsigned cpu = 0; cpu < cpus; cpu++) {
			for (unsigned offset = 0; offset < 32; offset += 4) {
				dist_write(cpu, GICD_ITARGETSR + offset, ~(0x01010101u << cpu));
				ck_assert_uint_eq(dist_read(cpu, GICD_ITARGETSR + offset),
						  0x01010101u << cpu);
			}
			dist_write_byte(cpu, GICD_ITARGETSR + 29, 0);
			ck_assert_uint_eq(dist_read_byte(cpu, GICD_ITARGETSR + 29), 1u << cpu);
		}
		/* CPUs that do not exist have no bits. */
		dist_write(0, GICD_ITARGETSR + 32, UINT32_MAX);
		ck_assert_uint_eq(dist_read(cpus - 1, GICD_ITARGETSR + 32), mask);
		check_byte_access(GICD_ITARGETSR + 32, 0x0103020f, mask);
		check_byte_access(GICD_ITARGETSR + 252, 0x55aa33cc, mask);
		check_beyond_limit(GICD_ITARGETSR + GICV2_INTERRUPTS);
		check_beyond_limit(GICD_ICFGR - 4);
	}
}
END_TEST

START_TEST(icfgr)
{
	/* SGIs are edge-triggered, PPIs level-sensitive, and stay so. */
	dist_write(0, GICD_ICFGR, 0);
	ck_assert_uint_eq(dist_read(0, GICD_ICFGR), 0xaaaaaaaa);
	dist_write(0, GICD_ICFGR + 4, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_ICFGR + 4), 0);
	/* The lower bit of each pair is reserved. */
	dist_write(0, GICD_ICFGR + 8, 0xffff5555);
	ck_assert_uint_eq(dist_read(1, GICD_ICFGR + 8), 0xaaaa0000);
	dist_write(0, GICD_ICFGR + 12, 0x00000002);
	ck_assert_uint_eq(dist_read(0, GICD_ICFGR + 12), 2);
	ck_assert_uint_eq(dist_read(0, GICD_ICFGR + 8), 0xaaaa0000);
	dist_write(0, GICD_ICFGR + 60, 0x80000000);
	ck_assert_uint_eq(dist_read(0, GICD_ICFGR + 60), 0x80000000);
	check_beyond_limit(GICD_ICFGR + 64);
}
END_TEST

START_TEST(sgir_is_write_only)
{
	send_sgi(0, 3, 5);
	ck_assert_uint_eq(dist_read(0, GICD_SGIR), 0);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR), 1 << 5);
	ck_assert_uint_eq(dist_read(1, GICD_ISPENDR), 1 << 5);
	dist_write_byte(0, GICD_SGIR, 6);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR), 1 << 5);
	/* A reserved filter. */
	dist_write(0, GICD_SGIR, 3u << 24 | 3 << 16 | 7);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR), 1 << 5);
}
END_TEST

START_TEST(pending_sgi_registers)
{
	dist_write(0, GICD_SPENDSGIR + 4, 0xff020103);
	/* Two CPUs exist. */
	ck_assert_uint_eq(dist_read(0, GICD_SPENDSGIR + 4), 0x03020103);
	ck_assert_uint_eq(dist_read(0, GICD_CPENDSGIR + 4), 0x03020103);
	ck_assert_uint_eq(dist_read(1, GICD_SPENDSGIR + 4), 0);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR), 0xf0);
	dist_write_byte(0, GICD_CPENDSGIR + 7, 2);
	ck_assert_uint_eq(dist_read_byte(0, GICD_CPENDSGIR + 7), 1);
	dist_write(0, GICD_CPENDSGIR + 4, 0x00ffffff);
	ck_assert_uint_eq(dist_read(0, GICD_SPENDSGIR + 4), 0x01000000);
	ck_assert_uint_eq(dist_read(0, GICD_ISPENDR), 0x80);
	dist_write_byte(1, GICD_SPENDSGIR + 15, 1);
	ck_assert_uint_eq(dist_read(1, GICD_SPENDSGIR + 12), 0x01000000);
	ck_assert_uint_eq(dist_read(1, GICD_ISPENDR), 0x8000);
}
END_TEST

START_TEST(odd_accesses_of_the_distributor_do_nothing)
{
	dist_write(0, GICD_CTLR, 3);
	for (unsigned size = 1; size <= 8; size *= 2) {
		if (size == 4)
			continue;
		gicv2_distributor_write(gic, GICD_CTLR, 0, size, 0);
		ck_assert_uint_eq(gicv2_distributor_read(gic, GICD_CTLR, size, 0), 0);
		gicv2_distributor_write(gic, GICD_ISENABLER + 4, UINT64_MAX, size, 0);
		ck_assert_uint_eq(gicv2_distributor_read(gic, GICD_ISENABLER, size, 0), 0);
		gicv2_distributor_write(gic, GICD_ICFGR + 8, UINT64_MAX, size, 0);
		if (size == 1)
			continue;
		gicv2_distributor_write(gic, GICD_IPRIORITYR + 32, UINT64_MAX, size, 0);
		gicv2_distributor_write(gic, GICD_ITARGETSR + 32, UINT64_MAX, size, 0);
		gicv2_distributor_write(gic, GICD_SPENDSGIR, UINT64_MAX, size, 0);
		ck_assert_uint_eq(gicv2_distributor_read(gic, GICD_ITARGETSR, size, 0), 0);
	}
	/* Unaligned. */
	dist_write(0, GICD_ISENABLER + 5, UINT32_MAX);
	dist_write(0, GICD_IPRIORITYR + 33, UINT32_MAX);
	dist_write(0, GICD_ITARGETSR + 30, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_ITARGETSR + 2), 0);
	ck_assert_uint_eq(dist_read(0, GICD_CTLR), 3);
	ck_assert_uint_eq(dist_read(0, GICD_ISENABLER + 4), 0);
	ck_assert_uint_eq(dist_read(0, GICD_ICFGR + 8), 0);
	ck_assert_uint_eq(dist_read(0, GICD_IPRIORITYR + 32), 0);
	ck_assert_uint_eq(dist_read(0, GICD_ITARGETSR + 32), 0);
	ck_assert_uint_eq(dist_read(0, GICD_SPENDSGIR), 0);
}
END_TEST

START_TEST(rest_of_the_distributor_is_empty)
{
	for (unsigned offset = 0xc; offset < 0x10000; offset += 4) {
		if ((offset >= GICD_IGROUPR && offset < GICD_ICFGR + 0x100) ||
		    (offset >= GICD_CPENDSGIR && offset < 0x1000))
			continue;
		dist_write(0, offset, UINT32_MAX);
		ck_assert_uint_eq(dist_read(0, offset), 0);
	}
	dist_write(0, GICD_NSACR, UINT32_MAX);
	ck_assert_uint_eq(dist_read(0, GICD_NSACR), 0);
}
END_TEST

START_TEST(cpu_interface_ctlr)
{
	ck_assert_uint_eq(cpu_read(0, GICC_CTLR), 0);
	cpu_write(0, GICC_CTLR, UINT32_MAX);
	ck_assert_uint_eq(cpu_read(0, GICC_CTLR), 0x21f);
	ck_assert_uint_eq(cpu_read(1, GICC_CTLR), 0);
}
END_TEST

START_TEST(pmr_and_binary_points)
{
	cpu_write(0, GICC_PMR, 0xffffffff);
	ck_assert_uint_eq(cpu_read(0, GICC_PMR), 0xf8);
	ck_assert_uint_eq(cpu_read(1, GICC_PMR), 0);
	ck_assert_uint_eq(cpu_read(0, GICC_BPR), 2);
	ck_assert_uint_eq(cpu_read(0, GICC_ABPR), 3);
	for (unsigned point = 0; point < 16; point++) {
		unsigned low = point & 7;

		cpu_write(0, GICC_BPR, point);
		ck_assert_uint_eq(cpu_read(0, GICC_BPR), low < 2 ? 2 : low);
		cpu_write(0, GICC_ABPR, point);
		ck_assert_uint_eq(cpu_read(0, GICC_ABPR), low < 3 ? 3 : low);
	}
	ck_assert_uint_eq(cpu_read(1, GICC_BPR), 2);
	ck_assert_uint_eq(cpu_read(1, GICC_ABPR), 3);
}
END_TEST

START_TEST(idle_cpu_interface)
{
	static const uint16_t spurious[] = { GICC_IAR, GICC_HPPIR, GICC_AIAR, GICC_AHPPIR };

	for (unsigned enabled = 0; enabled < 2; enabled++) {
		if (enabled)
			gicv2_fixture_begin_enabled(2);
		for (unsigned i = 0; i < 4; i++)
			ck_assert_uint_eq(cpu_read(0, spurious[i]), SPURIOUS);
		ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0xff);
		/* Write-only. */
		ck_assert_uint_eq(cpu_read(0, GICC_EOIR), 0);
		ck_assert_uint_eq(cpu_read(0, GICC_AEOIR), 0);
		ck_assert_uint_eq(cpu_read(0, GICC_DIR), 0);
		ck_assert_uint_eq(cpu_read(0, GICC_NSAPR0), 0);
	}
}
END_TEST

START_TEST(active_priorities)
{
	cpu_write(0, GICC_APR0, 0x80000010);
	ck_assert_uint_eq(cpu_read(0, GICC_APR0), 0x80000010);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0x20);
	ck_assert_uint_eq(cpu_read(1, GICC_RPR), 0xff);
	cpu_write(0, GICC_APR0, 0x80000000);
	ck_assert_uint_eq(cpu_read(0, GICC_RPR), 0xf8);
	/* 32 levels fill one register. */
	for (unsigned offset = GICC_APR0 + 4; offset < GICC_NSAPR0 + 16; offset += 4) {
		cpu_write(0, offset, UINT32_MAX);
		ck_assert_uint_eq(cpu_read(0, offset), 0);
	}
}
END_TEST

START_TEST(odd_accesses_of_the_cpu_interface_do_nothing)
{
	gicv2_fixture_begin_enabled(2);
	send_sgi(0, 1, 2);
	for (unsigned size = 1; size <= 8; size *= 2) {
		if (size == 4)
			continue;
		ck_assert_uint_eq(gicv2_cpu_interface_read(gic, GICC_IAR, size, 0), 0);
		gicv2_cpu_interface_write(gic, GICC_PMR, 0, size, 0);
	}
	ck_assert_uint_eq(cpu_read(0, GICC_IAR + 2), 0);
	cpu_write(0, GICC_PMR + 1, 0);
	ck_assert_uint_eq(cpu_read(0, GICC_PMR), 0xf8);
	ck_assert_uint_eq(cpu_read(0, GICC_IAR), 2);
	for (unsigned offset = 0x2c; offset < 0x10000; offset += 4) {
		if (offset == GICC_APR0 || offset == GICC_IIDR)
			continue;
		ck_assert_uint_eq(cpu_read(0, offset), 0);
		if (offset != GICC_DIR)
			cpu_write(0, offset, UINT32_MAX);
	}
	ck_assert_uint_eq(cpu_read(0, GICC_APR0), 1);
}
END_TEST

START_TEST(reset_restores_everything)
{
	gicv2_fixture_begin_enabled(2);
	set_edge(40);
	pulse(40);
	set_level(41, true);
	gicv2_set_ppi(gic, 1, 27, true);
	send_sgi(0, 3, 1);
	ck_assert_uint_eq(cpu_read(1, GICC_IAR), 1);
	for (unsigned offset = 0x80; offset < 0xf30; offset += 4)
		if (offset < GICD_ICENABLER || offset >= GICD_ISPENDR)
			dist_write(0, offset, 0xffffffff);
	cpu_write(0, GICC_CTLR, UINT32_MAX);
	cpu_write(0, GICC_BPR, 7);
	cpu_write(0, GICC_ABPR, 7);
	cpu_write(0, GICC_APR0, 1);
	gicv2_reset(gic);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		ck_assert_uint_eq(pins[cpu], 0);
		for (unsigned offset = 0x10; offset < 0xfd0; offset += 4) {
			uint32_t wanted = 0;

			if (offset == GICD_ISENABLER || offset == GICD_ICENABLER)
				wanted = 0xffff;
			if (offset >= GICD_ITARGETSR && offset < GICD_ITARGETSR + 32)
				wanted = 0x01010101u << cpu;
			if (offset == GICD_ICFGR)
				wanted = 0xaaaaaaaa;
			ck_assert_uint_eq(dist_read(cpu, offset), wanted);
		}
		ck_assert_uint_eq(cpu_read(cpu, GICC_CTLR), 0);
		ck_assert_uint_eq(cpu_read(cpu, GICC_PMR), 0);
		ck_assert_uint_eq(cpu_read(cpu, GICC_BPR), 2);
		ck_assert_uint_eq(cpu_read(cpu, GICC_ABPR), 3);
		ck_assert_uint_eq(cpu_read(cpu, GICC_APR0), 0);
	}
	ck_assert_uint_eq(dist_read(0, GICD_CTLR), 0);
	/* The line of interrupt 41 was low: it rises again. */
	dist_write(0, GICD_CTLR, 1);
	cpu_write(0, GICC_CTLR, 1);
	cpu_write(0, GICC_PMR, 0xff);
	ck_assert_uint_eq(irq_bit(0, GICD_ISPENDR, 41), 0);
	set_level(41, true);
	irq_write(0, GICD_ISENABLER, 41);
	/* It has no target. */
	ck_assert_uint_eq(pins[0], 0);
	set_targets(41, 1);
	ck_assert_uint_eq(pins[0], IRQ);
}
END_TEST

static void setup(void)
{
	gicv2_fixture_begin(2);
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("gicv2_registers");
	TCase *tests = tcase_create("gicv2_registers");

	tcase_add_checked_fixture(tests, setup, gicv2_fixture_end);
	tcase_add_test(tests, distributor_ctlr);
	tcase_add_test(tests, typer_tells_cpus_and_interrupts);
	tcase_add_test(tests, identification_is_read_only);
	tcase_add_test(tests, igroupr);
	tcase_add_test(tests, enables);
	tcase_add_test(tests, pending_bits);
	tcase_add_test(tests, active_bits);
	tcase_add_test(tests, ipriorityr);
	tcase_add_test(tests, itargetsr);
	tcase_add_test(tests, icfgr);
	tcase_add_test(tests, sgir_is_write_only);
	tcase_add_test(tests, pending_sgi_registers);
	tcase_add_test(tests, odd_accesses_of_the_distributor_do_nothing);
	tcase_add_test(tests, rest_of_the_distributor_is_empty);
	tcase_add_test(tests, cpu_interface_ctlr);
	tcase_add_test(tests, pmr_and_binary_points);
	tcase_add_test(tests, idle_cpu_interface);
	tcase_add_test(tests, active_priorities);
	tcase_add_test(tests, odd_accesses_of_the_cpu_interface_do_nothing);
	tcase_add_test(tests, reset_restores_everything);
	suite_add_tcase(suite, tests);
	return suite;
}
