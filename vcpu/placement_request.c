// SPDX-License-Identifier: GPL-2.0-only
#include "vcpu/placement_request.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vcpu/host_cpus.h"

#define RT_PRIORITY_MAX 98
#define TIME_MIN	UINT64_C(10000)		/* ns */
#define TIME_MAX	UINT64_C(3600000000000) /* ns */

const char *placement_place_name(enum place_policy place)
{
	static const char *const names[] = { [PLACE_NONE] = "none",
					     [PLACE_SPREAD] = "spread",
					     [PLACE_PACK] = "pack",
					     [PLACE_PIN] = "pin" };

	return names[place];
}

const char *placement_migrate_name(enum migrate_policy migrate)
{
	static const char *const names[] = { [MIGRATE_OFF] = "off",
					     [MIGRATE_ROUND_ROBIN] = "round-robin",
					     [MIGRATE_RANDOM] = "random",
					     [MIGRATE_ON_EXIT] = "on-exit" };

	return names[migrate];
}

/* The decimal number at *text, which is moved behind it; false if there is none up to `max`. */
static bool take_number(const char **text, uint64_t max, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*number = strtoull(*text, &end, 10);
	*text = end;
	return !errno && *number <= max;
}

static bool take_text(const char **text, const char *what)
{
	if (strncmp(*text, what, strlen(what)))
		return false;
	*text += strlen(what);
	return true;
}

static bool add_pin(struct placement_request *request, unsigned cpu)
{
	if (request->pin_count == PLACEMENT_MAX_VCPUS)
		return false;
	request->pins[request->pin_count++] = cpu;
	return true;
}

/* One entry of the list: "3", "0-3", "0-6:2". */
static bool take_pins(const char **text, struct placement_request *request)
{
	uint64_t first, last, stride = 1;

	if (!take_number(text, HOST_CPUS_MAX - 1, &first))
		return false;
	last = first;
	if (take_text(text, "-")) {
		if (!take_number(text, HOST_CPUS_MAX - 1, &last) || last < first)
			return false;
		if (take_text(text, ":") && (!take_number(text, HOST_CPUS_MAX, &stride) || !stride))
			return false;
	}
	for (uint64_t cpu = first; cpu <= last; cpu += stride)
		if (!add_pin(request, cpu))
			return false;
	return true;
}

static bool take_pin_list(const char *text, struct placement_request *request)
{
	request->pin_count = 0;
	do
		if (!take_pins(&text, request))
			return false;
	while (take_text(&text, ","));
	return !*text;
}

int placement_parse_place(const char *value, struct placement_request *request)
{
	const char *rest = value;

	request->pin_count = 0;
	if (!strcmp(value, "none"))
		request->place = PLACE_NONE;
	else if (!strcmp(value, "spread"))
		request->place = PLACE_SPREAD;
	else if (!strcmp(value, "pack"))
		request->place = PLACE_PACK;
	else if (take_text(&rest, "pin:") && take_pin_list(rest, request))
		request->place = PLACE_PIN;
	else if (rest != value)
		return log_error(-EINVAL,
				 "cannot use --place %s: the list must name the host CPU of each "
				 "vCPU (at most %d), as in pin:0-3 or pin:0,2,4-6",
				 value, PLACEMENT_MAX_VCPUS);
	else
		return log_error(-EINVAL,
				 "cannot use --place \"%s\": it must be none, spread, pack or "
				 "pin:LIST",
				 value);
	return 0;
}

