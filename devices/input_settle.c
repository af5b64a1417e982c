// SPDX-License-Identifier: GPL-2.0-only
#include "devices/input_settle.h"

void input_settle_begin(struct input_settle *settle, uint64_t now)
{
	*settle = (struct input_settle){ .came = now };
}

void input_settle_output(struct input_settle *settle, uint64_t now)
{
	if (!settle->wrote)
		settle->first = now;
	settle->wrote = true;
	settle->last = now;
}

bool input_settle_is_over(struct input_settle *settle, uint64_t now)
{
	if (!settle->wrote)
		settle->over |= now - settle->came >= INPUT_SETTLE_SILENT_MS;
	else
		settle->over |= now - settle->last >= INPUT_SETTLE_PAUSE_MS ||
				now - settle->first >= INPUT_SETTLE_BUSY_MS;
	return settle->over;
}
