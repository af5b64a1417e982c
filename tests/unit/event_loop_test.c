// SPDX-License-Identifier: GPL-2.0-only
#include "base/event_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct event_loop loop;

/* A pipe, and how often its source's callback ran. */
struct probe {
	struct event_source source;
	int ends[2];
	unsigned ran;
	uint32_t events;
	void (*then)(struct probe *probe);
	struct probe *other;
};

static struct probe probes[24];

static void count(struct event_source *source, uint32_t events)
{
	struct probe *probe = source->context;

	probe->ran++;
	probe->events = events;
	if (probe->then)
		probe->then(probe);
}

static void setup(void)
{
	unit_reset_log();
	memset(probes, 0, sizeof(probes));
	ck_assert_int_eq(event_loop_init(&loop), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pipe(probes[i].ends), 0);
}

static void teardown(void)
{
	event_loop_destroy(&loop);
}

static void watch(struct probe *probe)
{
	ck_assert_int_eq(
		event_loop_add(&loop, &probe->source, probe->ends[0], EPOLLIN, count, probe), 0);
}

static void fill(struct probe *probe)
{
	ck_assert_int_eq(write(probe->ends[1], "x", 1), 1);
}

START_TEST(nothing_ready_is_a_timeout)
{
	watch(&probes[0]);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	ck_assert_uint_eq(probes[0].ran, 0);
}
END_TEST

START_TEST(ready_source_runs_until_it_is_not)
{
	char byte;

	watch(&probes[0]);
	watch(&probes[1]);
	fill(&probes[1]);
	ck_assert_int_eq(event_loop_once(&loop, 0), 1);
	ck_assert_int_eq(event_loop_once(&loop, 0), 1);
	ck_assert_uint_eq(probes[0].ran, 0);
	ck_assert_uint_eq(probes[1].ran, 2);
	ck_assert_uint_eq(probes[1].events, EPOLLIN);
	ck_assert_int_eq(read(probes[1].ends[0], &byte, 1), 1);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
}
END_TEST

START_TEST(modify_changes_what_is_watched)
{
	watch(&probes[0]);
	fill(&probes[0]);
	ck_assert_int_eq(event_loop_modify(&loop, &probes[0].source, 0), 0);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	ck_assert_int_eq(event_loop_modify(&loop, &probes[0].source, EPOLLIN), 0);
	ck_assert_int_eq(event_loop_once(&loop, 0), 1);
}
END_TEST

START_TEST(hang_up_is_always_told)
{
	watch(&probes[0]);
	event_loop_modify(&loop, &probes[0].source, 0);
	close(probes[0].ends[1]);
	ck_assert_int_eq(event_loop_once(&loop, 0), 1);
	ck_assert_uint_eq(probes[0].events, EPOLLHUP);
}
END_TEST

START_TEST(removed_source_does_not_run)
{
	event_loop_remove(&loop, &probes[0].source);
	watch(&probes[0]);
	fill(&probes[0]);
	event_loop_remove(&loop, &probes[0].source);
	event_loop_remove(&loop, &probes[0].source);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	watch(&probes[0]);
	ck_assert_int_eq(event_loop_once(&loop, 0), 1);
}
END_TEST

static void remove_other(struct probe *probe)
{
	event_loop_remove(&loop, &probe->other->source);
	/* The memory may be used for something else at once. */
	memset(&probe->other->source, 0xff, sizeof(probe->other->source));
	probe->other->source.registered = false;
}

/* Both are ready in one batch; the one that runs first removes the other. */
START_TEST(removal_within_a_batch)
{
	for (int i = 0; i < 2; i++) {
		watch(&probes[i]);
		fill(&probes[i]);
		probes[i].then = remove_other;
		probes[i].other = &probes[1 - i];
	}
	ck_assert_int_eq(event_loop_once(&loop, 0), 1);
	ck_assert_uint_eq(probes[0].ran + probes[1].ran, 1);
}
END_TEST

static void silence_other(struct probe *probe)
{
	event_loop_modify(&loop, &probe->other->source, 0);
}

START_TEST(modification_within_a_batch)
{
	for (int i = 0; i < 2; i++) {
		watch(&probes[i]);
		fill(&probes[i]);
		probes[i].then = silence_other;
		probes[i].other = &probes[1 - i];
	}
	ck_assert_int_eq(event_loop_once(&loop, 0), 1);
}
END_TEST

static void remove_itself(struct probe *probe)
{
	event_loop_remove(&loop, &probe->source);
}

START_TEST(callback_removes_itself)
{
	watch(&probes[0]);
	fill(&probes[0]);
	probes[0].then = remove_itself;
	ck_assert_int_eq(event_loop_once(&loop, 0), 1);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
}
END_TEST

static void open_files(unsigned number)
{
	const char *path = unit_make_file("x", 1);

	for (unsigned i = 0; i < number; i++) {
		probes[i].ends[0] = open(path, O_RDONLY);
		ck_assert_int_ge(probes[i].ends[0], 0);
		watch(&probes[i]);
	}
}

