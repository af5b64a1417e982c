// SPDX-License-Identifier: GPL-2.0-only
#include "harness/test_mover.h"

#include <inttypes.h>
#include <string.h>

#include "harness/fault_play.h"

static void moved(void *context, unsigned vcpu)
{
	struct test_mover *mover = context;

	fault_disturb(mover->vm, vcpu);
	if (mover->word != TEST_MOVER_NO_WORD)
		test_vm_set_word(mover->vm, mover->word, ++mover->moves);
}

/* A list for fewer or more vCPUs than there are: they go round in it. */
static void fit_pins(struct placement_request *request, unsigned cpus)
{
	for (unsigned i = request->pin_count; i < cpus && request->pin_count; i++)
		request->pins[i] = request->pins[i % request->pin_count];
	if (request->pin_count)
		request->pin_count = cpus;
}

int test_mover_check(const char *place, const char *migrate)
{
	struct placement_config config = { 0 };
	struct placement *placement;
	int ret = place ? placement_parse_place(place, &config.request) : 0;

	ret = ret || !migrate ? ret : placement_parse_migrate(migrate, &config.request);
	config.vcpus = config.request.pin_count ? config.request.pin_count : 1;
	/* One for each test will come, if at all. */
	config.request.has_seed = true;
	ret = ret ? ret : placement_create(&placement, &config);
	if (!ret)
		placement_destroy(placement);
	return ret;
}

bool test_mover_prepare(struct test_mover *mover, struct test_vm *vm, const char *place,
			const char *migrate, int word)
{
	struct placement_config config = {
		.vcpus = vm->machine.cpus,
		.moved = moved,
		.context = mover,
	};
	int ret = placement_parse_place(place, &config.request);

	*mover = (struct test_mover){ .vm = vm, .cpus = vm->machine.cpus, .word = word };
	ret = ret ? ret : placement_parse_migrate(migrate, &config.request);
	fit_pins(&config.request, config.vcpus);
	if (!config.request.has_seed)
		config.request.seed = vm->run->seed;
	config.request.has_seed = true;
	ret = ret ? ret : placement_create(&mover->placement, &config);
	if (ret < 0) {
		run_fail(vm->run, "cannot place and move vCPUs (--place %s --migrate %s): %s",
			 place, migrate, strerror(-ret));
		return false;
	}
	vm->machine.group.placement = mover->placement;
	return true;
}

bool test_mover_await_threads(struct test_vm *vm, unsigned cpus)
{
	for (unsigned i = 0; i < cpus; i++)
		while (!vm->tids[i]) {
			if (run_is_over(vm->run))
				return false;
			run_sleep_us(100);
		}
	return true;
}

bool test_mover_begin(struct test_mover *mover)
{
	pid_t tids[GUEST_MAX_CPUS];
	int ret;

	if (!mover->placement || !test_mover_await_threads(mover->vm, mover->cpus))
		return false;
	for (unsigned i = 0; i < mover->cpus; i++)
		tids[i] = mover->vm->tids[i];
	mover->begun = true;
	ret = placement_begin(mover->placement, tids);
	if (ret < 0)
		run_fail(mover->vm->run, "cannot begin to move vCPUs: %s", strerror(-ret));
	return ret == 0;
}

void test_mover_end(struct test_mover *mover)
{
	struct test_run *run = mover->vm->run;
	uint64_t moves = 0;

	if (!mover->begun)
		return;
	mover->begun = false;
	placement_end(mover->placement);
	for (unsigned i = 0; i < mover->cpus; i++) {
		struct placement_stats stats;

		placement_stats(mover->placement, i, &stats);
		moves += stats.moves;
		if (stats.moves)
			run_sample(run, "time of a move, ns", stats.move_ns / stats.moves);
		if (stats.failed)
			run_note(run, "vCPU %u: %" PRIu64 " moves were refused by the kernel", i,
				 stats.failed);
	}
	run_sample(run, "moves", moves);
}

void test_mover_destroy(struct test_mover *mover)
{
	if (!mover->placement)
		return;
	mover->vm->machine.group.placement = NULL;
	placement_destroy(mover->placement);
	mover->placement = NULL;
}
