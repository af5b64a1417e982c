// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/kvm.h"
#include "base/log.h"
#include "vcpu/vcpu.h"

static const struct {
	const char *name;
	uint64_t id;
} system_registers[] = {
	{ "ESR_EL1", ARM64_SYS_REG(3, 0, 5, 2, 0) },
	{ "FAR_EL1", ARM64_SYS_REG(3, 0, 6, 0, 0) },
	{ "ELR_EL1", KVM_CORE_REG_U64(elr_el1) },
	{ "SPSR_EL1", KVM_CORE_REG_U64(spsr[0]) },
	{ "VBAR_EL1", ARM64_SYS_REG(3, 0, 12, 0, 0) },
	{ "SCTLR_EL1", ARM64_SYS_REG(3, 0, 1, 0, 0) },
	{ "TTBR0_EL1", ARM64_SYS_REG(3, 0, 2, 0, 0) },
	{ "TTBR1_EL1", ARM64_SYS_REG(3, 0, 2, 0, 1) },
	{ "MPIDR_EL1", ARM64_SYS_REG(3, 0, 0, 0, 5) },
};

static uint64_t core_register(struct vcpu *vcpu, uint64_t id)
{
	uint64_t value = 0;

	kvm_get_one_reg(vcpu->fd, id, &value);
	return value;
}

void vcpu_report(struct vcpu *vcpu, const char *format, ...)
{
	char why[256];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	log_error(0, "vcpu%u: %s", vcpu->index, why);
	log_error(0,
		  "vcpu%u:  PC %016" PRIx64 "  SP_EL0 %016" PRIx64 "  SP_EL1 %016" PRIx64
		  "  PSTATE %08" PRIx64,
		  vcpu->index, core_register(vcpu, KVM_CORE_REG_U64(regs.pc)),
		  core_register(vcpu, KVM_CORE_REG_U64(regs.sp)),
		  core_register(vcpu, KVM_CORE_REG_U64(sp_el1)),
		  core_register(vcpu, KVM_CORE_REG_U64(regs.pstate)));
	for (unsigned i = 0; i < 31; i += 4) {
		char line[128];
		int length = 0;

		/* regs.regs[] are 64 bits wide; KVM counts core registers in words of 32. */
		for (unsigned n = i; n < i + 4 && n < 31; n++)
			length += snprintf(
				line + length, sizeof(line) - length, " %sX%u %016" PRIx64,
				n < 10 ? " " : "", n,
				core_register(vcpu, KVM_CORE_REG_U64(regs.regs[0]) + 2 * n));
		log_error(0, "vcpu%u: %s", vcpu->index, line);
	}
	for (unsigned i = 0; i < sizeof(system_registers) / sizeof(system_registers[0]); i++) {
		uint64_t value;

		if (kvm_get_one_reg(vcpu->fd, system_registers[i].id, &value) == 0)
			log_error(0, "vcpu%u:  %-9s %016" PRIx64, vcpu->index,
				  system_registers[i].name, value);
	}
}
