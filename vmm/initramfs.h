/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking into an initramfs: archives in cpio's "newc" format, one after the other (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#ifndef VMM_INITRAMFS_H
#define VMM_INITRAMFS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether one of the `size` bytes' archives has a file whose path has `text` in it: scripts that
 * make an initramfs give modules numbers, or compress them. An archive that is compressed is not
 * looked into, nor what comes behind it. Reads the files' headers only, whatever they say; any
 * thread.
 */
bool initramfs_has_path(const char *bytes, size_t size, const char *text);

#endif
