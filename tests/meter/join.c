// SPDX-License-Identifier: GPL-2.0-only
#include "tests/meter/join.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One "name=value". */
static int read_count(struct sample *sample, char *word)
{
	char *value = strchr(word, '='), *end;
	int count;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	count = count_by_name(word);
	if (count < 0)
		return -EINVAL;
	sample->counts[count] = strtoull(value, &end, 10);
	return *value >= '0' && *value <= '9' && *end == '\0' ? 0 : -EINVAL;
}

static int read_line(struct sample *sample, char *text)
{
	char *save, *word = strtok_r(text, " \n", &save), *end;
	int err = 0;

	memset(sample, 0, sizeof(*sample));
	if (!word || *word < '0' || *word > '9')
		return -EINVAL;
	sample->operation = strtoull(word, &end, 10);
	if (*end)
		return -EINVAL;
	while (!err && (word = strtok_r(NULL, " \n", &save)))
		err = read_count(sample, word);
	return err;
}

int samples_read(struct samples *samples, FILE *file, size_t *line)
{
	char *text = NULL;
	size_t room = 0, capacity = 0;
	int err = 0;

	*samples = (struct samples){ 0 };
	for (*line = 1; !err && getline(&text, &room, file) >= 0; (*line)++) {
		if (samples->number == capacity) {
			size_t more = capacity ? 2 * capacity : 64;
			struct sample *all = reallocarray(samples->all, more, sizeof(*all));

			if (!all) {
				err = -ENOMEM;
				break;
			}
			samples->all = all;
			capacity = more;
		}
		err = read_line(&samples->all[samples->number], text);
		if (err)
			break;
		samples->number++;
	}
	free(text);
	return err;
}

void samples_free(struct samples *samples)
{
	free(samples->all);
	*samples = (struct samples){ 0 };
}

static bool same_interrupts(const struct sample *a, const struct sample *b)
{
	return memcmp(&a->counts[COUNT_INTERRUPT_FIRST], &b->counts[COUNT_INTERRUPT_FIRST],
		      (COUNT_INTERRUPT_OTHER - COUNT_INTERRUPT_FIRST + 1) * sizeof(uint64_t)) == 0;
}

/* Those of these iterations that took the same interrupts as most did go first. Returns how many
 * they are. */
static size_t keep_undisturbed(const struct sample **mine, size_t number)
{
	const struct sample *usual = NULL;
	size_t most = 0, kept = 0;

	for (size_t i = 0; i < number; i++) {
		size_t alike = 0;

		for (size_t j = 0; j < number; j++)
			alike += same_interrupts(mine[i], mine[j]);
		if (alike > most) {
			most = alike;
			usual = mine[i];
		}
	}
	for (size_t i = 0; i < number; i++)
		if (same_interrupts(mine[i], usual))
			mine[kept++] = mine[i];
	return kept;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The median of one count, and its range if it varies. */
static int join_count(const struct sample *const *mine, size_t number, unsigned count,
		      uint64_t *sorted, json_t *counts, json_t *ranges)
{
	char name[COUNT_NAME];
	uint64_t median;
	int err = 0;

	if (!count_name(count, name))
		return 0;
	for (size_t i = 0; i < number; i++)
		sorted[i] = mine[i]->counts[count];
	qsort(sorted, number, sizeof(*sorted), compare_u64);
	median = sorted[(number - 1) / 2];
	if (median || count_is_basic(count))
		err = json_object_set_new(counts, name, json_integer((json_int_t)median));
	if (!err && sorted[0] != sorted[number - 1])
		err = json_object_set_new(
			ranges, name,
			json_pack("[I,I]", (json_int_t)sorted[0], (json_int_t)sorted[number - 1]));
	return err;
}

/* Fills in an operation that has iterations. */
static int join_counts(json_t *operation, const struct sample **mine, size_t number)
{
	size_t kept = keep_undisturbed(mine, number);
	uint64_t *sorted = calloc(kept, sizeof(*sorted));
	json_t *counts = json_object(), *ranges = json_object();
	int err = sorted && counts && ranges ? 0 : -ENOMEM;

	for (unsigned i = 0; !err && i < COUNTS; i++)
		err = join_count(mine, kept, i, sorted, counts, ranges);
	free(sorted);
	if (!err)
		err = json_object_set_new(operation, "exact",
					  json_boolean(json_object_size(ranges) == 0)) ||
		      json_object_set_new(operation, "iterations",
					  json_integer((json_int_t)kept)) ||
		      json_object_set_new(operation, "discarded",
					  json_integer((json_int_t)(number - kept))) ||
		      json_object_set(operation, "counts", counts) ||
		      (json_object_size(ranges) && json_object_set(operation, "ranges", ranges));
	json_decref(counts);
	json_decref(ranges);
	return err;
}

/* The keys that come from the benchmark's record as they are. */
static int join_names(json_t *operation, const json_t *from)
{
	static const char *const keys[] = { "name", "irqchip", "class", "skipped" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(from, keys[i]);

		if (value && json_object_set(operation, keys[i], value))
			return -ENOMEM;
	}
	return 0;
}

static json_t *join_operation(const struct samples *samples, const json_t *from)
{
	const struct sample **mine = calloc(samples->number + 1, sizeof(const struct sample *));
	json_t *operation = json_object();
	json_int_t index = json_integer_value(json_object_get(from, "index"));
	size_t number = 0;
	int err = mine && operation ? join_names(operation, from) : -ENOMEM;

	for (size_t i = 0; !err && i < samples->number; i++)
		if (samples->all[i].operation == (uint64_t)index)
			mine[number++] = &samples->all[i];
	if (!err && number)
		err = join_counts(operation, mine, number);
	else if (!err && !json_object_get(operation, "skipped"))
		err = json_object_set_new(operation, "skipped",
					  json_string("no iteration was seen between markers"));
	free(mine);
	if (err) {
		json_decref(operation);
		return NULL;
	}
	return operation;
}

json_t *join_record(const struct samples *samples, json_t *bench, json_t *lab)
{
	json_t *from = json_object_get(bench, "operations"), *operations, *record, *row;
	const char *kind = json_string_value(json_object_get(bench, "kind"));
	size_t i;

	if (!kind || strcmp(kind, "bench") != 0 || !json_is_array(from))
		return NULL;
	operations = json_array();
	json_array_foreach(from, i, row)
	{
		json_t *joined = json_is_integer(json_object_get(row, "index"))
					 ? join_operation(samples, row)
					 : NULL;

		if (!joined || json_array_append_new(operations, joined)) {
			json_decref(operations);
			return NULL;
		}
	}
	record = json_pack("{s:i,s:s,s:O?,s:O,s:o}", "schema", 1, "kind", "meter", "host",
			   json_object_get(bench, "host"), "lab", lab, "operations", operations);
	return record;
}
