// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "tests/unit/unit.h"

static struct run_options options;

/* Parses a command line given as words separated by '|'. */
static int parse(const char *line)
{
	static char words[2048];
	char *argv[32] = { (char[]){ "run" } };
	int argc = 1;

	unit_reset_log();
	run_options_destroy(&options);
	snprintf(words, sizeof(words), "%s", line);
	for (char *word = words; word && *line; argv[argc++] = strsep(&word, "|"))
		;
	return run_options_parse(&options, argc, argv);
}

static void refuse(const char *line, const char *message)
{
	ck_assert_msg(parse(line) == -EINVAL, "\"%s\" is accepted", line);
	unit_assert_logged(message);
	ck_assert_uint_eq(unit_log_count(), 1);
}

static void accept(const char *line)
{
	ck_assert_msg(parse(line) == OPTIONS_PARSED, "\"%s\" is refused: %s", line,
		      unit_last_log());
	ck_assert_uint_eq(unit_log_count(), 0);
}

START_TEST(test_defaults)
{
	accept("");
	ck_assert_ptr_null(options.kernel);
	ck_assert_ptr_null(options.initrd);
	ck_assert_ptr_null(options.params);
	ck_assert_int_eq(options.load, KERNEL_LOAD_AUTO);
	ck_assert_uint_eq(options.cpus, 1);
	ck_assert_uint_eq(options.memory, 512 << 20);
	ck_assert_ptr_null(options.cpu_features);
	ck_assert_int_eq(options.irqchip, IRQCHIP_AUTO);
	ck_assert_int_eq(options.unassigned_mmio, UNASSIGNED_MMIO_ZERO);
	ck_assert_ptr_null(options.dtb);
	ck_assert_ptr_null(options.dump_dtb);
	ck_assert_ptr_null(options.name);
	ck_assert(!placement_is_wanted(&options.placement));
	ck_assert_uint_eq(options.reboots, RUN_REBOOTS_UNLIMITED);
	ck_assert(options.sandbox);
	ck_assert(!options.stats);
	ck_assert_ptr_null(options.stats_file);
	ck_assert_uint_eq(options.verbosity, 0);
}
END_TEST

START_TEST(test_every_long_option)
{
	accept("--kernel|K|--initrd=I|--params|a b|--load|flat|--cpus=3|--mem|1G|"
	       "--cpu-features|-sve|--irqchip=user|--unassigned-mmio|stop|--dtb=D|--dump-dtb|O|"
	       "--console|virtio,pty|"
	       "--name|vm.1|--place|pin:0,2,2|--migrate=on-exit:9|--rt|5|--reboots=0|--no-sandbox|-"
	       "-"
	       "stats=json:S|--verbose");
	ck_assert_str_eq(options.kernel, "K");
	ck_assert_str_eq(options.initrd, "I");
	ck_assert_str_eq(options.params, "a b");
	ck_assert_int_eq(options.load, KERNEL_LOAD_FLAT);
	ck_assert_uint_eq(options.cpus, 3);
	ck_assert_uint_eq(options.memory, 1 << 30);
	ck_assert_str_eq(options.cpu_features, "-sve");
	ck_assert_int_eq(options.irqchip, IRQCHIP_USER);
	ck_assert_int_eq(options.unassigned_mmio, UNASSIGNED_MMIO_STOP);
	ck_assert_str_eq(options.dtb, "D");
	ck_assert_str_eq(options.dump_dtb, "O");
	ck_assert_int_eq(options.console.kind, CONSOLE_VIRTIO);
	ck_assert_int_eq(options.console.place, CONSOLE_PTY);
	ck_assert_str_eq(options.name, "vm.1");
	ck_assert_int_eq(options.placement.place, PLACE_PIN);
	ck_assert_uint_eq(options.placement.pin_count, 3);
	ck_assert_int_eq(options.placement.migrate, MIGRATE_ON_EXIT);
	ck_assert_uint_eq(options.placement.exits, 9);
	ck_assert_uint_eq(options.placement.rt_priority, 5);
	ck_assert_uint_eq(options.reboots, 0);
	ck_assert(!options.sandbox);
	ck_assert(options.stats);
	ck_assert_str_eq(options.stats_file, "S");
	ck_assert_uint_eq(options.verbosity, 1);
}
END_TEST

