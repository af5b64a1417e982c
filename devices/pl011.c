// SPDX-License-Identifier: GPL-2.0-only
#include "devices/pl011.h"

#include <string.h>

#include "devices/pl011_registers.h"

/*
 * Interrupts that depend on how full a FIFO is are never stored: they follow from the FIFO's level
 * each time somebody looks, together with what ICR has acknowledged. So no order of two threads'
 * steps can leave one of them set for an empty FIFO, or lose one for a full one.
 */

static const uint8_t identification[8] = {
	0x11, 0x10, 0x34, 0x00, /* PeriphID: part 0x011, designer Arm, r1p5 */
	0x0d, 0xf0, 0x05, 0xb1, /* PCellID */
};

static bool fifos_enabled(const struct pl011 *uart)
{
	return atomic_load(&uart->lcr_h) & PL011_LCR_H_FEN;
}

/* IFLS: a FIFO's trigger level in eighths; the reserved values count as the last. */
static unsigned trigger_eighths(unsigned select)
{
	static const uint8_t eighths[8] = { 1, 2, 4, 6, 7, 7, 7, 7 };

	return eighths[select & 7];
}

static unsigned rx_depth(const struct pl011 *uart)
{
	return fifos_enabled(uart) ? PL011_RX_DEPTH : 1;
}

static unsigned rx_trigger(const struct pl011 *uart)
{
	return fifos_enabled(uart)
		       ? trigger_eighths(atomic_load(&uart->ifls) >> 3) * (PL011_RX_DEPTH / 8)
		       : 1;
}

/* In entries of the ring, the wire's included. */
static unsigned tx_trigger(const struct pl011 *uart)
{
	unsigned eighth = (PL011_TX_SIZE - PL011_TX_WIRE) / 8;

	return PL011_TX_WIRE +
	       (fifos_enabled(uart) ? trigger_eighths(atomic_load(&uart->ifls)) * eighth : 0);
}

static bool tx_above_trigger(const struct pl011 *uart)
{
	return byte_ring_level(&uart->tx) > tx_trigger(uart);
}

static unsigned raw_interrupts(const struct pl011 *uart)
{
	unsigned bits = atomic_load(&uart->latched), rx = 0;

	if (tx_above_trigger(uart))
		bits &= ~PL011_INT_TX;
	if (!byte_ring_is_empty(&uart->rx))
		rx = byte_ring_level(&uart->rx) >= rx_trigger(uart) ? PL011_INT_RX : PL011_INT_RT;
	return bits | (rx & ~atomic_load(&uart->acked));
}

static bool interrupt_level(const void *device)
{
	const struct pl011 *uart = device;

	return raw_interrupts(uart) & atomic_load(&uart->imsc);
}

/* Whether the receiver listens to the host: not switched off, nor connected to the transmitter. */
static bool hears_host(unsigned cr)
{
	return (cr & (PL011_CR_UARTEN | PL011_CR_RXE | PL011_CR_LBE)) ==
	       (PL011_CR_UARTEN | PL011_CR_RXE);
}

static bool loops_back(unsigned cr)
{
	unsigned all = PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE | PL011_CR_LBE;

	return (cr & all) == all;
}

static bool host_has_room(const struct pl011 *uart)
{
	return hears_host(atomic_load(&uart->cr)) &&
	       byte_ring_level(&uart->rx) <= rx_depth(uart) / 2;
}

static void wake_host(struct pl011 *uart)
{
	if (uart->wake)
		uart->wake(uart->wake_context);
}

static void wake_host_for_room(struct pl011 *uart)
{
	if (atomic_load(&uart->rx_wanted) && host_has_room(uart) &&
	    atomic_exchange(&uart->rx_wanted, false))
		wake_host(uart);
}

/* False when the FIFO is full. An overrun before is told with this character (DDI 0183 table 2-1).
 */
static bool receive(struct pl011 *uart, unsigned character)
{
	if (atomic_load(&uart->overrun) && atomic_exchange(&uart->overrun, false))
		character |= PL011_DR_OE;
	if (!byte_ring_push(&uart->rx, character, rx_depth(uart))) {
		if (character & PL011_DR_OE)
			atomic_store(&uart->overrun, true);
		return false;
	}
	if (character & PL011_DR_BE)
		atomic_fetch_or(&uart->latched, PL011_INT_BE);
	atomic_fetch_and(&uart->acked, ~(PL011_INT_RX | PL011_INT_RT));
	return true;
}

/* From a sender that does not stop when the FIFO is full. */
static void receive_or_overrun(struct pl011 *uart, unsigned character)
{
	if (receive(uart, character))
		return;
	atomic_store(&uart->overrun, true);
	atomic_fetch_or(&uart->rsr, PL011_RSR_OE);
	atomic_fetch_or(&uart->latched, PL011_INT_OE);
}

