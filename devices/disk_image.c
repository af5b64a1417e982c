// SPDX-License-Identifier: GPL-2.0-only
/* Opening a disk: what it is, who else uses it, its geometry. */
#include "devices/disk_image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/disk_format.h"

#define SECTOR	     512
#define PAGE	     4096 /* the largest block that O_DIRECT asks for */
#define PHYSICAL_MAX 65536
#define BOUNCE_SIZE  (128 * 1024)

static int cannot_use(const struct disk_image *image, int error, const char *why)
{
	return log_error(error, "cannot use disk '%s': %s", image->path, why);
}

static int cannot_open(const struct disk_image *image, int error)
{
	switch (error) {
	case ENOENT:
		return cannot_use(image, -error,
				  "there is no such file: check its path, or make an empty disk "
				  "by: truncate -s 10G FILE");
	case EACCES:
	case EPERM:
	case EROFS:
		return cannot_use(image, -error,
				  image->readonly ? "you may not read it: change its permissions"
						  : "you may not write to it: change its "
						    "permissions, or put ',ro' behind its name");
	case EINVAL:
		if (image->direct)
			return cannot_use(image, -error,
					  "its file system has no O_DIRECT: leave ',direct' out");
		break;
	case EBUSY:
		return cannot_use(image, -error,
				  "the host itself uses it (mounted, or part of another device): "
				  "unmount it");
	}
	return cannot_use(image, -error, strerror(error));
}

static int check_kind(struct disk_image *image)
{
	struct stat stat_buffer;

	if (stat(image->path, &stat_buffer) < 0)
		return cannot_open(image, errno);
	if (S_ISDIR(stat_buffer.st_mode))
		return cannot_use(image, -EISDIR, "it is a directory: name a file or block device");
	if (!S_ISREG(stat_buffer.st_mode) && !S_ISBLK(stat_buffer.st_mode))
		return cannot_use(image, -ENOTSUP,
				  "it is neither a file nor a block device: name one of these");
	image->is_device = S_ISBLK(stat_buffer.st_mode);
	return 0;
}

static int open_file(struct disk_image *image)
{
	int flags = O_CLOEXEC | O_NOCTTY | (image->readonly ? O_RDONLY : O_RDWR) |
		    (image->direct ? O_DIRECT : 0);

	/* Of a block device: fails when it is mounted. */
	if (image->is_device && !image->readonly)
		flags |= O_EXCL;
	image->fd = open(image->path, flags);
	return image->fd < 0 ? cannot_open(image, errno) : 0;
}

/* Open file description locks: they end with our last descriptor, whatever else the process closes,
 * and QEMU's are of the same kind. */
