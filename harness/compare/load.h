/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of `armlet bench`, `armlet test` and the lab's meter, read from files. */
#ifndef HARNESS_COMPARE_LOAD_H
#define HARNESS_COMPARE_LOAD_H

#include <stdbool.h>
#include <stddef.h>

struct json_t; /* of jansson */

enum compare_kind { COMPARE_BENCH, COMPARE_METER, COMPARE_TEST };

struct compare_record {
	const char *path; /* the caller's */
	enum compare_kind kind;
	struct json_t *json;
	const struct json_t *rows; /* "operations", or "results" */
	/* What has to be the same for two records to be compared, as lines "name: value"; and for
	 * people, "meter, gicv3 host, VHE". */
	char conditions[1024], flavour[256];
	char kernel[96]; /* release */
};

const char *compare_kind_name(enum compare_kind kind);

/* 0, or -errno, described: a file that cannot be read, is no JSON, or no record that is known. */
int compare_load(struct compare_record *record, const char *path);
void compare_unload(struct compare_record *record);

/* Whether they can be compared; where not, `reason` says what differs. */
bool compare_is_comparable(const struct compare_record *base, const struct compare_record *new,
			   char *reason, size_t size);

/* Of an object, or what stands in for it where it is missing or something else. */
const char *compare_string(const struct json_t *object, const char *key, const char *otherwise);
double compare_number(const struct json_t *object, const char *key);

#endif
