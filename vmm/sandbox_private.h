/* SPDX-License-Identifier: GPL-2.0-only */
/* What the sandbox's own files share. */
#ifndef VMM_SANDBOX_PRIVATE_H
#define VMM_SANDBOX_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/sandbox.h"

enum sandbox_condition {
	SANDBOX_ANY,	   /* whatever the arguments are */
	SANDBOX_EQUAL,	   /* argument `index` is `value` */
	SANDBOX_BITS_ZERO, /* argument `index` has none of the bits of `value` */
	SANDBOX_OWN,	   /* argument `index` is this process's id */
};

struct sandbox_rule {
	int number; /* negative: this architecture has no such system call */
	enum sandbox_condition condition;
	unsigned index;
	uint64_t value;
};

struct sandbox_list {
	const struct sandbox_rule *rules;
	size_t count;
};

struct sandbox_list sandbox_list(enum sandbox_thread thread);

/* The name of a system call of this architecture, or NULL. Async-signal-safe. */
const char *sandbox_call_name(int number);

/* Makes SIGSYS tell of a forbidden call and end the process. Returns 0 or -errno, described. */
int sandbox_install_handler(void);

#endif
