// SPDX-License-Identifier: GPL-2.0-only
/* Register accesses, and the host's side of the UART in between. */
#include "devices/pl011.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_irqchip.h"

enum step { STEP_READ, STEP_WRITE, STEP_GIVE, STEP_TAKE, STEP_BREAK, STEP_WAIT, STEP_RESET, STEPS };

static void wake(void *context)
{
	(void)context;
}

static void take_step(struct pl011 *uart, struct fuzz_input *input)
{
	enum step step = fuzz_take(input, 1) % STEPS;
	uint8_t bytes[64];
	unsigned access;
	uint64_t offset;

	switch (step) {
	case STEP_READ:
	case STEP_WRITE:
		access = 1u << fuzz_take(input, 1) % 4;
		offset = fuzz_take(input, 2) & 0xfff;
		if (offset + access > 0x1000)
			return;
		if (step == STEP_READ)
			pl011_ops.read(uart, offset, access, 0);
		else
			pl011_ops.write(uart, offset, fuzz_take(input, access), access, 0);
		break;
	case STEP_GIVE:
		pl011_give(uart, bytes,
			   fuzz_take_bytes(input, bytes, fuzz_take(input, 1) % sizeof(bytes)));
		break;
	case STEP_TAKE:
		pl011_take(uart, bytes, fuzz_take(input, 1) % sizeof(bytes));
		break;
	case STEP_BREAK:
		pl011_give_break(uart);
		break;
	case STEP_WAIT:
		pl011_wait_for_bytes(uart);
		pl011_wait_for_room(uart);
		pl011_receiver_epoch(uart);
		break;
	case STEP_RESET:
		pl011_reset(uart);
		break;
	case STEPS:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct pl011 uart;
	struct fake_irqchip chip;
	struct fuzz_input input = { bytes, size };

	fuzz_silence();
	fake_irqchip_init(&chip);
	pl011_init(&uart, &chip.chip, 1);
	pl011_connect(&uart, wake, NULL);
	while (input.size)
		take_step(&uart, &input);
	return 0;
}
