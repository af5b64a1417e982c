// SPDX-License-Identifier: GPL-2.0-only
#include "harness/compare/load.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

#define SCHEMA 1
/* Far beyond what is ever written: another kind of file shall not take all memory and time. */
#define LONGEST_FILE	(256 << 20)
#define MOST_OPERATIONS 1000

const char *compare_kind_name(enum compare_kind kind)
{
	static const char *const names[] = {
		[COMPARE_BENCH] = "bench",
		[COMPARE_METER] = "meter",
		[COMPARE_TEST] = "test",
	};

	return names[kind];
}

const char *compare_string(const json_t *object, const char *key, const char *otherwise)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : otherwise;
}

double compare_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* Words of an array of strings, or of what each entry of an array of objects has under `key`. */
static void join(const json_t *array, const char *key, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *entry = json_array_get(array, i);
		const char *word = key ? compare_string(entry, key, "?") : json_string_value(entry);
		size_t length = strlen(text);

		snprintf(text + length, size - length, "%s%s", i ? " " : "", word ? word : "?");
	}
}

static void add_condition(struct compare_record *record, const char *name, const char *value)
{
	size_t length = strlen(record->conditions);

	snprintf(record->conditions + length, sizeof(record->conditions) - length, "%s: %.120s\n",
		 name, value);
}

static void add_number(struct compare_record *record, const char *name, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.12g", value);
	add_condition(record, name, text);
}

static void add_lab(struct compare_record *record)
{
	const json_t *lab = json_object_get(record->json, "lab");

	add_condition(record, "the lab's host", compare_string(lab, "host", ""));
	add_condition(record, "the lab's mode", compare_string(lab, "mode", ""));
	add_condition(record, "the lab's CPU", compare_string(lab, "cpu", ""));
}

static void add_bench(struct compare_record *record)
{
	const json_t *environment = json_object_get(record->json, "environment");
	const json_t *options = json_object_get(record->json, "options");

	add_number(record, "counter frequency", compare_number(environment, "counter_frequency"));
	add_condition(record, "governor", compare_string(environment, "governor", "unknown"));
	add_condition(record, "place", compare_string(options, "place", "unknown"));
}

static void add_test(struct compare_record *record)
{
	const json_t *options = json_object_get(record->json, "options");

	add_condition(record, "planted fault", compare_string(options, "plant", "none"));
}

/* The kernel is what may differ; the machine and the conditions are not. */
static void note_conditions(struct compare_record *record)
{
	const json_t *host = json_object_get(record->json, "host");
	const char *board = compare_string(host, "board", "unknown board");
	const char *mode = compare_string(host, "mode", "unknown mode");
	char irqchips[64], cpus[256];

	join(json_object_get(host, "irqchips"), NULL, irqchips, sizeof(irqchips));
	join(json_object_get(host, "cpus"), "midr", cpus, sizeof(cpus));
	snprintf(record->kernel, sizeof(record->kernel), "%s",
		 compare_string(json_object_get(host, "kernel"), "release", "unknown kernel"));
	add_condition(record, "kind", compare_kind_name(record->kind));
	add_condition(record, "board", board);
	add_condition(record, "KVM's mode", mode);
	add_condition(record, "interrupt controllers", irqchips);
	add_condition(record, "CPUs (MIDR_EL1)", cpus);
	if (record->kind == COMPARE_METER)
		add_lab(record);
	else if (record->kind == COMPARE_BENCH)
		add_bench(record);
	else
		add_test(record);
	snprintf(record->flavour, sizeof(record->flavour),
		 "%s, %.80s, %.16s, interrupt controllers: %s", compare_kind_name(record->kind),
		 board, mode, irqchips);
}

static int not_a_record(const char *path, const char *why)
{
	return log_error(-EINVAL,
			 "cannot compare %s: %s: it must be a record of armlet bench, armlet test "
			 "or the lab's meter (--json)",
			 path, why);
}

static int find_kind(struct compare_record *record)
{
	const char *kind = compare_string(record->json, "kind", NULL);

	record->rows = json_object_get(record->json, "operations");
	if (kind && !strcmp(kind, "bench")) {
		record->kind = COMPARE_BENCH;
	} else if (kind && !strcmp(kind, "meter")) {
		record->kind = COMPARE_METER;
	} else if (!kind || !strcmp(kind, "test")) {
		/* The oldest ones do not say what they are. */
		record->kind = COMPARE_TEST;
		record->rows = json_object_get(record->json, "results");
	} else {
		return not_a_record(record->path, "it says that it is something else");
	}
	if (!json_is_array(record->rows))
		return not_a_record(record->path, record->kind == COMPARE_TEST
							  ? "it has no results"
							  : "it has no operations");
	if (record->kind != COMPARE_TEST && json_array_size(record->rows) > MOST_OPERATIONS)
		return not_a_record(record->path, "it has too many operations");
	return 0;
}

static int check(struct compare_record *record)
{
	const json_t *schema = json_object_get(record->json, "schema");

	if (!json_is_object(record->json))
		return not_a_record(record->path, "it is no JSON object");
	if (!json_is_integer(schema))
		return not_a_record(record->path, "it has no schema");
	if (json_integer_value(schema) != SCHEMA)
		return log_error(-EINVAL,
				 "cannot compare %s: its schema is %" JSON_INTEGER_FORMAT
				 ", this armlet knows %d: use the armlet that wrote it",
				 record->path, json_integer_value(schema), SCHEMA);
	return find_kind(record);
}

static int read_json(struct compare_record *record, FILE *file)
{
	json_error_t error;
	struct stat status;

	if (fstat(fileno(file), &status) < 0 || S_ISDIR(status.st_mode))
		return log_error(-EISDIR, "cannot read %s: %s", record->path, strerror(EISDIR));
	if (status.st_size > LONGEST_FILE)
		return not_a_record(record->path, "it is longer than any record");
	record->json = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	if (!record->json)
		return log_error(-EINVAL, "cannot compare %s: no whole JSON: line %d: %s",
				 record->path, error.line, error.text);
	return 0;
}

int compare_load(struct compare_record *record, const char *path)
{
	FILE *file;
	int ret;

	*record = (struct compare_record){ .path = path };
	file = fopen(path, "re");
	if (!file)
		return log_error(-errno, "cannot read %s: %s", path, strerror(errno));
	ret = read_json(record, file);
	fclose(file);
	ret = ret ? ret : check(record);
	if (ret == 0)
		note_conditions(record);
	return ret;
}

void compare_unload(struct compare_record *record)
{
	json_decref(record->json);
	*record = (struct compare_record){ 0 };
}

bool compare_is_comparable(const struct compare_record *base, const struct compare_record *new,
			   char *reason, size_t size)
{
	const char *a = base->conditions, *b = new->conditions;

	while (*a && *b) {
		int a_length = strcspn(a, "\n"), b_length = strcspn(b, "\n");

		if (a_length != b_length || strncmp(a, b, a_length)) {
			const char *b_value = strchr(b, ':');

			snprintf(reason, size, "%.*s in the one, %.*s in the other", a_length, a,
				 b_value ? (int)(b + b_length - b_value - 2) : 0,
				 b_value ? b_value + 2 : "");
			return false;
		}
		a += a_length + (a[a_length] != '\0');
		b += b_length + (b[b_length] != '\0');
	}
	return true;
}
