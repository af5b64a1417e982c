// SPDX-License-Identifier: GPL-2.0-only
#include "devices/pl031.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum pl031_register {
	PL031_DR = 0x000,
	PL031_MR = 0x004,
	PL031_LR = 0x008,
	PL031_CR = 0x00c,
	PL031_IMSC = 0x010,
	PL031_RIS = 0x014,
	PL031_MIS = 0x018,
	PL031_ICR = 0x01c,
	PL031_PERIPH_ID0 = 0xfe0,
	PL031_PCELL_ID3 = 0xffc,
};

static const uint8_t identification[8] = {
	0x31, 0x10, 0x14, 0x00, /* PeriphID: part 0x031, designer Arm, r1 */
	0x0d, 0xf0, 0x05, 0xb1, /* PCellID */
};

static uint64_t host_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static bool interrupt_level(const void *device)
{
	const struct pl031 *rtc = device;

	return atomic_load(&rtc->raw) & atomic_load(&rtc->mask);
}

/* The deadline is computed here, on the vCPU: a match a second away is not missed when the loop's
 * thread comes too late. */
static void match_changed(struct pl031 *rtc, uint64_t now)
{
	uint32_t count = (uint32_t)now + atomic_load(&rtc->offset);

	atomic_store(&rtc->deadline, now + (uint32_t)(atomic_load(&rtc->match) - count));
	event_notifier_signal(&rtc->changed);
}

static void set_timer(struct pl031 *rtc)
{
	/* A deadline of 0 disarms. */
	struct itimerspec at = { .it_value.tv_sec = atomic_load(&rtc->deadline) };

	timerfd_settime(rtc->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void on_changed(struct event_source *source, uint32_t events)
{
	(void)events;
	set_timer(source->context);
}

static void on_expired(struct event_source *source, uint32_t events)
{
	struct pl031 *rtc = source->context;
	uint64_t expirations, deadline;

	(void)events;
	if (read(rtc->timer_fd, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	/* A vCPU may have moved the match meanwhile; it takes the old one back only if we did not
	 * come first. */
	deadline = atomic_load(&rtc->deadline);
	if (!deadline || deadline > host_seconds() ||
	    !atomic_compare_exchange_strong(&rtc->deadline, &deadline, 0)) {
		set_timer(rtc);
		return;
	}
	atomic_store(&rtc->raw, 1);
	irq_line_update(&rtc->line);
}

static uint64_t pl031_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	struct pl031 *rtc = device;

	(void)cpu;
	if (offset & 3 || size > 4)
		return 0;
	switch (offset) {
	case PL031_DR:
		return (uint32_t)host_seconds() + atomic_load(&rtc->offset);
	case PL031_MR:
		return atomic_load(&rtc->match);
	case PL031_LR:
		return atomic_load(&rtc->load);
	case PL031_CR:
		return 1;
	case PL031_IMSC:
		return atomic_load(&rtc->mask);
	case PL031_RIS:
		return atomic_load(&rtc->raw);
	case PL031_MIS:
		return atomic_load(&rtc->raw) & atomic_load(&rtc->mask);
	case PL031_PERIPH_ID0 ... PL031_PCELL_ID3:
		return identification[(offset - PL031_PERIPH_ID0) / 4];
	default:
		return 0;
	}
}

static void pl031_write(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	struct pl031 *rtc = device;
	uint64_t now;

	(void)cpu;
	if (offset & 3 || size > 4)
		return;
	switch (offset) {
	case PL031_MR:
		atomic_store(&rtc->match, value);
		match_changed(rtc, host_seconds());
		break;
	case PL031_LR:
		now = host_seconds();
		atomic_store(&rtc->load, value);
		atomic_store(&rtc->offset, (uint32_t)value - (uint32_t)now);
		match_changed(rtc, now);
		break;
	case PL031_IMSC:
		atomic_store(&rtc->mask, value & 1);
		irq_line_update(&rtc->line);
		break;
	case PL031_ICR:
		atomic_fetch_and(&rtc->raw, ~(uint32_t)value);
		irq_line_update(&rtc->line);
		break;
	default:
		break;
	}
}

const struct mmio_ops pl031_ops = { .read = pl031_read, .write = pl031_write };

int pl031_init(struct pl031 *rtc, struct event_loop *loop, struct irqchip *chip, unsigned spi)
{
	int ret;

	memset(rtc, 0, sizeof(*rtc));
	rtc->loop = loop;
	irq_line_init(&rtc->line, chip, spi, interrupt_level, rtc);
	rtc->timer_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (rtc->timer_fd < 0)
		return log_error(-errno, "cannot make a timer for the real-time clock: %s",
				 strerror(errno));
	ret = event_loop_add(loop, &rtc->expired, rtc->timer_fd, EPOLLIN, on_expired, rtc);
	if (ret < 0)
		goto close_timer;
	ret = event_notifier_init(&rtc->changed, loop, on_changed, rtc);
	if (ret < 0)
		goto remove_timer;
	return 0;

remove_timer:
	event_loop_remove(loop, &rtc->expired);
close_timer:
	close(rtc->timer_fd);
	rtc->timer_fd = -1;
	return ret;
}

void pl031_destroy(struct pl031 *rtc)
{
	event_notifier_destroy(&rtc->changed, rtc->loop);
	event_loop_remove(rtc->loop, &rtc->expired);
	close(rtc->timer_fd);
	rtc->timer_fd = -1;
}

void pl031_reset(struct pl031 *rtc)
{
	atomic_store(&rtc->offset, 0);
	atomic_store(&rtc->match, 0);
	atomic_store(&rtc->load, 0);
	atomic_store(&rtc->mask, 0);
	atomic_store(&rtc->raw, 0);
	atomic_store(&rtc->deadline, 0);
	set_timer(rtc);
	irq_line_reset(&rtc->line);
}