START_TEST(test_letters)
{
	accept("-k|K|-iI|-p|P|-c2|-m|64|-vvv");
	ck_assert_str_eq(options.kernel, "K");
	ck_assert_str_eq(options.initrd, "I");
	ck_assert_str_eq(options.params, "P");
	ck_assert_uint_eq(options.cpus, 2);
	ck_assert_uint_eq(options.memory, 64 << 20);
	ck_assert_uint_eq(options.verbosity, 3);
	accept("-vc|4");
	ck_assert_uint_eq(options.verbosity, 1);
	ck_assert_uint_eq(options.cpus, 4);
}
END_TEST

START_TEST(test_last_one_counts)
{
	accept("-c|2|--cpus=5|--stats=json:F|--stats|-k|A|-kB");
	ck_assert_uint_eq(options.cpus, 5);
	ck_assert(options.stats);
	ck_assert_ptr_null(options.stats_file);
	ck_assert_str_eq(options.kernel, "B");
	refuse("-c|2|-c|x|-c|3", "--cpus \"x\"");
}
END_TEST

START_TEST(test_devices)
{
	accept("");
	ck_assert_uint_eq(options.devices.disk_count, 0);
	ck_assert_uint_eq(options.devices.net_count, 0);
	accept("-d|a|--disk=b,ro,queues=2|-n|user|--net|tap=t,queues=4|--forward|8080:80");
	ck_assert_uint_eq(options.devices.disk_count, 2);
	ck_assert_str_eq(options.devices.disks[0].path, "a");
	ck_assert_str_eq(options.devices.disks[1].path, "b");
	ck_assert(options.devices.disks[1].readonly);
	ck_assert_uint_eq(options.devices.disks[1].queues, 2);
	ck_assert_uint_eq(options.devices.net_count, 2);
	ck_assert_int_eq(options.devices.nets[0].kind, NET_USER);
	ck_assert_str_eq(options.devices.nets[1].tap, "t");
	ck_assert_uint_eq(options.devices.forward_count, 1);
	ck_assert_uint_eq(options.devices.forwards[0].guest, 80);
	accept("-n|user|-n|none|-n|tap=t");
	ck_assert_uint_eq(options.devices.net_count, 1);
	refuse("--cpu-features|-sve,warp", "no feature \"warp\"");
	refuse("-d|", "the name of a file or block device");
	refuse("-d|a|-d|b,rw", "there are ro, direct");
	refuse("-n|what", "it must begin with user");
	refuse("--forward|8080:80", "without --net user");
	refuse("--forward|8080:80|-n|tap=t", "without --net user");
	refuse("-n|user|--forward|80", "HOSTPORT:GUESTPORT");
	run_options_destroy(&options);
}
END_TEST

START_TEST(test_too_many_devices)
{
	char *argv[100] = { (char[]){ "run" } }, word[] = "-da";
	int argc = 1;

	while (argc < 2 + MAP_VIRTIO_SLOTS)
		argv[argc++] = word;
	unit_reset_log();
	ck_assert_int_eq(run_options_parse(&options, argc, argv), -EINVAL);
	unit_assert_logged("that many --disk: there is room for 32");
	run_options_destroy(&options);
}
END_TEST

START_TEST(test_params_are_exact)
{
	char *words[] = { (char[]){ "run" }, (char[]){ "-p" }, (char[]){ "" }, NULL };

	ck_assert_int_eq(run_options_parse(&options, 3, words), OPTIONS_PARSED);
	ck_assert_str_eq(options.params, "");
	accept("--params=");
	ck_assert_str_eq(options.params, "");
	accept("-p|--help");
	ck_assert_str_eq(options.params, "--help");
	accept("-p| a=\"b c\"  \t=\xff ");
	ck_assert_str_eq(options.params, " a=\"b c\"  \t=\xff ");
	accept("--params=a=b=c");
	ck_assert_str_eq(options.params, "a=b=c");
	accept("-p-- x");
	ck_assert_str_eq(options.params, "-- x");
}
END_TEST

