// SPDX-License-Identifier: GPL-2.0-only
/* The cost meter: which instructions it counts, under which name, whose they are, and how
 * iterations become a record. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/meter/bracket.h"
#include "tests/meter/join.h"
#include "tests/meter/sysregs.h"
#include "tests/unit/unit.h"

/* Words as the assembler makes them of the text beside. */
static const struct {
	uint32_t word;
	struct instruction wanted;
	const char *text;
} encodings[] = {
	{ 0xd5032e1f, { .kind = INSTRUCTION_MARKER, .hint = 112 }, "hint #112" },
	{ 0xd5032e3f, { .kind = INSTRUCTION_MARKER, .hint = 113 }, "hint #113" },
	{ 0xd5032e5f, { .kind = INSTRUCTION_MARKER, .hint = 114 }, "hint #114" },
	{ 0xd5032dff, { .kind = INSTRUCTION_OTHER }, "hint #111" },
	{ 0xd5032e7f, { .kind = INSTRUCTION_OTHER }, "hint #115" },
	{ 0xd503201f, { .kind = INSTRUCTION_OTHER }, "nop" },
	{ 0xd503233f, { .kind = INSTRUCTION_OTHER }, "paciasp" },
	{ 0xd503207f, { .kind = INSTRUCTION_WAIT }, "wfi" },
	{ 0xd503205f, { .kind = INSTRUCTION_WAIT }, "wfe" },
	{ 0xd5031023, { .kind = INSTRUCTION_WAIT }, "wfit x3" },
	{ 0xd5031003, { .kind = INSTRUCTION_WAIT }, "wfet x3" },
	{ 0xd53be323,
	  { INSTRUCTION_SYSREG_READ, .rt = 3, .sysreg = SYSREG(3, 3, 14, 3, 1) },
	  "mrs x3, cntv_ctl_el0" },
	{ 0xd51be324,
	  { INSTRUCTION_SYSREG_WRITE, .rt = 4, .sysreg = SYSREG(3, 3, 14, 3, 1) },
	  "msr cntv_ctl_el0, x4" },
	{ 0xd51de325,
	  { INSTRUCTION_SYSREG_WRITE, .rt = 5, .sysreg = SYSREG(3, 5, 14, 3, 1) },
	  "msr cntv_ctl_el02, x5" },
	{ 0xd538cc1e,
	  { INSTRUCTION_SYSREG_READ, .rt = 30, .sysreg = SYSREG_ICC_IAR1 },
	  "mrs x30, icc_iar1_el1" },
	{ 0xd51c1100,
	  { INSTRUCTION_SYSREG_WRITE, .rt = 0, .sysreg = SYSREG_HCR_EL2 },
	  "msr hcr_el2, x0" },
	{ 0xd5184101,
	  { INSTRUCTION_SYSREG_WRITE, .rt = 1, .sysreg = SYSREG(3, 0, 4, 1, 0) },
	  "msr sp_el0, x1" },
	{ 0xd53be0c1,
	  { INSTRUCTION_SYSREG_READ, .rt = 1, .sysreg = SYSREG(3, 3, 14, 0, 6) },
	  "mrs x1, cntvctss_el0" },
	{ 0xd50342df, { .kind = INSTRUCTION_PSTATE }, "msr daifset, #2" },
	{ 0xd500401f, { .kind = INSTRUCTION_PSTATE }, "cfinv" },
	{ 0xd508831f, { .kind = INSTRUCTION_TLBI }, "tlbi vmalle1is" },
	{ 0xd50c8021, { .kind = INSTRUCTION_TLBI }, "tlbi ipas2e1is, x1" },
	{ 0xd5087800, { .kind = INSTRUCTION_AT }, "at s1e1r, x0" },
	{ 0xd50b7e20, { .kind = INSTRUCTION_CACHE }, "dc civac, x0" },
	{ 0xd508751f, { .kind = INSTRUCTION_CACHE }, "ic iallu" },
	{ 0xd5033fdf, { .kind = INSTRUCTION_ISB }, "isb" },
	{ 0xd5033b9f, { .kind = INSTRUCTION_DSB }, "dsb ish" },
	{ 0xd5033abf, { .kind = INSTRUCTION_DMB }, "dmb ishst" },
	{ 0xd50330ff, { .kind = INSTRUCTION_SB }, "sb" },
	{ 0xd503305f, { .kind = INSTRUCTION_OTHER }, "clrex #0" },
	{ 0xd69f03e0, { .kind = INSTRUCTION_ERET }, "eret" },
	{ 0xd69f0bff, { .kind = INSTRUCTION_ERET }, "eretaa" },
	{ 0xd69f0fff, { .kind = INSTRUCTION_ERET }, "eretab" },
	{ 0xd65f03c0, { .kind = INSTRUCTION_OTHER }, "ret" },
	{ 0xad000400, { INSTRUCTION_FP_STORE, .first = 0, .number = 2 }, "stp q0, q1, [x0]" },
	{ 0xad8f7c1e,
	  { INSTRUCTION_FP_STORE, .first = 30, .number = 2 },
	  "stp q30, q31, [x0, #480]!" },
	{ 0xacc10c02, { INSTRUCTION_FP_LOAD, .first = 2, .number = 2 }, "ldp q2, q3, [x0], #32" },
	{ 0x6d400400, { .kind = INSTRUCTION_OTHER }, "ldp d0, d1, [x0]" },
	{ 0xac001424, { INSTRUCTION_FP_STORE, .first = 4, .number = 2 }, "stnp q4, q5, [x1]" },
	{ 0x3d800007, { INSTRUCTION_FP_STORE, .first = 7, .number = 1 }, "str q7, [x0]" },
	{ 0x3dc00407, { INSTRUCTION_FP_LOAD, .first = 7, .number = 1 }, "ldr q7, [x0, #16]" },
	{ 0x3cdfd008, { INSTRUCTION_FP_LOAD, .first = 8, .number = 1 }, "ldur q8, [x0, #-3]" },
	{ 0x3c810409, { INSTRUCTION_FP_STORE, .first = 9, .number = 1 }, "str q9, [x0], #16" },
	{ 0x3ca16809, { INSTRUCTION_FP_STORE, .first = 9, .number = 1 }, "str q9, [x0, x1]" },
	{ 0xfd000009, { .kind = INSTRUCTION_OTHER }, "str d9, [x0]" },
	{ 0x4c002000,
	  { INSTRUCTION_FP_STORE, .first = 0, .number = 4 },
	  "st1 {v0.16b-v3.16b}, [x0]" },
	{ 0x4cdf281c,
	  { INSTRUCTION_FP_LOAD, .first = 28, .number = 4 },
	  "ld1 {v28.4s-v31.4s}, [x0], #64" },
	{ 0x0c407000, { .kind = INSTRUCTION_OTHER }, "ld1 {v0.8b}, [x0]" },
	{ 0x4c000000, { .kind = INSTRUCTION_OTHER }, "st4 {v0.16b-v3.16b}, [x0]" },
	{ 0x0d400400, { .kind = INSTRUCTION_OTHER }, "ld1 {v0.b}[1], [x0]" },
	{ 0xe5804c1f,
	  { INSTRUCTION_FP_STORE, .first = 31, .number = 1, .z = true },
	  "str z31, [x0, #3, mul vl]" },
	{ 0x85bf5d25,
	  { INSTRUCTION_FP_LOAD, .first = 5, .number = 1, .z = true },
	  "ldr z5, [x9, #-1, mul vl]" },
	{ 0xe5800003, { .kind = INSTRUCTION_OTHER }, "str p3, [x0]" },
	{ 0xb9400020, { .kind = INSTRUCTION_MEMORY, .rt = 0 }, "ldr w0, [x1]" },
	{ 0xf9000420, { .kind = INSTRUCTION_MEMORY, .rt = 0 }, "str x0, [x1, #8]" },
	{ 0xb8626820, { .kind = INSTRUCTION_MEMORY, .rt = 0 }, "ldr w0, [x1, x2]" },
	{ 0xb8401001, { .kind = INSTRUCTION_MEMORY, .rt = 1 }, "ldur w1, [x0, #1]" },
	{ 0x38401420, { .kind = INSTRUCTION_MEMORY, .rt = 0 }, "ldrb w0, [x1], #1" },
	{ 0x889ffc20, { .kind = INSTRUCTION_MEMORY, .rt = 0 }, "stlr w0, [x1]" },
	{ 0x88dffc20, { .kind = INSTRUCTION_MEMORY, .rt = 0 }, "ldar w0, [x1]" },
	{ 0x885f7c20, { .kind = INSTRUCTION_OTHER }, "ldxr w0, [x1]" },
	{ 0xa9000440, { .kind = INSTRUCTION_OTHER }, "stp x0, x1, [x2]" },
	{ 0x58000000, { .kind = INSTRUCTION_OTHER }, "ldr x0, ." },
	{ 0xf9800000, { .kind = INSTRUCTION_OTHER }, "prfm pldl1keep, [x0]" },
	{ 0xb8200041, { .kind = INSTRUCTION_OTHER }, "ldadd w0, w1, [x2]" },
	{ 0xb8208041, { .kind = INSTRUCTION_OTHER }, "swp w0, w1, [x2]" },
	{ 0x8b010000, { .kind = INSTRUCTION_OTHER }, "add x0, x0, x1" },
	{ 0xd4000002, { .kind = INSTRUCTION_OTHER }, "hvc #0" },
	{ 0xd4000001, { .kind = INSTRUCTION_OTHER }, "svc #0" },
	{ 0x9e670000, { .kind = INSTRUCTION_OTHER }, "fmov d0, x0" },
	{ 0x00000000, { .kind = INSTRUCTION_OTHER }, "udf #0" },
	{ 0xffffffff, { .kind = INSTRUCTION_OTHER }, "unallocated" },
};

