/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real-time clock: Arm's PrimeCell RTC PL031 (Arm DDI 0224), seconds in 32 bits.
 *
 * It tells the host's CLOCK_REALTIME plus what the guest has set by LR. As on other virtual
 * machines it is always running: CR reads as 1, and writes to it are ignored. The match interrupt
 * comes when DR reaches MR, be it that time passes or that the host's clock is set forward.
 *
 * Registers are for all vCPUs, without a lock. A write of MR or LR only notes the instant of the
 * match and signals the event loop, whose thread sets a timerfd: an absolute one on CLOCK_REALTIME,
 * which the kernel itself re-evaluates whenever the host's clock is set.
 */
#ifndef DEVICES_PL031_H
#define DEVICES_PL031_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/event_loop.h"
#include "devices/irq_line.h"
#include "devices/mmio_bus.h"

struct pl031 {
	struct irq_line line;
	struct event_loop *loop; /* not owned */
	struct event_notifier changed;
	struct event_source expired;
	int timer_fd;

	_Atomic uint32_t offset; /* what DR is ahead of the host's seconds; wraps */
	_Atomic uint32_t match, load;
	_Atomic uint32_t mask, raw;
	_Atomic uint64_t deadline; /* of the match, in the host's seconds; 0: none */
};

/* The guest's side: a region of 4 KiB whose device is the struct pl031. */
extern const struct mmio_ops pl031_ops;

/*
 * A clock whose interrupt is `spi` of `chip` (NULL: not connected) and whose timer runs on `loop`.
 * Returns 0 or -errno, described.
 */
int pl031_init(struct pl031 *rtc, struct event_loop *loop, struct irqchip *chip, unsigned spi);
void pl031_destroy(struct pl031 *rtc);

/* As after power-on: the host's time. On the loop's thread, after the interrupt controller's reset,
 * while no vCPU runs. */
void pl031_reset(struct pl031 *rtc);

#endif