/* "0.3", "300us", "2ms", "1s": nanoseconds. */
static bool take_time(const char **text, uint64_t *ns)
{
	uint64_t whole, fraction = 0, scale = 1, unit;

	if (!take_number(text, TIME_MAX, &whole))
		return false;
	if (**text == '.' && isdigit((unsigned char)(*text)[1])) {
		/* What is below a nanosecond in any unit is read, and is nothing. */
		for (++*text; isdigit((unsigned char)**text); ++*text)
			if (scale < 1000000000) {
				fraction = fraction * 10 + (**text - '0');
				scale *= 10;
			}
	}
	unit = take_text(text, "us")   ? 1000
	       : take_text(text, "ms") ? 1000000
	       : take_text(text, "s")  ? 1000000000
				       : 1000000;
	if (__builtin_mul_overflow(whole, unit, ns))
		return false;
	*ns += fraction * unit / scale;
	return *ns >= TIME_MIN && *ns <= TIME_MAX;
}

static bool take_seed(const char **text, struct placement_request *request)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	request->seed = strtoull(*text, &end, 0);
	request->has_seed = true;
	*text = end;
	return !errno;
}

static bool take_round_robin(const char *text, struct placement_request *request)
{
	request->migrate = MIGRATE_ROUND_ROBIN;
	if (!take_time(&text, &request->min_ns) || *text)
		return false;
	request->max_ns = request->min_ns;
	return true;
}

static bool take_random(const char *text, struct placement_request *request)
{
	request->migrate = MIGRATE_RANDOM;
	if (!take_time(&text, &request->min_ns) || !take_text(&text, "-") ||
	    !take_time(&text, &request->max_ns) || request->max_ns < request->min_ns)
		return false;
	request->has_seed = false;
	return (!take_text(&text, ":") || take_seed(&text, request)) && !*text;
}

static bool take_on_exit(const char *text, struct placement_request *request)
{
	request->migrate = MIGRATE_ON_EXIT;
	return take_number(&text, UINT32_MAX, &request->exits) && request->exits && !*text;
}

int placement_parse_migrate(const char *value, struct placement_request *request)
{
	const char *rest = value;

	if (!strcmp(value, "off")) {
		request->migrate = MIGRATE_OFF;
		return 0;
	}
	if (take_text(&rest, "round-robin:")) {
		if (take_round_robin(rest, request))
			return 0;
		return log_error(-EINVAL,
				 "cannot use --migrate %s: it must have a time in ms, or with us, "
				 "ms or s behind it, of 10us to 3600s: round-robin:0.3, "
				 "round-robin:300us",
				 value);
	}
	if (take_text(&rest, "random:")) {
		if (take_random(rest, request))
			return 0;
		return log_error(-EINVAL,
				 "cannot use --migrate %s: it must have the shortest and the "
				 "longest time between moves, each of 10us to 3600s, and may have "
				 "a number as seed: random:0.3-5, random:300us-5ms:42",
				 value);
	}
	if (take_text(&rest, "on-exit:")) {
		if (take_on_exit(rest, request))
			return 0;
		return log_error(-EINVAL,
				 "cannot use --migrate %s: it must have a number of exits, 1 to "
				 "4294967295: on-exit:100",
				 value);
	}
	return log_error(-EINVAL,
			 "cannot use --migrate \"%s\": it must be off, round-robin:TIME, "
			 "random:MIN-MAX[:SEED] or on-exit:N",
			 value);
}

int placement_parse_rt(const char *value, struct placement_request *request)
{
	const char *rest = value;
	uint64_t priority;

	if (!take_number(&rest, RT_PRIORITY_MAX, &priority) || *rest || !priority)
		return log_error(-EINVAL,
				 "cannot use --rt \"%s\": it must be a priority of 1 to %d", value,
				 RT_PRIORITY_MAX);
	request->rt_priority = priority;
	return 0;
}

int placement_check_pins(const struct placement_request *request, unsigned vcpus)
{
	if (request->place == PLACE_PIN && request->pin_count != vcpus)
		return log_error(-EINVAL,
				 "cannot place the vCPUs: --place pin names %u host CPU%s for %u "
				 "vCPU%s",
				 request->pin_count, request->pin_count == 1 ? "" : "s", vcpus,
				 vcpus == 1 ? "" : "s");
	return 0;
}
