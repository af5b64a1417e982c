// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/oracle_log.h"
#include "tests/unit/unit.h"

static struct kernel_log klog;
static int kernel_side;
static unsigned told;
static struct kernel_complaint last;

/* Each send is one record, as each read of /dev/kmsg is. */
static void set_up(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	klog = (struct kernel_log){ .fd = pair[0] };
	kernel_side = pair[1];
	told = 0;
}

static void tear_down(void)
{
	kernel_log_close(&klog);
	close(kernel_side);
}

static void say_record(const char *record)
{
	ck_assert_int_eq(send(kernel_side, record, strlen(record), 0), (int)strlen(record));
}

static void say_at(unsigned priority, uint64_t time, const char *text)
{
	char record[1024];

	snprintf(record, sizeof(record), "%u,1234,%lu,-;%s\n", priority, (unsigned long)time, text);
	say_record(record);
}

static void say(const char *text)
{
	say_at(4, 5000000, text);
}

static void tell(void *context, const struct kernel_complaint *complaint)
{
	ck_assert_ptr_eq(context, &told);
	told++;
	last = *complaint;
}

static unsigned complaints(void)
{
	told = 0;
	kernel_log_read(&klog, tell, &told);
	return told;
}

static void expect_complaint(unsigned level, const char *line)
{
	ck_assert_msg(kernel_log_is_complaint(level, line), "not noticed: %s", line);
}

static void expect_noise(unsigned level, const char *line)
{
	ck_assert_msg(!kernel_log_is_complaint(level, line), "taken for a complaint: %s", line);
}

/* As kernels from 6.1 to 7.2 wrote them. */
START_TEST(test_kinds)
{
	expect_complaint(4, "WARNING: CPU: 1 PID: 412 at arch/arm64/kvm/arch_timer.c:459 "
			    "kvm_timer_update_irq+0x1a8/0x1c8");
	expect_complaint(4, "WARNING: arch/arm64/kvm/arch_timer.c:459 at kvm_timer_vcpu_load+0x2c/"
			    "0x3a0, CPU#0: vcpu0/123");
	expect_complaint(4, "WARNING: possible circular locking dependency detected");
	expect_complaint(4, "WARNING: possible recursive locking detected");
	expect_complaint(4, "WARNING: inconsistent lock state");
	expect_complaint(4, "WARNING: suspicious RCU usage");
	expect_complaint(4, "WARNING: bad unlock balance detected!");
	expect_complaint(4, "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected");
	expect_complaint(4, "[ BUG: Invalid wait context ]");
	expect_complaint(4, "INFO: possible circular locking dependency detected");
	expect_complaint(3, "INFO: trying to register non-static key.");
	expect_complaint(3, "BUG: KASAN: slab-use-after-free in kvm_timer_vcpu_put+0x44/0x1c0");
	expect_complaint(3, "BUG: scheduling while atomic: vcpu0/155/0x00000002");
	expect_complaint(3, "BUG: sleeping function called from invalid context at "
			    "kernel/locking/mutex.c:585");
	expect_complaint(3, "BUG: using smp_processor_id() in preemptible [00000000] code: a/1");
	expect_complaint(3, "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck!");
	expect_complaint(2, "kernel BUG at arch/arm64/kvm/vgic/vgic.c:123!");
	expect_complaint(0, "Internal error: Oops - BUG: 00000000f2000800 [#1] SMP");
	expect_complaint(1,
			 "Unable to handle kernel NULL pointer dereference at virtual address 0");
	expect_complaint(0, "Kernel panic - not syncing: Oops: Fatal exception");
	expect_complaint(0, "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [vcpu0:99]");
	expect_complaint(0, "watchdog: Watchdog detected hard LOCKUP on cpu 1");
	expect_complaint(3, "rcu: INFO: rcu_preempt self-detected stall on CPU");
	expect_complaint(3, "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:");
	expect_complaint(3, "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: {");
	expect_complaint(3, "INFO: task vcpu0:77 blocked for more than 120 seconds.");
	expect_complaint(3, "UBSAN: shift-out-of-bounds in arch/arm64/kvm/arch_timer.c:1:2");
	expect_complaint(3, "list_del corruption. prev->next should be 1, but was 2");
	expect_complaint(3, "irq 27: nobody cared (try booting with the \"irqpoll\" option)");
	expect_complaint(2, "unexpected IRQ trap at vector 1b");
	expect_complaint(0, "anything that is so urgent");
}
END_TEST

START_TEST(test_noise)
{
	expect_noise(4, "hrtimer: interrupt took 5912848 ns");
	expect_noise(4, "sched: RT throttling activated");
	expect_noise(6, "perf: interrupt took too long (2502 > 2500), lowering rate");
	expect_noise(6, "random: crng init done");
	expect_noise(6, "clocksource: Switched to clocksource arch_sys_counter");
	expect_noise(4, "workqueue: drain_vmap_area_work hogged CPU for >10000us 4 times");
	expect_noise(6, "kvm [1]: VHE mode initialized successfully");
	expect_noise(3, "kvm [211]: Unsupported guest access at: 40200050");
	expect_noise(6, "x86/CPU: no WARNING: in the middle");
	expect_noise(4, "======================================================");
	expect_noise(6, "");
}
END_TEST

