// SPDX-License-Identifier: GPL-2.0-only
/* The host's interrupts, KVM's statistics, and tracepoints. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/kvm.h"
#include "harness/oracle_interrupts.h"
#include "harness/oracle_kvm_stats.h"
#include "harness/oracle_trace.h"
#include "tests/unit/unit.h"

static const char vhe_host[] =
	"           CPU0       CPU1       CPU3       \n"
	" 11:       1020       1021          7    GICv3  26 Level     arch_timer\n"
	" 13:        204        197          0    GICv3  27 Level     kvm guest vtimer\n"
	" 14:          1          0          2    GICv3  30 Level     kvm guest ptimer\n"
	"IPI0:         5         13          1       Rescheduling interrupts\n"
	"Err:          0\n";

static const char nvhe_host[] = "           CPU0       \n"
				" 11:       1020    GIC-0  27 Level     arch_timer\n"
				" 13:        300    GIC-0  27 Level     kvm guest vtimer\n";

static void read_interrupts(struct host_interrupts *interrupts, const char *text)
{
	host_interrupts_read(interrupts, unit_make_file(text, strlen(text)));
}

START_TEST(test_interrupts)
{
	static struct host_interrupts interrupts;

	read_interrupts(&interrupts, vhe_host);
	ck_assert_uint_eq(interrupts.columns, 3);
	ck_assert_uint_eq(interrupts.cpus[2], 3);
	ck_assert_int_eq(host_interrupts_sum(&interrupts, HOST_VTIMER), 401);
	ck_assert_int_eq(host_interrupts_sum(&interrupts, HOST_PTIMER), 3);
	ck_assert_uint_eq(interrupts.counts[HOST_PTIMER][2], 2);

	read_interrupts(&interrupts, nvhe_host);
	ck_assert_int_eq(host_interrupts_sum(&interrupts, HOST_VTIMER), 300);
	ck_assert_int_eq(host_interrupts_sum(&interrupts, HOST_PTIMER), -1);

	host_interrupts_read(&interrupts, "/nowhere");
	ck_assert_int_eq(host_interrupts_sum(&interrupts, HOST_VTIMER), -1);
	read_interrupts(&interrupts, "");
	ck_assert_int_eq(host_interrupts_sum(&interrupts, HOST_VTIMER), -1);
	/* Fewer counts than CPUs. */
	read_interrupts(&interrupts, "  CPU0 CPU1\n 13:  5  GICv3  27 Level  kvm guest vtimer\n");
	ck_assert_int_eq(host_interrupts_sum(&interrupts, HOST_VTIMER), -1);
}
END_TEST

START_TEST(test_interrupts_between)
{
	static struct host_interrupts before, after;

	read_interrupts(&before, vhe_host);
	/* CPU 1 is gone, CPU 2 has come. */
	read_interrupts(&after, "    CPU0    CPU2    CPU3\n"
				" 13:  210       9      4    GICv3  27 Level  kvm guest vtimer\n");
	ck_assert_uint_eq(host_interrupts_delta(&before, &after, HOST_VTIMER, 0), 6);
	ck_assert_uint_eq(host_interrupts_delta(&before, &after, HOST_VTIMER, 1), 0);
	ck_assert_uint_eq(host_interrupts_delta(&before, &after, HOST_VTIMER, 2), 0);
	ck_assert_uint_eq(host_interrupts_delta(&before, &after, HOST_VTIMER, 3), 4);
	ck_assert_uint_eq(host_interrupts_delta(&before, &after, HOST_PTIMER, 3), 0);
}
END_TEST

#define NAME_SIZE 24

/* A statistics file as KVM makes one: header, id, descriptors, data. */
struct stats_file {
	struct kvm_stats_header header;
	char id[NAME_SIZE];
	struct {
		uint32_t flags;
		int16_t exponent;
		uint16_t size;
		uint32_t offset, bucket_size;
		char name[NAME_SIZE];
	} descs[4];
	uint64_t data[6];
};

static struct stats_file make_stats(void)
{
	return (struct stats_file){
		.header = { .name_size = NAME_SIZE,
			    .num_desc = 4,
			    .id_offset = offsetof(struct stats_file, id),
			    .desc_offset = offsetof(struct stats_file, descs),
			    .data_offset = offsetof(struct stats_file, data) },
		.id = "kvm-1/vcpu-0",
		.descs = {
			{ KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_NONE, 0, 1, 8, 0, "exits" },
			{ KVM_STATS_TYPE_INSTANT, 0, 1, 0, 0, "blocking" },
			{ KVM_STATS_TYPE_LOG_HIST, 0, 3, 16, 0, "halt_wait_hist" },
			/* As long as a name can be: nothing ends it. */
			{ KVM_STATS_TYPE_CUMULATIVE, -9, 1, 40, 0, "halt_wait_nanoseconds_23" },
		},
		.data = { 1, 22, 3, 4, 5, 66 },
	};
}

static char stats_said[256];

static void take_stat(void *context, const char *name, uint64_t value)
{
	size_t length = strlen(stats_said);

	(void)context;
	snprintf(stats_said + length, sizeof(stats_said) - length, "%s=%lu ", name,
		 (unsigned long)value);
}

