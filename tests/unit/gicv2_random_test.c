// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GICv2 against the reference, under random operations: every value read and every vCPU input
 * must agree after each one. ARMLET_SEED=N repeats a run, ARMLET_OPERATIONS=N sets its length. A
 * difference is shrunk to a short script, printed as calls.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "irqchip/gicv2_vcpu.h"
#include "tests/unit/gicv2_reference.h"
#include "tests/unit/unit.h"

#define SCRIPT_LENGTH	   1500
#define DEFAULT_OPERATIONS 300000

enum kind {
	DIST_READ,
	DIST_WRITE,
	CPU_READ,
	CPU_WRITE,
	SET_SPI,
	SET_PPI,
	RESET,
};

struct operation {
	enum kind kind;
	unsigned cpu, size;
	uint32_t offset, value; /* SET_SPI, SET_PPI: number and level */
};

static struct operation script[SCRIPT_LENGTH];
static unsigned cpus;
static uint64_t random_state;

static uint32_t random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * UINT64_C(0x2545f4914f6cdd1d) >> 32;
}

static uint32_t below(uint32_t limit)
{
	return random_word() % limit;
}

static bool one_in(uint32_t chances)
{
	return below(chances) == 0;
}

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

/* The GIC under test, and what it drives. */
static struct gicv2 *gic;
static unsigned pins[GICV2_MAX_CPUS];
static bool known[GICV2_MAX_CPUS][GICV2_PINS];
static unsigned driven, needless; /* calls; those that changed nothing, and such kicks */
static uint32_t answer;		  /* of the last read */

static int drive(void *context, unsigned cpu, enum gicv2_pin pin, bool level)
{
	unsigned bit = 1u << pin;

	(void)context;
	driven++;
	if (known[cpu][pin] && !!(pins[cpu] & bit) == level)
		needless++;
	known[cpu][pin] = true;
	pins[cpu] = level ? pins[cpu] | bit : pins[cpu] & ~bit;
	return 0;
}

/*
 * All vCPUs are in the guest all the time, but for accesses of their own: without a kick no input
 * changes.
 */
static bool kick(void *context, unsigned cpu)
{
	unsigned before = driven;

	(void)context;
	gicv2_vcpu_enters(gic, cpu, drive, NULL);
	if (driven == before)
		needless++;
	return true;
}

static void reset(void)
{
	memset(known, 0, sizeof(known));
	gicv2_reset(gic);
	/* As they run again. Before, each unknown input makes for a kick. */
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		gicv2_vcpu_enters(gic, cpu, drive, NULL);
	reference_reset(cpus);
}

static void write_both(bool is_distributor, unsigned cpu, uint64_t offset, uint32_t value)
{
	if (is_distributor) {
		gicv2_distributor_write(gic, offset, value, 4, cpu);
		reference_distributor_write(offset, value, 4, cpu);
	} else {
		gicv2_cpu_interface_write(gic, offset, value, 4, cpu);
		gicv2_vcpu_enters(gic, cpu, drive, NULL);
		reference_cpu_interface_write(offset, value, 4, cpu);
	}
}

/* Without this, operations have little to work with. */
static void enable_everything(void)
{
	write_both(true, 0, 0x000, 3);
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		write_both(true, cpu, 0x100, UINT32_MAX);
		write_both(false, cpu, 0x04, 0xff);
		write_both(false, cpu, 0x00, 3);
	}
	for (unsigned word = 1; word < GICV2_INTERRUPTS / 32; word++)
		write_both(true, 0, 0x100 + word * 4, UINT32_MAX);
}

static void start(void)
{
	gicv2_destroy(gic);
	gic = NULL;
	needless = 0;
	ck_assert_int_eq(gicv2_create(cpus, kick, NULL, &gic), 0);
	reset();
	enable_everything();
}

/* Does it on both; false when they differ. `*wanted` and `*got` tell how. */
static bool apply(const struct operation *op, uint32_t *wanted, uint32_t *got)
{
	*wanted = *got = 0;
	switch (op->kind) {
	case DIST_READ:
		*got = gicv2_distributor_read(gic, op->offset, op->size, op->cpu);
		*wanted = reference_distributor_read(op->offset, op->size, op->cpu);
		break;
	case DIST_WRITE:
		gicv2_distributor_write(gic, op->offset, op->value, op->size, op->cpu);
		reference_distributor_write(op->offset, op->value, op->size, op->cpu);
		break;
	case CPU_READ:
		*got = gicv2_cpu_interface_read(gic, op->offset, op->size, op->cpu);
		*wanted = reference_cpu_interface_read(op->offset, op->size, op->cpu);
		gicv2_vcpu_enters(gic, op->cpu, drive, NULL);
		break;
	case CPU_WRITE:
		gicv2_cpu_interface_write(gic, op->offset, op->value, op->size, op->cpu);
		reference_cpu_interface_write(op->offset, op->value, op->size, op->cpu);
		gicv2_vcpu_enters(gic, op->cpu, drive, NULL);
		break;
	case SET_SPI:
		gicv2_set_spi(gic, op->offset, op->value);
		reference_set_spi(op->offset, op->value);
		break;
	case SET_PPI:
		/* By any thread, or by the vCPU's own. */
		if ((op->offset ^ op->cpu) & 1) {
			gicv2_set_ppi(gic, op->cpu, op->offset, op->value);
		} else {
			gicv2_vcpu_set_ppi(gic, op->cpu, op->offset, op->value);
			gicv2_vcpu_enters(gic, op->cpu, drive, NULL);
		}
		reference_set_ppi(op->cpu, op->offset, op->value);
		break;
	case RESET:
		reset();
		enable_everything();
		break;
	}
	answer = *got;
	if (*got != *wanted)
		return false;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		*got = pins[cpu];
		*wanted = reference_pins(cpu);
		if (*got != *wanted)
			return false;
	}
	*got = needless;
	*wanted = 0;
	return *got == *wanted;
}