static const struct {
	const char *text;
	uint64_t size;
} good_sizes[] = {
	{ "4", 4 << 20 },
	{ "4M", 4 << 20 },
	{ "4096K", 4 << 20 },
	{ "4160k", 4160 << 10 },
	{ "0512m", 512 << 20 },
	{ "2G", UINT64_C(2) << 30 },
	{ "1t", UINT64_C(1) << 40 },
	{ "255T", UINT64_C(255) << 40 },
	{ "262143G", (UINT64_C(1) << 48) - (1 << 30) },
};

START_TEST(test_good_size)
{
	char line[64];

	snprintf(line, sizeof(line), "-m|%s", good_sizes[_i].text);
	accept(line);
	ck_assert_uint_eq(options.memory, good_sizes[_i].size);
}
END_TEST

static const struct {
	const char *text, *message;
} bad_sizes[] = {
	{ "0", "at least 4M" },
	{ "3", "at least 4M" },
	{ "4095K", "at least 4M" },
	{ "4097K", "multiple of 64K" },
	{ "256T", "below 256T" },
	{ "262144G", "below 256T" },
	{ "18446744073709551615", "must be a number" },
	{ "17592186044416", "must be a number" },
	{ "18446744073709551616K", "must be a number" },
	{ "16777216T", "must be a number" },
	{ "-4", "must be a number" },
	{ "+64", "must be a number" },
	{ " 64", "must be a number" },
	{ "64 ", "must be a number" },
	{ "", "must be a number" },
	{ "M", "must be a number" },
	{ "64MB", "must be a number" },
	{ "64P", "must be a number" },
	{ "64B", "must be a number" },
	{ "1.5G", "must be a number" },
	{ "0x40", "must be a number" },
};

START_TEST(test_bad_size)
{
	char line[64];

	snprintf(line, sizeof(line), "--mem=%s", bad_sizes[_i].text);
	refuse(line, bad_sizes[_i].message);
	unit_assert_logged("--mem");
}
END_TEST

