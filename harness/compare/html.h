/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the HTML report. */
#ifndef HARNESS_COMPARE_HTML_H
#define HARNESS_COMPARE_HTML_H

#include <stdio.h>

#include "harness/compare/report.h"

/* Text as HTML has it: names come from files. */
void compare_html_escape(FILE *stream, const char *text);

/* SVG: ratios with their intervals, one line for each operation. */
void compare_svg_ratios(const struct compare_report *report, const struct compare_group *group,
			FILE *stream);
/* SVG: instructions by owner, base above new, of the operations that changed. */
void compare_svg_instructions(const struct compare_group *group, FILE *stream);
/* SVG: p50, p90 and p99 of the operations' times. */
void compare_svg_times(const struct compare_group *group, FILE *stream);

#endif
