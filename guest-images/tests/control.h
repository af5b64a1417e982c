/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests and the scripts of the family `control` agree on. */
#ifndef GUEST_IMAGES_TESTS_CONTROL_H
#define GUEST_IMAGES_TESTS_CONTROL_H

/* Arguments. */
enum control_arg {
	CONTROL_ARG_COUNT,   /* how often */
	CONTROL_ARG_TIMERS,  /* bits: 1 virtual, 2 physical */
	CONTROL_ARG_VARIANT, /* which form of the test */
	CONTROL_ARG_INTIDS,  /* two of these: what the script asks KVM for */
};
#define CONTROL_VIRTUAL	 1
#define CONTROL_PHYSICAL 2

enum control_word {
	CONTROL_WORD_STATE,	   /* guest: how far it is */
	CONTROL_WORD_GO,	   /* host: how far it is */
	CONTROL_WORD_FREQUENCY,	   /* host: of its counter */
	CONTROL_WORD_OFFSET,	   /* host: the counter offset that it has set */
	CONTROL_WORD_LOADED,	   /* host: its counter just before it loaded a state */
	CONTROL_WORD_EXPECTED = 8, /* CTL, CVAL, CNT of both timers, as saved: six words */
	CONTROL_WORD_SEEN = 16,	   /* guest: what it saw before a reset */
};
#define CONTROL_EXPECTED(timer, reg) (CONTROL_WORD_EXPECTED + (timer)*3 + (reg))

/* TEST_DEVICE_CALL. `reg` is 0 CTL, 1 CVAL, 2 CNT, as in enum arch_timer_reg. */
enum control_call {
	CONTROL_CALL_HOST_COUNT, /* returns the host's counter */
	CONTROL_CALL_GET,	 /* timer, reg: returns its value by KVM_GET_ONE_REG */
	CONTROL_CALL_SET,	 /* timer, reg, value: KVM_SET_ONE_REG; returns 0 or an error */
	CONTROL_CALL_OFFSET,	 /* offset: KVM_ARM_SET_COUNTER_OFFSET; returns 0 or an error */
	CONTROL_CALL_EXPIRED,	 /* timer: waits until it has expired, then returns its CTL */
	CONTROL_CALL_ISTATUS_IS_FRESH, /* whether ISTATUS is of the time at which CTL is read */
};

/* Variants of control_save. */
enum control_save_variant {
	CONTROL_SAVE_SPINNING,
	CONTROL_SAVE_ASLEEP,
};

/* Variants of control_migrate: how the timers are when they are saved. */
enum control_migrate_variant {
	CONTROL_MIGRATE_FAR,	  /* they expire after the load */
	CONTROL_MIGRATE_NEAR,	  /* they expire about when they are saved */
	CONTROL_MIGRATE_EXPIRED,  /* expired, the interrupt not taken */
	CONTROL_MIGRATE_MASKED,	  /* expired, IMASK set */
	CONTROL_MIGRATE_DISABLED, /* CVAL in the past, not enabled */
	CONTROL_MIGRATE_VARIANTS
};

/* What the guest of control_migrate and those with two lives is told in CONTROL_WORD_GO. */
enum control_role {
	CONTROL_ROLE_SOURCE,
	CONTROL_ROLE_DESTINATION,
};

#endif
