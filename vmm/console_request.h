/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which console a guest has, and where it is on the host: --console.
 *
 * The kind matters for Linux, which has one main console: hvc0 is virtio-console, which costs a
 * small part of what the PL011 does, but needs drivers. The PL011 is there in any case, for
 * firmware and earlycon; both share the place on the host.
 */
#ifndef VMM_CONSOLE_REQUEST_H
#define VMM_CONSOLE_REQUEST_H

#include "devices/console_host.h"

struct kernel_image;
struct sealed_file;

enum console_kind {
	CONSOLE_AUTO,
	CONSOLE_VIRTIO,
	CONSOLE_SERIAL, /* there is no virtio-console */
};

struct console_request {
	enum console_kind kind;
	enum console_place place;
	const char *path; /* of file or socket; not copied */
};

/*
 * Parses the value of --console: a kind, a place, or both with a comma between them. Returns 0 or
 * -EINVAL, described.
 */
int console_request_parse(const char *value, struct console_request *request);

/*
 * Makes CONSOLE_AUTO one of the other two. With `bootargs` (not NULL) the last console= in them
 * decides. Otherwise it is virtio if the guest can drive that from its beginning: if the kernel has
 * the drivers built in, or the initrd, not compressed, has them as modules.
 */
void console_request_settle(struct console_request *request, const char *bootargs,
			    const struct kernel_image *kernel, const struct sealed_file *initrd);

/* What suits Linux when the user gives no bootargs. */
const char *console_default_bootargs(const struct console_request *request);

#endif
