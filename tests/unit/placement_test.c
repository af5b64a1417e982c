// SPDX-License-Identifier: GPL-2.0-only
/* The engine that places and moves vCPU threads, on host CPUs that come and go as the test says. */
#include "vcpu/placement.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "tests/unit/fake_host_cpus.h"
#include "tests/unit/unit.h"
#include "vcpu/placement_schedule.h"

#define VCPUS	4
#define FOREVER 5000 /* ms */

/* Threads of the fake; 0 is whoever calls. */
static const pid_t tids[VCPUS] = { 1, 2, 3, 4 };

static struct placement *placement;
static struct placement_config config;

static void setup(void)
{
	fake_host_cpus_reset(4);
	unit_reset_log();
	memset(&config, 0, sizeof(config));
	config.vcpus = VCPUS;
	placement = NULL;
}

static void teardown(void)
{
	if (placement)
		placement_end(placement);
	placement_destroy(placement);
}

static void ask(const char *place, const char *migrate)
{
	ck_assert_int_eq(placement_parse_place(place, &config.request), 0);
	ck_assert_int_eq(placement_parse_migrate(migrate, &config.request), 0);
}

static void start(const char *place, const char *migrate)
{
	ask(place, migrate);
	ck_assert_int_eq(placement_create(&placement, &config), 0);
	ck_assert_int_eq(placement_begin(placement, tids), 0);
}

static void sleep_ms(unsigned ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&time, NULL);
}

/* Until each vCPU was bound `count` times. */
static void wait_for_binds(unsigned count)
{
	for (unsigned ms = 0; ms < FOREVER; ms++) {
		unsigned reached = 0;

		for (unsigned i = 0; i < VCPUS; i++)
			reached += fake_host_cpus_binds(tids[i]) >= count;
		if (reached == VCPUS)
			return;
		sleep_ms(1);
	}
	ck_abort_msg("the vCPUs do not move");
}

static void assert_bound(unsigned a, unsigned b, unsigned c, unsigned d)
{
	const unsigned wanted[VCPUS] = { a, b, c, d };

	for (unsigned i = 0; i < VCPUS; i++)
		ck_assert_uint_eq(fake_host_cpus_bound(tids[i]), wanted[i]);
}

START_TEST(test_places)
{
	start("spread", "off");
	assert_bound(0, 1, 2, 3);
	teardown();
	setup();
	fake_host_cpus_set_online(1, false);
	fake_host_cpus_set_allowed(3, false);
	start("spread", "off");
	assert_bound(0, 2, 0, 2);
	teardown();
	setup();
	fake_host_cpus_set_allowed(0, false);
	start("pack", "off");
	assert_bound(1, 1, 1, 1);
	teardown();
	setup();
	start("pin:3,3,0,2", "off");
	assert_bound(3, 3, 0, 2);
	teardown();
	setup();
	start("none", "off");
	assert_bound(FAKE_HOST_NOWHERE, FAKE_HOST_NOWHERE, FAKE_HOST_NOWHERE, FAKE_HOST_NOWHERE);
}
END_TEST

START_TEST(test_pins_that_do_not_fit)
{
	ask("pin:0,1", "off");
	ck_assert_int_eq(placement_create(&placement, &config), -EINVAL);
	unit_assert_logged("names 2 host CPUs for 4 vCPUs");
	ck_assert_ptr_null(placement);
	fake_host_cpus_set_online(2, false);
	ask("pin:0-3", "off");
	ck_assert_int_eq(placement_create(&placement, &config), -ENOTSUP);
	unit_assert_logged("vCPU 2 on host CPU 2: this process may use 0-1,3");
	config.vcpus = PLACEMENT_MAX_VCPUS + 1;
	ask("spread", "off");
	ck_assert_int_eq(placement_create(&placement, &config), -EINVAL);
}
END_TEST

