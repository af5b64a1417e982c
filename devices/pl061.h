/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The general-purpose I/O controller: Arm's PrimeCell GPIO PL061 (Arm DDI 0190), whose pins are
 * inputs from the host: keys. The alternate (hardware) function of pins is stored and means
 * nothing.
 *
 * Registers are for all vCPUs, under a lock that is held for a few register updates. Pressing is
 * for the event loop's thread.
 */
#ifndef DEVICES_PL061_H
#define DEVICES_PL061_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/event_loop.h"
#include "devices/irq_line.h"
#include "devices/mmio_bus.h"

#define PL061_PINS     8
#define PL061_PRESS_MS 200 /* how long a key stays down */

struct pl061 {
	struct irq_line line;
	struct event_loop *loop; /* not owned */
	struct event_source release;
	int timer_fd;
	pthread_mutex_t lock; /* of all below, but `interrupt` */
	uint8_t inputs;	      /* levels of the pins from outside */
	uint8_t data, direction, sense, both_edges, event, mask, latched, alternate;
	atomic_bool interrupt; /* GPIOMIS is not 0 */
};

/* The guest's side: a region of 4 KiB whose device is the struct pl061. */
extern const struct mmio_ops pl061_ops;

/* All pins low; the interrupt is `spi` of `chip`. Returns 0 or -errno, described. */
int pl061_init(struct pl061 *gpio, struct event_loop *loop, struct irqchip *chip, unsigned spi);
void pl061_destroy(struct pl061 *gpio);
/* As after power-on, and no key down. After the interrupt controller's reset, while no vCPU runs.
 */
void pl061_reset(struct pl061 *gpio);

/* Whether the guest has a driver that wants interrupts of this pin. */
bool pl061_is_watched(struct pl061 *gpio, unsigned pin);
/* Raises the pin, and lowers all again PL061_PRESS_MS later. */
void pl061_press(struct pl061 *gpio, unsigned pin);

#endif