static const struct {
	const char *line, *message;
} bad_lines[] = {
	{ "-c|0", "a number from 1 to 123" },
	{ "-c|124", "a number from 1 to 123" },
	{ "-c|99999999999999999999", "a number from 1 to 123" },
	{ "-c|two", "--cpus \"two\"" },
	{ "-c|1x", "--cpus \"1x\"" },
	{ "-c|-1", "--cpus \"-1\"" },
	{ "-c| 1", "--cpus \" 1\"" },
	{ "-c=1", "--cpus \"=1\"" },
	{ "--cpus=", "--cpus \"\"" },
	{ "--cpus", "--cpus needs a value: --cpus N: see `armlet run --help`" },
	{ "-v|-c", "--cpus needs a value" },
	{ "--irqchip|gicv4", "it must be auto, gicv3, gicv2 or user" },
	{ "--irqchip|", "it must be auto" },
	{ "--console|hvc0", "it must be auto, virtio or serial" },
	{ "--load|elf", "it must be auto or flat" },
	{ "--unassigned-mmio|ignore", "it must be zero, abort or stop" },
	{ "--reboots|-1", "--reboots \"-1\": it must be a number from 0 to 2147483647" },
	{ "--reboots|2147483648", "from 0 to 2147483647" },
	{ "--place|pin:0-2|-c|2", "names 3 host CPUs for 2 vCPUs" },
	{ "--place|here", "--place \"here\": it must be none" },
	{ "--migrate|often", "--migrate \"often\": it must be off" },
	{ "--rt=99", "--rt \"99\": it must be a priority of 1 to 98" },
	{ "--stats=json", "--stats=json: it must be --stats alone or --stats=json:FILE" },
	{ "--stats=json:", "--stats=json:: it must be" },
	{ "--stats=text:F", "--stats=json:FILE" },
	{ "--stats=", "--stats=json:FILE" },
	{ "--stats|json:F", "do not know what to do with \"json:F\": use -k FILE" },
	{ "--kernel=", "--kernel \"\": it must be the name of a file" },
	{ "-i|", "--initrd \"\"" },
	{ "--dtb=", "--dtb \"\"" },
	{ "--dump-dtb=", "--dump-dtb \"\"" },
	{ "--name|", "--name \"\": it must be 1 to 64 letters" },
	{ "--name|-a", "--name \"-a\"" },
	{ "--name|a/b", "--name \"a/b\"" },
	{ "--name|a b", "--name \"a b\"" },
	{ "--name|\x1b[2J", "it must be 1 to 64 letters" },
	{ "--name|a1234567890123456789012345678901234567890123456789012345678901234",
	  "it must be 1 to 64 letters" },
	{ "--verbose=1", "--verbose takes no value" },
	{ "--no-sandbox=", "--no-sandbox takes no value" },
	{ "--help=x", "--help takes no value" },
	{ "Image", "do not know what to do with \"Image\": use -k FILE for a kernel" },
	{ "-v|-k|K|Image", "do not know what to do with \"Image\"" },
	{ "-", "do not know what to do with \"-\"" },
	{ "--|--", "do not know what to do with \"--\"" },
	{ "--|-v", "do not know what to do with \"-v\"" },
	{ "-x", "unknown option -x: see `armlet run --help`" },
	{ "-vx", "unknown option -x" },
	{ "-\xff", "unknown option -?" },
	{ "--frobnicate", "unknown option --frobnicate: see `armlet run --help`" },
	{ "--kernal=K", "unknown option --kernal: did you mean --kernel?: see" },
	{ "--irq-chip", "did you mean --irqchip?" },
	{ "--ker", "unknown option --ker" },
	{ "--cpu|2", "unknown option --cpu: did you mean --cpus?" },
	{ "--=x", "unknown option --" },
};

START_TEST(test_bad_line)
{
	refuse(bad_lines[_i].line, bad_lines[_i].message);
}
END_TEST

START_TEST(test_good_names)
{
	accept("--name|a");
	accept("--name|0");
	accept("--name|A-b_c.9");
	accept("--name|a123456789012345678901234567890123456789012345678901234567890123");
	accept("--");
}
END_TEST