static int read_stats(const void *bytes, size_t size)
{
	int fd = open(unit_make_file(bytes, size), O_RDONLY), ret;

	stats_said[0] = '\0';
	ret = kvm_stats_read(fd, take_stat, NULL);
	close(fd);
	return ret;
}

START_TEST(test_kvm_stats)
{
	struct stats_file file = make_stats();

	ck_assert_int_eq(read_stats(&file, sizeof(file)), 0);
	ck_assert_str_eq(stats_said, "exits=22 halt_wait_nanoseconds_23=66 ");
	ck_assert_int_eq(read_stats(&file, sizeof(file.header) - 1), -ENODATA);
	ck_assert_int_eq(read_stats(&file, sizeof(file) - 8), -ENODATA);
	file.header.name_size = 100000;
	ck_assert_int_eq(read_stats(&file, sizeof(file)), -EINVAL);
	file = make_stats();
	file.header.num_desc = UINT32_MAX;
	ck_assert_int_eq(read_stats(&file, sizeof(file)), -EINVAL);
	ck_assert_int_eq(kvm_stats_read(-1, take_stat, NULL), -EBADF);
}
END_TEST

/* tracefs, in a directory that vanishes with the test. */
static char root[32];

static void make_trace_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static char *trace_file(const char *name)
{
	static char text[1024];
	char path[128];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "r");
	if (file) {
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[length] = '\0';
	return text;
}

static void make_directory(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void set_up_trace(void)
{
	snprintf(root, sizeof(root), "/tmp/armlet-trace-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	make_directory("instances");
	unit_reset_log();
}

static void tear_down_trace(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

/* What the kernel makes in an instance; here it has to be there before. */
static const char *make_instance(void)
{
	static char name[64];
	char path[128];

	snprintf(name, sizeof(name), "instances/armlet-%d", (int)getpid());
	make_directory(name);
	snprintf(path, sizeof(path), "%s/events", name);
	make_directory(path);
	snprintf(path, sizeof(path), "%s/events/kvm", name);
	make_directory(path);
	snprintf(path, sizeof(path), "%s/events/kvm/enable", name);
	make_trace_file(path, "0\n");
	return name;
}

static char trace_said[1024];

static void take_trace(void *context, const char *line)
{
	size_t length = strlen(trace_said);

	(void)context;
	snprintf(trace_said + length, sizeof(trace_said) - length, "%s|", line);
}

START_TEST(test_trace)
{
	const char *instance = make_instance();
	struct kernel_trace trace;
	char path[128];

	/* Of a process that is no more, and of one that is. */
	make_directory("instances/armlet-999999999");
	make_directory("instances/armlet-1");
	make_directory("instances/mine");
	ck_assert_int_eq(kernel_trace_begin(&trace, root), 0);
	snprintf(path, sizeof(path), "%s/events/kvm/enable", instance);
	ck_assert_str_eq(trace_file(path), "1");
	snprintf(path, sizeof(path), "%s/instances/armlet-999999999", root);
	ck_assert_int_ne(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/instances/armlet-1", root);
	ck_assert_int_eq(access(path, F_OK), 0);

	snprintf(path, sizeof(path), "%s/trace", instance);
	make_trace_file(path, "# tracer: nop\n#\none\ntwo\nthree\nfour");
	trace_said[0] = '\0';
	kernel_trace_last(&trace, 2, take_trace, NULL);
	ck_assert_str_eq(trace_said, "three|four|");
	trace_said[0] = '\0';
	kernel_trace_last(&trace, 4, take_trace, NULL);
	ck_assert_str_eq(trace_said, "one|two|three|four|");
	trace_said[0] = '\0';
	kernel_trace_last(&trace, 1000, take_trace, NULL);
	ck_assert_str_eq(trace_said, "one|two|three|four|");
	kernel_trace_clear(&trace);
	ck_assert_str_eq(trace_file(path), "");
	trace_said[0] = '\0';
	kernel_trace_last(&trace, 50, take_trace, NULL);
	ck_assert_str_eq(trace_said, "");
}
END_TEST

START_TEST(test_trace_is_refused)
{
	struct kernel_trace trace;

	/* An instance that has no events of KVM: a real one would be empty, too, and vanish. */
	ck_assert_int_eq(kernel_trace_begin(&trace, root), -ENOENT);
	unit_assert_logged("no tracepoints of KVM");
	ck_assert(!trace.on);
	ck_assert_ptr_eq(strstr(trace_file("instances"), "armlet"), NULL);
	kernel_trace_clear(&trace);
	kernel_trace_last(&trace, 50, take_trace, NULL);
	kernel_trace_end(&trace);
	/* Mounting is root's alone, and needs the directory. */
	ck_assert_int_lt(kernel_trace_begin(&trace, "/tmp/armlet-nowhere"), 0);
	unit_assert_logged("--trace");
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("oracles");
	TCase *tcase = tcase_create("interrupts");

	tcase_add_test(tcase, test_interrupts);
	tcase_add_test(tcase, test_interrupts_between);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("KVM's statistics");
	tcase_add_test(tcase, test_kvm_stats);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("tracepoints");
	tcase_add_checked_fixture(tcase, set_up_trace, tear_down_trace);
	tcase_add_test(tcase, test_trace);
	tcase_add_test(tcase, test_trace_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
