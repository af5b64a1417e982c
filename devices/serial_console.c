// SPDX-License-Identifier: GPL-2.0-only
#include "devices/serial_console.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"

/* On a vCPU's thread. */
static void wake_console(void *context)
{
	struct serial_console *console = context;

	event_notifier_signal(&console->wake);
}

static void update_tick(struct serial_console *console)
{
	struct timespec period = { .tv_nsec = SERIAL_CONSOLE_TICK_MS * 1000000L };
	struct itimerspec timer = { 0 };
	bool blocked = console->may_drop && console->out_ready.registered;
	bool wanted = console->draining || console->settling || blocked;

	if (wanted == console->ticking)
		return;
	console->ticking = wanted;
	if (wanted)
		timer = (struct itimerspec){ .it_value = period, .it_interval = period };
	timerfd_settime(console->tick_fd, 0, &timer, NULL);
}

static void on_out_ready(struct event_source *source, uint32_t events);

static void move_output(struct serial_console *console)
{
	switch (serial_output_pump(&console->output)) {
	case SERIAL_OUTPUT_MOVED:
		console->draining = true;
		break;
	case SERIAL_OUTPUT_IDLE:
		console->draining = !pl011_wait_for_bytes(console->uart);
		break;
	case SERIAL_OUTPUT_BLOCKED:
		console->draining = false;
		/* Watched only now: a reader that goes away is reported whatever is watched for. */
		if (!console->out_ready.registered &&
		    event_loop_add(console->loop, &console->out_ready, console->output.stream.fd,
				   EPOLLOUT, on_out_ready, console) < 0)
			console->output.broken = console->draining = true;
		return;
	}
	event_loop_remove(console->loop, &console->out_ready);
	console->blocked_ticks = 0;
}

/* After move_output(), but not under serial_console_write(): the port is in the middle of something
 * then. */
static void let_port_rest(struct serial_console *console)
{
	if (!console->port_wrote)
		return;
	console->port_wrote = false;
	console->port->ops->rest(console->port);
}

static void let_port_go_on(struct serial_console *console)
{
	if (!console->port_waits || !serial_output_has_room(&console->output))
		return;
	console->port_waits = false;
	console->port->ops->go_on(console->port);
}

/* Nobody has read for a while: what comes is dropped, until somebody does. */
static void count_blocked_tick(struct serial_console *console)
{
	if (!console->may_drop || !console->out_ready.registered ||
	    ++console->blocked_ticks < SERIAL_CONSOLE_PATIENCE_TICKS)
		return;
	console->output.impatient = true;
	move_output(console);
}

static void forget_peer(struct serial_console *console)
{
	event_loop_remove(console->loop, &console->in_ready);
	event_loop_remove(console->loop, &console->out_ready);
	host_stream_close(&console->input.stream);
	host_stream_close(&console->output.stream);
	console->input.ended = true;
	console->output.broken = false;
	console->output.absent = true;
	console->draining = true;
}

/* The end of each event: has the other side gone? */
static void finish_event(struct serial_console *console)
{
	if (console->on_gone && !console->output.absent &&
	    (console->input.ended || console->output.broken)) {
		forget_peer(console);
		console->on_gone(console->gone_context);
	}
	update_tick(console);
}

static void move_input(struct serial_console *console, bool tick)
{
	console->settling = serial_input_offer(&console->input, tick) == SERIAL_INPUT_SETTLING;
	/* One that hung up is reported for ever, watched or not: forget it. */
	if (console->input.ended)
		event_loop_remove(console->loop, &console->in_ready);
}

static void watch_input(struct serial_console *console);

static void on_in_ready(struct event_source *source, uint32_t events)
{
	struct serial_console *console = source->context;

	(void)events;
	serial_input_read(&console->input);
	move_input(console, false);
	watch_input(console);
	finish_event(console);
}

/* A sender that hangs up while its bytes still wait is not watched at all meanwhile. */
static void watch_input(struct serial_console *console)
{
	if (!serial_input_wants_more(&console->input)) {
		event_loop_remove(console->loop, &console->in_ready);
		return;
	}
	if (!console->in_ready.registered &&
	    event_loop_add(console->loop, &console->in_ready, console->input.stream.fd, EPOLLIN,
			   on_in_ready, console) < 0)
		console->input.ended = true;
}

static void on_out_ready(struct event_source *source, uint32_t events)
{
	struct serial_console *console = source->context;

	(void)events;
	move_output(console);
	let_port_rest(console);
	let_port_go_on(console);
	finish_event(console);
}

