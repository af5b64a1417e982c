// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/console_request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/sealed_file.h"
#include "tests/unit/cpio.h"
#include "tests/unit/unit.h"
#include "vmm/kernel_image.h"

START_TEST(kinds_and_places)
{
	static const struct {
		const char *value;
		struct console_request request;
	} rows[] = {
		{ "auto", { CONSOLE_AUTO, CONSOLE_STDIO, NULL } },
		{ "virtio", { CONSOLE_VIRTIO, CONSOLE_STDIO, NULL } },
		{ "serial", { CONSOLE_SERIAL, CONSOLE_STDIO, NULL } },
		{ "stdio", { CONSOLE_AUTO, CONSOLE_STDIO, NULL } },
		{ "pty", { CONSOLE_AUTO, CONSOLE_PTY, NULL } },
		{ "unix:/run/a,b", { CONSOLE_AUTO, CONSOLE_UNIX, "/run/a,b" } },
		{ "serial,pty", { CONSOLE_SERIAL, CONSOLE_PTY, NULL } },
		{ "virtio,file:out", { CONSOLE_VIRTIO, CONSOLE_FILE, "out" } },
		{ "virtio,unix:a,b", { CONSOLE_VIRTIO, CONSOLE_UNIX, "a,b" } },
	};
	struct console_request request;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(console_request_parse(rows[i].value, &request), 0);
		ck_assert_int_eq(request.kind, rows[i].request.kind);
		ck_assert_int_eq(request.place, rows[i].request.place);
		ck_assert_pstr_eq(request.path, rows[i].request.path);
	}
}
END_TEST

START_TEST(what_is_neither)
{
	static const char *const values[] = {
		"",	   "hvc0",	  "virtio,",	     "virtio,serial", "pty,virtio",
		"file:",   "unix:",	  "virtio,file:",    "pty,pty",	      "stdio,",
		"virtiox", "serial,pty,", "serial,pty,auto", ",pty",
	};
	struct console_request request;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		ck_assert_msg(console_request_parse(values[i], &request) == -EINVAL, "%s",
			      values[i]);
		unit_assert_logged("cannot use --console");
	}
}
END_TEST

static struct kernel_image kernel;
static struct sealed_file initrd;

static void open_bytes(struct sealed_file *file, const void *bytes, size_t size)
{
	const struct sealed_request request = { .what = "file",
						.path = unit_make_file(bytes, size),
						.limit = 1 << 20 };

	sealed_file_close(file);
	ck_assert_int_eq(sealed_file_open(file, &request), 0);
}

static enum console_kind settled(const char *bootargs)
{
	struct console_request request = { .kind = CONSOLE_AUTO };

	console_request_settle(&request, bootargs, &kernel, &initrd);
	return request.kind;
}

static void setup(void)
{
	kernel = (struct kernel_image){ .format = KERNEL_FORMAT_IMAGE, .payload.fd = -1 };
	initrd.fd = -1;
	open_bytes(&kernel.payload, "nothing of it", 14);
}

static void teardown(void)
{
	sealed_file_close(&kernel.payload);
	sealed_file_close(&initrd);
}

START_TEST(bootargs_decide)
{
	static const char both[] = "virtio-mmio\0virtio_console";

	open_bytes(&kernel.payload, both, sizeof(both));
	ck_assert_int_eq(settled("console=ttyAMA0"), CONSOLE_SERIAL);
	ck_assert_int_eq(settled("quiet"), CONSOLE_SERIAL);
	ck_assert_int_eq(settled("console=hvc0"), CONSOLE_VIRTIO);
	ck_assert_int_eq(settled("console=ttyAMA0 console=hvc0 quiet"), CONSOLE_VIRTIO);
	ck_assert_int_eq(settled("console=hvc0 console=ttyAMA0"), CONSOLE_SERIAL);
	ck_assert_int_eq(settled("netconsole=hvc0"), CONSOLE_SERIAL);
}
END_TEST

START_TEST(drivers_decide)
{
	static const char both[] = "virtio-mmio\0virtio_console", console[] = "virtio_console",
			  other[] = "virtio-mmio\0virtio_console_config";
	char modules[1024], module[1024];
	size_t modules_size =
		       cpio_make(modules, "lib/virtio_mmio.ko", "lib/virtio_console.ko", NULL),
	       module_size = cpio_make(module, "lib/virtio_mmio.ko", NULL);

	ck_assert_int_eq(settled(NULL), CONSOLE_SERIAL);
	open_bytes(&kernel.payload, both, sizeof(both));
	ck_assert_int_eq(settled(NULL), CONSOLE_VIRTIO);
	/* One word is not another that begins alike. */
	open_bytes(&kernel.payload, other, sizeof(other));
	ck_assert_int_eq(settled(NULL), CONSOLE_SERIAL);
	open_bytes(&kernel.payload, console, sizeof(console));
	ck_assert_int_eq(settled(NULL), CONSOLE_SERIAL);
	open_bytes(&initrd, module, module_size);
	ck_assert_int_eq(settled(NULL), CONSOLE_VIRTIO);
	open_bytes(&kernel.payload, "nothing", 8);
	ck_assert_int_eq(settled(NULL), CONSOLE_SERIAL);
	open_bytes(&initrd, modules, modules_size);
	ck_assert_int_eq(settled(NULL), CONSOLE_VIRTIO);
	/* What is not Linux knows no hvc0. */
	kernel.format = KERNEL_FORMAT_FLAT;
	ck_assert_int_eq(settled(NULL), CONSOLE_SERIAL);
}
END_TEST

START_TEST(kind_that_was_asked_for_stays)
{
	struct console_request request = { .kind = CONSOLE_VIRTIO };

	console_request_settle(&request, "console=ttyAMA0", &kernel, &initrd);
	ck_assert_int_eq(request.kind, CONSOLE_VIRTIO);
	ck_assert_str_eq(console_default_bootargs(&request), "console=hvc0 earlycon");
	request.kind = CONSOLE_SERIAL;
	ck_assert_str_eq(console_default_bootargs(&request), "console=ttyAMA0");
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("console_request");
	TCase *tests = tcase_create("console_request");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, kinds_and_places);
	tcase_add_test(tests, what_is_neither);
	tcase_add_test(tests, bootargs_decide);
	tcase_add_test(tests, drivers_decide);
	tcase_add_test(tests, kind_that_was_asked_for_stays);
	suite_add_tcase(suite, tests);
	return suite;
}