static int lock_file(struct disk_image *image)
{
	struct flock lock = {
		.l_type = image->readonly ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	if (fcntl(image->fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return cannot_use(image, -EBUSY,
				  image->readonly
					  ? "another program writes to it: end that one first"
					  : "another program, or another disk of this VM, uses it: "
					    "end that one first, or put ',ro' behind its name in "
					    "both");
	log_warn("disk '%s' is not locked against a second user: %s", image->path, strerror(errno));
	return 0;
}

static int find_size(struct disk_image *image)
{
	struct stat stat_buffer;

	if (image->is_device) {
		if (ioctl(image->fd, BLKGETSIZE64, &image->size) < 0)
			return cannot_use(image, -errno, strerror(errno));
	} else if (fstat(image->fd, &stat_buffer) < 0) {
		return cannot_use(image, -errno, strerror(errno));
	} else {
		image->size = stat_buffer.st_size;
	}
	if (image->size < SECTOR)
		return cannot_use(image, -ENODATA,
				  "it has no whole sector of 512 bytes: make it larger, as by: "
				  "truncate -s 10G FILE");
	return 0;
}

/* A file that ends earlier has zeroes for the rest. */
static int read_sector(int fd, uint64_t offset, uint8_t *sector)
{
	memset(sector, 0, SECTOR);
	return pread(fd, sector, SECTOR, offset) < 0 ? -errno : 0;
}

static int refuse_format(const struct disk_image *image, const struct disk_format *format)
{
	if (format->qemu_name)
		return log_error(-ENOTSUP,
				 "cannot use disk '%s': it is %s, and armlet takes raw images: "
				 "convert it by: qemu-img convert -f %s -O raw '%s' '%s.raw'",
				 image->path, format->name, format->qemu_name, image->path,
				 image->path);
	return log_error(-ENOTSUP,
			 "cannot use disk '%s': it is %s: unpack it by: %s '%s' >'%s.raw'",
			 image->path, format->name, format->unpack, image->path, image->path);
}

/* By a descriptor of its own, for which alignment is no matter. */
static int check_format(const struct disk_image *image)
{
	uint8_t head[DISK_FORMAT_HEAD], tail[DISK_FORMAT_TAIL];
	const struct disk_format *format;
	int fd = open(image->path, O_RDONLY | O_CLOEXEC | O_NOCTTY), ret;

	if (fd < 0)
		return cannot_use(image, -errno,
				  errno == EACCES ? "you may not read it: change its permissions"
						  : strerror(errno));
	ret = read_sector(fd, 0, head);
	ret = ret ? ret : read_sector(fd, image->size - SECTOR, tail);
	close(fd);
	if (ret < 0)
		return cannot_use(image, ret, strerror(-ret));
	format = disk_format_recognise(head, tail);
	return format ? refuse_format(image, format) : 0;
}

/* What O_DIRECT wants: a whole sector from a buffer that is aligned to no more than that, or pages.
 */
static int probe_direct(struct disk_image *image)
{
	uint8_t *buffer = aligned_alloc(PAGE, 2 * PAGE);
	int ret = 0;

	if (!buffer)
		return cannot_use(image, -ENOMEM, "no memory");
	image->memory_alignment = SECTOR;
	if (pread(image->fd, buffer + SECTOR, SECTOR, 0) < 0) {
		image->block_size = image->memory_alignment = PAGE;
		if (pread(image->fd, buffer, PAGE, 0) < 0)
			ret = cannot_use(image, -errno, strerror(errno));
	}
	free(buffer);
	return ret;
}

static bool is_block_size(uint64_t size, uint32_t least, uint32_t most)
{
	return size >= least && size <= most && (size & (size - 1)) == 0;
}

static void ask_device(struct disk_image *image)
{
	unsigned physical = 0, min_io = 0, optimal_io = 0;
	int logical = 0, offset = 0;

	if (ioctl(image->fd, BLKSSZGET, &logical) == 0 && is_block_size(logical, SECTOR, PAGE))
		image->block_size = logical;
	if (ioctl(image->fd, BLKPBSZGET, &physical) == 0)
		image->physical_block_size = physical;
	if (ioctl(image->fd, BLKIOMIN, &min_io) == 0)
		image->min_io_size = min_io;
	if (ioctl(image->fd, BLKIOOPT, &optimal_io) == 0)
		image->optimal_io_size = optimal_io;
	if (ioctl(image->fd, BLKALIGNOFF, &offset) == 0 && offset > 0)
		image->alignment_offset = offset;
}

static void ask_file_system(struct disk_image *image)
{
	struct stat stat_buffer;
	struct statfs file_system;

	if (fstat(image->fd, &stat_buffer) == 0)
		image->physical_block_size = stat_buffer.st_blksize;
	if (fstatfs(image->fd, &file_system) == 0 && file_system.f_type == TMPFS_MAGIC)
		atomic_store(&image->never_waits, true);
}

/* What the host said is made to fit together, whatever that was. */
static void settle_topology(struct disk_image *image)
{
	uint32_t block = image->block_size;

	if (!is_block_size(image->physical_block_size, block, PHYSICAL_MAX))
		image->physical_block_size = block;
	if (image->min_io_size < block || image->min_io_size % block)
		image->min_io_size = image->physical_block_size;
	if (image->optimal_io_size % block)
		image->optimal_io_size = 0;
	if (image->alignment_offset % block ||
	    image->alignment_offset >= image->physical_block_size)
		image->alignment_offset = 0;
}

static int find_geometry(struct disk_image *image)
{
	uint64_t rest;
	int ret;

	image->block_size = SECTOR;
	image->memory_alignment = 1;
	if (image->is_device)
		ask_device(image);
	else
		ask_file_system(image);
	ret = image->direct ? probe_direct(image) : 0;
	if (ret < 0)
		return ret;
	settle_topology(image);
	rest = image->size % image->block_size;
	if (rest)
		log_warn("disk '%s' is not a multiple of %u bytes long: the guest does not see the "
			 "last %" PRIu64,
			 image->path, image->block_size, rest);
	image->size -= rest;
	return image->size ? 0 : cannot_use(image, -ENODATA, "it has no whole block");
}

int disk_image_open(struct disk_image *image, const struct disk_request *request)
{
	int ret;

	*image = (struct disk_image){
		.fd = -1,
		.readonly = request->readonly,
		.direct = request->direct,
		.path = strdup(request->path),
	};
	if (!image->path)
		return log_error(-ENOMEM, "cannot use disk '%s': no memory", request->path);
	/* A write beyond the limit on file sizes (ulimit -f) is to fail, not to kill. */
	signal(SIGXFSZ, SIG_IGN);
	ret = check_kind(image);
	ret = ret ? ret : open_file(image);
	ret = ret ? ret : lock_file(image);
	ret = ret ? ret : find_size(image);
	ret = ret ? ret : check_format(image);
	ret = ret ? ret : find_geometry(image);
	if (ret < 0)
		disk_image_close(image);
	return ret;
}

void disk_image_close(struct disk_image *image)
{
	if (image->fd >= 0)
		close(image->fd);
	image->fd = -1;
	free(image->path);
	image->path = NULL;
}

int disk_bounce_init(struct disk_bounce *bounce, const struct disk_image *image)
{
	*bounce = (struct disk_bounce){ 0 };
	if (image->memory_alignment == 1)
		return 0;
	bounce->buffer = aligned_alloc(PAGE, BOUNCE_SIZE);
	if (!bounce->buffer)
		return log_error(-ENOMEM, "cannot use disk '%s': no memory", image->path);
	bounce->size = BOUNCE_SIZE;
	return 0;
}

void disk_bounce_destroy(struct disk_bounce *bounce)
{
	free(bounce->buffer);
	*bounce = (struct disk_bounce){ 0 };
}