/* A CPU that goes between the check and the first move. */
START_TEST(test_cpu_gone_at_start)
{
	ask("spread", "off");
	ck_assert_int_eq(placement_create(&placement, &config), 0);
	fake_host_cpus_set_online(1, false);
	ck_assert_int_eq(placement_begin(placement, tids), 0);
	assert_bound(0, 2, 2, 3);
	ck_assert_uint_eq(unit_log_count(), 0);
	teardown();
	setup();
	ask("pin:0-3", "off");
	ck_assert_int_eq(placement_create(&placement, &config), 0);
	fake_host_cpus_set_online(3, false);
	ck_assert_int_eq(placement_begin(placement, tids), -EINVAL);
	unit_assert_logged("vCPU 3 on host CPU 3");
}
END_TEST

START_TEST(test_rt)
{
	config.request.rt_priority = 10;
	start("none", "off");
	for (unsigned i = 0; i < VCPUS; i++)
		ck_assert_uint_eq(fake_host_cpus_fifo(tids[i]), 10);
	ck_assert_uint_eq(fake_host_cpus_fifo(0), 0);
	teardown();
	setup();
	config.request.rt_priority = 10;
	fake_host_cpus_set_rt_limit(9);
	ask("none", "off");
	ck_assert_int_eq(placement_create(&placement, &config), -ENOTSUP);
	unit_assert_logged("real-time priority 10");
}
END_TEST

START_TEST(test_round_robin)
{
	struct placement_stats stats;

	start("spread", "round-robin:1");
	wait_for_binds(10);
	placement_end(placement);
	/* They went round together. */
	for (unsigned i = 1; i < VCPUS; i++) {
		ck_assert_uint_eq(fake_host_cpus_bound(tids[i]),
				  (fake_host_cpus_bound(tids[0]) + i) % 4);
		ck_assert_uint_eq(fake_host_cpus_binds(tids[i]), fake_host_cpus_binds(tids[0]));
	}
	placement_stats(placement, 0, &stats);
	ck_assert_uint_eq(stats.moves, fake_host_cpus_binds(tids[0]) - 1);
	ck_assert_uint_eq(stats.failed, 0);
	ck_assert_uint_eq(host_cpu_set_count(&stats.seen), 4);
	ck_assert_uint_le(stats.move_min_ns, stats.move_max_ns);
	ck_assert_uint_ge(stats.move_ns, stats.moves * stats.move_min_ns);
	ck_assert_uint_le(stats.move_ns, stats.moves * stats.move_max_ns);
}
END_TEST

START_TEST(test_pack_stays_together)
{
	start("pack", "random:0.1-1:7");
	wait_for_binds(50);
	placement_end(placement);
	for (unsigned i = 1; i < VCPUS; i++)
		ck_assert_uint_eq(fake_host_cpus_bound(tids[i]), fake_host_cpus_bound(tids[0]));
}
END_TEST

START_TEST(test_moves_among_pins)
{
	struct placement_stats stats;

	start("pin:1,2,1,2", "random:0.1-0.2:3");
	wait_for_binds(50);
	placement_end(placement);
	for (unsigned i = 0; i < VCPUS; i++) {
		placement_stats(placement, i, &stats);
		ck_assert(host_cpu_set_has(&stats.seen, 1) && host_cpu_set_has(&stats.seen, 2));
		ck_assert_uint_eq(host_cpu_set_count(&stats.seen), 2);
	}
}
END_TEST

/* CPUs go while vCPUs are moved, and come back. */
START_TEST(test_hotplug)
{
	struct placement_stats stats;
	struct host_cpu_set cpus;
	uint64_t failed = 0;
	unsigned reads;

	start("spread", "round-robin:0.5");
	wait_for_binds(5);
	fake_host_cpus_set_online(0, false);
	fake_host_cpus_set_allowed(2, false);
	wait_for_binds(fake_host_cpus_binds(tids[0]) + 20);
	for (unsigned i = 0; i < VCPUS; i++) {
		ck_assert_uint_eq(fake_host_cpus_bound(tids[i]) % 2, 1);
		placement_stats(placement, i, &stats);
		failed += stats.failed;
	}
	ck_assert_uint_ge(failed, 1);
	placement_cpus(placement, &cpus);
	ck_assert_uint_eq(host_cpu_set_count(&cpus), 2);
	ck_assert_uint_eq(unit_log_count(), 0);
	fake_host_cpus_set_online(0, true);
	reads = fake_host_cpus_reads();
	while (fake_host_cpus_reads() == reads)
		sleep_ms(10);
	sleep_ms(10);
	placement_cpus(placement, &cpus);
	ck_assert_uint_eq(host_cpu_set_count(&cpus), 3);
}
END_TEST

