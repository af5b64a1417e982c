// SPDX-License-Identifier: GPL-2.0-only
#include "harness/fault.h"

#include <string.h>

#include "harness/test.h"

#define ANYWHERE (TEST_ON_VGIC | TEST_ON_USER)

const struct fault_row fault_rows[FAULTS] = {
	[FAULT_NONE] = { "none", "nothing is wrong", ANYWHERE, 0, false },

	[FAULT_LINE_DROP] = { "line-drop", "every third rise of a timer's line is not told",
			      TEST_ON_USER, 0, false },
	[FAULT_LINE_DELAY] = { "line-delay",
			       "every third rise of a timer's line is told 10 ms late",
			       TEST_ON_USER, 0, true },
	[FAULT_LINE_DUPLICATE] = { "line-duplicate",
				   "a timer's line that fell rises again for 3 ms", TEST_ON_USER, 0,
				   false },
	[FAULT_LINE_STUCK] = { "line-stuck", "a timer's line that rose never falls", TEST_ON_USER,
			       0, false },
	[FAULT_LINE_EARLY] = { "line-early", "a timer's line rises 10 ms before CVAL", TEST_ON_USER,
			       0, false },
	[FAULT_LINE_SWAP] = { "line-swap",
			      "the lines of the virtual and the physical timer are swapped",
			      TEST_ON_USER, 0, false },
	[FAULT_LINE_MASKED] = { "line-masked", "a timer's line rises although IMASK is set",
				TEST_ON_USER, 0, false },
	[FAULT_INPUT_LOST] = { "input-lost",
			       "every third change of a vCPU's interrupt input is taken back",
			       TEST_ON_USER, 0, false },

	[FAULT_SAVE_CVAL] = { "save-cval", "saved CVAL has bit 12 flipped", ANYWHERE, 0, false },
	[FAULT_SAVE_CTL] = { "save-ctl", "saved CTL has lost ENABLE", ANYWHERE, 0, false },
	[FAULT_SAVE_CNT] = { "save-cnt", "the saved counter is not loaded", ANYWHERE, 0, false },
	[FAULT_SAVE_SWAP] = { "save-swap", "virtual and physical timer are loaded into each other",
			      ANYWHERE, 0, false },
	[FAULT_SAVE_LOST] = { "save-lost", "nothing of the timers' state is loaded", ANYWHERE, 0,
			      false },
	[FAULT_LOAD_IMASK] = { "load-imask", "loaded CTL has IMASK set", ANYWHERE, 0, false },

	[FAULT_REG_CVAL] = { "reg-cval",
			     "on a move, signal or pause, CNTV_CVAL becomes 10 ms earlier",
			     ANYWHERE, 0, false },
	[FAULT_REG_CTL_LOST] = { "reg-ctl-lost", "on a move, signal or pause, CNTV_CTL becomes 0",
				 ANYWHERE, 0, false },
	[FAULT_REG_CNT_JUMP] = { "reg-cnt-jump",
				 "on a move, signal or pause, CNTVCT jumps back by 1 s", ANYWHERE,
				 0, false },
	[FAULT_ENABLE_LOST] = { "enable-lost",
				"on a move, signal or pause, the timers' PPIs are disabled",
				TEST_ON_VGIC, 0, false },
	[FAULT_PENDING_EXTRA] = { "pending-extra",
				  "on a move, signal or pause, the virtual timer's PPI is set "
				  "pending",
				  TEST_ON_VGIC, 0, false },
	[FAULT_ACTIVE_STUCK] = { "active-stuck",
				 "on a move, signal or pause, the timers' PPIs are set active",
				 TEST_ON_VGIC, 0, false },
	[FAULT_INTID] = { "intid", "a timer's INTID is set to another one than asked for",
			  TEST_ON_VGIC, 0, false },
	[FAULT_OFFSET] = { "offset", "the counter offset is 1 s off for the physical counter",
			   ANYWHERE, 0, false },
	[FAULT_KILLS_BYSTANDER] = { "kills-bystander",
				    "now and then, CNTV_CTL becomes 0 in VMs that are not alone",
				    ANYWHERE, 0, false },

	[FAULT_IOCTL_RESULT] = { "ioctl-result",
				 "of a VM made by hand, an ioctl's success is taken for EPROTO, a "
				 "refusal for success",
				 ANYWHERE, 0, false },
	[FAULT_RAW_NO_ENABLE] = { "raw-no-enable",
				  "of a VM made by hand, the timers are not enabled", ANYWHERE, 0,
				  false },
	[FAULT_RAW_EARLY] = { "raw-early", "of a VM made by hand, a CVAL is written 1 s too early",
			      ANYWHERE, 0, false },

	[FAULT_GUEST_COUNTER_SKEW] = { "guest-counter-skew",
				       "vCPU n > 0 reads the counters n ms ahead", ANYWHERE,
				       GUEST_FAULT_COUNTER_SKEW, false },
	[FAULT_GUEST_COUNTER_BACK] = { "guest-counter-back",
				       "now and then a counter reads 1 ms earlier", ANYWHERE,
				       GUEST_FAULT_COUNTER_BACK, false },
	[FAULT_GUEST_LOST_WAKEUP] = { "guest-lost-wakeup",
				      "WFI goes on sleeping after the first interrupt", ANYWHERE,
				      GUEST_FAULT_LOST_WAKEUP, false },
	[FAULT_GUEST_LOST_INTERRUPT] = { "guest-lost-interrupt",
					 "every third interrupt of a timer gets lost", ANYWHERE,
					 GUEST_FAULT_LOST_INTERRUPT, false },
	[FAULT_GUEST_DOUBLE_INTERRUPT] = { "guest-double-interrupt",
					   "every third interrupt comes twice", ANYWHERE,
					   GUEST_FAULT_DOUBLE_INTERRUPT, false },
	[FAULT_GUEST_EARLY] = { "guest-early", "a CVAL is written 10 ms too early", ANYWHERE,
				GUEST_FAULT_EARLY, false },
	[FAULT_GUEST_LATE] = { "guest-late", "a CVAL is written 20 ms too late", ANYWHERE,
			       GUEST_FAULT_LATE, true },
	[FAULT_GUEST_PHYSICAL_OFFSET] = { "guest-physical-offset",
					  "the physical counter reads 1 s ahead on vCPU 0 alone",
					  ANYWHERE, GUEST_FAULT_PHYSICAL_OFFSET, false },
	[FAULT_GUEST_TVAL_UNSIGNED] = { "guest-tval-unsigned", "TVAL is not sign extended",
					ANYWHERE, GUEST_FAULT_TVAL_UNSIGNED, false },
	[FAULT_GUEST_ISTATUS_STUCK] = { "guest-istatus-stuck", "CTL reads ISTATUS = 0", ANYWHERE,
					GUEST_FAULT_ISTATUS_STUCK, false },
	[FAULT_GUEST_IGNORES_IMASK] = { "guest-ignores-imask", "IMASK is not written", ANYWHERE,
					GUEST_FAULT_IGNORES_IMASK, false },
	[FAULT_GUEST_NO_ENABLE] = { "guest-no-enable", "every eighth ENABLE is not written",
				    ANYWHERE, GUEST_FAULT_NO_ENABLE, false },
	[FAULT_GUEST_FREQUENCY] = { "guest-frequency",
				    "CNTFRQ reads twice as much on vCPUs above 0", ANYWHERE,
				    GUEST_FAULT_FREQUENCY, false },

	[FAULT_GUEST_FP_FLIP] = { "guest-fp-flip", "a bit of V7 is flipped", ANYWHERE,
				  GUEST_FAULT_FP_FLIP, false },
	[FAULT_GUEST_FP_FPCR] = { "guest-fp-fpcr", "FPCR is lost", ANYWHERE, GUEST_FAULT_FP_FPCR,
				  false },
	[FAULT_GUEST_FP_FOREIGN] = { "guest-fp-foreign", "V0 or Z0 has what the monitor had there",
				     ANYWHERE, GUEST_FAULT_FP_FOREIGN, false },
	[FAULT_GUEST_SVE_STALE] = { "guest-sve-stale", "the end of Z31 is of another round",
				    ANYWHERE, GUEST_FAULT_SVE_STALE, false },
	[FAULT_GUEST_SVE_VL] = { "guest-sve-vl", "the vector length has changed", ANYWHERE,
				 GUEST_FAULT_SVE_VL, false },
	[FAULT_FP_LOAD_FPCR] = { "fp-load-fpcr", "FPCR is not loaded with the FP registers",
				 ANYWHERE, 0, false },
	[FAULT_FP_LOAD_SWAP] = { "fp-load-swap", "V31 is loaded with V30's value", ANYWHERE, 0,
				 false },
	[FAULT_FP_HOST_LOST] = { "fp-host-lost", "V0 of the monitor or of a host task is lost",
				 ANYWHERE, 0, false },
};

enum fault fault_find(const char *name)
{
	for (enum fault fault = FAULT_NONE + 1; fault < FAULTS; fault++)
		if (strcmp(fault_rows[fault].name, name) == 0)
			return fault;
	return FAULT_NONE;
}
