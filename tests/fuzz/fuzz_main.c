// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: NAME CORPUS RUNS SEED FAILURE
 *        NAME --unpack CORPUS DIR
 *
 * Runs a fuzz target without a fuzzer, so that `make check` needs no clang: on each file of the
 * corpus, then on RUNS mutations of them that follow from SEED. An input that ends the process, or
 * hangs it for a minute, is left in the file FAILURE. Speaks TAP. --unpack writes the corpus as the
 * bytes that libFuzzer wants.
 *
 * A corpus is a folder of text files: hexadecimal bytes; "text"; *N for N bytes like the one
 * before; a comment from # to the end of the line.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sanitizer/common_interface_defs.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX 4096
#define FILES_MAX 64
#define HANG_S	  60

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t size;
};

static struct input corpus[FILES_MAX], current;
static char names[FILES_MAX][64];
static unsigned corpus_size;
static const char *failure;
static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
	random_state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t value = random_state;

	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return below ? (value ^ value >> 31) % below : 0;
}

static void save(const char *path, const struct input *input)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(input->bytes, 1, input->size, file) != input->size || fclose(file))
		fprintf(stderr, "cannot write %s\n", path);
}

/* Of the process, by a sanitizer's word. */
static void before_death(void)
{
	save(failure, &current);
	fprintf(stderr, "# the input is in %s\n", failure);
}

static void hangs(int signal)
{
	(void)signal;
	fprintf(stderr, "# it hangs\n");
	before_death();
	_exit(1);
}

static void add_byte(struct input *input, uint8_t byte)
{
	if (input->size < INPUT_MAX)
		input->bytes[input->size++] = byte;
}

/* One token of the text; returns what follows it. NULL: it is no such thing. */
static const char *parse_token(const char *text, struct input *input)
{
	char pair[3] = "", *end;

	if (*text == '#')
		return text + strcspn(text, "\n");
	if (*text == '"') {
		for (text++; *text && *text != '"'; text++)
			add_byte(input, *text);
		return *text ? text + 1 : NULL;
	}
	if (*text == '*') {
		uint8_t last = input->size ? input->bytes[input->size - 1] : 0;

		for (unsigned long n = strtoul(text + 1, &end, 10); n > 1; n--)
			add_byte(input, last);
		return end;
	}
	if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
		return NULL;
	memcpy(pair, text, 2);
	add_byte(input, strtoul(pair, NULL, 16));
	return text + 2;
}

static bool read_input(const char *path, struct input *input)
{
	static char text[65536];
	FILE *file = fopen(path, "r");
	const char *at = text;
	size_t size;

	if (!file)
		return false;
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	input->size = 0;
	while (at && *at)
		at = isspace((unsigned char)*at) ? at + 1 : parse_token(at, input);
	return at && size < sizeof(text) - 1;
}

static bool read_corpus(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, alphasort);
	bool good = count > 0;

	for (int i = 0; i < count; i++) {
		char path[512];

		if (entries[i]->d_name[0] != '.' && corpus_size < FILES_MAX && good) {
			snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
			snprintf(names[corpus_size], sizeof(names[0]), "%.60s", entries[i]->d_name);
			good = read_input(path, &corpus[corpus_size++]);
			if (!good)
				fprintf(stderr, "cannot understand %s\n", path);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return good && corpus_size;
}

/* Moves what is behind `place` by `by` bytes, which may be negative. */
static void shift(struct input *input, size_t place, long by)
{
	size_t rest = input->size - place;

	if (by < 0) {
		size_t gone = (size_t)-by < rest ? (size_t)-by : rest;

		memmove(input->bytes + place, input->bytes + place + gone, rest - gone);
		input->size -= gone;
	} else if (input->size + by <= INPUT_MAX) {
		memmove(input->bytes + place + by, input->bytes + place, rest);
		input->size += by;
	}
}

static void copy_part(struct input *input, const struct input *from)
{
	size_t start = draw(from->size), length = 1 + draw(from->size - start);
	size_t place = draw(input->size + 1);
	uint8_t part[INPUT_MAX];

	if (!from->size || input->size + length > INPUT_MAX)
		return;
	memcpy(part, from->bytes + start, length);
	shift(input, place, length);
	memcpy(input->bytes + place, part, length);
}

static void mutate(struct input *input)
{
	static const uint8_t interesting[] = { 0, 1, 2, 7, 8, 0x0f, 0x10, 0x7f, 0x80, 0xfe, 0xff };
	size_t place = draw(input->size);

	switch (input->size ? draw(6) : 5) {
	case 0:
		input->bytes[place] ^= 1u << draw(8);
		break;
	case 1:
		input->bytes[place] = interesting[draw(sizeof(interesting))];
		break;
	case 2:
		input->bytes[place] = draw(256);
		break;
	case 3:
		shift(input, place, -(long)(1 + draw(16)));
		break;
	case 4:
		copy_part(input, input);
		break;
	case 5:
		copy_part(input, &corpus[draw(corpus_size)]);
		break;
	}
}

static void run(void)
{
	alarm(HANG_S);
	LLVMFuzzerTestOneInput(current.bytes, current.size);
}

static int unpack(const char *directory)
{
	for (unsigned i = 0; i < corpus_size; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		save(path, &corpus[i]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool unpacks = argc == 4 && strcmp(argv[1], "--unpack") == 0;
	unsigned long runs;

	if (argc != 5 && !unpacks)
		return 129;
	if (!read_corpus(argv[unpacks ? 2 : 1]))
		return 1;
	if (unpacks)
		return unpack(argv[3]);
	runs = strtoul(argv[2], NULL, 10);
	random_state = strtoull(argv[3], NULL, 10);
	failure = argv[4];
	__sanitizer_set_death_callback(before_death);
	signal(SIGALRM, hangs);
	printf("1..2\n");
	for (unsigned i = 0; i < corpus_size; i++) {
		current = corpus[i];
		run();
	}
	printf("ok 1 - %u inputs of the corpus\n", corpus_size);
	fflush(stdout);
	for (unsigned long i = 0; i < runs; i++) {
		current = corpus[draw(corpus_size)];
		for (uint64_t n = 1 + draw(12); n; n--)
			mutate(&current);
		run();
	}
	printf("ok 2 - %lu mutations of them\n", runs);
	return 0;
}
