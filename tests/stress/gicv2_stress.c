// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many threads on one GICv2, for ThreadSanitizer: vCPUs that take interrupts, send SGIs and touch
 * the distributor, and devices that raise lines.
 *
 * Besides races it looks for what a race would cause. Each device raises its line and waits until
 * a vCPU has handled it, so a lost interrupt or a lost wake-up stops the run; a vCPU that is not
 * interrupted sleeps, as in WFI, until it is kicked. Two vCPUs must never handle one interrupt at
 * once. A vCPU's inputs are driven by its own thread, never to the level that they have. In the
 * end nothing is pending and all inputs are low.
 *
 * The KVM that the vCPUs enter (by vcpu/entry.h) keeps a vCPU's inputs as the real one does: in a
 * word of which it changes other bits by plain read, modify, write, so that it loses what another
 * thread says meanwhile.
 *
 * gicv2_stress [ROUNDS]: how often each device raises its line.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "irqchip/gicv2_vcpu.h"
#include "vcpu/entry.h"

#define CPUS	       4
#define LEVEL_DEVICES  3
#define EDGE_DEVICES   2
#define DEVICES	       (LEVEL_DEVICES + EDGE_DEVICES)
#define DEFAULT_ROUNDS 10000
#define TIME_LIMIT     300 /* seconds, for a run that lost something */

#define FIRST_DEVICE 40 /* INTID */
#define TIMER	     27
#define SGI	     3
#define SGI_NOISE    5

#define GICD_CTLR	0x000
#define GICD_ISENABLER	0x100
#define GICD_ICENABLER	0x180
#define GICD_ISPENDR	0x200
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR	0x800
#define GICD_ICFGR	0xc00
#define GICD_SGIR	0xf00
#define GICC_CTLR	0x00
#define GICC_PMR	0x04
#define GICC_IAR	0x0c
#define GICC_EOIR	0x10
#define GICC_HPPIR	0x18

static struct gicv2 *gic;
static unsigned rounds = DEFAULT_ROUNDS;

#define HCR_INPUTS ((1u << GICV2_PINS) - 1) /* bit n: pin n */
#define HCR_OTHER  (1u << 7)

static struct vcpu {
	struct vcpu_entry entry;
	struct kvm_run run;
	pthread_t thread; /* who may drive the inputs */
	_Atomic uint32_t hcr;
	atomic_ulong handled, sgis, spurious, slept;
} vcpus[CPUS];

static struct device {
	atomic_uint raised; /* rounds begun */
	atomic_uint done;   /* rounds handled */
	atomic_uint handlers;
} devices[DEVICES];

static atomic_bool stop;
static atomic_uint failures;

static void fail(const char *what, unsigned number)
{
	if (atomic_fetch_add(&failures, 1) < 10)
		fprintf(stderr, "gicv2_stress: %s (%u)\n", what, number);
}

static int drive(void *context, unsigned cpu, enum gicv2_pin pin, bool level)
{
	struct vcpu *vcpu = &vcpus[cpu];
	uint32_t bit = 1u << pin, before;

	(void)context;
	if (!pthread_equal(pthread_self(), vcpu->thread))
		fail("another thread drives the inputs of a vCPU", cpu);
	before = level ? atomic_fetch_or(&vcpu->hcr, bit) : atomic_fetch_and(&vcpu->hcr, ~bit);
	if (!!(before & bit) == level)
		fail("an input is driven to the level that it has", cpu);
	return 0;
}

static bool kick(void *context, unsigned cpu)
{
	(void)context;
	return vcpu_entry_kick(&vcpus[cpu].entry);
}

static void dist_write(unsigned cpu, uint64_t offset, uint32_t value)
{
	gicv2_distributor_write(gic, offset, value, 4, cpu);
}

static bool is_edge(unsigned device)
{
	return device >= LEVEL_DEVICES;
}

/* What the guest's handler does to the device. */
static void handle_device(unsigned number)
{
	struct device *device = &devices[number];
	unsigned raised = atomic_load(&device->raised);

	if (atomic_fetch_add(&device->handlers, 1))
		fail("two vCPUs handle one interrupt", FIRST_DEVICE + number);
	if (!is_edge(number))
		gicv2_set_spi(gic, FIRST_DEVICE + number - 32, false);
	atomic_fetch_sub(&device->handlers, 1);
	/* Last: it begins another round. */
	atomic_store(&device->done, raised);
}

