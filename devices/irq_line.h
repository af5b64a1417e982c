/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device's level-triggered interrupt line.
 *
 * The device keeps its state in atomics and calls irq_line_update() after each change; the line
 * asks the device for the level and tells the interrupt controller when it differs from what that
 * was told last. Updates from several threads at once are merged: one of them carries the newest
 * level over, the others return at once, so nobody waits and an old level never overtakes a new
 * one.
 */
#ifndef DEVICES_IRQ_LINE_H
#define DEVICES_IRQ_LINE_H

#include <stdatomic.h>
#include <stdbool.h>

struct irqchip;

struct irq_line {
	struct irqchip *chip; /* not owned; NULL: not connected */
	unsigned spi;
	bool (*level)(const void *device); /* any thread; reads atomics only */
	const void *device;
	atomic_uint requests;
	bool told; /* what the chip was told last; belongs to the thread that carries updates */
};

/* `level` says whether the device wants its interrupt now. */
void irq_line_init(struct irq_line *line, struct irqchip *chip, unsigned spi,
		   bool (*level)(const void *device), const void *device);
/* Any thread, after a change of what `level` looks at. When it returns, that change has been
 * carried to the interrupt controller, or another thread is about to. */
void irq_line_update(struct irq_line *line);
/* After the interrupt controller was reset and all its lines are low; no vCPU runs. */
void irq_line_reset(struct irq_line *line);

#endif
