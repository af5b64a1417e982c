/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The serial port: Arm's PrimeCell UART PL011, r1p5 (Arm DDI 0183).
 *
 * Two sides use it at once, without a lock: the guest's vCPUs by pl011_ops, and on the event loop's
 * thread the host's side, which takes what was transmitted and gives what is to be received.
 *
 * What differs from the hardware, all of it visible only in time:
 * - The wire. A byte goes into a ring of PL011_TX_SIZE. Its lower half is the wire, which is
 *   infinitely fast as long as there is room: up to there the transmit FIFO is empty and not busy,
 *   and each byte raises TXRIS at once. Only with a slow reader does the FIFO, the upper half,
 * fill: TXFE, BUSY, TXFF and the TX trigger of IFLS tell how far. So a driver that waits for BUSY
 * after every byte (earlycon) does not wait for the host, and one that writes as many bytes as a
 * trigger promises (16 with Linux) always finds room for them. A byte written while TXFF is set is
 * lost, and counted.
 * - The receive timeout is over as soon as nothing more is at hand.
 * - Transmission does not need UARTEN and TXE (earlycon does not set them; firmware would have).
 *   Reception does.
 * - Baud rate, word length and parity are stored, and mean nothing. There is no DMA, IrDA or
 *   hardware flow control. CTS, DSR and DCD are asserted.
 *
 * The break state (LCR_H.BRK) reaches the receiver in loopback only.
 */
#ifndef DEVICES_PL011_H
#define DEVICES_PL011_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/byte_ring.h"
#include "devices/irq_line.h"
#include "devices/mmio_bus.h"

#define PL011_TX_SIZE  8192
#define PL011_TX_WIRE  (PL011_TX_SIZE / 2)
#define PL011_RX_DEPTH 32 /* with FIFOs enabled; otherwise 1 */

struct pl011 {
	struct irq_line line;
	struct byte_ring tx, rx;

	/* Registers, as last written. */
	atomic_uint ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, dmacr;
	atomic_uint rsr;
	atomic_bool overrun; /* to be told with the next character */
	atomic_uint
		latched;   /* RIS bits that stay until ICR; TX shows at or below its trigger only */
	atomic_uint acked; /* RX and RT, cleared by ICR until something changes */

	_Atomic uint64_t dropped;	  /* bytes written while the ring was full */
	atomic_uint epoch;		  /* odd; changes as the receiver is switched on or off */
	atomic_bool tx_wanted, rx_wanted; /* the host's side waits for bytes, for room */
	void (*wake)(void *context);
	void *wake_context;

	_Atomic uint16_t tx_slots[PL011_TX_SIZE], rx_slots[PL011_RX_DEPTH];
};

/* The guest's side: a region of 4 KiB whose device is the struct pl011. */
extern const struct mmio_ops pl011_ops;

/* A UART after power-on whose interrupt is `spi` of `chip` (NULL: not connected). */
void pl011_init(struct pl011 *uart, struct irqchip *chip, unsigned spi);

/*
 * As after power-on. On the host side's thread, after the interrupt controller's reset, while no
 * vCPU runs. What was transmitted before can still be taken.
 */
void pl011_reset(struct pl011 *uart);

/*
 * The host's side. All of it is for one thread.
 *
 * `wake` is called when there may be something to do: after one of the pl011_wait functions
 * returned true, once; and when the ring becomes a quarter full. It runs on vCPU threads: it must
 * be quick and must not block. To be set before the first vCPU runs.
 */
void pl011_connect(struct pl011 *uart, void (*wake)(void *context), void *context);

/* Takes up to `size` bytes that the guest transmitted; returns how many. */
size_t pl011_take(struct pl011 *uart, uint8_t *bytes, size_t size);
/* Asks for a wake at the next byte. False: there are bytes, nothing was asked for. */
bool pl011_wait_for_bytes(struct pl011 *uart);

/* Gives bytes to the receiver; returns how many it took. None while it is off (see the epoch). */
size_t pl011_give(struct pl011 *uart, const uint8_t *bytes, size_t size);
/* Lets the receiver see a break. Ignored while it is off. */
void pl011_give_break(struct pl011 *uart);
/*
 * Asks for a wake when the receiver is on and its FIFO at most half full. False: it is so, nothing
 * was asked for.
 */
bool pl011_wait_for_room(struct pl011 *uart);
/*
 * 0 while the receiver is off (UARTEN or RXE clear, or loopback), otherwise a number that is
 * another one each time it is switched on.
 */
unsigned pl011_receiver_epoch(const struct pl011 *uart);

#endif
