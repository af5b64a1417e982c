// SPDX-License-Identifier: GPL-2.0-only
/* What a test tells the harness. */
#include "guest-images/lib/cpu.h"

#define FAILURES_MAX 16

static unsigned failures;

struct text {
	char *next, *last; /* `last` stays free for the end */
};

static void text_char(struct text *text, char c)
{
	if (text->next < text->last)
		*text->next++ = c;
}

static void text_number(struct text *text, uint64_t value, unsigned base, bool negative,
			unsigned width, char fill)
{
	char digits[24];
	unsigned count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative && fill == '0')
		text_char(text, '-');
	for (unsigned n = count + negative; n < width; n++)
		text_char(text, fill);
	if (negative && fill != '0')
		text_char(text, '-');
	while (count)
		text_char(text, digits[--count]);
}

static void text_string(struct text *text, const char *string, unsigned width)
{
	unsigned length = 0;

	for (; string[length]; length++)
		text_char(text, string[length]);
	for (; length < width; length++)
		text_char(text, ' ');
}

void format_text(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct text text = { .next = buffer, .last = buffer + size - 1 };

	for (; *format; format++) {
		unsigned width = 0;
		bool is_long = false;
		char fill = ' ';
		int64_t number;

		if (*format != '%') {
			text_char(&text, *format);
			continue;
		}
		if (*++format == '0')
			fill = *format++;
		for (; *format >= '0' && *format <= '9'; format++)
			width = width * 10 + *format - '0';
		for (; *format == 'l'; format++)
			is_long = true;
		switch (*format) {
		case 'd':
			number = is_long ? va_arg(arguments, long) : va_arg(arguments, int);
			text_number(&text, number < 0 ? -(uint64_t)number : (uint64_t)number, 10,
				    number < 0, width, fill);
			break;
		case 'u':
		case 'x':
			text_number(&text,
				    is_long ? va_arg(arguments, unsigned long)
					    : va_arg(arguments, unsigned int),
				    *format == 'x' ? 16 : 10, false, width, fill);
			break;
		case 'p':
			text_string(&text, "0x", 0);
			text_number(&text, va_arg(arguments, uint64_t), 16, false, width, fill);
			break;
		case 's':
			text_string(&text, va_arg(arguments, const char *), width);
			break;
		case 'c':
			text_char(&text, va_arg(arguments, int));
			break;
		case '\0':
			format--;
			break;
		default:
			text_char(&text, *format);
			break;
		}
	}
	*text.next = '\0';
}

static void tell(enum test_device_register reg, const char *format, va_list arguments)
{
	volatile struct guest_cpu_area *area = &shared->cpu[this_cpu()];
	char text[GUEST_MESSAGE];
	uint64_t daif;

	format_text(text, sizeof(text), format, arguments);
	/* A handler may tell something, too. */
	daif = irq_save();
	for (unsigned i = 0; i < sizeof(text); i++) {
		area->message[i] = text[i];
		if (!text[i])
			break;
	}
	mmio_write64(GUEST_TEST_DEVICE + reg, 0);
	irq_restore(daif);
}

void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(TEST_DEVICE_PRINT, format, arguments);
	va_end(arguments);
}

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(TEST_DEVICE_FAIL, format, arguments);
	va_end(arguments);
	if (__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED) >= FAILURES_MAX) {
		note("%u failures: the test ends here", FAILURES_MAX);
		finish();
	}
}

bool failed(void)
{
	return __atomic_load_n(&failures, __ATOMIC_RELAXED);
}

void skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(TEST_DEVICE_SKIP, format, arguments);
	va_end(arguments);
	finish();
}

void finish(void)
{
	irq_disable();
	for (;;)
		mmio_write64(GUEST_TEST_DEVICE + TEST_DEVICE_DONE, 0);
}

void event(enum guest_event_kind kind, uint64_t a, uint64_t b)
{
	volatile struct guest_cpu_area *area = &shared->cpu[this_cpu()];
	/* A place of its own even if a handler comes between. */
	uint64_t place = __atomic_fetch_add(&area->events_written, 1, __ATOMIC_RELAXED);
	volatile struct guest_event *slot = &area->events[place % GUEST_EVENTS];

	slot->count = read_sysreg(cntvct_el0);
	slot->kind = kind;
	slot->a = a;
	slot->b = b;
}
