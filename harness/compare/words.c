// SPDX-License-Identifier: GPL-2.0-only
#include "harness/compare/words.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Whole names, or with a '.' at the end what they begin with: %s is the rest. */
static const struct {
	const char *name, *words;
} table[] = {
	{ "instructions.guest", "instructions of the guest" },
	{ "instructions.el2", "instructions at EL2" },
	{ "instructions.host_kernel", "instructions in the host's kernel" },
	{ "instructions.armlet", "instructions in armlet" },
	{ "exits", "exits from the guest" },
	{ "entries", "entries into the guest" },
	{ "exits.", "exits for %s" },
	{ "exceptions.el1.", "exceptions of the host at EL1 (%s)" },
	{ "exceptions.el2.", "exceptions at EL2 (%s)" },
	{ "interrupts.", "physical interrupts %s" },
	{ "gic.distributor.active.read", "distributor reads of active state" },
	{ "gic.distributor.active.write", "distributor writes of active state" },
	{ "gic.redistributor.active.read", "redistributor reads of active state" },
	{ "gic.redistributor.active.write", "redistributor writes of active state" },
	{ "gic.distributor.read", "distributor reads" },
	{ "gic.distributor.write", "distributor writes" },
	{ "gic.redistributor.read", "redistributor reads" },
	{ "gic.redistributor.write", "redistributor writes" },
	{ "gic.gich.read", "GICH reads" },
	{ "gic.gich.write", "GICH writes" },
	{ "gic.gicv.read", "GICV reads" },
	{ "gic.gicv.write", "GICV writes" },
	{ "gic.gicc.read", "GICC reads" },
	{ "gic.gicc.write", "GICC writes" },
	{ "write.other", "writes of other system registers" },
	{ "read.other", "reads of other system registers" },
	{ "write.", "writes of %s" },
	{ "read.", "reads of %s" },
	{ "fp.saves", "saves of all FP registers" },
	{ "fp.restores", "restores of all FP registers" },
	{ "fp.q_stores", "stores of Q registers" },
	{ "fp.q_loads", "loads of Q registers" },
	{ "fp.z_stores", "stores of Z registers" },
	{ "fp.z_loads", "loads of Z registers" },
	{ "tlbi", "TLB invalidations" },
	{ "barriers.isb", "ISBs" },
	{ "barriers.dsb", "DSBs" },
	{ "barriers.dmb", "DMBs" },
	{ "cache", "cache maintenance instructions" },
	{ "erets", "ERETs" },
	{ "waits", "waits (WFI, WFE)" },
	{ "at", "address translations (AT)" },
	{ "gic.its.read", "ITS reads" },
	{ "gic.its.write", "ITS writes" },
	{ "device.read", "reads of other devices" },
	{ "device.write", "writes of other devices" },
};

const char *compare_count_words(const char *name, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t length = strlen(table[i].name);
		const char *hole = strstr(table[i].words, "%s");

		if (hole ? strncmp(name, table[i].name, length) : strcmp(name, table[i].name))
			continue;
		if (hole)
			snprintf(text, size, "%.*s%s%s", (int)(hole - table[i].words),
				 table[i].words, name + length, hole + 2);
		else
			snprintf(text, size, "%s", table[i].words);
		return text;
	}
	snprintf(text, size, "%s", name);
	return text;
}

/* Of one: "entries into the guest" becomes "entry into the guest". In place. */
static void make_singular(char *words)
{
	for (char *word = words; *word; word += strspn(word, " ")) {
		size_t length = strcspn(word, " ");
		bool is_y = length > 3 && !strncmp(word + length - 3, "ies", 3);

		if (length > 1 && word[length - 1] == 's') {
			char *end = word + length;
			char *stem = is_y ? end - 2 : end - 1;

			if (is_y)
				end[-3] = 'y';
			memmove(stem, end, strlen(end) + 1);
			return;
		}
		word += length;
	}
}

const char *compare_count_sentence(const char *name, double base, double new, char *text,
				   size_t size)
{
	char words[96];

	compare_count_words(name, words, sizeof(words));
	if (fabs(new - base) == 1)
		make_singular(words);
	snprintf(text, size, "%.10g %s %s (%.10g → %.10g)", fabs(new - base),
		 new < base ? "fewer" : "more", words, base, new);
	return text;
}
