// SPDX-License-Identifier: GPL-2.0-only
/* `armlet compare` for the machine that the lab runs on, which need not be an arm64. */
#include "cli/command.h"

int main(int argc, char **argv)
{
	return compare_command(argc, argv);
}
