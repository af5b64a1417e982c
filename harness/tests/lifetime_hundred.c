// SPDX-License-Identifier: GPL-2.0-only
/* Many VMs one after another, as armlet makes them: nothing of them stays. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/guest_tests.h"
#include "harness/run.h"
#include "harness/tests/lifetime.h"

/* The first ones fill caches of the C library's. */
#define SETTLING 5

/* Less than a page for each VM. */
#define ALLOWED_PAGES(vms) ((vms) / 2)

static long resident_pages(void)
{
	long size, resident = -1;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return -1;
	if (fscanf(file, "%ld %ld", &size, &resident) != 2)
		resident = -1;
	fclose(file);
	return resident;
}

static bool live_once(struct test_run *run)
{
	static struct test_vm vm;
	const struct test_vm_config config = {
		.name = "one of many",
		.guest = GUEST(lifetime_hypercall),
		.cpus = 1,
		.irqchip = run->irqchip,
	};
	bool done = test_vm_create(&vm, run, &config) == 0 && test_vm_start(&vm) == 0 &&
		    test_vm_wait_done(&vm);

	test_vm_destroy(&vm);
	return done;
}

void lifetime_hundred(struct test_run *run)
{
	uint64_t vms = run->test->args[0];
	long before, after;

	for (uint64_t i = 0; i < SETTLING; i++)
		if (!live_once(run))
			return;
	before = resident_pages();
	for (uint64_t i = 0; i < vms; i++)
		if (!live_once(run))
			return;
	after = resident_pages();
	run_sample(run, "pages that stay", after - before);
	RUN_CHECK(run, before > 0 && after - before <= (long)ALLOWED_PAGES(vms),
		  "the process had %ld pages, and has %ld after %lu VMs", before, after,
		  (unsigned long)vms);
}