START_TEST(instructions_are_told_by_their_encoding)
{
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		struct instruction got = instruction_decode(encodings[i].word);
		const struct instruction *wanted = &encodings[i].wanted;
		bool sysreg = got.kind == INSTRUCTION_SYSREG_READ ||
			      got.kind == INSTRUCTION_SYSREG_WRITE;

		ck_assert_msg(got.kind == wanted->kind, "%s: kind %d, wanted %d", encodings[i].text,
			      got.kind, wanted->kind);
		ck_assert_msg(got.hint == wanted->hint && got.first == wanted->first &&
				      got.number == wanted->number && got.z == wanted->z,
			      "%s: details differ", encodings[i].text);
		if (sysreg)
			ck_assert_msg(got.sysreg == wanted->sysreg && got.rt == wanted->rt,
				      "%s: another register", encodings[i].text);
	}
}
END_TEST

/* The name of a count, in static storage. */
static const char *name_of(unsigned count)
{
	static char name[COUNT_NAME];

	return count_name(count, name) ? name : "(none)";
}

#define assert_name(count, name) ck_assert_str_eq(name_of(count), name)

START_TEST(system_registers_have_the_guests_names)
{
	/* EL0's names at EL2 with VHE are the hypervisor's own timer; the guest's ends in _EL02. */
	assert_name(count_of_sysreg(SYSREG(3, 3, 14, 3, 1), true, false), "write.CNTV_CTL");
	assert_name(count_of_sysreg(SYSREG(3, 3, 14, 3, 1), true, true), "write.CNTHV_CTL");
	assert_name(count_of_sysreg(SYSREG(3, 5, 14, 3, 1), true, true), "write.CNTV_CTL");
	assert_name(count_of_sysreg(SYSREG(3, 3, 14, 2, 2), false, true), "read.CNTHP_CVAL");
	assert_name(count_of_sysreg(SYSREG(3, 5, 14, 2, 2), false, true), "read.CNTP_CVAL");
	assert_name(count_of_sysreg(SYSREG(3, 0, 1, 0, 2), true, true), "write.CPTR");
	assert_name(count_of_sysreg(SYSREG(3, 5, 1, 0, 2), true, true), "write.CPACR");
	assert_name(count_of_sysreg(SYSREG(3, 4, 14, 0, 3), true, true), "write.CNTVOFF");
	assert_name(count_of_sysreg(SYSREG(3, 0, 14, 1, 0), true, true), "write.CNTHCTL");
	assert_name(count_of_sysreg(SYSREG(3, 4, 12, 12, 0), true, true), "write.ICH_LR");
	assert_name(count_of_sysreg(SYSREG(3, 4, 12, 13, 7), false, true), "read.ICH_LR");
	assert_name(count_of_sysreg(SYSREG(3, 4, 12, 11, 7), false, true), "read.ICH_VMCR");
	assert_name(count_of_sysreg(SYSREG(3, 0, 4, 1, 0), false, true), "read.other");
	assert_name(count_of_sysreg(SYSREG(3, 0, 4, 1, 0), true, true), "write.other");
}
END_TEST

