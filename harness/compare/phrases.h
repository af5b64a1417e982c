/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences that the text and the HTML report share. Each returns `text`. */
#ifndef HARNESS_COMPARE_PHRASES_H
#define HARNESS_COMPARE_PHRASES_H

#include <stddef.h>

#include "harness/compare/report.h"

#define COMPARE_PHRASE 320

/* "1.8 % more ns (1204 → 1226, between +1.2 % and +2.4 %)", or why nothing can be told. */
const char *compare_timing_sentence(const struct compare_timing *timing, double threshold,
				    char *text, size_t size);
/* How many of an operation's timings have something of their own to say. */
unsigned compare_timings_told(const struct compare_operation *operation);
/* "passed before, now FAILED: ..." */
const char *compare_verdict_sentence(const struct compare_operation *operation, char *text,
				     size_t size);
/* "hypercall [gicv3] (kernel)" */
const char *compare_operation_name(const struct compare_operation *operation, char *text,
				   size_t size);
/* "3 of 36 operations changed, 30 did not, of 3 nothing can be told" */
const char *compare_group_sentence(const struct compare_group *group, char *text, size_t size);
/* What a reader has to know to judge the group; "": nothing. */
const char *compare_group_caution(const struct compare_group *group, char *text, size_t size);

#endif
