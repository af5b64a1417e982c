// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: record BENCH.json COUNTS RECORD.json [KEY=VALUE]...
 *
 * The last step of `lab meter`: joins what the plugin wrote (COUNTS) with the record of `armlet
 * bench` and prints a table. KEY=VALUE tells of the emulated host.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/meter/join.h"

static json_int_t count_value(const json_t *operation, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(operation, "counts"), name));
}

static const char *text_value(const json_t *operation, const char *key)
{
	const char *text = json_string_value(json_object_get(operation, key));

	return text ? text : "-";
}

static void print_operation(const json_t *operation)
{
	printf("%-22s %-7s ", text_value(operation, "name"), text_value(operation, "irqchip"));
	if (!json_object_get(operation, "counts")) {
		printf("not measured: %s\n", text_value(operation, "skipped"));
		return;
	}
	printf("%-10s%8lld%8lld%8lld%8lld%7lld  %lld of %lld%s\n", text_value(operation, "class"),
	       count_value(operation, "instructions.guest"),
	       count_value(operation, "instructions.el2"),
	       count_value(operation, "instructions.host_kernel"),
	       count_value(operation, "instructions.armlet"), count_value(operation, "exits"),
	       json_integer_value(json_object_get(operation, "iterations")),
	       json_integer_value(json_object_get(operation, "iterations")) +
		       json_integer_value(json_object_get(operation, "discarded")),
	       json_is_true(json_object_get(operation, "exact")) ? ", all alike" : "");
}

static void print_record(const json_t *record)
{
	json_t *operation;
	size_t i;

	printf("%-22s %-7s %-10s%8s%8s%8s%8s%7s  %s\n", "operation", "irqchip", "class", "guest",
	       "EL2", "kernel", "armlet", "exits", "iterations");
	json_array_foreach(json_object_get(record, "operations"), i, operation)
		print_operation(operation);
}

static json_t *host_words(int number, char **words)
{
	json_t *lab = json_object();

	for (int i = 0; i < number; i++) {
		char *value = strchr(words[i], '=');

		if (value) {
			*value = '\0';
			json_object_set_new(lab, words[i], json_string(value + 1));
		}
	}
	return lab;
}

int main(int argc, char **argv)
{
	json_t *bench, *lab, *record;
	struct samples samples;
	json_error_t error;
	FILE *file;
	size_t line;
	int err;

	if (argc < 4) {
		fprintf(stderr, "usage: record BENCH.json COUNTS RECORD.json [KEY=VALUE]...\n");
		return 129;
	}
	bench = json_load_file(argv[1], 0, &error);
	if (!bench) {
		fprintf(stderr, "meter: %s: %s\n", argv[1], error.text);
		return 125;
	}
	file = fopen(argv[2], "r");
	if (!file) {
		fprintf(stderr, "meter: %s: %s\n", argv[2], strerror(errno));
		return 125;
	}
	err = samples_read(&samples, file, &line);
	fclose(file);
	if (err) {
		fprintf(stderr, "meter: %s, line %zu: %s\n", argv[2], line,
			err == -EINVAL ? "not what the plugin writes" : strerror(-err));
		return 125;
	}
	lab = host_words(argc - 4, argv + 4);
	record = join_record(&samples, bench, lab);
	samples_free(&samples);
	if (!record) {
		fprintf(stderr, "meter: %s: no record of armlet bench\n", argv[1]);
		return 125;
	}
	print_record(record);
	if (json_dump_file(record, argv[3], JSON_INDENT(2))) {
		fprintf(stderr, "meter: cannot write %s\n", argv[3]);
		return 125;
	}
	json_decref(record);
	json_decref(bench);
	json_decref(lab);
	return 0;
}