/* Interrupts that are used often, so that their states meet. */
static unsigned some_interrupt(void)
{
	static const uint16_t often[] = { 0, 1, 15, 23, 27, 30, 32, 33, 63, 64, 127, 128, 255 };

	return one_in(5) ? below(GICV2_INTERRUPTS) : PICK(often);
}

static uint32_t some_word(unsigned intid)
{
	switch (below(4)) {
	case 0:
		return random_word();
	case 1:
		return UINT32_MAX;
	default:
		return 1u << intid % 32;
	}
}

/* Registers of the distributor, most often those of interrupts that are in use. */
static uint32_t distributor_offset(unsigned intid)
{
	static const uint16_t bitmaps[] = { 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380 };

	switch (below(13)) {
	case 12:
		return 0;
	case 0:
		return below(0x1010);
	case 1:
		return below(0x404) * 4;
	case 2:
		return 0xc00 + intid / 16 * 4;
	case 3:
	case 4:
		return 0x400 + intid;
	case 5:
	case 6:
		return 0x800 + intid;
	case 7:
		return 0xf10 + below(0x20);
	default:
		return PICK(bitmaps) + intid / 32 * 4;
	}
}

static unsigned access_size(uint32_t *offset)
{
	static const uint8_t sizes[] = { 1, 2, 4, 8 };

	if (one_in(20))
		return PICK(sizes);
	if (*offset % 4 && !one_in(3))
		return 1;
	*offset &= ~3u;
	return 4;
}

static struct operation access_distributor(enum kind kind)
{
	struct operation op = { .kind = kind };
	unsigned intid = some_interrupt();

	op.offset = distributor_offset(intid);
	op.size = access_size(&op.offset);
	op.value = op.size == 4 && op.offset < 0x400 ? some_word(intid) : random_word();
	/* Mostly on. */
	if (op.offset == 0 && !one_in(3))
		op.value = 3;
	if (op.size < 4)
		op.value &= (1u << op.size * 8) - 1;
	return op;
}

static struct operation access_cpu_interface(enum kind kind)
{
	static const uint16_t offsets[] = { 0x00, 0x00, 0x04, 0x04, 0x08, 0x14, 0x18, 0x18,
					    0x1c, 0x28, 0xd0, 0xd4, 0xe0, 0xfc, 0x2c };
	struct operation op = { .kind = kind, .size = 4, .offset = PICK(offsets) };

	op.value = random_word();
	if (op.offset == 0x00 && !one_in(3))
		op.value |= 3;
	if (op.offset == 0x04 && !one_in(3))
		op.value = 0xff;
	if (op.offset == 0xd0 && !one_in(8))
		op.value = 0;
	if (one_in(50))
		op.offset = below(0x2000);
	if (one_in(50))
		op.size = 1u << below(4);
	if (op.size < 4)
		op.value &= (1u << op.size * 8) - 1;
	return op;
}

/* What was acknowledged lately, and by whom. */
static struct acknowledged {
	unsigned cpu;
	uint32_t answer;
} recent[4];

static struct operation end_of_interrupt(void)
{
	static const uint16_t offsets[] = { 0x10, 0x10, 0x10, 0x24, 0x1000, 0x1000 };
	struct operation op = { .kind = CPU_WRITE, .size = 4, .offset = PICK(offsets) };
	struct acknowledged which = PICK(recent);

	op.cpu = one_in(10) ? below(cpus) : which.cpu;
	op.value = one_in(10) ? some_interrupt() : which.answer;
	if (one_in(30))
		op.value = random_word();
	return op;
}

static struct operation random_operation(void)
{
	struct operation op = { .size = 4 };
	unsigned cpu = below(cpus);