static void handle(unsigned cpu, uint32_t answer)
{
	unsigned intid = answer & 0x3ff;

	atomic_fetch_add(&vcpus[cpu].handled, 1);
	if (intid >= FIRST_DEVICE && intid < FIRST_DEVICE + DEVICES) {
		handle_device(intid - FIRST_DEVICE);
	} else if (intid == TIMER) {
		gicv2_vcpu_set_ppi(gic, cpu, TIMER, false);
	} else if (intid == SGI) {
		atomic_fetch_add(&vcpus[cpu].sgis, 1);
	} else if (intid != SGI_NOISE) {
		fail("an interrupt that nobody raised", intid);
	}
	gicv2_cpu_interface_write(gic, GICC_EOIR, answer, 4, cpu);
}

/* What guests do besides: it must neither lose nor invent an interrupt. */
static void meddle(unsigned cpu, unsigned turn)
{
	unsigned intid = FIRST_DEVICE + turn % DEVICES;

	switch (turn % 11) {
	case 0: /* not the lowest, which is never signalled */
		gicv2_distributor_write(gic, GICD_IPRIORITYR + intid, turn & 0x7f, 1, cpu);
		break;
	case 1: /* some CPU is always a target */
		gicv2_distributor_write(gic, GICD_ITARGETSR + intid, (turn * 7) | 1u << cpu, 1,
					cpu);
		break;
	case 2:
		dist_write(cpu, GICD_ICENABLER + 4, 1u << intid % 32);
		dist_write(cpu, GICD_ISENABLER + 4, 1u << intid % 32);
		break;
	case 3:
		dist_write(cpu, GICD_SGIR, 1u << 24 | SGI_NOISE);
		break;
	case 4:
		gicv2_cpu_interface_write(gic, GICC_PMR, 0, 4, cpu);
		gicv2_cpu_interface_write(gic, GICC_PMR, 0xff, 4, cpu);
		break;
	case 5:
		dist_write(cpu, GICD_CTLR, 0);
		dist_write(cpu, GICD_CTLR, 1);
		break;
	case 6:
		gicv2_distributor_read(gic, GICD_ISPENDR + turn % 8 * 4, 4, cpu);
		break;
	case 7:
		gicv2_cpu_interface_read(gic, GICC_HPPIR, 4, cpu);
		break;
	case 8:
		gicv2_output_stats(gic, turn % CPUS);
		break;
	case 9:
		dist_write(cpu, GICD_SGIR, 1u << (16 + (cpu + 1) % CPUS) | SGI);
		break;
	default:
		gicv2_set_ppi(gic, cpu, TIMER, true);
		break;
	}
}

/* KVM loads a vCPU. */
static void load(struct vcpu *vcpu)
{
	uint32_t hcr = atomic_load_explicit(&vcpu->hcr, memory_order_relaxed);

	sched_yield();
	atomic_store_explicit(&vcpu->hcr, hcr ^ HCR_OTHER, memory_order_relaxed);
}

/* Whether the guest takes an interrupt. If not, it runs on, or is in WFI until it has to leave. */
static bool kvm_run(struct vcpu *vcpu, bool sleeps)
{
	sigset_t kick_signal, outside;
	bool takes = false;

	sigemptyset(&kick_signal);
	sigaddset(&kick_signal, VCPU_KICK_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &kick_signal, &outside);
	load(vcpu);
	if (!__atomic_load_n(&vcpu->run.immediate_exit, __ATOMIC_SEQ_CST)) {
		takes = atomic_load(&vcpu->hcr) & HCR_INPUTS;
		if (!takes && sleeps) {
			atomic_fetch_add(&vcpu->slept, 1);
			sigsuspend(&outside);
		}
	}
	pthread_sigmask(SIG_SETMASK, &outside, NULL);
	return takes;
}

static void take_interrupt(struct vcpu *vcpu, unsigned cpu)
{
	uint32_t answer = gicv2_cpu_interface_read(gic, GICC_IAR, 4, cpu);

	if ((answer & 0x3ff) >= 1020)
		atomic_fetch_add(&vcpu->spurious, 1);
	else
		handle(cpu, answer);
}

static void *vcpu_thread(void *argument)
{
	struct vcpu *vcpu = argument;
	unsigned cpu = vcpu - vcpus, turn = cpu * 3;

	vcpu->thread = pthread_self();
	vcpu_entry_set_thread(&vcpu->entry, gettid());
	for (;;) {
		bool takes;

		vcpu_entry_begin(&vcpu->entry);
		if (atomic_load(&stop))
			break;
		gicv2_vcpu_enters(gic, cpu, drive, NULL);
		takes = kvm_run(vcpu, turn % 4 == 0);
		vcpu_entry_end(&vcpu->entry);
		if (takes)
			take_interrupt(vcpu, cpu);
		meddle(cpu, turn++);
	}
	vcpu_entry_end(&vcpu->entry);
	return NULL;
}

