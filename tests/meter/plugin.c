// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost meter: a plugin of QEMU that counts what the emulated machine does between two markers
 * (guest-images/lib/marker.h). docs/meter.md tells what is counted and how.
 *
 * Arguments: out=FILE gets a line for each bracket.
 *
 * Until the first marker only translation is watched, which costs next to nothing; then the
 * machine's code is translated anew with all that counts. One CPU only: what runs between two
 * markers would else be anybody's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-images/lib/marker.h"
#include "tests/meter/bracket.h"
#include "tests/meter/qemu_api.h"
#include "tests/meter/sysregs.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* A piece of code that QEMU has translated. It is translated apart for each exception level and
 * regime. */
struct block {
	enum place place; /* unknown until it runs */
	uint64_t address;
	struct block *next;
};

/* An instruction of it that counts. */
struct site {
	struct block *block;
	struct instruction in;
	struct site *next;
};

static qemu_plugin_id_t plugin;
static FILE *out;
static bool armed;
static struct block *blocks;
static struct site *sites;
static struct bracket bracket;
static qemu_plugin_u64 executed; /* instructions */
static qemu_plugin_u64 counting; /* bracket.open, where QEMU's conditions can see it */
static int interrupt_in =
	-1; /* the register into which an acknowledged interrupt's INTID has just been read */

static struct {
	struct qemu_plugin_register *x[31], *cpsr, *hcr, *vttbr, *esr, *vbar_el1, *vbar_el2;
} registers;
static GByteArray *value;

static uint64_t read_register(struct qemu_plugin_register *handle)
{
	uint64_t number = 0;

	g_byte_array_set_size(value, 0);
	if (qemu_plugin_read_register(handle, value) > 0)
		memcpy(&number, value->data,
		       value->len < sizeof(number) ? value->len : sizeof(number));
	return number;
}

static uint64_t read_x(unsigned number)
{
	return number < 31 ? read_register(registers.x[number]) : 0;
}

static void name_register(const qemu_plugin_reg_descriptor *found)
{
	unsigned number;
	char end;

	if (sscanf(found->name, "x%u%c", &number, &end) == 1 && number < 31)
		registers.x[number] = found->handle;
	else if (strcmp(found->name, "cpsr") == 0)
		registers.cpsr = found->handle;
	else if (strcmp(found->name, "HCR_EL2") == 0)
		registers.hcr = found->handle;
	else if (strcmp(found->name, "VTTBR_EL2") == 0)
		registers.vttbr = found->handle;
	else if (strcmp(found->name, "ESR_EL2") == 0)
		registers.esr = found->handle;
	else if (strcmp(found->name, "VBAR") == 0 || strcmp(found->name, "VBAR_EL1") == 0)
		registers.vbar_el1 = found->handle;
	else if (strcmp(found->name, "VBAR_EL2") == 0)
		registers.vbar_el2 = found->handle;
}

/* On the emulated CPU's thread. */
static void find_registers(void)
{
	GArray *all = qemu_plugin_get_registers();
	bool complete;

	for (unsigned i = 0; i < all->len; i++)
		name_register((qemu_plugin_reg_descriptor *)all->data + i);
	g_array_free(all, true);
	complete = registers.cpsr && registers.hcr && registers.vttbr && registers.esr &&
		   registers.vbar_el1 && registers.vbar_el2;
	for (unsigned i = 0; i < 31; i++)
		complete = complete && registers.x[i];
	if (!complete) {
		fprintf(stderr, "meter: this QEMU does not show a plugin the registers that it "
				"needs; 10.0 does\n");
		exit(1);
	}
}

static enum place block_place(struct block *block)
{
	if (block->place == PLACE_UNKNOWN)
		block->place = place_find(read_register(registers.cpsr) >> 2 & 3,
					  read_register(registers.hcr),
					  read_register(registers.vttbr));
	return block->place;
}

/* The offset in the table of vectors, if the block begins at one of them and may be where an
 * exception was taken to. */
static int block_vector(const struct block *block)
{
	uint64_t vbar;

	if (block->address % 0x80 || (block->place != PLACE_EL2 && block->place != PLACE_HOST_EL1))
		return -1;
	vbar = read_register(block->place == PLACE_EL2 ? registers.vbar_el2 : registers.vbar_el1);
	return (block->address & ~UINT64_C(0x7ff)) == vbar ? (int)(block->address & 0x7ff) : -1;
}

static void on_block(unsigned vcpu, void *data)
{
	struct block *block = data;
	enum place place = block_place(block);
	int vector = block_vector(block);

	(void)vcpu;
	if (interrupt_in >= 0) {
		uint64_t intid = read_x((unsigned)interrupt_in) & 0xffffff;

		if (intid < 1020 || intid >= 8192)
			bracket_count(&bracket, count_of_interrupt((uint32_t)intid));
		interrupt_in = -1;
	}
	bracket_enter_code(&bracket, qemu_plugin_u64_get(executed, 0), place, vector,
			   vector >= 0 ? read_register(registers.esr) : 0);
}

