// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lab tests' guest: one bare-metal program that does what its bootargs say ("guest:NAME").
 * It talks through the PL011, polling. Each behaviour ends with SYSTEM_OFF unless it says
 * otherwise.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART	   0x09000000ul
#define UART_DR	   0x00
#define UART_FR	   0x18
#define UART_IBRD  0x24
#define UART_CR	   0x30
#define UART_IMSC  0x38
#define UART_LCR_H 0x2c
#define LCR_H_FEN  (1u << 4)
#define CR_UARTEN  (1u << 0)
#define CR_TXE	   (1u << 8)
#define CR_RXE	   (1u << 9)
#define FR_RXFE	   (1u << 4)
#define FR_TXFF	   (1u << 5)
#define RTC	   0x09010000ul
#define NO_DEVICE  0x0b100000ul
#define GICD	   0x08000000ul
#define GICC	   0x08010000ul
#define GICR	   0x080a0000ul
#define GICR_SGI   (GICR + 0x10000)
#define RAM	   0x40000000ul

#define GPIO	  0x09030000ul
#define GPIO_IEV  0x40c
#define GPIO_IE	  0x410
#define GPIO_MIS  0x418
#define POWER_PIN 3

#define GICD_CTLR      0x000
#define GICD_IGROUPR   0x080
#define GICD_ISENABLER 0x100
#define GICD_ISPENDR   0x200
#define GICD_ISACTIVER 0x300
#define GICD_PRIORITY  0x400
#define GICD_ICFGR     0xc00
#define GICD_SGIR      0xf00

#define GICC_CTLR 0x00
#define GICC_PMR  0x04
#define GICC_IAR  0x0c
#define GICC_EOIR 0x10

#define PSCI_CPU_ON	   0xc4000003
#define PSCI_AFFINITY_INFO 0xc4000004
#define PSCI_SYSTEM_OFF	   0x84000008
#define PSCI_SYSTEM_RESET  0x84000009

/* Hidden: its address is computed, not taken from a table that nobody relocates. */
extern __attribute__((visibility("hidden"))) void secondary(void);
void guest_main(uint64_t dtb);
void guest_secondary(uint64_t cpu);
uint64_t guest_exception(uint64_t vector, uint64_t esr, uint64_t far);
void *memset(void *to, int value, size_t size);

/* One place per CPU, for without MMU there are no exclusives to count with. */
static volatile bool started[128];
static const char *arguments;
static bool has_gicv3;
static volatile uint64_t ticks, spurious;
static uint64_t ticks_wanted;
static bool read_until_spurious;
static uint64_t tick_period;
static volatile uint64_t sgis_taken;
static volatile uint64_t accesses;

void *memset(void *to, int value, size_t size)
{
	for (volatile char *byte = to; size--;)
		*byte++ = value;
	return to;
}

static uint32_t read32(uint64_t address)
{
	uint32_t value;

	asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static void write32(uint64_t address, uint32_t value)
{
	asm volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

static void put_char(char c)
{
	while (read32(UART + UART_FR) & FR_TXFF)
		;
	write32(UART + UART_DR, (uint8_t)c);
}

/* The receiver and its FIFO are off after a reset. */
static char get_char(void)
{
	write32(UART + UART_LCR_H, LCR_H_FEN);
	write32(UART + UART_CR, CR_UARTEN | CR_TXE | CR_RXE);
	while (read32(UART + UART_FR) & FR_RXFE)
		;
	return read32(UART + UART_DR);
}

static void put(const char *text)
{
	while (*text)
		put_char(*text++);
}

static void put_hex(uint64_t value)
{
	put("0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		if (value >> shift || !shift)
			put_char("0123456789abcdef"[value >> shift & 15]);
}

static void put_number(const char *name, uint64_t value)
{
	put(name);
	put("=");
	put_hex(value);
	put("\n");
}

static uint64_t psci(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = a;
	register uint64_t x2 asm("x2") = b;
	register uint64_t x3 asm("x3") = c;

	asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	return x0;
}

static void power_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
}

#define TIMER_INTID    27
#define SPURIOUS_INTID 1023
#define SGI_INTID      1
#define IRQ_VECTOR     5

static void gic_init(void)
{
	if (has_gicv3) {
		asm volatile("msr s3_0_c12_c12_5, %0; isb" : : "r"(7ul)); /* ICC_SRE_EL1 */
		write32(GICR_SGI + GICD_IGROUPR, ~0u);
		write32(GICR_SGI + GICD_ISENABLER, 1u << TIMER_INTID);
		write32(GICD + GICD_CTLR, 0x12);
		asm volatile("msr s3_0_c4_c6_0, %0" : : "r"(0xf0ul)); /* ICC_PMR_EL1 */
		asm volatile("msr s3_0_c12_c12_7, %0" : : "r"(1ul));  /* ICC_IGRPEN1_EL1 */
	} else {
		write32(GICD + GICD_ISENABLER, 1u << TIMER_INTID);
		write32(GICD + GICD_CTLR, 1);
		write32(GICC + GICC_PMR, 0xf0);
		write32(GICC + GICC_CTLR, 1);
	}
}

static uint64_t gic_acknowledge(void)
{
	uint64_t intid;

	if (!has_gicv3)
		return read32(GICC + GICC_IAR);
	asm volatile("mrs %0, s3_0_c12_c12_0; dsb sy" : "=r"(intid)); /* ICC_IAR1_EL1 */
	return intid;
}

static void gic_end(uint64_t intid)
{
	if (has_gicv3)
		asm volatile("msr s3_0_c12_c12_1, %0; isb" : : "r"(intid)); /* ICC_EOIR1_EL1 */
	else
		write32(GICC + GICC_EOIR, intid);
}

static uint64_t counter(void)
{
	uint64_t count;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(count));
	return count;
}

static void timer_set(uint64_t cval)
{
	asm volatile("msr cntv_cval_el0, %0; msr cntv_ctl_el0, %1; isb" : : "r"(cval), "r"(1ul));
}

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
	uint64_t frequency;

	ticks_wanted = number();
	asm("mrs %0, cntfrq_el0" : "=r"(frequency));
	tick_period = frequency / 100;
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
	uint64_t wanted = number(), frequency, end;

	asm("mrs %0, cntfrq_el0" : "=r"(frequency));
	put("ignoring\n");
	gic_init();
	timer_set(counter());
	for (end = counter() + wanted * frequency / 100; !wanted || counter() < end;)
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