/* What `print` writes to a stream. */
static const char *help_text(const struct options_table *table)
{
	static char text[4096];
	FILE *stream = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(stream);
	options_print_help(table, stream);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

static int take_any(void *target, const char *value)
{
	*(const char **)target = value ? value : "(none)";
	return 0;
}

START_TEST(test_help_text)
{
	static const struct option_row rows[] = {
		{ NULL, '\0', NULL, NULL, "First" },
		{ take_any, 'a', "alpha", "FILE",
		  "one two three four five six seven eight nine ten eleven twelve\nanew" },
		{ take_any, '\0', "beta", "[=X]", "short" },
		{ take_any, '\0', "a-name-that-is-much-too-long", "FILE", "below" },
		{ 0 },
	};
	static const struct options_table table = { .command = "demo",
						    .synopsis = "[OPTION]...",
						    .summary = "Shows.",
						    .rows = rows,
						    .notes = "The end.\n" };

	ck_assert_str_eq(help_text(&table), "usage: armlet demo [OPTION]...\n\n"
					    "Shows.\n\n"
					    "First:\n"
					    "  -a, --alpha FILE            one two three four five "
					    "six seven eight nine ten eleven\n"
					    "                              twelve\n"
					    "                              anew\n"
					    "      --beta[=X]              short\n"
					    "      --a-name-that-is-much-too-long FILE\n"
					    "                              below\n"
					    "  -h, --help                  print this help\n\n"
					    "The end.\n");
}
END_TEST

static const char *const all_options[] = {
	"-k, --kernel FILE", "-i, --initrd FILE",   "-p, --params \"CMDLINE\"",
	"-c, --cpus N",	     "-m, --mem SIZE",	    "--load HOW",
	"--irqchip KIND",    "--cpu-features LIST", "--dump-dtb FILE",
	"--dtb FILE",	     "--name NAME",	    "--reboots N",
	"--unassigned-mmio", "--no-sandbox",	    "--stats[=json:FILE]",
	"--place POLICY",    "--migrate WHEN",	    "--rt PRIO",
	"-v, --verbose",     "-h, --help",	    "Exit status:",
};

/* On stdout, and the rest of the line is not looked at. */
START_TEST(test_run_help)
{
	char text[8192], *line, *next = text;
	FILE *file = tmpfile();
	int out = dup(STDOUT_FILENO);
	size_t size;

	ck_assert_ptr_nonnull(file);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	ck_assert_int_eq(parse("-c|2|--help|--nonsense"), OPTIONS_HELPED);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	rewind(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	for (size_t i = 0; i < sizeof(all_options) / sizeof(all_options[0]); i++)
		ck_assert_msg(strstr(text, all_options[i]) != NULL, "no %s", all_options[i]);
	while ((line = strsep(&next, "\n")))
		ck_assert_msg(strlen(line) <= 90, "too long: %s", line);
}
END_TEST

START_TEST(test_optional_value)
{
	static const struct option_row rows[] = { { take_any, 's', "some", "[=X]", "s" }, { 0 } };
	static const struct options_table table = { .command = "demo", .rows = rows };
	char *words[] = { (char[]){ "demo" }, (char[]){ "-s" }, NULL };
	const char *seen = NULL;

	ck_assert_int_eq(options_parse(&table, 2, words, &seen), OPTIONS_PARSED);
	ck_assert_str_eq(seen, "(none)");
	words[1] = (char[]){ "--some=" };
	ck_assert_int_eq(options_parse(&table, 2, words, &seen), OPTIONS_PARSED);
	ck_assert_str_eq(seen, "");
}
END_TEST

START_TEST(test_nearest)
{
	static const char *const names[] = { "run", "info", "bench", "compare", NULL };

	ck_assert_str_eq(nearest_name("rum", names), "run");
	ck_assert_str_eq(nearest_name("inof", names), "info");
	ck_assert_str_eq(nearest_name("comprae", names), "compare");
	ck_assert_str_eq(nearest_name("compare", names), "compare");
	ck_assert_str_eq(nearest_name("benchh", names), "bench");
	ck_assert_str_eq(nearest_name("pun", (const char *const[]){ "run", "fun", NULL }), "run");
	ck_assert_ptr_null(nearest_name("", names));
	ck_assert_ptr_null(nearest_name("x", names));
	ck_assert_ptr_null(nearest_name("frobnicate", names));
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *unit_suite(void)
{
	Suite *suite = suite_create("options");
	TCase *tests = tcase_create("options");

	tcase_add_test(tests, test_defaults);
	tcase_add_test(tests, test_every_long_option);
	tcase_add_test(tests, test_letters);
	tcase_add_test(tests, test_last_one_counts);
	tcase_add_test(tests, test_devices);
	tcase_add_test(tests, test_too_many_devices);
	tcase_add_test(tests, test_params_are_exact);
	tcase_add_loop_test(tests, test_good_size, 0, COUNT(good_sizes));
	tcase_add_loop_test(tests, test_bad_size, 0, COUNT(bad_sizes));
	tcase_add_loop_test(tests, test_bad_line, 0, COUNT(bad_lines));
	tcase_add_test(tests, test_good_names);
	tcase_add_test(tests, test_help_text);
	tcase_add_test(tests, test_run_help);
	tcase_add_test(tests, test_optional_value);
	tcase_add_test(tests, test_nearest);
	suite_add_tcase(suite, tests);
	return suite;
}
