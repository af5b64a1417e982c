/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All FP/SIMD and SVE registers to and from memory, in assembly, so that no compiler has a say in
 * what is in them in between.
 *
 * Assembled for the guests and for the monitor. Callers that want their registers kept between a
 * load and a store have to be compiled with -mgeneral-regs-only. (Arm ARM, C1.2.5, B1.2.)
 */
#ifndef GUEST_IMAGES_FP_FP_REGISTERS_H
#define GUEST_IMAGES_FP_FP_REGISTERS_H

#include <stdint.h>

struct fp_registers {
	uint64_t v[32][2]; /* low half first */
	uint64_t fpcr, fpsr;
};

/* The architecture's largest vector: 2048 bits. */
#define FP_SVE_MAX_BYTES 256

struct sve_registers {
	uint64_t vl; /* bytes of a Z register, as RDVL reads it; set by sve_store() */
	uint64_t fpcr, fpsr;
	uint64_t z[32 * FP_SVE_MAX_BYTES / 8];	/* vl bytes each, packed */
	uint64_t p[16 * FP_SVE_MAX_BYTES / 64]; /* vl / 8 bytes each, packed */
	uint64_t ffr[FP_SVE_MAX_BYTES / 64];
};

/* FPCR and FPSR bits that every core implements and that may be set without harm: rounding, DN, FZ;
 * the cumulative flags. */
#define FP_FPCR_BITS UINT64_C(0x03c00000)
#define FP_FPSR_BITS UINT64_C(0x0800009f)

/* Needs FP/SIMD not trapped. Loads overwrite every register, also the callee-saved halves of V8 to
 * V15: a C caller compiled for FP must call fp_run_preserving() or save them itself. */
void fp_load(const struct fp_registers *from);
void fp_store(struct fp_registers *to);

/* Need SVE not trapped. sve_load() takes the layout of the current vector length. */
uint64_t sve_vector_bytes(void);
void sve_load(const struct sve_registers *from);
void sve_store(struct sve_registers *to);

/*
 * The monitor's side: fills the registers from `before`, does one system call (number and three
 * arguments as the kernel takes them), stores the registers into `after`, and puts back what the C
 * ABI wants kept. Returns what the kernel did: a value or -errno.
 */
long fp_syscall(const struct fp_registers *before, struct fp_registers *after, long number,
		const long arguments[3]);
/* The instruction after the system call: where a thread stands that is inside. */
extern const char fp_syscall_return[], sve_syscall_return[];
/* The same with SVE. A system call may zero what lies beyond 128 bits of Z, P and FFR (Linux' ABI,
 * Documentation/arch/arm64/sve.rst): the low 128 bits, FPCR and FPSR are what must be kept. */
long sve_syscall(const struct sve_registers *before, struct sve_registers *after, long number,
		 const long arguments[3]);

/* Fills the registers, counts `turns` down, and stores the registers: whatever interrupts that has
 * to leave all of them as they were. */
void sve_spin(const struct sve_registers *before, struct sve_registers *after, uint64_t turns);

#endif