static void transmit(struct pl011 *uart, uint8_t byte)
{
	unsigned cr = atomic_load(&uart->cr), level = 0;

	if (loops_back(cr)) {
		receive_or_overrun(uart, byte);
	} else if (!(cr & PL011_CR_LBE)) {
		level = byte_ring_push(&uart->tx, byte, PL011_TX_SIZE);
		if (!level) {
			atomic_fetch_add(&uart->dropped, 1);
			return;
		}
	}
	atomic_fetch_or(&uart->latched, PL011_INT_TX);
	irq_line_update(&uart->line);

	/* Also when a host's side that is busy anyway ought to hurry. */
	if ((atomic_load(&uart->tx_wanted) && atomic_exchange(&uart->tx_wanted, false)) ||
	    level == PL011_TX_SIZE / 4)
		wake_host(uart);
}

static uint32_t read_data(struct pl011 *uart)
{
	uint16_t character;

	if (!byte_ring_pop(&uart->rx, &character))
		return 0;
	atomic_fetch_and(&uart->rsr, PL011_RSR_OE);
	atomic_fetch_or(&uart->rsr, character >> 8);
	/* What is left waits anew for its timeout. */
	atomic_fetch_and(&uart->acked, ~PL011_INT_RT);
	irq_line_update(&uart->line);
	wake_host_for_room(uart);
	return character;
}

static void empty_receiver(struct pl011 *uart)
{
	uint16_t character;

	for (int i = 0; i < PL011_RX_DEPTH && byte_ring_pop(&uart->rx, &character); i++)
		;
	atomic_store(&uart->overrun, false);
}

/* CTS, DSR, DCD and RI; in loopback these are our own outputs (DDI 0183 section 2.6). */
static unsigned modem_inputs(unsigned cr)
{
	if (!(cr & PL011_CR_LBE))
		return PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD;
	return (cr & PL011_CR_RTS ? PL011_FR_CTS : 0) | (cr & PL011_CR_DTR ? PL011_FR_DSR : 0) |
	       (cr & PL011_CR_OUT1 ? PL011_FR_DCD : 0) | (cr & PL011_CR_OUT2 ? PL011_FR_RI : 0);
}

static unsigned read_flags(const struct pl011 *uart)
{
	unsigned flags = modem_inputs(atomic_load(&uart->cr)), level = byte_ring_level(&uart->tx);

	flags |= level > PL011_TX_WIRE ? PL011_FR_BUSY : PL011_FR_TXFE;
	if (level >= PL011_TX_SIZE)
		flags |= PL011_FR_TXFF;
	if (byte_ring_is_empty(&uart->rx))
		flags |= PL011_FR_RXFE;
	if (byte_ring_level(&uart->rx) >= rx_depth(uart))
		flags |= PL011_FR_RXFF;
	return flags;
}

static void write_control(struct pl011 *uart, unsigned value)
{
	unsigned old = atomic_exchange(&uart->cr, value & PL011_CR_MASK);
	unsigned changed = modem_inputs(old) ^ modem_inputs(value);

	atomic_fetch_or(&uart->latched, (changed & PL011_FR_CTS ? PL011_INT_CTS : 0) |
						(changed & PL011_FR_DSR ? PL011_INT_DSR : 0) |
						(changed & PL011_FR_DCD ? PL011_INT_DCD : 0) |
						(changed & PL011_FR_RI ? PL011_INT_RI : 0));
	if (hears_host(old) != hears_host(value))
		atomic_fetch_add(&uart->epoch, 2);
	wake_host_for_room(uart);
}

static void write_line_control(struct pl011 *uart, unsigned value)
{
	unsigned old = atomic_exchange(&uart->lcr_h, value & 0xff);

	if ((old ^ value) & PL011_LCR_H_FEN)
		empty_receiver(uart);
	if (value & ~old & PL011_LCR_H_BRK && loops_back(atomic_load(&uart->cr)))
		receive_or_overrun(uart, PL011_DR_BE);
	wake_host_for_room(uart);
}

static void clear_interrupts(struct pl011 *uart, unsigned bits)
{
	atomic_fetch_and(&uart->latched, ~bits);
	atomic_fetch_or(&uart->acked, bits & (PL011_INT_RX | PL011_INT_RT));
	/* Above the trigger TX is not there to be cleared: it comes when the level passes down. */
	if (bits & PL011_INT_TX && tx_above_trigger(uart))
		atomic_fetch_or(&uart->latched, PL011_INT_TX);
}

static uint64_t pl011_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	struct pl011 *uart = device;

	(void)cpu;
	if (offset & 3 || size > 4)
		return 0;
	switch (offset) {
	case PL011_DR:
		return read_data(uart);
	case PL011_RSR:
		return atomic_load(&uart->rsr);
	case PL011_FR:
		return read_flags(uart);
	case PL011_ILPR:
		return atomic_load(&uart->ilpr);
	case PL011_IBRD:
		return atomic_load(&uart->ibrd);
	case PL011_FBRD:
		return atomic_load(&uart->fbrd);
	case PL011_LCR_H:
		return atomic_load(&uart->lcr_h);
	case PL011_CR:
		return atomic_load(&uart->cr);
	case PL011_IFLS:
		return atomic_load(&uart->ifls);
	case PL011_IMSC:
		return atomic_load(&uart->imsc);
	case PL011_RIS:
		return raw_interrupts(uart);
	case PL011_MIS:
		return raw_interrupts(uart) & atomic_load(&uart->imsc);
	case PL011_DMACR:
		return atomic_load(&uart->dmacr);
	case PL011_PERIPH_ID0 ... PL011_PCELL_ID3:
		return identification[(offset - PL011_PERIPH_ID0) / 4];
	default:
		return 0;
	}
}