static void on_event(unsigned vcpu, void *data)
{
	const struct site *site = data;
	const struct instruction *in = &site->in;
	bool host = bracket.place == PLACE_EL2 || bracket.place == PLACE_HOST_EL1;

	(void)vcpu;
	if (host && in->kind == INSTRUCTION_SYSREG_READ &&
	    (in->sysreg == SYSREG_ICC_IAR1 || in->sysreg == SYSREG_ICC_IAR0))
		interrupt_in = in->rt;
	bracket_count_instruction(&bracket, qemu_plugin_u64_get(executed, 0), in,
				  in->sysreg == SYSREG_HCR_EL2 ? read_x(in->rt) : 0);
}

static void on_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
	const struct qemu_plugin_hwaddr *address;
	const char *device;
	uint64_t offset;
	bool write;

	(void)vcpu;
	(void)data;
	if (!bracket.open || (bracket.place != PLACE_EL2 && bracket.place != PLACE_HOST_EL1))
		return;
	address = qemu_plugin_get_hwaddr(info, vaddr);
	if (!address || !qemu_plugin_hwaddr_is_io(address))
		return;
	device = qemu_plugin_hwaddr_device_name(address);
	write = qemu_plugin_mem_is_store(info);
	offset = qemu_plugin_hwaddr_phys_addr(address);
	bracket_count(&bracket, count_of_device(device, offset, write));
	/* GICC_IAR */
	if (!write && strncmp(device, "gic_cpu", 7) == 0 && (offset & 0xfff) == 0xc) {
		uint32_t intid = qemu_plugin_mem_get_value(info).data.u32 & 0x3ff;

		if (intid < 1020)
			bracket_count(&bracket, count_of_interrupt(intid));
	}
}

static void arm(void);

static void on_marker(unsigned vcpu, void *data)
{
	const struct site *site = data;
	uint64_t now;

	(void)vcpu;
	if (!armed) {
		arm();
		return;
	}
	if (!registers.cpsr)
		find_registers();
	now = qemu_plugin_u64_get(executed, 0);
	switch (site->in.hint) {
	case MARKER_HINT_BEGIN:
		interrupt_in = -1;
		bracket_begin(&bracket, read_x(0), now, block_place(site->block),
			      read_register(registers.hcr));
		break;
	case MARKER_HINT_END:
		bracket_end(&bracket, now, out);
		break;
	}
	qemu_plugin_u64_set(counting, 0, bracket.open);
}

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory) {
		fprintf(stderr, "meter: no memory\n");
		exit(1);
	}
	return memory;
}

static void instrument(struct qemu_plugin_insn *insn, const struct instruction *in,
		       struct block *block)
{
	struct site *site;

	if (armed)
		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
			insn, QEMU_PLUGIN_INLINE_ADD_U64, executed, 1);
	if (in->kind == INSTRUCTION_OTHER || (!armed && in->kind != INSTRUCTION_MARKER))
		return;
	if (in->kind == INSTRUCTION_MEMORY) {
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW, NULL);
		return;
	}
	site = allocate(sizeof(*site));
	site->block = block;
	site->in = *in;
	site->next = sites;
	sites = site;
	if (in->kind == INSTRUCTION_MARKER)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, QEMU_PLUGIN_CB_R_REGS,
						       site);
	else
		qemu_plugin_register_vcpu_insn_exec_cond_cb(insn, on_event, QEMU_PLUGIN_CB_R_REGS,
							    QEMU_PLUGIN_COND_NE, counting, 0, site);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *block = NULL;

	(void)id;
	if (armed) {
		block = allocate(sizeof(*block));
		block->address = qemu_plugin_tb_vaddr(tb);
		block->next = blocks;
		blocks = block;
		qemu_plugin_register_vcpu_tb_exec_cond_cb(tb, on_block, QEMU_PLUGIN_CB_R_REGS,
							  QEMU_PLUGIN_COND_NE, counting, 0, block);
	}
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		struct instruction in = { .kind = INSTRUCTION_OTHER };
		uint32_t word;

		if (qemu_plugin_insn_data(insn, &word, sizeof(word)) == sizeof(word))
			in = instruction_decode(word);
		instrument(insn, &in, block);
	}
}

/* All translated code is gone, and nothing of it runs. */
static void on_flush(qemu_plugin_id_t id)
{
	(void)id;
	while (blocks) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
	while (sites) {
		struct site *next = sites->next;

		free(sites);
		sites = next;
	}
}

static void watch(qemu_plugin_id_t id)
{
	qemu_plugin_register_flush_cb(id, on_flush);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
}

static void on_armed(qemu_plugin_id_t id)
{
	on_flush(id);
	armed = true;
	watch(id);
}

/* QEMU throws away all that it has translated, soon. */
static void arm(void)
{
	qemu_plugin_reset(plugin, on_armed);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	const char *file = NULL;

	if (strcmp(info->target_name, "aarch64") != 0 || !info->system_emulation) {
		fprintf(stderr, "meter: for qemu-system-aarch64\n");
		return -1;
	}
	if (info->system.smp_vcpus != 1) {
		fprintf(stderr, "meter: for one emulated CPU\n");
		return -1;
	}
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			file = argv[i] + 4;
	out = file ? fopen(file, "w") : NULL;
	if (!out) {
		fprintf(stderr, "meter: cannot write %s\n",
			file ? file : "its results: no out=FILE");
		return -1;
	}
	plugin = id;
	value = g_byte_array_new();
	executed.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	counting.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	watch(id);
	return 0;
}
