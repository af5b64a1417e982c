// SPDX-License-Identifier: GPL-2.0-only
#include "devices/pl061.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"

/* GPIODATA fills the first KiB: bits 9 to 2 of the address are the mask of an access. */
#define PL061_DATA_END 0x400

enum pl061_register {
	PL061_DIR = 0x400,
	PL061_IS = 0x404,
	PL061_IBE = 0x408,
	PL061_IEV = 0x40c,
	PL061_IE = 0x410,
	PL061_RIS = 0x414,
	PL061_MIS = 0x418,
	PL061_IC = 0x41c,
	PL061_AFSEL = 0x420,
	PL061_PERIPH_ID0 = 0xfe0,
	PL061_PCELL_ID3 = 0xffc,
};

static const uint8_t identification[8] = {
	0x61, 0x10, 0x04, 0x00, /* PeriphID: part 0x061, designer Arm */
	0x0d, 0xf0, 0x05, 0xb1, /* PCellID */
};

static bool interrupt_level(const void *device)
{
	return atomic_load(&((const struct pl061 *)device)->interrupt);
}

/* What is seen on the pins: those that are outputs show what was written. */
static uint8_t pins(const struct pl061 *gpio)
{
	return (gpio->data & gpio->direction) | (gpio->inputs & ~gpio->direction);
}

/* GPIORIS: latched edges, and levels as they are. */
static uint8_t raw(const struct pl061 *gpio)
{
	return (gpio->latched & ~gpio->sense) | (gpio->sense & ~(pins(gpio) ^ gpio->event));
}

/* After a change from the levels `before`: edges of inputs that are sensed by edge are latched. */
static void latch_edges(struct pl061 *gpio, uint8_t before)
{
	uint8_t changed = (before ^ pins(gpio)) & ~gpio->direction & ~gpio->sense;

	gpio->latched |= changed & (gpio->both_edges | ~(pins(gpio) ^ gpio->event));
}

/* With the lock; irq_line_update() is due without it. */
static void note_interrupt(struct pl061 *gpio)
{
	atomic_store(&gpio->interrupt, (raw(gpio) & gpio->mask) != 0);
}

static uint8_t *stored_register(struct pl061 *gpio, uint64_t offset)
{
	switch (offset) {
	case PL061_DIR:
		return &gpio->direction;
	case PL061_IS:
		return &gpio->sense;
	case PL061_IBE:
		return &gpio->both_edges;
	case PL061_IEV:
		return &gpio->event;
	case PL061_IE:
		return &gpio->mask;
	case PL061_AFSEL:
		return &gpio->alternate;
	default:
		return NULL;
	}
}

static uint8_t read_locked(struct pl061 *gpio, uint64_t offset)
{
	const uint8_t *stored = stored_register(gpio, offset);

	if (stored)
		return *stored;
	if (offset < PL061_DATA_END)
		return pins(gpio) & (offset >> 2);
	switch (offset) {
	case PL061_RIS:
		return raw(gpio);
	case PL061_MIS:
		return raw(gpio) & gpio->mask;
	case PL061_PERIPH_ID0 ... PL061_PCELL_ID3:
		return identification[(offset - PL061_PERIPH_ID0) / 4];
	default:
		return 0;
	}
}

static uint64_t pl061_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	struct pl061 *gpio = device;
	uint8_t value;

	(void)cpu;
	if (offset & 3 || size > 4)
		return 0;
	pthread_mutex_lock(&gpio->lock);
	value = read_locked(gpio, offset);
	pthread_mutex_unlock(&gpio->lock);
	return value;
}

static void write_locked(struct pl061 *gpio, uint64_t offset, uint8_t value)
{
	uint8_t *stored = stored_register(gpio, offset), mask = offset >> 2;

	if (stored)
		*stored = value;
	else if (offset < PL061_DATA_END)
		gpio->data = (gpio->data & ~mask) | (value & mask);
	else if (offset == PL061_IC)
		gpio->latched &= ~value;
}

static void pl061_write(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	struct pl061 *gpio = device;

	(void)cpu;
	if (offset & 3 || size > 4)
		return;
	pthread_mutex_lock(&gpio->lock);
	write_locked(gpio, offset, value);
	note_interrupt(gpio);
	pthread_mutex_unlock(&gpio->lock);
	irq_line_update(&gpio->line);
}

const struct mmio_ops pl061_ops = { .read = pl061_read, .write = pl061_write };

static void set_inputs(struct pl061 *gpio, uint8_t inputs)
{
	uint8_t before;

	pthread_mutex_lock(&gpio->lock);
	before = pins(gpio);
	gpio->inputs = inputs;
	latch_edges(gpio, before);
	note_interrupt(gpio);
	pthread_mutex_unlock(&gpio->lock);
	irq_line_update(&gpio->line);
}

static void set_timer(struct pl061 *gpio, long milliseconds)
{
	struct itimerspec timer = { .it_value.tv_nsec = milliseconds * 1000000 };

	timerfd_settime(gpio->timer_fd, 0, &timer, NULL);
}

static void on_release(struct event_source *source, uint32_t events)
{
	struct pl061 *gpio = source->context;
	uint64_t expirations;

	(void)events;
	if (read(gpio->timer_fd, &expirations, sizeof(expirations)) == sizeof(expirations))
		set_inputs(gpio, 0);
}

int pl061_init(struct pl061 *gpio, struct event_loop *loop, struct irqchip *chip, unsigned spi)
{
	int ret;

	memset(gpio, 0, sizeof(*gpio));
	gpio->loop = loop;
	pthread_mutex_init(&gpio->lock, NULL);
	irq_line_init(&gpio->line, chip, spi, interrupt_level, gpio);
	gpio->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (gpio->timer_fd < 0)
		return log_error(-errno, "cannot make a timer for the power key: %s",
				 strerror(errno));
	ret = event_loop_add(loop, &gpio->release, gpio->timer_fd, EPOLLIN, on_release, gpio);
	if (ret < 0) {
		close(gpio->timer_fd);
		gpio->timer_fd = -1;
	}
	return ret;
}

void pl061_destroy(struct pl061 *gpio)
{
	event_loop_remove(gpio->loop, &gpio->release);
	close(gpio->timer_fd);
	gpio->timer_fd = -1;
	pthread_mutex_destroy(&gpio->lock);
}

void pl061_reset(struct pl061 *gpio)
{
	set_timer(gpio, 0);
	gpio->inputs = gpio->data = gpio->direction = gpio->sense = gpio->both_edges = 0;
	gpio->event = gpio->mask = gpio->latched = gpio->alternate = 0;
	atomic_store(&gpio->interrupt, false);
	irq_line_reset(&gpio->line);
}

bool pl061_is_watched(struct pl061 *gpio, unsigned pin)
{
	bool watched;

	pthread_mutex_lock(&gpio->lock);
	watched = gpio->mask & 1u << pin;
	pthread_mutex_unlock(&gpio->lock);
	return watched;
}

void pl061_press(struct pl061 *gpio, unsigned pin)
{
	set_inputs(gpio, 1u << pin);
	set_timer(gpio, PL061_PRESS_MS);
}