static void pl011_write(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	struct pl011 *uart = device;

	(void)cpu;
	if (offset & 3 || size > 4)
		return;
	switch (offset) {
	case PL011_DR:
		transmit(uart, value);
		return;
	case PL011_RSR:
		atomic_store(&uart->rsr, 0);
		return;
	case PL011_ILPR:
		atomic_store(&uart->ilpr, value & 0xff);
		return;
	case PL011_IBRD:
		atomic_store(&uart->ibrd, value & 0xffff);
		return;
	case PL011_FBRD:
		atomic_store(&uart->fbrd, value & 0x3f);
		return;
	case PL011_DMACR:
		atomic_store(&uart->dmacr, value & 7);
		return;
	case PL011_LCR_H:
		write_line_control(uart, value);
		break;
	case PL011_CR:
		write_control(uart, value);
		break;
	case PL011_IFLS:
		atomic_store(&uart->ifls, value & 0x3f);
		break;
	case PL011_IMSC:
		atomic_store(&uart->imsc, value & PL011_INT_MASK);
		break;
	case PL011_ICR:
		clear_interrupts(uart, value & PL011_INT_MASK);
		break;
	default:
		return;
	}
	irq_line_update(&uart->line);
}

const struct mmio_ops pl011_ops = { .read = pl011_read, .write = pl011_write };

static void set_registers(struct pl011 *uart)
{
	atomic_store(&uart->ilpr, 0);
	atomic_store(&uart->ibrd, 0);
	atomic_store(&uart->fbrd, 0);
	atomic_store(&uart->lcr_h, 0);
	atomic_store(&uart->cr, PL011_CR_RESET);
	atomic_store(&uart->ifls, PL011_IFLS_RESET);
	atomic_store(&uart->imsc, 0);
	atomic_store(&uart->dmacr, 0);
	atomic_store(&uart->rsr, 0);
	atomic_store(&uart->latched, 0);
	atomic_store(&uart->acked, 0);
}

void pl011_init(struct pl011 *uart, struct irqchip *chip, unsigned spi)
{
	memset(uart, 0, sizeof(*uart));
	byte_ring_init(&uart->tx, uart->tx_slots, PL011_TX_SIZE);
	byte_ring_init(&uart->rx, uart->rx_slots, PL011_RX_DEPTH);
	irq_line_init(&uart->line, chip, spi, interrupt_level, uart);
	atomic_init(&uart->epoch, 1);
	set_registers(uart);
}

void pl011_reset(struct pl011 *uart)
{
	empty_receiver(uart);
	atomic_fetch_add(&uart->epoch, 2);
	set_registers(uart);
	irq_line_reset(&uart->line);
}

void pl011_connect(struct pl011 *uart, void (*wake)(void *context), void *context)
{
	uart->wake_context = context;
	uart->wake = wake;
}

size_t pl011_take(struct pl011 *uart, uint8_t *bytes, size_t size)
{
	size_t count = byte_ring_pop_bytes(&uart->tx, bytes, size);

	if (count)
		irq_line_update(&uart->line);
	return count;
}

bool pl011_wait_for_bytes(struct pl011 *uart)
{
	atomic_store(&uart->tx_wanted, true);
	if (byte_ring_is_empty(&uart->tx))
		return true;
	/* A byte came in between: whoever takes the wish back decides. */
	return !atomic_exchange(&uart->tx_wanted, false);
}

size_t pl011_give(struct pl011 *uart, const uint8_t *bytes, size_t size)
{
	size_t count = 0;

	while (count < size && hears_host(atomic_load(&uart->cr)) && receive(uart, bytes[count]))
		count++;
	if (count)
		irq_line_update(&uart->line);
	return count;
}

void pl011_give_break(struct pl011 *uart)
{
	if (!hears_host(atomic_load(&uart->cr)))
		return;
	receive_or_overrun(uart, PL011_DR_BE);
	irq_line_update(&uart->line);
}

bool pl011_wait_for_room(struct pl011 *uart)
{
	atomic_store(&uart->rx_wanted, true);
	if (!host_has_room(uart))
		return true;
	return !atomic_exchange(&uart->rx_wanted, false);
}

unsigned pl011_receiver_epoch(const struct pl011 *uart)
{
	return hears_host(atomic_load(&uart->cr)) ? atomic_load(&uart->epoch) : 0;
}
