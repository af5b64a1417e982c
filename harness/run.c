// SPDX-License-Identifier: GPL-2.0-only
/* One run, in its own process. */
#include "harness/run.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "harness/guest_tests.h"
#include "harness/result.h"
#include "harness/run_private.h"
#include "harness/runner.h"
#include "harness/test_mover.h"
#include "harness/test_vm_private.h"

static _Thread_local char last_error[RESULT_TEXT];

uint64_t run_now_ns(void)
{
	return clock_now_ns();
}

void run_sleep_us(uint64_t us)
{
	struct timespec time = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

uint64_t run_scaled(const struct test_run *run, uint64_t ns)
{
	return ns * run->timeout_scale;
}

uint64_t run_park_time(const struct test_run *run)
{
	return run->timeout_scale > 1 ? run_scaled(run, RUN_PARK_NS) : RUN_PARK_NS;
}

void run_fail(struct test_run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_vfail(run->result, NULL, format, arguments);
	va_end(arguments);
}

void run_skip(struct test_run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_vskip(run->result, format, arguments);
	va_end(arguments);
	run_end(run);
}

void run_note(struct test_run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_vnote(run->result, format, arguments);
	va_end(arguments);
}

void run_sample(struct test_run *run, const char *name, double value)
{
	result_sample(run->result, name, value);
}

/* SplitMix64: any seed is as good as any other. */
uint64_t run_random(struct test_run *run, uint64_t end)
{
	uint64_t mixed = run->random += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	mixed ^= mixed >> 31;
	return end ? mixed % end : mixed;
}

bool run_kernel_is_before(unsigned major, unsigned minor)
{
	unsigned its_major = 0, its_minor = 0;
	struct utsname host;

	uname(&host);
	sscanf(host.release, "%u.%u", &its_major, &its_minor);
	return its_major < major || (its_major == major && its_minor < minor);
}

void run_end(struct test_run *run)
{
	pthread_mutex_lock(&run->lock);
	atomic_store_explicit(&run->over, true, memory_order_release);
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
}

void run_abort(struct test_run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_vfail(run->result, NULL, format, arguments);
	va_end(arguments);
	run->result->ended = true;
	_exit(1);
}

int run_add_vm(struct test_run *run, struct test_vm *vm)
{
	int ret = -ENOSPC;

	pthread_mutex_lock(&run->vms_lock);
	for (unsigned i = 0; i < RUN_MAX_VMS && ret; i++) {
		if (run->vms[i])
			continue;
		run->vms[i] = vm;
		ret = 0;
	}
	pthread_mutex_unlock(&run->vms_lock);
	if (ret < 0)
		run_fail(run, "a test has at most %u VMs at once", RUN_MAX_VMS);
	return ret;
}

void run_remove_vm(struct test_run *run, struct test_vm *vm)
{
	pthread_mutex_lock(&run->vms_lock);
	for (unsigned i = 0; i < RUN_MAX_VMS; i++)
		if (run->vms[i] == vm)
			run->vms[i] = NULL;
	pthread_mutex_unlock(&run->vms_lock);
}

const char *run_last_error(void)
{
	return last_error[0] ? last_error : "no reason was given";
}

/* log_sink_fn. Nothing that the floors below say is lost: it belongs to this test. */
static void take_log(void *context, enum log_level level, const char *message)
{
	struct test_run *run = context;

	if (level == LOG_LEVEL_ERROR)
		snprintf(last_error, sizeof(last_error), "%s", message);
	if (level != LOG_LEVEL_INFO)
		run_note(run, "%s: %s", level == LOG_LEVEL_ERROR ? "error" : "warning", message);
}

/* The handler of a signal gets no argument: this is for it alone. */
static struct run_result *crash_result;

static void crashed(int signal_number, siginfo_t *info, void *context)
{
	const ucontext_t *state = context;
	uint64_t pc = 0;

#ifdef __aarch64__
	pc = state->uc_mcontext.pc;
#elif defined(__x86_64__)
	pc = state->uc_mcontext.gregs[REG_RIP];
#endif
	/* Whoever holds the lock may be who crashed. */
	if (pthread_mutex_trylock(&crash_result->lock) == 0) {
		pthread_mutex_unlock(&crash_result->lock);
		result_note(crash_result,
			    "armlet itself: %s at PC 0x%" PRIx64 ", address 0x%" PRIxPTR,
			    strsignal(signal_number), pc, (uintptr_t)info->si_addr);
	}
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void catch_crashes(struct run_result *result)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP };
	struct sigaction action = { .sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_NODEFER };

	crash_result = result;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

static void find_host_cpus(struct test_run *run)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (unsigned i = 0; i < CPU_SETSIZE && run->host_cpu_count < 256; i++)
		if (CPU_ISSET(i, &set))
			run->host_cpus[run->host_cpu_count++] = i;
}

