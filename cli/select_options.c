// SPDX-License-Identifier: GPL-2.0-only
#include "cli/select_options.h"

#include <errno.h>

#include "base/log.h"
#include "cli/options.h"
#include "harness/test.h"
#include "irqchip/irqchip.h"

int options_pattern(const char *command, const char *word, const char **patterns, size_t *count,
		    size_t limit)
{
	if (!*word)
		return log_error(-EINVAL, "\"\" is no pattern: see `armlet %s --list`", command);
	if (*count == limit)
		return log_error(-EINVAL, "at most %zu patterns", limit);
	patterns[(*count)++] = word;
	return 0;
}

int options_irqchips(const char *value, unsigned *irqchips)
{
	static const char *const names[] = { "gicv3", "gicv2", "user", "all" };
	static const unsigned sets[] = { TEST_ON(IRQCHIP_GICV3), TEST_ON(IRQCHIP_GICV2),
					 TEST_ON(IRQCHIP_USER), 0 };
	int choice = options_choice("--irqchip", value, names, sizeof(names) / sizeof(names[0]));

	if (choice < 0)
		return choice;
	*irqchips = sets[choice];
	return 0;
}

int options_record(const char *value, const char **file)
{
	if (!*value)
		return log_error(-EINVAL, "cannot use --json \"\": it must be the name of a file");
	*file = value;
	return 0;
}