/* The last CPU is never left; with one, nothing moves and nothing fails. */
START_TEST(test_one_cpu)
{
	struct placement_stats stats;

	fake_host_cpus_reset(1);
	start("none", "round-robin:0.1");
	unit_assert_logged("one host CPU to choose");
	wait_for_binds(1);
	sleep_ms(20);
	placement_end(placement);
	placement_stats(placement, 0, &stats);
	ck_assert_uint_eq(stats.moves, 1);
	ck_assert_uint_eq(stats.failed, 0);
}
END_TEST

START_TEST(test_error_is_told_once)
{
	start("none", "round-robin:0.1");
	wait_for_binds(2);
	ck_assert_uint_eq(unit_log_count(), 0);
	fake_host_cpus_fail_bind(EPERM);
	sleep_ms(20);
	placement_end(placement);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("cannot move vCPU");
}
END_TEST

/* Threads that ended are no error either. */
START_TEST(test_thread_gone)
{
	start("none", "round-robin:0.1");
	wait_for_binds(2);
	fake_host_cpus_fail_bind(ESRCH);
	sleep_ms(10);
	placement_end(placement);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

START_TEST(test_on_exit)
{
	struct placement_stats stats;

	start("spread", "on-exit:3");
	ck_assert_uint_eq(placement_exits_left(placement), 3);
	/* The run loop calls at the third exit. The move is made when the call returns. */
	ck_assert_uint_eq(placement_vcpu_exited(placement, 1), 3);
	assert_bound(0, 2, 2, 3);
	ck_assert_uint_eq(placement_vcpu_exited(placement, 1), 3);
	ck_assert_uint_eq(placement_vcpu_exited(placement, 1), 3);
	assert_bound(0, 0, 2, 3);
	placement_end(placement);
	ck_assert_uint_eq(placement_vcpu_exited(placement, 1), 3);
	assert_bound(0, 0, 2, 3);
	placement_stats(placement, 1, &stats);
	ck_assert_uint_eq(stats.moves, 3);
}
END_TEST

START_TEST(test_watch)
{
	struct placement_stats stats;

	config.watch = true;
	start("none", "on-exit:3");
	ck_assert_uint_eq(placement_exits_left(placement), 1);
	fake_host_cpus_set_current(3);
	ck_assert_uint_eq(placement_vcpu_exited(placement, 0), 1);
	fake_host_cpus_set_current(77);
	ck_assert_uint_eq(placement_vcpu_exited(placement, 0), 1);
	ck_assert_uint_eq(fake_host_cpus_binds(tids[0]), 0);
	placement_vcpu_exited(placement, 0);
	ck_assert_uint_eq(fake_host_cpus_binds(tids[0]), 1);
	placement_stats(placement, 0, &stats);
	ck_assert(host_cpu_set_has(&stats.seen, 3) && host_cpu_set_has(&stats.seen, 77));
	teardown();
	setup();
	start("none", "off");
	ck_assert_uint_eq(placement_exits_left(placement), 0);
}
END_TEST

/* Many vCPUs ask while the clock moves them and the end comes. */
static atomic_bool over;

static void *asking_vcpu(void *index)
{
	while (!atomic_load(&over))
		placement_vcpu_exited(placement, (uintptr_t)index);
	return NULL;
}

START_TEST(test_end_while_asking)
{
	pthread_t threads[VCPUS];

	start("spread", "on-exit:1");
	atomic_store(&over, false);
	for (uintptr_t i = 0; i < VCPUS; i++)
		pthread_create(&threads[i], NULL, asking_vcpu, (void *)i);
	wait_for_binds(200);
	placement_end(placement);
	atomic_store(&over, true);
	for (unsigned i = 0; i < VCPUS; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

START_TEST(test_explicit_move)
{
	struct placement_stats stats;

	start("none", "off");
	ck_assert_int_eq(placement_move(placement, 2, 1), 0);
	ck_assert_uint_eq(fake_host_cpus_bound(tids[2]), 1);
	ck_assert_int_eq(placement_move(placement, 2, 9), -EINVAL);
	placement_stats(placement, 2, &stats);
	ck_assert_uint_eq(stats.moves, 1);
	ck_assert_uint_eq(stats.failed, 1);
}
END_TEST

/* A machine with unlike CPUs: KVM cannot run on some of them. */
START_TEST(test_leave_unfit_cpu)
{
	start("spread", "off");
	ck_assert(placement_leave_cpu(placement, 1, 1));
	unit_assert_logged("KVM cannot run vCPU 1 on host CPU 1");
	assert_bound(0, 2, 2, 3);
	ck_assert(placement_leave_cpu(placement, 0, 0));
	ck_assert_uint_eq(unit_log_count(), 2);
	/* Moved away by someone else meanwhile. */
	ck_assert(placement_leave_cpu(placement, 2, 1));
	ck_assert_uint_eq(unit_log_count(), 2);
	ck_assert(placement_leave_cpu(placement, 3, 3));
	/* None is left but the one where it is. */
	ck_assert(!placement_leave_cpu(placement, 3, fake_host_cpus_bound(tids[3])));
	teardown();
	setup();
	start("none", "off");
	ck_assert(!placement_leave_cpu(placement, 0, 0));
}
END_TEST

static int refuse(void *context)
{
	return *(int *)context;
}

START_TEST(test_mover_may_not_begin)
{
	int error = -EPERM;

	config.thread_begin = refuse;
	config.context = &error;
	start("none", "on-exit:1");
	/* Does not wait for ever. */
	placement_vcpu_exited(placement, 0);
	ck_assert_uint_eq(fake_host_cpus_binds(tids[0]), 0);
}
END_TEST

static void count_move(void *context, unsigned vcpu)
{
	((unsigned *)context)[vcpu]++;
}

START_TEST(test_moves_are_told)
{
	unsigned moves[VCPUS] = { 0 };

	config.moved = count_move;
	config.context = moves;
	ask("spread", "round-robin:0.1");
	ck_assert_int_eq(placement_create(&placement, &config), 0);
	ck_assert_int_eq(placement_begin(placement, tids), 0);
	wait_for_binds(10);
	placement_end(placement);
	for (unsigned i = 0; i < VCPUS; i++)
		ck_assert_uint_eq(moves[i] + 1, fake_host_cpus_binds(tids[i]));
}
END_TEST

/* A vCPU that runs before there is a mover does not wait for it. */
START_TEST(test_exit_before_the_beginning)
{
	ask("spread", "on-exit:1");
	ck_assert_int_eq(placement_create(&placement, &config), 0);
	ck_assert_uint_eq(placement_vcpu_exited(placement, 0), 1);
	ck_assert(!placement_leave_cpu(placement, 0, 0));
}
END_TEST

static void allow_cpus(struct host_cpu_set *cpus, unsigned count)
{
	memset(cpus, 0, sizeof(*cpus));
	for (unsigned i = 0; i < count; i++)
		host_cpu_set_add(cpus, i);
}

START_TEST(test_schedule_is_the_seed)
{
	static struct placement_schedule a, b, c;
	struct host_cpu_set cpus;
	unsigned differs = 0, same_cpu = 0;

	ask("none", "random:0.1-3:99");
	allow_cpus(&cpus, 5);
	placement_schedule_init(&a, &config.request, VCPUS, &cpus);
	placement_schedule_init(&b, &config.request, VCPUS, &cpus);
	config.request.seed++;
	placement_schedule_init(&c, &config.request, VCPUS, &cpus);
	for (unsigned round = 0; round < 1000; round++) {
		unsigned before[VCPUS], moved = 0;
		uint64_t wait = placement_schedule_wait(&a);

		memcpy(before, a.place, sizeof(before));
		ck_assert_uint_eq(wait, placement_schedule_wait(&b));
		ck_assert_uint_ge(wait, 100000);
		ck_assert_uint_le(wait, 3000000);
		differs += wait != placement_schedule_wait(&c);
		placement_schedule_round(&a);
		placement_schedule_round(&b);
		placement_schedule_round(&c);
		ck_assert_mem_eq(a.place, b.place, sizeof(a.place));
		for (unsigned i = 0; i < VCPUS; i++) {
			ck_assert_uint_lt(a.place[i], 5);
			moved += a.place[i] != before[i];
		}
		ck_assert_uint_ge(moved, 1);
		same_cpu += a.place[0] == a.place[1];
	}
	ck_assert_uint_gt(differs, 900);
	ck_assert_uint_gt(same_cpu, 100);
	ck_assert_uint_lt(same_cpu, 400);
}
END_TEST

/* Each host CPU is visited, wherever the current one is and whether or not it still exists. */
START_TEST(test_schedule_follows_the_cpus)
{
	static struct placement_schedule schedule;
	struct host_cpu_set cpus, seen = { 0 };

	ask("pin:0,2,0,2", _i ? "random:1-2:5" : "round-robin:1");
	allow_cpus(&cpus, 4);
	placement_schedule_init(&schedule, &config.request, VCPUS, &cpus);
	ck_assert_uint_eq(schedule.cpu_count, 2);
	host_cpu_set_remove(&cpus, 2);
	placement_schedule_set_cpus(&schedule, &cpus);
	placement_schedule_round(&schedule);
	for (unsigned i = 0; i < VCPUS; i++)
		ck_assert_uint_eq(schedule.place[i], 0);
	/* None of the list is left: any will do. */
	host_cpu_set_remove(&cpus, 0);
	placement_schedule_set_cpus(&schedule, &cpus);
	for (unsigned round = 0; round < 50; round++) {
		placement_schedule_round(&schedule);
		host_cpu_set_add(&seen, schedule.place[3]);
	}
	ck_assert_mem_eq(&seen, &cpus, sizeof(cpus));
	/* No CPU at all cannot be: what was known stays. */
	allow_cpus(&cpus, 0);
	placement_schedule_set_cpus(&schedule, &cpus);
	ck_assert_uint_eq(schedule.cpu_count, 2);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("placement");
	TCase *tests = tcase_create("placement");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_places);
	tcase_add_test(tests, test_pins_that_do_not_fit);
	tcase_add_test(tests, test_cpu_gone_at_start);
	tcase_add_test(tests, test_rt);
	tcase_add_test(tests, test_round_robin);
	tcase_add_test(tests, test_pack_stays_together);
	tcase_add_test(tests, test_moves_among_pins);
	tcase_add_test(tests, test_hotplug);
	tcase_add_test(tests, test_one_cpu);
	tcase_add_test(tests, test_error_is_told_once);
	tcase_add_test(tests, test_thread_gone);
	tcase_add_test(tests, test_on_exit);
	tcase_add_test(tests, test_watch);
	tcase_add_test(tests, test_end_while_asking);
	tcase_add_test(tests, test_explicit_move);
	tcase_add_test(tests, test_leave_unfit_cpu);
	tcase_add_test(tests, test_mover_may_not_begin);
	tcase_add_test(tests, test_moves_are_told);
	tcase_add_test(tests, test_exit_before_the_beginning);
	tcase_add_test(tests, test_schedule_is_the_seed);
	tcase_add_loop_test(tests, test_schedule_follows_the_cpus, 0, 2);
	suite_add_tcase(suite, tests);
	return suite;
}
