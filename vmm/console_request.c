// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/console_request.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "vmm/initramfs.h"
#include "vmm/kernel_image.h"

static const struct word {
	const char *name;
	bool is_kind, takes_path;
	int value;
} words[] = {
	{ "auto", true, false, CONSOLE_AUTO },	   { "virtio", true, false, CONSOLE_VIRTIO },
	{ "serial", true, false, CONSOLE_SERIAL }, { "stdio", false, false, CONSOLE_STDIO },
	{ "pty", false, false, CONSOLE_PTY },	   { "unix:", false, true, CONSOLE_UNIX },
	{ "file:", false, true, CONSOLE_FILE },
};

/* The word that `value` is or begins with, up to `end`. */
static const struct word *find_word(const char *value, const char *end)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t length = strlen(words[i].name);

		if (strncmp(value, words[i].name, length))
			continue;
		if (words[i].takes_path ? value[length] != '\0' : value + length == end)
			return &words[i];
	}
	return NULL;
}

static void take_word(const struct word *word, const char *value, struct console_request *request)
{
	if (word->is_kind) {
		request->kind = word->value;
		return;
	}
	request->place = word->value;
	request->path = word->takes_path ? value + strlen(word->name) : NULL;
}

int console_request_parse(const char *value, struct console_request *request)
{
	const char *comma = strchr(value, ','), *end = comma ? comma : value + strlen(value);
	const struct word *word = find_word(value, end), *second = NULL;

	*request = (struct console_request){ .kind = CONSOLE_AUTO };
	if (word)
		take_word(word, value, request);
	/* A comma behind a kind; one in a path is the path's own. */
	if (word && word->is_kind && comma) {
		second = find_word(comma + 1, comma + 1 + strlen(comma + 1));
		if (second && !second->is_kind)
			take_word(second, comma + 1, request);
	}
	if (!word || (comma && !word->takes_path && (!second || second->is_kind)))
		return log_error(-EINVAL,
				 "cannot use --console \"%s\": it must be auto, virtio or serial, "
				 "or stdio, pty, unix:PATH or file:PATH, or one of each with a "
				 "comma between them: virtio,pty",
				 value);
	return 0;
}

/* As Linux does it: the last one counts. */
static enum console_kind kind_in_bootargs(const char *bootargs)
{
	static const char name[] = "console=";
	enum console_kind kind = CONSOLE_SERIAL;

	for (const char *at = bootargs; (at = strstr(at, name)); at += strlen(name))
		if (at == bootargs || at[-1] == ' ')
			kind = strncmp(at + strlen(name), "hvc", 3) ? CONSOLE_SERIAL
								    : CONSOLE_VIRTIO;
	return kind;
}

/* A file in memory; no bytes if that cannot be had. */
struct view {
	const char *bytes;
	size_t size;
};

static struct view map_view(const struct sealed_file *file)
{
	void *map = file && file->fd >= 0
			    ? mmap(NULL, file->size, PROT_READ, MAP_SHARED, file->fd, 0)
			    : MAP_FAILED;

	return map == MAP_FAILED ? (struct view){ "", 0 } : (struct view){ map, file->size };
}

static void unmap_view(struct view view)
{
	if (view.size)
		munmap((void *)view.bytes, view.size);
}

static bool has(struct view view, const char *text, size_t size)
{
	return memmem(view.bytes, view.size, text, size) != NULL;
}

/* A kernel's code comes first, and is the larger part: names are found sooner behind it. */
static bool kernel_has(struct view view, const char *text, size_t size)
{
	size_t half = view.size / 2, overlap = half + size - 1;
	struct view code = { view.bytes, overlap < view.size ? overlap : view.size },
		    data = { view.bytes + half, view.size - half };

	return has(data, text, size) || has(code, text, size);
}

/* A driver that is built in has its name in the kernel; one in the initrd is a file. */
#define HAS_DRIVER(kernel, initrd, name, module)                      \
	(initramfs_has_path((initrd).bytes, (initrd).size, module) || \
	 kernel_has(kernel, name, sizeof(name)))

static bool guest_drives_virtio(const struct kernel_image *kernel, const struct sealed_file *initrd)
{
	struct view kernel_view = map_view(&kernel->payload), initrd_view = map_view(initrd);
	bool drives = HAS_DRIVER(kernel_view, initrd_view, "virtio-mmio", "virtio_mmio.ko") &&
		      HAS_DRIVER(kernel_view, initrd_view, "virtio_console", "virtio_console.ko");

	unmap_view(kernel_view);
	unmap_view(initrd_view);
	return drives;
}

void console_request_settle(struct console_request *request, const char *bootargs,
			    const struct kernel_image *kernel, const struct sealed_file *initrd)
{
	if (request->kind != CONSOLE_AUTO)
		return;
	if (bootargs)
		request->kind = kind_in_bootargs(bootargs);
	else if (kernel->format == KERNEL_FORMAT_IMAGE && guest_drives_virtio(kernel, initrd))
		request->kind = CONSOLE_VIRTIO;
	else
		request->kind = CONSOLE_SERIAL;
	log_info("console: %s",
		 request->kind == CONSOLE_VIRTIO
			 ? "virtio (hvc0)"
			 : "serial (ttyAMA0): without virtio-mmio and virtio-console "
			   "in kernel or initrd, or by --params");
}

const char *console_default_bootargs(const struct console_request *request)
{
	/* Linux shows nothing on hvc0 of what came before its driver. */
	return request->kind == CONSOLE_VIRTIO ? "console=hvc0 earlycon" : "console=ttyAMA0";
}