	switch (below(20)) {
	case 0:
	case 1:
	case 2:
		op.kind = SET_SPI;
		op.offset = some_interrupt();
		op.offset = op.offset < 32 ? op.offset : op.offset - 32;
		op.value = one_in(2);
		break;
	case 3:
	case 4:
		op.kind = SET_PPI;
		op.offset = 16 + some_interrupt() % 16;
		op.value = one_in(2);
		break;
	case 5:
	case 6:
		op.kind = DIST_WRITE;
		op.offset = 0xf00;
		op.value = random_word() & 0x03ff800f;
		break;
	case 7:
	case 8:
	case 9:
	case 10:
		op.kind = CPU_READ;
		op.offset = one_in(4) ? 0x20 : 0x0c;
		break;
	case 11:
	case 12:
	case 13:
		op = end_of_interrupt();
		cpu = op.cpu;
		break;
	case 14:
		op = access_cpu_interface(CPU_WRITE);
		break;
	case 15:
		op = access_cpu_interface(CPU_READ);
		break;
	case 16:
		op = access_distributor(DIST_READ);
		break;
	default:
		op = access_distributor(DIST_WRITE);
		break;
	}
	op.cpu = cpu;
	if (one_in(500))
		op.kind = RESET;
	return op;
}

static void print_operation(const struct operation *op)
{
	switch (op->kind) {
	case DIST_READ:
		printf("\tgicv2_distributor_read(gic, 0x%x, %u, %u);\n", op->offset, op->size,
		       op->cpu);
		break;
	case DIST_WRITE:
		printf("\tgicv2_distributor_write(gic, 0x%x, 0x%x, %u, %u);\n", op->offset,
		       op->value, op->size, op->cpu);
		break;
	case CPU_READ:
		printf("\tgicv2_cpu_interface_read(gic, 0x%x, %u, %u);\n", op->offset, op->size,
		       op->cpu);
		break;
	case CPU_WRITE:
		printf("\tgicv2_cpu_interface_write(gic, 0x%x, 0x%x, %u, %u);\n", op->offset,
		       op->value, op->size, op->cpu);
		break;
	case SET_SPI:
		printf("\tgicv2_set_spi(gic, %u, %u);\n", op->offset, op->value);
		break;
	case SET_PPI:
		printf("\tgicv2_set_ppi(gic, %u, %u, %u);\n", op->cpu, op->offset, op->value);
		break;
	case RESET:
		printf("\tgicv2_reset(gic); /* and everything enabled, as at the start */\n");
		break;
	}
}

/* Whether the first `length` operations, but not those from `skip` up to `skip_end`, differ. */
static bool differs(unsigned length, unsigned skip, unsigned skip_end)
{
	uint32_t wanted, got;

	start();
	for (unsigned i = 0; i < length; i++)
		if ((i < skip || i >= skip_end) && !apply(&script[i], &wanted, &got))
			return true;
	return false;
}

/* Removes operations as long as what is left still differs. */
static unsigned shrink(unsigned length)
{
	for (unsigned chunk = length / 2; chunk; chunk /= 2) {
		for (unsigned at = 0; at < length;) {
			unsigned end = at + chunk < length ? at + chunk : length;

			if (!differs(length, at, end)) {
				at = end;
				continue;
			}
			memmove(&script[at], &script[end], (length - end) * sizeof(script[0]));
			length -= end - at;
		}
	}
	return length;
}

static void report_difference(unsigned length, uint64_t seed)
{
	uint32_t wanted = 0, got = 0;

	length = shrink(length);
	printf("the GICv2 differs from the reference (ARMLET_SEED=%" PRIu64
	       ", %u CPUs, groups and interrupts enabled, nothing masked):\n",
	       seed, cpus);
	start();
	for (unsigned i = 0; i < length; i++) {
		print_operation(&script[i]);
		if (!apply(&script[i], &wanted, &got))
			break;
	}
	printf("\t/* 0x%x, wanted 0x%x (a value read, or the pins of a CPU) */\n", got, wanted);
	fflush(stdout);
	ck_abort_msg("a script of %u operations shows a difference", length);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

START_TEST(random_operations)
{
	uint64_t seed = number_from("ARMLET_SEED", time(NULL) % 1000000000);
	uint64_t left = number_from("ARMLET_OPERATIONS", DEFAULT_OPERATIONS);

	printf("gicv2_random_test: ARMLET_SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
	random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	while (left > SCRIPT_LENGTH) {
		unsigned length = 0;

		cpus = 1 + below(GICV2_MAX_CPUS);
		memset(recent, 0, sizeof(recent));
		start();
		while (length < SCRIPT_LENGTH) {
			struct operation *op = &script[length];
			uint32_t wanted, got;

			*op = random_operation();
			length++;
			if (!apply(op, &wanted, &got))
				report_difference(length, seed);
			if (op->kind == CPU_READ && (op->offset == 0x0c || op->offset == 0x20) &&
			    (answer & 0x3ff) < 1020)
				PICK(recent) = (struct acknowledged){ op->cpu, answer };
		}
		left -= length;
	}
	gicv2_destroy(gic);
	gic = NULL;
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("gicv2_random");
	TCase *tests = tcase_create("gicv2_random");

	tcase_set_timeout(tests, 600);
	tcase_add_test(tests, random_operations);
	suite_add_tcase(suite, tests);
	return suite;
}