static void on_wake(struct event_source *source, uint32_t events)
{
	struct serial_console *console = source->context;

	(void)events;
	if (!console->out_ready.registered)
		move_output(console);
	let_port_go_on(console);
	move_input(console, false);
	watch_input(console);
	finish_event(console);
}

static void on_tick(struct event_source *source, uint32_t events)
{
	struct serial_console *console = source->context;
	uint64_t expirations;

	(void)events;
	if (read(console->tick_fd, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	if (console->draining)
		move_output(console);
	count_blocked_tick(console);
	let_port_rest(console);
	let_port_go_on(console);
	if (console->settling) {
		move_input(console, true);
		watch_input(console);
	}
	finish_event(console);
}

int serial_console_init(struct serial_console *console, struct event_loop *loop, struct pl011 *uart,
			int in_fd, int out_fd, void (*on_quit)(void *context), void *context)
{
	int ret;

	memset(console, 0, offsetof(struct serial_console, input));
	console->loop = loop;
	console->uart = uart;
	signal(SIGPIPE, SIG_IGN);
	/* Output into a file that may not grow any more (ulimit -f) fails like into a full disk. */
	signal(SIGXFSZ, SIG_IGN);

	console->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (console->tick_fd < 0)
		return log_error(-errno, "cannot make a timer for the console: %s",
				 strerror(errno));
	ret = event_loop_add(loop, &console->tick, console->tick_fd, EPOLLIN, on_tick, console);
	if (ret < 0)
		goto close_timer;
	ret = event_notifier_init(&console->wake, loop, on_wake, console);
	if (ret < 0)
		goto remove_timer;

	serial_input_init(&console->input, uart, in_fd, on_quit, context);
	serial_output_init(&console->output, uart, out_fd);
	pl011_connect(uart, wake_console, console);
	move_output(console);
	watch_input(console);
	update_tick(console);
	return 0;

remove_timer:
	event_loop_remove(loop, &console->tick);
close_timer:
	close(console->tick_fd);
	return ret;
}

void serial_console_add_port(struct serial_console *console, struct console_port *port)
{
	port->console = console;
	console->port = port;
	console->input.port = port;
}

size_t serial_console_write(struct serial_console *console, const struct iovec *spans,
			    unsigned count, size_t offset)
{
	size_t done = serial_output_add(&console->output, spans, count, offset);
	bool blocked = console->out_ready.registered;

	/* What comes within a tick is written together, unless it is too much. */
	if (!blocked && (!console->draining || !serial_output_has_room(&console->output))) {
		move_output(console);
		done += serial_output_add(&console->output, spans, count, offset + done);
		update_tick(console);
	}
	console->port_waits = !serial_output_has_room(&console->output);
	console->port_wrote = true;
	return done;
}

void serial_console_wake(struct serial_console *console)
{
	event_notifier_signal(&console->wake);
}

void serial_console_attach(struct serial_console *console, int in_fd, int out_fd, bool may_drop)
{
	host_stream_wrap(&console->input.stream, in_fd);
	host_stream_wrap(&console->output.stream, out_fd);
	console->input.ended = console->output.broken = console->output.absent = false;
	console->may_drop = may_drop;
	watch_input(console);
	update_tick(console);
}

void serial_console_expect(struct serial_console *console, void (*on_gone)(void *context),
			   void *context)
{
	console->on_gone = on_gone;
	console->gone_context = context;
	forget_peer(console);
	update_tick(console);
}

uint64_t serial_console_drain(struct serial_console *console, int timeout_ms)
{
	uint64_t unwritten, unsent, dropped;

	serial_output_drain(&console->output, timeout_ms);
	unwritten = console->output.dropped;
	unsent = atomic_load(&console->uart->dropped);
	dropped = unwritten + unsent;
	if (dropped)
		log_warn("%" PRIu64 " bytes of the guest's output were dropped: %" PRIu64
			 " because nobody read them, %" PRIu64
			 " because the guest wrote while the UART was full",
			 dropped, unwritten, unsent);
	if (console->input.dropped)
		log_warn("%" PRIu64 " typed keys were dropped: the guest did not read them",
			 console->input.dropped);
	return dropped;
}

void serial_console_destroy(struct serial_console *console)
{
	pl011_connect(console->uart, NULL, NULL);
	event_loop_remove(console->loop, &console->in_ready);
	event_loop_remove(console->loop, &console->out_ready);
	event_notifier_destroy(&console->wake, console->loop);
	event_loop_remove(console->loop, &console->tick);
	close(console->tick_fd);
	serial_input_destroy(&console->input);
	serial_output_destroy(&console->output);
}