START_TEST(devices_exits_and_interrupts_have_names)
{
	assert_name(count_of_device("gicv3_dist", 0x300, false), "gic.distributor.active.read");
	assert_name(count_of_device("gicv3_dist", 0x2fc, true), "gic.distributor.write");
	assert_name(count_of_device("gic_dist", 0x3fc, true), "gic.distributor.active.write");
	assert_name(count_of_device("gic_dist", 0x400, true), "gic.distributor.write");
	assert_name(count_of_device("gicv3_redist_region[0]", 0x10300, true),
		    "gic.redistributor.active.write");
	assert_name(count_of_device("gicv3_redist_region[0]", 0x30380, true),
		    "gic.redistributor.active.write");
	assert_name(count_of_device("gicv3_redist_region[0]", 0x300, true),
		    "gic.redistributor.write");
	assert_name(count_of_device("gicv3_redist_region[1]", 0x10100, false),
		    "gic.redistributor.read");
	assert_name(count_of_device("gic_viface", 0, false), "gic.gich.read");
	assert_name(count_of_device("gic_cpu", 0xc, false), "gic.gicc.read");
	assert_name(count_of_device("pl011", 0, true), "device.write");
	assert_name(count_of_exit(0x400, UINT64_C(0x16) << 26), "exits.hvc64");
	assert_name(count_of_exit(0x400, UINT64_C(0x24) << 26), "exits.data_abort");
	assert_name(count_of_exit(0x400, UINT64_C(0x3f) << 26), "exits.other");
	assert_name(count_of_exit(0x480, UINT64_C(0x16) << 26), "exits.irq");
	assert_name(count_of_exit(0x580, 0), "exits.serror");
	assert_name(count_of_interrupt(27), "interrupts.27");
	assert_name(count_of_interrupt(1000), "interrupts.other");
}
END_TEST