static void *device_thread(void *argument)
{
	struct device *device = argument;
	unsigned number = device - devices, spi = FIRST_DEVICE + number - 32;

	for (unsigned round = 1; round <= rounds; round++) {
		atomic_store(&device->raised, round);
		gicv2_set_spi(gic, spi, true);
		if (is_edge(number))
			gicv2_set_spi(gic, spi, false);
		while (atomic_load(&device->done) < round)
			usleep(1);
	}
	return NULL;
}

static void enable_everything(void)
{
	for (unsigned device = 0; device < DEVICES; device++) {
		unsigned intid = FIRST_DEVICE + device;
		uint64_t config = GICD_ICFGR + intid / 16 * 4;

		gicv2_distributor_write(gic, GICD_ITARGETSR + intid, 0xff, 1, 0);
		if (is_edge(device))
			dist_write(0, config,
				   gicv2_distributor_read(gic, config, 4, 0) |
					   2u << intid % 16 * 2);
		dist_write(0, GICD_ISENABLER + 4, 1u << intid % 32);
	}
	dist_write(0, GICD_CTLR, 1);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		dist_write(cpu, GICD_ISENABLER, 0xffffffff);
		gicv2_cpu_interface_write(gic, GICC_PMR, 0xff, 4, cpu);
		gicv2_cpu_interface_write(gic, GICC_CTLR, 1, 4, cpu);
	}
}

/* With all threads gone: takes what is left, and looks whether that empties the GIC. */
static void check_end(void)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		uint32_t answer;

		vcpus[cpu].thread = pthread_self();
		gicv2_set_ppi(gic, cpu, TIMER, false);
		while (((answer = gicv2_cpu_interface_read(gic, GICC_IAR, 4, cpu)) & 0x3ff) < 1020)
			gicv2_cpu_interface_write(gic, GICC_EOIR, answer, 4, cpu);
	}
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		gicv2_vcpu_enters(gic, cpu, drive, NULL);
		if (atomic_load(&vcpus[cpu].hcr) & HCR_INPUTS)
			fail("an input is high in the end", cpu);
		for (unsigned word = 0; word < GICV2_INTERRUPTS / 32; word++)
			if (gicv2_distributor_read(gic, GICD_ISPENDR + word * 4, 4, cpu))
				fail("an interrupt is pending in the end", word);
	}
}

static void kick_handler(int signal)
{
	(void)signal;
}

static void wake_all(void)
{
	atomic_store(&stop, true);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		vcpu_entry_kick(&vcpus[cpu].entry);
}

static void report(void)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		struct gicv2_output_stats stats = gicv2_output_stats(gic, cpu);

		printf("vcpu%u: %lu interrupts, %lu of them SGIs, %lu spurious; slept %lu times; "
		       "inputs driven %llu times, avoided %llu; kicked %llu times\n",
		       cpu, vcpus[cpu].handled, vcpus[cpu].sgis, vcpus[cpu].spurious,
		       vcpus[cpu].slept, (unsigned long long)stats.issued,
		       (unsigned long long)stats.avoided, (unsigned long long)stats.kicks);
	}
}

int main(int argc, char **argv)
{
	struct sigaction kick_action = { .sa_handler = kick_handler };
	pthread_t vcpu_threads[CPUS], device_threads[DEVICES];

	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 0);
	alarm(TIME_LIMIT);
	sigaction(VCPU_KICK_SIGNAL, &kick_action, NULL);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		vcpus[cpu] = (struct vcpu){ .entry.run = &vcpus[cpu].run,
					    .hcr = HCR_INPUTS,
					    .thread = pthread_self() };
	if (gicv2_create(CPUS, kick, NULL, &gic) < 0)
		return 1;
	gicv2_reset(gic);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		gicv2_vcpu_enters(gic, cpu, drive, NULL);
	enable_everything();
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		pthread_create(&vcpu_threads[cpu], NULL, vcpu_thread, &vcpus[cpu]);
	for (unsigned device = 0; device < DEVICES; device++)
		pthread_create(&device_threads[device], NULL, device_thread, &devices[device]);
	for (unsigned device = 0; device < DEVICES; device++)
		pthread_join(device_threads[device], NULL);
	wake_all();
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		pthread_join(vcpu_threads[cpu], NULL);
	check_end();
	report();
	gicv2_destroy(gic);
	return atomic_load(&failures) ? 1 : 0;
}
