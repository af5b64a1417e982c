// SPDX-License-Identifier: GPL-2.0-only
#include "devices/serial_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define CTRL_A 1
#define CTRL_O 15

static const char key_help[] =
	"\n"
	"Ctrl-A h       this list\n"
	"Ctrl-A x       ask the guest to power off; again, or if it cannot hear: end it\n"
	"Ctrl-A b       send a break (Linux: the magic SysRq key)\n"
	"Ctrl-A Ctrl-A  send Ctrl-A (so does Ctrl-A a)\n";

void serial_input_init(struct serial_input *input, struct pl011 *uart, int fd,
		       void (*on_quit)(void *context), void *context)
{
	/* All but the bytes: a page that nobody types into costs no memory. */
	memset(input, 0, offsetof(struct serial_input, bytes));
	input->uart = uart;
	input->on_quit = on_quit;
	input->context = context;
	host_stream_open(&input->stream, fd, HOST_STREAM_READ);
	input->ended = input->stream.kind == HOST_STREAM_CLOSED;
}

void serial_input_destroy(struct serial_input *input)
{
	host_stream_close(&input->stream);
	input->ended = true;
}

bool serial_input_wants_more(const struct serial_input *input)
{
	return !input->ended && (input->stream.terminal || !input->count);
}

static void keep(struct serial_input *input, uint8_t byte)
{
	if (input->count == sizeof(input->bytes)) {
		input->dropped++;
		return;
	}
	input->bytes[(input->begin + input->count++) % sizeof(input->bytes)] = byte;
}

/* CONSOLE_PORT_ABSENT: the UART is to get the input. */
static enum console_port_state port_state(const struct serial_input *input)
{
	return input->port ? input->port->ops->state(input->port) : CONSOLE_PORT_ABSENT;
}

static void command(struct serial_input *input, uint8_t key)
{
	switch (key) {
	case 'x':
		input->on_quit(input->context);
		break;
	case 'b':
		/* Linux's hvc takes Ctrl-O for what a serial console knows by a break. */
		if (port_state(input) != CONSOLE_PORT_ABSENT)
			keep(input, CTRL_O);
		else
			pl011_give_break(input->uart);
		break;
	case 'h':
		/* Help that nobody can read is not missed. */
		if (write(STDERR_FILENO, key_help, sizeof(key_help) - 1) < 0)
			break;
		break;
	case 'a':
	case CTRL_A:
		keep(input, CTRL_A);
		break;
	default:
		break;
	}
}

void serial_input_read(struct serial_input *input)
{
	uint8_t bytes[PL011_RX_DEPTH];
	ssize_t count;

	count = host_stream_read(&input->stream, bytes, sizeof(bytes));
	if (count == -EAGAIN)
		return;
	if (count <= 0) {
		input->ended = true;
		if (count < 0)
			log_warn("cannot read input for the guest: %s: there will be no more",
				 strerror((int)-count));
		return;
	}
	for (ssize_t i = 0; i < count; i++) {
		if (input->prefix) {
			input->prefix = false;
			command(input, bytes[i]);
		} else if (input->stream.terminal && bytes[i] == CTRL_A) {
			input->prefix = true;
		} else {
			keep(input, bytes[i]);
		}
	}
}

/* Whether the receiver has been on for long enough. */
static bool has_settled(struct serial_input *input, unsigned epoch, bool tick)
{
	if (input->epoch != epoch) {
		input->epoch = epoch;
		input->ticks = 0;
	} else if (tick && input->ticks < SERIAL_INPUT_SETTLE_TICKS) {
		input->ticks++;
	}
	return input->ticks >= SERIAL_INPUT_SETTLE_TICKS;
}

/* To `port`, or without one to the UART. */
static void give(struct serial_input *input, struct console_port *port)
{
	while (input->count) {
		size_t run = sizeof(input->bytes) - input->begin, taken;

		if (run > input->count)
			run = input->count;
		taken = port ? port->ops->give(port, input->bytes + input->begin, run)
			     : pl011_give(input->uart, input->bytes + input->begin, run);
		if (!taken)
			return;
		input->begin = (input->begin + taken) % sizeof(input->bytes);
		input->count -= taken;
	}
	input->begin = 0;
}

enum serial_input_result serial_input_offer(struct serial_input *input, bool tick)
{
	unsigned epoch;

	if (!input->count)
		return SERIAL_INPUT_NONE;
	switch (port_state(input)) {
	case CONSOLE_PORT_SETTLING:
		return SERIAL_INPUT_SETTLING;
	case CONSOLE_PORT_READY:
		give(input, input->port);
		return input->count ? SERIAL_INPUT_WAITING : SERIAL_INPUT_NONE;
	case CONSOLE_PORT_ABSENT:
		break;
	}
	epoch = pl011_receiver_epoch(input->uart);
	if (epoch && !has_settled(input, epoch, tick))
		return SERIAL_INPUT_SETTLING;
	give(input, NULL);
	if (!input->count)
		return SERIAL_INPUT_NONE;
	/* A guest that made room, or switched the receiver on, in this very moment: next tick. */
	return pl011_wait_for_room(input->uart) ? SERIAL_INPUT_WAITING : SERIAL_INPUT_SETTLING;
}