START_TEST(each_name_is_one_counts)
{
	unsigned named = 0;
	char name[COUNT_NAME];

	for (unsigned i = 0; i < COUNTS; i++)
		if (count_name(i, name)) {
			named++;
			ck_assert_int_eq(count_by_name(name), (int)i);
		}
	ck_assert_uint_gt(named, 100);
	ck_assert(!count_name(COUNTS, name));
	ck_assert_int_eq(count_by_name("exits.for-fun"), -1);
}
END_TEST

#define VHE_HOST  (HCR_E2H | HCR_TGE)
#define VHE_GUEST (HCR_E2H | HCR_VM)

START_TEST(a_place_is_told_by_level_and_hcr)
{
	ck_assert_int_eq(place_find(2, VHE_HOST, 0), PLACE_EL2);
	ck_assert_int_eq(place_find(0, VHE_HOST, 1ULL << 48), PLACE_HOST_EL0);
	ck_assert_int_eq(place_find(0, VHE_GUEST, 0), PLACE_GUEST);
	ck_assert_int_eq(place_find(1, VHE_GUEST, 0), PLACE_GUEST);
	ck_assert_int_eq(place_find(1, 0, 0), PLACE_HOST_EL1);
	ck_assert_int_eq(place_find(0, 0, 0), PLACE_HOST_EL0);
	ck_assert_int_eq(place_find(1, HCR_VM, 3ULL << 48), PLACE_GUEST);
	/* A protected KVM's host, behind stage 2 as well. */
	ck_assert_int_eq(place_find(1, HCR_VM, 0x40000000), PLACE_HOST_EL1);
	ck_assert_int_eq(place_find(2, 0, 0), PLACE_EL2);
}
END_TEST

static struct bracket bracket;
static uint64_t now;

static void execute(uint64_t instructions)
{
	now += instructions;
}

static void execute_word(uint32_t word, uint64_t rt)
{
	struct instruction in = instruction_decode(word);

	execute(1);
	bracket_count_instruction(&bracket, now, &in, rt);
}

/* What the bracket writes at its end. */
static const char *end_bracket(void)
{
	static char text[4096];
	FILE *file;

	text[0] = 0;
	file = fmemopen(text, sizeof(text), "w");

	execute(1); /* the marker */
	bracket_end(&bracket, now, file);
	fclose(file);
	return text;
}