void run_bind_thread(unsigned host_cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(host_cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *script_thread(void *argument)
{
	struct test_run *run = argument;
	const struct test_script *script = run->test->script;

	if (script->alone)
		script->alone(run);
	else
		script->beside(run);
	pthread_mutex_lock(&run->lock);
	run->script_ended = true;
	/* Without the test's own VM there is nothing else to wait for. */
	if (script->alone)
		atomic_store_explicit(&run->over, true, memory_order_release);
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

/* Watches until all is over, and the script has ended. */
static void run_with_script(struct test_run *run, bool has_thread)
{
	pthread_t script;

	/* It may have ended before pthread_create() has. */
	run->script_ended = !has_thread;
	if (has_thread && pthread_create(&script, NULL, script_thread, run)) {
		run_fail(run, "cannot start the thread of the script");
		return;
	}
	run_watch(run);
	if (has_thread)
		pthread_join(script, NULL);
}

/* The user's wish where the test's vCPUs run. A test that places and moves them by the same engine
 * goes before. */
static bool place_by_request(struct test_mover *mover, struct test_run *run,
			     const struct run_request *request)
{
	return (request->place || request->migrate) && !run->vm.machine.group.placement &&
	       test_mover_prepare(mover, &run->vm, request->place ? request->place : "none",
				  request->migrate ? request->migrate : "off", TEST_MOVER_NO_WORD);
}

static void run_with_vm(struct test_run *run, const struct run_request *request)
{
	const struct test *test = run->test;
	const struct test_script *script = test->script;
	struct test_vm_config config = {
		.name = "vm",
		.guest = test->guest,
		.cpus = test->cpus > 1 && request->cpus ? request->cpus : test->cpus,
		.irqchip = run->irqchip,
	};
	struct test_mover mover = { 0 };
	uint64_t begun;
	bool placed;
	int stuck;

	memcpy(config.args, test->args, sizeof(config.args));
	if (test_vm_create(&run->vm, run, &config) < 0) {
		test_vm_destroy(&run->vm);
		return;
	}
	if (script && script->prepare)
		script->prepare(run);
	placed = place_by_request(&mover, run, request);
	begun = run_now_ns();
	if (!run_is_over(run) && !run->result->failure_count && test_vm_start(&run->vm) == 0) {
		if (placed)
			test_mover_begin(&mover);
		run_with_script(run, script && script->beside);
		if (placed)
			test_mover_end(&mover);
	}
	run->result->guest_duration = run_now_ns() - begun;
	stuck = test_vm_freeze(&run->vm, run_park_time(run));
	if (stuck >= 0)
		run_abort(run, "vcpu%d does not leave KVM_RUN: its thread cannot be ended", stuck);
	if (script && script->finish)
		script->finish(run);
	test_mover_destroy(&mover);
	test_vm_destroy(&run->vm);
}

/* Since the run began; -1 where the host does not tell. */
static int64_t host_interrupts_since(const struct test_run *run, const struct host_interrupts *now,
				     enum host_timer_interrupt interrupt)
{
	int64_t before = host_interrupts_sum(&run->host_interrupts, interrupt);
	int64_t after = host_interrupts_sum(now, interrupt);

	return before < 0 || after < 0 ? -1 : after - before;
}

int64_t run_host_timer_interrupts(struct test_run *run)
{
	struct host_interrupts now;
	int64_t sum = -1;

	host_interrupts_read(&now, "/proc/interrupts");
	for (enum host_timer_interrupt i = 0; i < HOST_TIMER_INTERRUPTS; i++) {
		int64_t since = host_interrupts_since(run, &now, i);

		if (since >= 0)
			sum = (sum < 0 ? 0 : sum) + since;
	}
	if (run->fault == FAULT_HOST_UNCOUNTED && sum > 0)
		return 0;
	return sum;
}

void run_child(const struct run_request *request, struct run_result *result)
{
	struct test_run *run = calloc(1, sizeof(*run));
	const struct test_script *script = request->test->script;

	if (!run) {
		result_fail(result, NULL, "out of memory");
		result->ended = true;
		return;
	}
	run->test = request->test;
	run->irqchip = request->irqchip;
	run->fault = request->fault;
	run->seed = request->seed;
	run->random = request->seed;
	run->timeout_scale = request->timeout_scale;
	run->exact_time = request->exact_time;
	run->image_fd = request->image_fd;
	run->result = result;
	pthread_mutex_init(&run->lock, NULL);
	pthread_mutex_init(&run->vms_lock, NULL);
	pthread_cond_init(&run->changed, NULL);
	log_set_sink(take_log, run);
	catch_crashes(result);
	find_host_cpus(run);
	host_interrupts_read(&run->host_interrupts, "/proc/interrupts");
	if (script && script->alone)
		run_with_script(run, true);
	else
		run_with_vm(run, request);
	log_set_sink(NULL, NULL);
	result->ended = true;
}
