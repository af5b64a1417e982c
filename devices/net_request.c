// SPDX-License-Identifier: GPL-2.0-only
#include "devices/net_request.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/word_list.h"

#define MULTICAST 0x01 /* of the first byte */
#define LOCAL	  0x02

static int take_tap(struct net_request *request, const char *name)
{
	size_t length = strlen(name);

	if (!length || length > NET_TAP_NAME_MAX || strpbrk(name, "/ %"))
		return log_error(-EINVAL,
				 "cannot use --net tap=%s: it must be the name of a TAP interface, "
				 "of at most %d characters",
				 name, NET_TAP_NAME_MAX);
	request->kind = NET_TAP;
	strcpy(request->tap, name);
	return 0;
}

static bool parse_mac(const char *text, uint8_t mac[NET_MAC_SIZE])
{
	for (unsigned i = 0; i < NET_MAC_SIZE; i++, text += 3) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    text[2] != (i + 1 < NET_MAC_SIZE ? ':' : '\0'))
			return false;
		mac[i] = strtoul((const char[]){ text[0], text[1], '\0' }, NULL, 16);
	}
	return true;
}

static int take_mac(struct net_request *request, const char *value)
{
	static const uint8_t zero[NET_MAC_SIZE];

	if (!parse_mac(value, request->mac) || request->mac[0] & MULTICAST ||
	    memcmp(request->mac, zero, NET_MAC_SIZE) == 0)
		return log_error(-EINVAL,
				 "cannot use --net ...,mac=%s: it must be a unicast address such "
				 "as 02:00:00:00:00:01",
				 value);
	request->has_mac = true;
	return 0;
}

static int take_queues(struct net_request *request, const char *value)
{
	unsigned long queues;

	if (!word_list_number(value, 1, NET_QUEUES_MAX, &queues))
		return log_error(-EINVAL,
				 "cannot use --net ...,queues=%s: it must be a number from 1 to %d",
				 value, NET_QUEUES_MAX);
	if (queues > 1 && request->kind == NET_USER)
		return log_error(-EINVAL,
				 "cannot use --net user,queues=%s: passt has one queue: leave "
				 "'queues' out, or use tap=NAME",
				 value);
	request->queues = queues;
	return 0;
}

static int take_kind(struct net_request *request, const char *word)
{
	const char *name = word_list_value(word, "tap");

	if (name)
		return take_tap(request, name);
	if (strcmp(word, "user") == 0)
		request->kind = NET_USER;
	else if (strcmp(word, "none") != 0)
		return log_error(-EINVAL,
				 "cannot use --net %s: it must begin with user, tap=NAME or none",
				 word);
	return 0;
}

static int take_word(struct net_request *request, const char *word)
{
	const char *value = word_list_value(word, "mac");

	if (value && request->kind != NET_NONE)
		return take_mac(request, value);
	value = word_list_value(word, "queues");
	if (value && request->kind != NET_NONE)
		return take_queues(request, value);
	return log_error(-EINVAL, "cannot use --net ...,%s: %s", word,
			 request->kind == NET_NONE ? "nothing goes with 'none'"
						   : "there are mac=ADDRESS and queues=N");
}

int net_request_parse(const char *value, struct net_request *request)
{
	char *word = word_list_next(&value);
	int ret;

	*request = (struct net_request){ .queues = 1 };
	if (!word)
		return log_error(-ENOMEM, "cannot read --net: no memory");
	ret = take_kind(request, word);
	free(word);
	while (!ret && (word = word_list_next(&value))) {
		ret = take_word(request, word);
		free(word);
	}
	return ret;
}

int net_forward_parse(const char *value, struct net_forward *forward)
{
	const char *colon = strchr(value, ':');
	unsigned long host = 0, guest = 0;
	char text[6];

	if (colon && colon - value < (long)sizeof(text)) {
		memcpy(text, value, colon - value);
		text[colon - value] = '\0';
		if (word_list_number(text, 1, UINT16_MAX, &host) &&
		    word_list_number(colon + 1, 1, UINT16_MAX, &guest)) {
			*forward = (struct net_forward){ host, guest };
			return 0;
		}
	}
	return log_error(-EINVAL,
			 "cannot use --forward %s: it must be HOSTPORT:GUESTPORT, as in 8080:80",
			 value);
}

/* FNV-1a: the same on every machine and in every version. */
static uint64_t hash(const char *name, unsigned number)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (; *name; name++)
		value = (value ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	for (unsigned i = 0; i < 4; i++)
		value = (value ^ (uint8_t)(number >> 8 * i)) * UINT64_C(0x100000001b3);
	return value ^ value >> 32;
}

void net_derive_mac(const char *name, unsigned number, uint8_t mac[NET_MAC_SIZE])
{
	uint64_t value = 0;

	if (name)
		value = hash(name, number);
	else if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		value = number;
	for (unsigned i = 0; i < NET_MAC_SIZE; i++)
		mac[i] = value >> 8 * i;
	mac[0] = (mac[0] & ~MULTICAST) | LOCAL;
}