START_TEST(instructions_are_charged_to_who_ran_them)
{
	now = 1000;
	bracket_begin(&bracket, 7, now, PLACE_GUEST, VHE_GUEST);
	execute(2);
	bracket_enter_code(&bracket, now, PLACE_EL2, 0x400, UINT64_C(0x16) << 26);
	execute(9);
	execute_word(0xd51c1100, VHE_HOST); /* msr hcr_el2, x0 */
	execute(100);
	bracket_enter_code(&bracket, now, PLACE_HOST_EL0, -1, 0);
	execute(30);
	bracket_enter_code(&bracket, now, PLACE_EL2, 0x400, 0);
	execute(50);
	execute_word(0xd51c1100, VHE_GUEST);
	execute(5);
	execute_word(0xd69f03e0, 0); /* eret */
	bracket_enter_code(&bracket, now, PLACE_GUEST, -1, 0);
	execute(3);
	ck_assert_str_eq(
		end_bracket(),
		"7 instructions.guest=5 instructions.el2=16 instructions.host_kernel=151 "
		"instructions.armlet=30 exits=1 entries=1 exits.hvc64=1 exceptions.el2.sync=1 "
		"erets=1 write.HCR=2\n");
	ck_assert_str_eq(end_bracket(), "");
}
END_TEST

START_TEST(what_a_guest_does_itself_is_not_counted)
{
	now = 0;
	bracket_begin(&bracket, 0, now, PLACE_GUEST, VHE_GUEST);
	execute_word(0xd51be324, 0);
	execute_word(0xad000400, 0);
	execute_word(0xd5033fdf, 0);
	ck_assert_str_eq(end_bracket(), "0 instructions.guest=3\n");
}
END_TEST

START_TEST(without_vhe_el2_is_kvms_and_el1_the_hosts)
{
	now = 0;
	bracket_begin(&bracket, 0, now, PLACE_GUEST, HCR_VM);
	execute(1);
	bracket_enter_code(&bracket, now, PLACE_EL2, 0x480, 0);
	execute_word(0xd51c1100, 0);
	execute(10);
	bracket_enter_code(&bracket, now, PLACE_HOST_EL1, -1, 0);
	execute_word(0xd51be324, 0);
	execute(10);
	bracket_enter_code(&bracket, now, PLACE_HOST_EL1, 0x280, 0);
	execute(5);
	ck_assert_str_eq(
		end_bracket(),
		"0 instructions.guest=1 instructions.el2=11 instructions.host_kernel=16 exits=1 "
		"exits.irq=1 exceptions.el1.irq=1 write.CNTV_CTL=1 write.HCR=1\n");
}
END_TEST

START_TEST(a_save_is_all_registers)
{
	now = 0;
	bracket_begin(&bracket, 0, now, PLACE_EL2, VHE_GUEST);
	for (uint32_t i = 0; i < 32; i += 2) /* stp qI, qI+1, [x0] */
		execute_word(0xad000000 | (i + 1) << 10 | i, 0);
	for (uint32_t i = 0; i < 31; i++) /* str qI, [x0] */
		execute_word(0x3d800000 | i, 0);
	for (uint32_t i = 0; i < 32; i++) /* ldr zI, [x0] */
		execute_word(0x85804000 | i, 0);
	ck_assert_str_eq(
		end_bracket(),
		"0 instructions.el2=79 fp.saves=1 fp.restores=1 fp.q_stores=63 fp.z_loads=32\n");
}
END_TEST

static json_t *join(const char *lines, const char *bench_text)
{
	json_t *bench = json_loads(bench_text, 0, NULL), *lab = json_object(), *record;
	FILE *file = fmemopen((char *)lines, strlen(lines), "r");
	struct samples samples;
	size_t line;

	ck_assert_int_eq(samples_read(&samples, file, &line), 0);
	fclose(file);
	record = join_record(&samples, bench, lab);
	samples_free(&samples);
	json_decref(bench);
	json_decref(lab);
	return record;
}

static json_t *first_operation(json_t *record)
{
	return json_array_get(json_object_get(record, "operations"), 0);
}

#define BENCH                                                                           \
	"{\"schema\":1,\"kind\":\"bench\",\"operations\":[{\"index\":4,\"name\":\"a\"," \
	"\"irqchip\":\"user\","                                                         \
	"\"class\":\"kernel\"}]}"

START_TEST(iterations_become_a_record)
{
	json_t *record = join("4 instructions.guest=2 exits=1 write.HCR=2\n4 instructions.guest=2 "
			      "exits=1 write.HCR=2\n"
			      "5 instructions.guest=9\n",
			      BENCH);
	json_t *operation = first_operation(record), *counts = json_object_get(operation, "counts");

	ck_assert_str_eq(json_string_value(json_object_get(record, "kind")), "meter");
	ck_assert_str_eq(json_string_value(json_object_get(operation, "name")), "a");
	ck_assert_str_eq(json_string_value(json_object_get(operation, "class")), "kernel");
	ck_assert(json_is_true(json_object_get(operation, "exact")));
	ck_assert_int_eq(json_integer_value(json_object_get(operation, "iterations")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(operation, "discarded")), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(counts, "instructions.guest")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(counts, "write.HCR")), 2);
	/* Always there, though 0; others are not. */
	ck_assert(json_is_integer(json_object_get(counts, "instructions.armlet")));
	ck_assert_ptr_null(json_object_get(counts, "tlbi"));
	ck_assert_ptr_null(json_object_get(operation, "ranges"));
	json_decref(record);
}
END_TEST

