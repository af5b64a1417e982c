// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lab tests' guest: one bare-metal program that does what its bootargs say ("guest:NAME").
 * Each behaviour ends with SYSTEM_OFF unless it says otherwise.
 */
#include "hardware.h"

/* Hidden: its address is computed, not taken from a table that nobody relocates. */
extern __attribute__((visibility("hidden"))) void secondary(void);
void guest_main(uint64_t dtb);
void guest_secondary(uint64_t cpu);
uint64_t guest_exception(uint64_t vector, uint64_t esr, uint64_t far);

/* One place per CPU, for without MMU there are no exclusives to count with. */
static volatile bool started[128];
static const char *arguments;
static volatile uint64_t ticks, spurious;
static uint64_t ticks_wanted;
static bool read_until_spurious;
static uint64_t tick_period;
static volatile uint64_t sgis_taken;
static volatile uint64_t accesses;

#define IRQ_VECTOR 5

/*
 * The next tick is armed only when this one is over, so that however slow the machine is no two
 * fall together: each costs the same accesses.
 */
static void take_interrupt(void)
{
	uint64_t intid, acknowledged;

	while ((intid = (acknowledged = gic_acknowledge()) & 0x3ff) == TIMER_INTID) {
		ticks++;
		asm volatile("msr cntv_ctl_el0, xzr; isb");
		gic_end(intid);
		if (!read_until_spurious)
			break;
	}
	spurious += intid == SPURIOUS_INTID;
	if (intid == SGI_INTID) {
		gic_end(acknowledged);
		sgis_taken++;
	}
	if (ticks < ticks_wanted)
		timer_set(counter() + tick_period);
}

uint64_t guest_exception(uint64_t vector, uint64_t esr, uint64_t far)
{
	if (vector == IRQ_VECTOR) {
		take_interrupt();
		return 0;
	}
	put_number("exception vector", vector);
	put_number("esr", esr);
	put_number("far", far);
	/* Only synchronous exceptions are stepped over; anything else is not expected here. */
	if (vector % 4 != 0)
		power_off();
	return 4;
}

/* In the hypervisor and back all the time, so that an interrupt may come at any place of an entry.
 */
static void take_sgis(void)
{
	write32(GICC + GICC_PMR, 0xf0);
	write32(GICC + GICC_CTLR, 1);
	asm volatile("msr daifclr, #2" : : : "memory");
	for (;;) {
		read32(UART + UART_FR);
		accesses++;
	}
}

void guest_secondary(uint64_t cpu)
{
	started[cpu] = true;
	if (arguments[0] == 'o') /* off-secondary */
		power_off();
	if (arguments[0] == 's') /* sgis */
		take_sgis();
	for (;;)
		asm volatile("wfi");
}

/* CPUs have affinities 0, 1, 2, ... 15, 0x100, ... as KVM numbers them. */
static uint64_t affinity(unsigned cpu)
{
	return (cpu & 15) | (cpu >> 4) << 8;
}

static void start_cpus(unsigned count)
{
	for (unsigned cpu = 1; cpu < count; cpu++)
		put_number("cpu_on", psci(PSCI_CPU_ON, affinity(cpu), (uint64_t)secondary, cpu));
}

static void do_off(void)
{
	put("hello\n");
}

static void do_off_secondary(void)
{
	put("hello\n");
	start_cpus(2);
	for (;;)
		;
}

static void do_cpus(void)
{
	unsigned count = 1;

	while (psci(PSCI_AFFINITY_INFO, affinity(count), 0, 0) <= 1)
		count++;
	put_number("cpus", count);
	start_cpus(count);
	for (unsigned cpu = 1; cpu < count; cpu++)
		while (!started[cpu])
			;
	put_number("started", count);
}

static void do_reset(void)
{
	put("boot\n");
	psci(PSCI_SYSTEM_RESET, 0, 0, 0);
}

static void do_unassigned(void)
{
	put_number("read", read32(NO_DEVICE));
	put_number("again", read32(NO_DEVICE + 8));
	write32(NO_DEVICE, 1);
	put_number("other page", read32(NO_DEVICE + 0x1000));
	put("after\n");
}

/* Accesses that the hardware does not describe to KVM: each gives an external abort, and is stepped
 * over. */
static void do_undecoded(void)
{
	uint64_t a = 0, b = 0, address = UART + UART_FR;

	asm volatile("ldp %0, %1, [%2]" : "+r"(a), "+r"(b) : "r"(address) : "memory");
	asm volatile("stp xzr, xzr, [%0]" : : "r"(address) : "memory");
	asm volatile("str q0, [%0]" : : "r"(address) : "memory");
	asm volatile("ldr %0, [%1], #8" : "+r"(a), "+r"(address) : : "memory");
	put("after\n");
}