START_TEST(test_a_complaint_has_the_lines_that_follow)
{
	say_at(6, 4000000, "random: crng init done");
	say("------------[ cut here ]------------");
	say("WARNING: CPU: 1 PID: 412 at a.c:1 f+0x1/0x2");
	say("Modules linked in:");
	say("Call trace:");
	say(" f+0x1/0x2");
	say("---[ end trace 0000000000000000 ]---");
	say("random: something else");
	ck_assert_uint_eq(complaints(), 1);
	ck_assert_uint_eq(last.time, 5000000);
	ck_assert_uint_eq(last.line_count, 5);
	ck_assert_str_eq(last.lines[0], "WARNING: CPU: 1 PID: 412 at a.c:1 f+0x1/0x2");
	ck_assert_str_eq(last.lines[4], "---[ end trace 0000000000000000 ]---");
	ck_assert_uint_eq(complaints(), 0);
}
END_TEST

START_TEST(test_an_oops_is_one)
{
	say_at(1, 5000000, "Unable to handle kernel paging request at virtual address 1");
	say_at(1, 5000010, "Mem abort info:");
	say_at(0, 5000020, "Internal error: Oops: 0000000096000004 [#1] SMP");
	say_at(4, 5000030, "---[ end trace 0000000000000000 ]---");
	ck_assert_uint_eq(complaints(), 1);
	ck_assert_uint_eq(last.line_count, 4);
}
END_TEST

START_TEST(test_two_are_two)
{
	say_at(4, 5000000, "WARNING: one");
	say_at(4, 5000001, "a line of it");
	say_at(3, 6000000, "BUG: another one");
	ck_assert_uint_eq(complaints(), 2);
	ck_assert_str_eq(last.lines[0], "BUG: another one");
	ck_assert_uint_eq(last.line_count, 1);
}
END_TEST

START_TEST(test_a_storm_is_bounded)
{
	/* A socket holds fewer than all of them. */
	for (unsigned i = 0; i < 20; i++) {
		for (unsigned j = 0; j < 8; j++)
			say("BUG: again");
		kernel_log_read(&klog, tell, &told);
	}
	ck_assert_uint_eq(told, 20);
	for (unsigned i = 0; i < 100; i++)
		say_at(4, 7000000, i ? "a line" : "WARNING: long");
	ck_assert_uint_eq(complaints(), 1);
	ck_assert_uint_eq(last.line_count, KERNEL_LOG_LINES);
}
END_TEST

START_TEST(test_programs_are_not_the_kernel)
{
	say_at(3 << 3 | 4, 1, "WARNING: a daemon's own");
	say_at(1 << 3 | 0, 2, "BUG: and another one's");
	ck_assert_uint_eq(complaints(), 0);
}
END_TEST

START_TEST(test_records)
{
	say_record("4,1,2,-,caller=T12;WARNING: with a caller\n SUBSYSTEM=kvm\n DEVICE=+x\n");
	ck_assert_uint_eq(complaints(), 1);
	ck_assert_str_eq(last.lines[0], "WARNING: with a caller");
	ck_assert_uint_eq(last.line_count, 1);
	say_record("4,2,3,-;\\x0a=====\\x0aWARNING: in one record\\x0aits next line\n");
	ck_assert_uint_eq(complaints(), 1);
	ck_assert_str_eq(last.lines[0], "WARNING: in one record");
	ck_assert_str_eq(last.lines[1], "its next line");
	say_record("WARNING: no head");
	say_record("x,y,z;WARNING: no numbers");
	say_record(";");
	ck_assert_uint_eq(complaints(), 0);
}
END_TEST

START_TEST(test_only_what_is_new)
{
	const char old[] = "4,1,2,-;WARNING: before the run\n";
	const char *path = unit_make_file(old, sizeof(old) - 1);

	kernel_log_close(&klog);
	ck_assert_int_eq(kernel_log_open(&klog, path), 0);
	ck_assert_uint_eq(complaints(), 0);
	kernel_log_close(&klog);
	ck_assert_int_eq(kernel_log_open(&klog, "/nowhere"), -ENOENT);
	ck_assert_uint_eq(complaints(), 0);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("oracle_log");
	TCase *tcase = tcase_create("kernel log");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_kinds);
	tcase_add_test(tcase, test_noise);
	tcase_add_test(tcase, test_a_complaint_has_the_lines_that_follow);
	tcase_add_test(tcase, test_an_oops_is_one);
	tcase_add_test(tcase, test_two_are_two);
	tcase_add_test(tcase, test_a_storm_is_bounded);
	tcase_add_test(tcase, test_programs_are_not_the_kernel);
	tcase_add_test(tcase, test_records);
	tcase_add_test(tcase, test_only_what_is_new);
	suite_add_tcase(suite, tcase);
	return suite;
}
