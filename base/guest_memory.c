// SPDX-License-Identifier: GPL-2.0-only
#include "base/guest_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

/* Stage 2 can use 2 MiB blocks only where the host address and the IPA agree in their low bits. */
#define BLOCK_SIZE UINT64_C(0x200000)

/* Mapping less than this costs more than it saves. */
#define SEALED_MINIMUM UINT64_C(0x10000)

int guest_memory_create(struct guest_memory *memory, uint64_t ipa, uint64_t size)
{
	uint64_t page_mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1, end, reserve;
	uintptr_t start, aligned;
	void *map;

	memset(memory, 0, sizeof(*memory));
	if (!size || ((ipa | size) & page_mask) || __builtin_add_overflow(ipa, size, &end) ||
	    __builtin_add_overflow(size, BLOCK_SIZE, &reserve) || reserve > SIZE_MAX)
		return log_error(-EINVAL,
				 "cannot make guest RAM of 0x%" PRIx64 " bytes at 0x%" PRIx64
				 ": not a range of whole pages",
				 size, ipa);
	map = mmap(NULL, reserve, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return log_error(-ENOMEM,
				 "cannot reserve %" PRIu64
				 " MiB of guest RAM: %s: use a smaller --mem or raise the limit on "
				 "address space (ulimit -v)",
				 size >> 20, strerror(errno));

	start = (uintptr_t)map;
	aligned = (start + BLOCK_SIZE - 1) & ~(uintptr_t)(BLOCK_SIZE - 1);
	if (aligned > start)
		munmap(map, aligned - start);
	if (start + reserve > aligned + size)
		munmap((void *)(aligned + size), start + reserve - (aligned + size));

	memory->ipa = ipa;
	memory->size = size;
	memory->host = (void *)aligned;
	/* Advice only: a host without huge pages, or one told not to dump RAM, works as well. */
	madvise(memory->host, size, MADV_HUGEPAGE);
	madvise(memory->host, size, MADV_DONTDUMP);
	return 0;
}

void guest_memory_destroy(struct guest_memory *memory)
{
	if (memory->host)
		munmap(memory->host, memory->size);
	memset(memory, 0, sizeof(*memory));
}

void *guest_memory_at(const struct guest_memory *memory, uint64_t ipa, uint64_t length)
{
	uint64_t offset = ipa - memory->ipa;

	if (ipa < memory->ipa || offset > memory->size || length > memory->size - offset)
		return NULL;
	return (char *)memory->host + offset;
}

/*
 * Copies out of a file that nobody can cut short, so that its mapping cannot fault: half the work
 * of pread(2). False for any other file, and whenever mapping fails.
 */
static bool load_sealed(char *to, int fd, uint64_t offset, uint64_t length)
{
	uint64_t skip = offset % (uint64_t)sysconf(_SC_PAGESIZE), end;
	int seals = length < SEALED_MINIMUM ? -1 : fcntl(fd, F_GET_SEALS);
	char *map;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || __builtin_add_overflow(offset, length, &end) ||
	    end > (uint64_t)lseek(fd, 0, SEEK_END))
		return false;
	map = mmap(NULL, skip + length, PROT_READ, MAP_SHARED, fd, offset - skip);
	if (map == MAP_FAILED)
		return false;
	memcpy(to, map + skip, length);
	munmap(map, skip + length);
	return true;
}

int guest_memory_load(struct guest_memory *memory, uint64_t ipa, int fd, uint64_t offset,
		      uint64_t length)
{
	char *to = guest_memory_at(memory, ipa, length);

	if (!to)
		return log_error(-EINVAL,
				 "cannot load 0x%" PRIx64 " bytes at 0x%" PRIx64
				 ": outside guest RAM: use a larger --mem",
				 length, ipa);
	if (load_sealed(to, fd, offset, length))
		return 0;
	while (length) {
		ssize_t got = pread(fd, to, length, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return log_error(-EIO, "cannot load guest memory at 0x%" PRIx64 ": %s", ipa,
					 got < 0 ? strerror(errno) : "file is too short");
		to += got;
		offset += got;
		length -= got;
	}
	return 0;
}

int guest_memory_zero(struct guest_memory *memory)
{
	if (madvise(memory->host, memory->size, MADV_DONTNEED) < 0)
		return log_error(-errno, "cannot clear guest RAM: %s: is it locked (mlockall)?",
				 strerror(errno));
	return 0;
}