/* Numbered lines: with regard to TXFF, or without. */
static void do_lines(void)
{
	for (unsigned i = 0; i < 7000; i++)
		put_number("line", i);
}

static void do_flood(void)
{
	for (unsigned i = 0; i < 120000; i++)
		write32(UART + UART_DR, 'a' + i % 26);
}

static void do_echo(void)
{
	char c;

	put("ready\n");
	while ((c = get_char()) != 'q')
		put_char(c);
	put("\nbye\n");
}

static void do_spin(void)
{
	put("spinning\n");
	for (;;)
		;
}

/* A driver of the power key, as far as armlet can see. */
static void watch_power_key(void)
{
	write32(GPIO + GPIO_IEV, 1 << POWER_PIN);
	write32(GPIO + GPIO_IE, 1 << POWER_PIN);
	put("watching\n");
	while (!(read32(GPIO + GPIO_MIS) & 1 << POWER_PIN))
		;
	put("pressed\n");
}

static void do_power_key(void)
{
	watch_power_key();
}

static void do_power_key_ignored(void)
{
	watch_power_key();
	for (;;)
		asm volatile("wfi");
}

static void do_wait(void)
{
	put("waiting\n");
	for (;;)
		asm volatile("wfi");
}

static uint64_t number(void)
{
	const char *text = arguments;
	uint64_t value = 0;

	while (*text && *text != ' ')
		text++;
	for (text += *text == ' '; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + *text - '0';
	return value;
}

/* "ticks N": that many interrupts of the virtual timer, taken in a busy loop. */
static void do_ticks(void)
{
	ticks_wanted = number();
	tick_period = counter_frequency() / 100;
	put("ticking\n");
	gic_init();
	timer_set(counter() + tick_period);
	asm volatile("msr daifclr, #2" : : : "memory");
	while (ticks < ticks_wanted)
		;
	asm volatile("msr daifset, #2" : : : "memory");
	put_number("ticks", ticks);
	put_number("spurious", spurious);
}

/* "ignore N": an expired timer that nobody looks at, for N hundredths of a second; 0: for ever. */
static void do_ignore(void)
{
	uint64_t wanted = number(), end;

	put("ignoring\n");
	gic_init();
	timer_set(counter());
	for (end = counter() + wanted * counter_frequency() / 100; !wanted || counter() < end;)
		;
	put("ignored\n");
}

/*
 * "sgis N": that many interrupts from CPU 0 to CPU 1, one by one, at changing times; lost is one
 * that CPU 1 does not take in so many accesses of its own. With a GICv2.
 */
static void do_sgis(void)
{
	uint64_t wanted = number(), random = 1;

	gic_init();
	start_cpus(2);
	while (!accesses)
		;
	for (uint64_t sent = 1; sent <= wanted; sent++) {
		uint64_t before = accesses;

		write32(GICD + GICD_SGIR, 1u << 17 | SGI_INTID);
		while (sgis_taken < sent) {
			if (accesses - before < 10000)
				continue;
			put_number("lost", sent);
			return;
		}
		random = random * 6364136223846793005u + 1442695040888963407u;
		for (uint64_t delay = random >> 52; delay; delay--)
			asm volatile("");
	}
	put_number("taken", sgis_taken);
}

/* What a guest sees of a GICv3's system registers. */
static void do_gicv3_registers(void)
{
	uint64_t pfr0, pmr = 0;

	asm("mrs %0, id_aa64pfr0_el1" : "=r"(pfr0));
	put_number("pfr0.gic", pfr0 >> 24 & 15);
	asm volatile("mrs %0, s3_0_c4_c6_0" : "+r"(pmr));
	put("after\n");
}

static void do_rtc(void)
{
	put_number("rtc", read32(RTC));
}

static void check_zero(const char *name, uint64_t value)
{
	if (value)
		put_number(name, value);
}

/* What a reset must bring back; prints what it did not. Reads '1' from the console in the first
 * boot, else the next. */
static void do_reset_state(void)
{
	volatile uint64_t *ram = (uint64_t *)(RAM + 0x3000000);
	uint64_t ctl;

	asm volatile("mrs %0, cntv_ctl_el0" : "=r"(ctl));
	check_zero("ram", ram[0] | ram[511]);
	check_zero("cntv_ctl", ctl & 3);
	check_zero("ctlr", read32(GICD + GICD_CTLR) & 3);
	check_zero("enabled", read32(GICD + GICD_ISENABLER + 4));
	check_zero("pending", read32(GICD + GICD_ISPENDR + 4));
	check_zero("active", read32(GICD + GICD_ISACTIVER + 4));
	check_zero("priority", read32(GICD + GICD_PRIORITY + 36));
	put_number("config", read32(GICD + GICD_ICFGR + 8));
	check_zero("imsc", read32(UART + UART_IMSC));
	check_zero("ibrd", read32(UART + UART_IBRD));
	if (has_gicv3) {
		uint64_t pmr;

		asm volatile("mrs %0, s3_0_c4_c6_0" : "=r"(pmr));
		check_zero("pmr", pmr);
		check_zero("private enabled", read32(GICR_SGI + GICD_ISENABLER) & 0xffff0000);
		check_zero("private pending", read32(GICR_SGI + GICD_ISPENDR));
		asm volatile("msr s3_0_c4_c6_0, %0" : : "r"(0xf8ul));
		write32(GICR_SGI + GICD_ISENABLER, 0xffff0000);
		write32(GICR_SGI + GICD_ISPENDR, 1u << 20);
		write32(GICD + GICD_CTLR, 0x12);
	} else {
		check_zero("pmr", read32(GICC + GICC_PMR));
		check_zero("private enabled", read32(GICD + GICD_ISENABLER) & 0xffff0000);
		check_zero("private pending", read32(GICD + GICD_ISPENDR));
		write32(GICC + GICC_PMR, 0xf8);
		write32(GICD + GICD_ISENABLER, 0xffff0000);
		write32(GICD + GICD_ISPENDR, 1u << 20);
		write32(GICD + GICD_CTLR, 1);
	}
	ram[0] = ram[511] = ~0ul;
	asm volatile("msr cntv_cval_el0, %0" : : "r"(0ul));
	asm volatile("msr cntv_ctl_el0, %0" : : "r"(1ul));
	write32(GICD + GICD_ISENABLER + 4, ~0u);
	write32(GICD + GICD_ISPENDR + 4, 0xff0000);
	write32(GICD + GICD_ISACTIVER + 4, 0xf000000);
	write32(GICD + GICD_PRIORITY + 36, 0x80808080);
	write32(GICD + GICD_ICFGR + 8, 0x2222aaaa);
	write32(UART + UART_IMSC, 0x10);
	write32(UART + UART_IBRD, 13);
	put("checked\n");
	psci(PSCI_SYSTEM_RESET, 0, 0, 0);
}

/* The first place in the device tree's bytes where `text` stands. */
static const char *find_text(uint64_t dtb, const char *text)
{
	const char *blob = (const char *)dtb;
	uint32_t size = __builtin_bswap32(read32(dtb + 4));

	for (uint32_t i = 0; i < size; i++) {
		unsigned n = 0;

		while (text[n] && i + n < size && blob[i + n] == text[n])
			n++;
		if (!text[n])
			return blob + i + n;
	}
	return NULL;
}

static bool asked_for(const char *name)
{
	unsigned n = 0;

	while (name[n] && name[n] == arguments[n])
		n++;
	return !name[n] && (!arguments[n] || arguments[n] == ' ');
}

/* Calls instead of a table of pointers: there is nobody to relocate one. */
static void run(void)
{
	if (asked_for("off"))
		do_off();
	else if (asked_for("off-secondary"))
		do_off_secondary();
	else if (asked_for("cpus"))
		do_cpus();
	else if (asked_for("reset"))
		do_reset();
	else if (asked_for("reset-state"))
		do_reset_state();
	else if (asked_for("unassigned"))
		do_unassigned();
	else if (asked_for("undecoded"))
		do_undecoded();
	else if (asked_for("lines"))
		do_lines();
	else if (asked_for("flood"))
		do_flood();
	else if (asked_for("echo"))
		do_echo();
	else if (asked_for("spin"))
		do_spin();
	else if (asked_for("wait"))
		do_wait();
	else if (asked_for("power-key"))
		do_power_key();
	else if (asked_for("power-key-ignored"))
		do_power_key_ignored();
	else if (asked_for("ticks"))
		do_ticks();
	else if (asked_for("ticks-linux")) {
		read_until_spurious = true;
		do_ticks();
	} else if (asked_for("ignore"))
		do_ignore();
	else if (asked_for("sgis"))
		do_sgis();
	else if (asked_for("gicv3-registers"))
		do_gicv3_registers();
	else if (asked_for("rtc"))
		do_rtc();
	else
		put("no such behaviour\n");
}

void guest_main(uint64_t dtb)
{
	arguments = find_text(dtb, "guest:");
	has_gicv3 = find_text(dtb, "arm,gic-v3");
	if (arguments)
		run();
	else
		put("no bootargs\n");
	power_off();
}