START_TEST(another_interrupt_than_most_discards_an_iteration)
{
	json_t *record =
		join("4 exits=1 interrupts.27=1\n4 exits=9 interrupts.26=1 interrupts.27=1\n"
		     "4 exits=1 interrupts.27=1\n4 exits=5\n",
		     BENCH);
	json_t *operation = first_operation(record);

	ck_assert_int_eq(json_integer_value(json_object_get(operation, "iterations")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(operation, "discarded")), 2);
	ck_assert(json_is_true(json_object_get(operation, "exact")));
	json_decref(record);
}
END_TEST

START_TEST(what_varies_has_a_range)
{
	json_t *record = join("4 exits=1 tlbi=3\n4 exits=1 tlbi=1\n4 exits=1\n", BENCH);
	json_t *operation = first_operation(record), *ranges = json_object_get(operation, "ranges");
	json_t *range = json_object_get(ranges, "tlbi");

	ck_assert(json_is_false(json_object_get(operation, "exact")));
	ck_assert_int_eq(json_object_size(ranges), 1);
	ck_assert_int_eq(json_integer_value(json_array_get(range, 0)), 0);
	ck_assert_int_eq(json_integer_value(json_array_get(range, 1)), 3);
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(operation, "counts"), "tlbi")),
		1);
	json_decref(record);
}
END_TEST

START_TEST(an_operation_without_iterations_says_so)
{
	json_t *record = join("5 exits=1\n", BENCH);

	ck_assert_ptr_nonnull(json_object_get(first_operation(record), "skipped"));
	ck_assert_ptr_null(json_object_get(first_operation(record), "counts"));
	json_decref(record);
	ck_assert_ptr_null(join("", "{\"kind\":\"test\",\"operations\":[]}"));
	ck_assert_ptr_null(join("", "{\"kind\":\"bench\"}"));
	ck_assert_ptr_null(join("", "{\"kind\":\"bench\",\"operations\":[3]}"));
}
END_TEST

START_TEST(lines_that_are_none_are_refused)
{
	static const char *const bad[] = { "x exits=1\n",   "1x exits=1\n",
					   "1 exits\n",	    "1 exits=\n",
					   "1 exits=-1\n",  "1 exits=1x\n",
					   "1 nothing=1\n", "\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FILE *file = fmemopen((char *)bad[i], strlen(bad[i]), "r");
		struct samples samples;
		size_t line;

		ck_assert_msg(samples_read(&samples, file, &line) == -EINVAL, "\"%s\" is accepted",
			      bad[i]);
		ck_assert_uint_eq(line, 1);
		samples_free(&samples);
		fclose(file);
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("meter");
	TCase *code = tcase_create("code"), *owners = tcase_create("owners"),
	      *records = tcase_create("records");

	tcase_add_test(code, instructions_are_told_by_their_encoding);
	tcase_add_test(code, system_registers_have_the_guests_names);
	tcase_add_test(code, devices_exits_and_interrupts_have_names);
	tcase_add_test(code, each_name_is_one_counts);
	suite_add_tcase(suite, code);
	tcase_add_test(owners, a_place_is_told_by_level_and_hcr);
	tcase_add_test(owners, instructions_are_charged_to_who_ran_them);
	tcase_add_test(owners, what_a_guest_does_itself_is_not_counted);
	tcase_add_test(owners, without_vhe_el2_is_kvms_and_el1_the_hosts);
	tcase_add_test(owners, a_save_is_all_registers);
	suite_add_tcase(suite, owners);
	tcase_add_test(records, iterations_become_a_record);
	tcase_add_test(records, another_interrupt_than_most_discards_an_iteration);
	tcase_add_test(records, what_varies_has_a_range);
	tcase_add_test(records, an_operation_without_iterations_says_so);
	tcase_add_test(records, lines_that_are_none_are_refused);
	suite_add_tcase(suite, records);
	return suite;
}
