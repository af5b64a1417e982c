// SPDX-License-Identifier: GPL-2.0-only
#include "guest-images/lib/cpu.h"
#include "guest-images/lib/fp.h"

#define FPEN_ALLOW (3 << 20)
#define ZEN_ALLOW  (3 << 16)
#define ZCR_EL1	   "s3_0_c1_c2_0"

/* One CPU's own. Large: vectors have up to 256 bytes. */
static struct live {
	enum fp_live kind;
	struct fp_who who; /* whose pattern is there */
	uint64_t wanted_vl, vl, zcr;
	uint32_t handled;
	struct fp_registers fp, fp_seen;
	struct sve_registers sve, sve_seen;
	/* Of its interrupt handlers. */
	struct fp_registers fp_interrupted, fp_handler, fp_handler_seen;
	struct sve_registers sve_interrupted, sve_handler, sve_handler_seen;
} lives[GUEST_MAX_CPUS];

static struct live *live_here(void)
{
	return &lives[this_cpu()];
}

static uint64_t read_zcr(void)
{
	uint64_t zcr;

	asm volatile("mrs %0, " ZCR_EL1 : "=r"(zcr)::"memory");
	return zcr;
}

uint64_t sve_set_vl(uint64_t bytes)
{
	asm volatile("msr " ZCR_EL1 ", %0" ::"r"(bytes / 16 - 1) : "memory");
	isb();
	return sve_vector_bytes();
}

/* The next length after `bytes` that this vCPU can have; the shortest after the longest. */
static uint64_t next_vl(uint64_t bytes)
{
	for (uint64_t asked = bytes + 16; asked <= FP_SVE_MAX_BYTES; asked += 16)
		if (sve_set_vl(asked) == asked)
			return asked;
	return sve_set_vl(16);
}

void fp_live_begin(enum fp_live kind, enum fp_owner owner, uint64_t vl)
{
	struct live *live = live_here();

	live->kind = kind;
	live->who = (struct fp_who){ owner, this_cpu(), 0 };
	live->wanted_vl = vl;
	live->vl = 0;
	if (kind != FP_LIVE_SVE)
		return;
	if ((read_sysreg(id_aa64pfr0_el1) >> 32 & 15) == 0)
		skip("this VM has no SVE");
	write_sysreg(cpacr_el1, FPEN_ALLOW | ZEN_ALLOW);
	isb();
}

static void choose_vl(struct live *live)
{
	if (cpu_here()->in_el0) {
		live->vl = sve_vector_bytes();
		return;
	}
	live->vl = live->wanted_vl ? sve_set_vl(live->wanted_vl) : next_vl(live->vl);
	live->zcr = read_zcr();
}

void fp_live_expect(struct fp_who who)
{
	struct live *live = live_here();

	live->who = who;
	if (live->kind == FP_LIVE_FP)
		fp_fill(&live->fp, who);
	if (live->kind == FP_LIVE_SVE)
		sve_fill(&live->sve, who, live->vl);
}

void fp_live_load(uint32_t round)
{
	struct live *live = live_here();
	struct fp_who who = live->who;

	if (live->kind == FP_LIVE_SVE)
		choose_vl(live);
	who.round = round % FP_ROUNDS;
	fp_live_expect(who);
	if (live->kind == FP_LIVE_FP)
		fp_load(&live->fp);
	if (live->kind == FP_LIVE_SVE)
		sve_load(&live->sve);
}

static bool check_fp(struct live *live, const char *when)
{
	struct fp_difference first;

	fp_play_faults();
	fp_store(&live->fp_seen);
	if (!fp_compare(&live->fp, &live->fp_seen, &first))
		return true;
	fp_fail(when, live->who.round, &first);
	return false;
}

static bool check_sve(struct live *live, const char *when)
{
	struct fp_difference first;

	sve_play_faults();
	sve_store(&live->sve_seen);
	if (!cpu_here()->in_el0 && read_zcr() != live->zcr)
		fail("round %u, %s: ZCR_EL1 is 0x%lx instead of 0x%lx", live->who.round, when,
		     read_zcr(), live->zcr);
	if (!sve_compare(&live->sve, &live->sve_seen, live->vl, &first))
		return true;
	note("vectors of %u bytes", (unsigned)live->vl);
	fp_fail(when, live->who.round, &first);
	return false;
}

bool fp_live_check(const char *when)
{
	struct live *live = live_here();

	switch (live->kind) {
	case FP_LIVE_FP:
		return check_fp(live, when);
	case FP_LIVE_SVE:
		return check_sve(live, when);
	default:
		return true;
	}
}

static void handle_with_fp(struct live *live, struct fp_who who, void (*between)(void))
{
	struct fp_difference first;

	fp_store(&live->fp_interrupted);
	fp_fill(&live->fp_handler, who);
	fp_load(&live->fp_handler);
	between();
	fp_store(&live->fp_handler_seen);
	if (fp_compare(&live->fp_handler, &live->fp_handler_seen, &first))
		fp_fail("in an interrupt handler", who.round, &first);
	fp_load(&live->fp_interrupted);
}

static void handle_with_sve(struct live *live, struct fp_who who, void (*between)(void))
{
	struct fp_difference first;

	sve_store(&live->sve_interrupted);
	sve_fill(&live->sve_handler, who, live->sve_interrupted.vl);
	sve_load(&live->sve_handler);
	between();
	sve_store(&live->sve_handler_seen);
	if (sve_compare(&live->sve_handler, &live->sve_handler_seen, live->sve_handler.vl, &first))
		fp_fail("in an interrupt handler", who.round, &first);
	sve_load(&live->sve_interrupted);
}

void fp_live_in_handler(void (*between)(void))
{
	struct live *live = live_here();
	struct fp_who who = { FP_OWNER_HANDLER, this_cpu(), ++live->handled % FP_ROUNDS };

	switch (live->kind) {
	case FP_LIVE_FP:
		handle_with_fp(live, who, between);
		break;
	case FP_LIVE_SVE:
		handle_with_sve(live, who, between);
		break;
	default:
		between();
		break;
	}
}

static void check_zero(const uint64_t *words, size_t count, const char *what)
{
	for (unsigned i = 0; i < count && !failed(); i++)
		CHECK(!words[i], "word %u of the %s is 0x%lx at the first use after reset", i, what,
		      words[i]);
}

void fp_live_check_reset(void)
{
	struct live *live = live_here();

	if (live->kind == FP_LIVE_SVE) {
		uint64_t vl = sve_set_vl(FP_SVE_MAX_BYTES);

		sve_play_faults();
		sve_store(&live->sve_seen);
		check_zero(live->sve_seen.z, 32 * vl / 8, "Z registers");
		check_zero(live->sve_seen.p, 16 * vl / 64, "predicates");
		check_zero(live->sve_seen.ffr, (vl / 8 + 7) / 8, "FFR");
		check_zero(&live->sve_seen.fpcr, 1, "FPCR");
		check_zero(&live->sve_seen.fpsr, 1, "FPSR");
	} else {
		fp_play_faults();
		fp_store(&live->fp_seen);
		check_zero((const uint64_t *)live->fp_seen.v, 64, "V registers");
		check_zero(&live->fp_seen.fpcr, 1, "FPCR");
		check_zero(&live->fp_seen.fpsr, 1, "FPSR");
	}
	fp_live_load(1);
}
