// SPDX-License-Identifier: GPL-2.0-only
#include "harness/fault.h"

#include <string.h>

#include "harness/fault_play.h"

const struct fault_row fault_rows[FAULTS] = { [FAULT_NONE] = { .name = "none", .title = "" } };

enum fault fault_find(const char *name)
{
	(void)name;
	return FAULT_NONE;
}

int fault_attach(struct test_vm *vm)
{
	(void)vm;
	return 0;
}

void fault_detach(struct test_vm *vm)
{
	(void)vm;
}

void fault_disturb(struct test_vm *vm, unsigned cpu)
{
	(void)vm;
	(void)cpu;
}