/* epoll refuses regular files. They do not starve others, nor one another. */
START_TEST(regular_files_are_always_ready)
{
	open_files(24);
	ck_assert_int_eq(event_loop_once(&loop, -1), 24);
	for (int i = 0; i < 24; i++)
		ck_assert_uint_eq(probes[i].ran, 1);
	for (int i = 1; i < 24; i++)
		ck_assert_int_eq(event_loop_modify(&loop, &probes[i].source, 0), 0);
	ck_assert_int_eq(event_loop_once(&loop, -1), 1);
	event_loop_remove(&loop, &probes[0].source);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
}
END_TEST

START_TEST(regular_file_removes_others)
{
	open_files(3);
	for (int i = 0; i < 3; i++) {
		probes[i].then = remove_other;
		probes[i].other = &probes[(i + 1) % 3];
	}
	/* The last added runs first and removes the first, the second removes the last. */
	ck_assert_int_eq(event_loop_once(&loop, 0), 2);
	ck_assert_uint_eq(probes[0].ran, 0);
}
END_TEST

static void remove_and_forget_itself(struct probe *probe)
{
	event_loop_remove(&loop, &probe->source);
	memset(&probe->source, 0xff, sizeof(probe->source));
	probe->source.registered = false;
}

START_TEST(regular_file_removes_itself)
{
	open_files(3);
	probes[1].then = remove_and_forget_itself;
	ck_assert_int_eq(event_loop_once(&loop, 0), 3);
	ck_assert_int_eq(event_loop_once(&loop, 0), 2);
}
END_TEST

START_TEST(bad_descriptor_is_described)
{
	ck_assert_int_eq(event_loop_add(&loop, &probes[0].source, 999, EPOLLIN, count, &probes[0]),
			 -EBADF);
	unit_assert_logged("999");
	event_loop_remove(&loop, &probes[0].source);
}
END_TEST

static void stop_loop(struct probe *probe)
{
	(void)probe;
	event_loop_stop(&loop);
}

START_TEST(run_ends_when_stopped)
{
	watch(&probes[0]);
	fill(&probes[0]);
	probes[0].then = stop_loop;
	ck_assert_int_eq(event_loop_run(&loop), 0);
	ck_assert_int_eq(event_loop_run(&loop), 0);
	ck_assert_uint_eq(probes[0].ran, 2);
}
END_TEST

static void nothing(int signal_number)
{
	(void)signal_number;
}

START_TEST(signal_is_no_error)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval soon = { .it_value.tv_usec = 1000, .it_interval.tv_usec = 1000 };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	ck_assert_int_eq(event_loop_once(&loop, -1), 0);
}
END_TEST

static struct event_notifier notifier;
static unsigned notified;

static void on_notified(struct event_source *source, uint32_t events)
{
	(void)events;
	ck_assert_ptr_eq(source->context, &notified);
	notified++;
	/* What is signalled meanwhile is not lost. */
	if (notified == 1)
		event_notifier_signal(&notifier);
}

START_TEST(notifier_merges_signals)
{
	ck_assert_int_eq(event_notifier_init(&notifier, &loop, on_notified, &notified), 0);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	for (int i = 0; i < 5; i++)
		event_notifier_signal(&notifier);
	event_loop_once(&loop, 0);
	ck_assert_uint_eq(notified, 1);
	event_loop_once(&loop, 0);
	ck_assert_uint_eq(notified, 2);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	event_notifier_destroy(&notifier, &loop);
}
END_TEST

static void *signal_it(void *argument)
{
	event_notifier_signal(argument);
	return NULL;
}

START_TEST(notifier_wakes_from_another_thread)
{
	pthread_t thread;

	notified = 1;
	ck_assert_int_eq(event_notifier_init(&notifier, &loop, on_notified, &notified), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, signal_it, &notifier), 0);
	while (notified == 1)
		ck_assert_int_ge(event_loop_once(&loop, -1), 0);
	pthread_join(thread, NULL);
	event_notifier_destroy(&notifier, &loop);
}
END_TEST

START_TEST(notifier_keeps_errno)
{
	uint64_t most = UINT64_MAX - 1;

	ck_assert_int_eq(event_notifier_init(&notifier, &loop, on_notified, &notified), 0);
	ck_assert_int_eq(write(notifier.fd, &most, sizeof(most)), sizeof(most));
	errno = ENOTTY;
	event_notifier_signal(&notifier);
	ck_assert_int_eq(errno, ENOTTY);
	event_loop_once(&loop, 0);
	ck_assert_uint_eq(notified, 1);
	event_notifier_destroy(&notifier, &loop);
}
END_TEST

Suite *unit_suite(void)
{
	const TTest *tests[] = {
		nothing_ready_is_a_timeout,	ready_source_runs_until_it_is_not,
		modify_changes_what_is_watched, hang_up_is_always_told,
		removed_source_does_not_run,	removal_within_a_batch,
		modification_within_a_batch,	callback_removes_itself,
		regular_files_are_always_ready, regular_file_removes_others,
		regular_file_removes_itself,	bad_descriptor_is_described,
		run_ends_when_stopped,		signal_is_no_error,
		notifier_merges_signals,	notifier_wakes_from_another_thread,
		notifier_keeps_errno,
	};
	Suite *suite = suite_create("event_loop");
	TCase *tcase = tcase_create("event_loop");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}
