// SPDX-License-Identifier: GPL-2.0-only
/* Exits, calls of the script, words of shared memory. */
#include "guest-images/lib/cpu.h"

/* Longer than any script takes that is not hung. */
#define WORD_WAIT_NS 10000000000

void exit_to_host(void)
{
	mmio_read64(GUEST_TEST_DEVICE + TEST_DEVICE_EXIT);
}

void null_hypercall(void)
{
	psci(PSCI_VERSION, 0, 0, 0);
}

uint64_t call_host(unsigned function, uint64_t a, uint64_t b, uint64_t c)
{
	volatile struct guest_cpu_area *area = &shared->cpu[this_cpu()];
	uint64_t daif = irq_save(), result;

	event(GUEST_EVENT_CALL, function, a);
	area->call[0] = a;
	area->call[1] = b;
	area->call[2] = c;
	mmio_write64(GUEST_TEST_DEVICE + TEST_DEVICE_CALL, function);
	result = area->call[0];
	irq_restore(daif);
	return result;
}

void word_set(unsigned word, uint64_t value)
{
	__atomic_store_n(&shared->words[word], value, __ATOMIC_RELEASE);
}

uint64_t word_get(unsigned word)
{
	return __atomic_load_n(&shared->words[word], __ATOMIC_ACQUIRE);
}

void word_wait(unsigned word, uint64_t value)
{
	char what[] = "word 00 of shared memory";

	what[5] += word / 10;
	what[6] += word % 10;
	wait_begin(WORD_WAIT_NS, what);
	while (word_get(word) != value)
		asm volatile("yield");
	wait_end();
}
