// SPDX-License-Identifier: GPL-2.0-only
#include "devices/net_request.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

START_TEST(what_can_be_said)
{
	struct net_request request;

	ck_assert_int_eq(net_request_parse("user", &request), 0);
	ck_assert_int_eq(request.kind, NET_USER);
	ck_assert_uint_eq(request.queues, 1);
	ck_assert(!request.has_mac);
	ck_assert_int_eq(net_request_parse("none", &request), 0);
	ck_assert_int_eq(request.kind, NET_NONE);
	ck_assert_int_eq(net_request_parse("tap=tap0,queues=8,mac=02:0a:bB:00:00:fF", &request), 0);
	ck_assert_int_eq(request.kind, NET_TAP);
	ck_assert_str_eq(request.tap, "tap0");
	ck_assert_uint_eq(request.queues, 8);
	ck_assert(request.has_mac);
	ck_assert_int_eq(memcmp(request.mac, "\x02\x0a\xbb\x00\x00\xff", 6), 0);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const struct {
		const char *value, *text;
	} cases[] = {
		{ "", "it must begin with user, tap=NAME or none" },
		{ "bridge", "--net bridge: it must begin with" },
		{ "tap=", "the name of a TAP interface" },
		{ "tap=0123456789abcdef", "at most 15" },
		{ "tap=a/b", "the name of a TAP interface" },
		{ "user,queues=2", "passt has one queue" },
		{ "tap=t,queues=9", "from 1 to 8" },
		{ "tap=t,queues=", "from 1 to 8" },
		{ "tap=t,mac=02:00:00:00:00", "a unicast address" },
		{ "tap=t,mac=02:00:00:00:00:01:", "a unicast address" },
		{ "tap=t,mac=03:00:00:00:00:01", "a unicast address" },
		{ "tap=t,mac=00:00:00:00:00:00", "a unicast address" },
		{ "tap=t,mac=0x:00:00:00:00:00", "a unicast address" },
		{ "user,mtu=9000", "there are mac=ADDRESS and queues=N" },
		{ "none,queues=1", "nothing goes with 'none'" },
	};
	struct net_request request;

	unit_reset_log();
	ck_assert_int_eq(net_request_parse(cases[_i].value, &request), -EINVAL);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("cannot use --net ");
	unit_assert_logged(cases[_i].text);
}
END_TEST

START_TEST(ports_are_forwarded)
{
	static const char *const bad[] = { "",		"80",	"80:",	     ":80",
					   "0:80",	"80:0", "65536:1",   "1:65536",
					   "8080:80:1", "a:b",	"1234567:80" };
	struct net_forward forward;

	ck_assert_int_eq(net_forward_parse("8080:80", &forward), 0);
	ck_assert_uint_eq(forward.host, 8080);
	ck_assert_uint_eq(forward.guest, 80);
	ck_assert_int_eq(net_forward_parse("65535:1", &forward), 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unit_reset_log();
		ck_assert_int_eq(net_forward_parse(bad[i], &forward), -EINVAL);
		unit_assert_logged("it must be HOSTPORT:GUESTPORT");
	}
}
END_TEST

START_TEST(addresses_come_from_the_name)
{
	uint8_t mac[6], again[6], other[6];

	net_derive_mac("vm", 0, mac);
	net_derive_mac("vm", 0, again);
	ck_assert_int_eq(memcmp(mac, again, 6), 0);
	ck_assert_uint_eq(mac[0] & 3, 2);
	net_derive_mac("vm", 1, other);
	ck_assert_int_ne(memcmp(mac, other, 6), 0);
	net_derive_mac("vn", 0, other);
	ck_assert_int_ne(memcmp(mac, other, 6), 0);
	net_derive_mac(NULL, 0, mac);
	net_derive_mac(NULL, 0, other);
	ck_assert_int_ne(memcmp(mac, other, 6), 0);
	ck_assert_uint_eq(mac[0] & 3, 2);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("net_request");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, what_can_be_said);
	tcase_add_loop_test(tests, nonsense_is_refused, 0, 15);
	tcase_add_test(tests, ports_are_forwarded);
	tcase_add_test(tests, addresses_come_from_the_name);
	suite_add_tcase(suite, tests);
	return suite;
}
