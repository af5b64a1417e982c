// SPDX-License-Identifier: GPL-2.0-only
/* CPUs: start, end, and waiting for each other. */
#include "guest-images/lib/cpu.h"

#define CNTKCTL_ALL_AT_EL0 0x303
#define AFFINITY_OFF	   1
/* Longer than it takes to start a vCPU on a machine that works. */
#define CPU_WAIT_NS 10000000000
/* A few microseconds. */
#define LOOKS_UNTIL_YIELD 512

#define GUEST_TEST_ENTRY(name) void guest_test_##name(void);
#include "gen/guest_tests.list"
#undef GUEST_TEST_ENTRY

static void (*const tests[])(void) = {
#define GUEST_TEST_ENTRY(name) guest_test_##name,
#include "gen/guest_tests.list"
#undef GUEST_TEST_ENTRY
};

static struct cpu cpus[GUEST_MAX_CPUS];

unsigned this_cpu(void)
{
	return cpu_here()->number;
}

static void cpu_init(struct cpu *cpu, unsigned number)
{
	cpu->number = number;
	cpu->el0_stack = (uint64_t)el0_stacks + (number + 1) * STACK_SIZE;
	write_sysreg(tpidr_el1, cpu);
	write_sysreg(tpidrro_el0, cpu);
	write_sysreg(cntkctl_el1, CNTKCTL_ALL_AT_EL0);
	isb();
	/* Never 0, where xorshift would stay. */
	cpu->random =
		((shared->seed + 1) * 0x9e3779b97f4a7c15 ^ (number + 1) * 0xbf58476d1ce4e5b9) | 1;
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		cpu->ctl_at_start[timer] = timer_ctl(timer);
		timer_set_ctl(timer, 0);
	}
	gic_init();
}

void cpu_main(uint64_t number)
{
	struct cpu *cpu = &cpus[number];

	cpu_init(cpu, number);
	if (number == 0) {
		if (shared->test < sizeof(tests) / sizeof(tests[0]))
			tests[shared->test]();
		else
			fail("there is no test %lu", shared->test);
		finish();
	}
	cpu->fn(cpu->argument);
	irq_disable();
	timer_set_ctl(VTIMER, 0);
	timer_set_ctl(PTIMER, 0);
	__atomic_store_n(&cpu->state, CPU_DONE, __ATOMIC_RELEASE);
	psci(PSCI_CPU_OFF, 0, 0, 0);
	fail("PSCI CPU_OFF returned");
	finish();
}

void hypercall(uint64_t regs[4])
{
	register uint64_t x0 asm("x0") = regs[0];
	register uint64_t x1 asm("x1") = regs[1];
	register uint64_t x2 asm("x2") = regs[2];
	register uint64_t x3 asm("x3") = regs[3];

	asm volatile("hvc #0"
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9",
		       "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	regs[0] = x0;
	regs[1] = x1;
	regs[2] = x2;
	regs[3] = x3;
}

uint64_t psci(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t regs[4] = { function, a, b, c };

	hypercall(regs);
	return regs[0];
}

/* As KVM numbers its vCPUs. */
static uint64_t cpu_affinity(unsigned cpu)
{
	return (cpu & 0xf) | (uint64_t)(cpu >> 4) << 8;
}

void cpu_prepare(unsigned number, cpu_fn *fn, void *argument)
{
	struct cpu *cpu = &cpus[number];

	cpu->fn = fn;
	cpu->argument = argument;
	__atomic_store_n(&cpu->state, CPU_STARTED, __ATOMIC_RELEASE);
	asm volatile("dsb sy" ::: "memory");
}

int64_t cpu_try_start(unsigned number)
{
	return psci(PSCI_CPU_ON, cpu_affinity(number), (uint64_t)secondary_entry, number);
}

void cpu_start(unsigned number, cpu_fn *fn, void *argument)
{
	int64_t status;

	cpu_prepare(number, fn, argument);
	status = cpu_try_start(number);
	if (status) {
		cpus[number].state = CPU_IDLE;
		fail("PSCI CPU_ON for CPU %u: %ld", number, status);
	}
}

void look_again(unsigned *looks)
{
	if (++*looks % LOOKS_UNTIL_YIELD == 0)
		mmio_write64(GUEST_TEST_DEVICE + TEST_DEVICE_YIELD, 0);
	else
		asm volatile("yield");
}

void cpu_join(unsigned number)
{
	struct cpu *cpu = &cpus[number];
	unsigned looks = 0;

	if (cpu->state == CPU_IDLE)
		return;
	wait_begin(CPU_WAIT_NS, "the end of another CPU's function");
	while (__atomic_load_n(&cpu->state, __ATOMIC_ACQUIRE) != CPU_DONE)
		look_again(&looks);
	while (psci(PSCI_AFFINITY_INFO, cpu_affinity(number), 0, 0) != AFFINITY_OFF)
		look_again(&looks);
	wait_end();
	cpu->state = CPU_IDLE;
}

void on_all_cpus(cpu_fn *fn, void *argument)
{
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		if (cpu != this_cpu())
			cpu_start(cpu, fn, argument);
	fn(argument);
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		if (cpu != this_cpu())
			cpu_join(cpu);
}

void barrier(void)
{
	static uint64_t arrived;
	uint64_t round = __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL) / cpu_count();
	unsigned looks = 0;

	wait_begin(CPU_WAIT_NS, "other CPUs at a barrier");
	while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) / cpu_count() == round)
		look_again(&looks);
	wait_end();
}

/* xorshift64* */
uint64_t random64(void)
{
	struct cpu *cpu = cpu_here();
	uint64_t x = cpu->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	cpu->random = x;
	return x * 0x2545f4914f6cdd1d;
}

uint64_t random_below(uint64_t end)
{
	return random64() % end;
}
