// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: disk_check stress DISK JOBS DEPTH OPERATIONS SEED
 *        disk_check log DISK
 *        disk_check verify DISK RECORDS
 *        disk_check time DISK random|sequential KIB DEPTH READS
 *
 * Proves that a disk keeps what is written to it. Runs in the guest, `verify` on the host.
 *
 * stress: each job has a part of the disk for itself and DEPTH requests under way in it (Linux's
 * AIO, O_DIRECT): writes and reads of 512 bytes to 1 MiB, zeroes and flushes. Every read is
 * compared with what was written last, sector by sector.
 *
 * log: writes one record after the other, flushes, and prints "acked N". It does not end by itself.
 * verify: records 1 to RECORDS are there.
 *
 * time: READS reads of KIB KiB, DEPTH at a time, past the guest's cache; prints the nanoseconds of
 * each, on average.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECTOR	     512
#define SIZE_MAX_LOG 11 /* 1 MiB, in sectors */
#define DEPTH_MAX    64
#define RECORD_SIZE  4096

struct request {
	struct iocb control;
	uint8_t *buffer;
	uint64_t sector;
	uint32_t sectors;
	bool write, busy;
};

struct job {
	int fd;
	unsigned number, depth;
	uint64_t first, sectors; /* its part of the disk */
	uint32_t *generations;	 /* of each sector; 0: zeroes */
	uint32_t generation;
	uint64_t random;
	aio_context_t aio;
	struct request requests[DEPTH_MAX];
	unsigned busy;
};

static _Noreturn void die(const char *what)
{
	printf("disk_check: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t mix(uint64_t value)
{
	value ^= value >> 30;
	value *= UINT64_C(0xbf58476d1ce4e5b9);
	value ^= value >> 27;
	value *= UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

static uint64_t draw(struct job *job, uint64_t below)
{
	job->random += UINT64_C(0x9e3779b97f4a7c15);
	return mix(job->random) % below;
}

/* What a sector holds in this generation. */
static void fill(uint8_t *bytes, uint64_t sector, uint32_t generation)
{
	uint64_t *words = (uint64_t *)bytes, seed = mix(sector << 20 ^ generation);

	for (unsigned i = 0; i < SECTOR / 8; i++)
		words[i] = generation ? seed + i * UINT64_C(0x0123456789abcdef) : 0;
}

static bool holds(const uint8_t *bytes, uint64_t sector, uint32_t generation)
{
	uint64_t wanted[SECTOR / 8];

	fill((uint8_t *)wanted, sector, generation);
	return memcmp(bytes, wanted, SECTOR) == 0;
}

static bool is_busy(const struct job *job, uint64_t sector, uint32_t sectors)
{
	for (unsigned i = 0; i < job->depth; i++) {
		const struct request *other = &job->requests[i];

		if (other->busy && sector < other->sector + other->sectors &&
		    other->sector < sector + sectors)
			return true;
	}
	return false;
}

static void submit(struct job *job, struct request *request)
{
	struct iocb *control = &request->control;

	*control = (struct iocb){
		.aio_data = (uintptr_t)request,
		.aio_lio_opcode = request->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
		.aio_fildes = job->fd,
		.aio_buf = (uintptr_t)request->buffer,
		.aio_nbytes = request->sectors * SECTOR,
		.aio_offset = (job->first + request->sector) * SECTOR,
	};
	if (syscall(SYS_io_submit, job->aio, 1, &control) != 1)
		die("io_submit");
	request->busy = true;
	job->busy++;
}

static void finish(struct job *job, struct request *request, int64_t result)
{
	if (result != (int64_t)request->sectors * SECTOR) {
		errno = result < 0 ? -result : EIO;
		die(request->write ? "write" : "read");
	}
	for (uint32_t i = 0; i < request->sectors && !request->write; i++) {
		uint64_t sector = request->sector + i;

		if (holds(request->buffer + i * SECTOR, job->first + sector,
			  job->generations[sector]))
			continue;
		printf("disk_check: job %u: mismatch at sector %llu\n", job->number,
		       (unsigned long long)(job->first + sector));
		exit(1);
	}
	request->busy = false;
	job->busy--;
}

static void reap(struct job *job, unsigned least)
{
	struct io_event events[DEPTH_MAX];
	int count = syscall(SYS_io_getevents, job->aio, least, DEPTH_MAX, events, NULL);

	if (count < 0)
		die("io_getevents");
	for (int i = 0; i < count; i++)
		finish(job, (struct request *)(uintptr_t)events[i].data, events[i].res);
}

/* Zeroes a range in which nothing is under way. */
static void zero(struct job *job, uint64_t sector, uint32_t sectors)
{
	uint64_t range[2] = { (job->first + sector) * SECTOR, sectors * (uint64_t)SECTOR };

	if (ioctl(job->fd, BLKZEROOUT, range) < 0)
		die("BLKZEROOUT");
	memset(&job->generations[sector], 0, sectors * sizeof(job->generations[0]));
}

static void begin_one(struct job *job)
{
	struct request *request = job->requests;
	uint32_t sectors = 1u << draw(job, SIZE_MAX_LOG + 1);
	unsigned what = draw(job, 100);
	uint64_t sector;

	/* Any number of sectors, not only powers of two. */
	sectors -= draw(job, sectors);
	do
		sector = draw(job, job->sectors - sectors + 1);
	while (is_busy(job, sector, sectors));
	if (what < 2) {
		zero(job, sector, sectors);
		return;
	}
	if (what < 4) {
		if (fdatasync(job->fd) < 0)
			die("fdatasync");
		return;
	}
	while (request->busy)
		request++;
	request->sector = sector;
	request->sectors = sectors;
	request->write = what < 50;
	if (request->write) {
		job->generation++;
		for (uint32_t i = 0; i < sectors; i++) {
			fill(request->buffer + i * SECTOR, job->first + sector + i,
			     job->generation);
			job->generations[sector + i] = job->generation;
		}
	}
	submit(job, request);
}

static void verify_all(struct job *job)
{
	struct request *request = &job->requests[0];

	request->write = false;
	for (request->sector = 0; request->sector < job->sectors;
	     request->sector += request->sectors) {
		uint64_t left = job->sectors - request->sector;

		request->sectors = left < 1u << SIZE_MAX_LOG ? left : 1u << SIZE_MAX_LOG;
		submit(job, request);
		reap(job, 1);
	}
}

static _Noreturn void run_job(struct job *job, const char *disk, unsigned long operations)
{
	job->fd = open(disk, O_RDWR | O_DIRECT);
	if (job->fd < 0)
		die(disk);
	if (syscall(SYS_io_setup, DEPTH_MAX, &job->aio) < 0)
		die("io_setup");
	job->generations = calloc(job->sectors, sizeof(job->generations[0]));
	for (unsigned i = 0; i < job->depth; i++)
		job->requests[i].buffer = aligned_alloc(4096, SECTOR << SIZE_MAX_LOG);
	if (!job->generations || !job->requests[job->depth - 1].buffer)
		die("memory");
	zero(job, 0, job->sectors);
	while (operations--) {
		begin_one(job);
		reap(job, job->busy == job->depth ? 1 : 0);
	}
	while (job->busy)
		reap(job, 1);
	verify_all(job);
	exit(0);
}

static int stress(const char *disk, unsigned jobs, unsigned depth, unsigned long operations,
		  uint64_t seed)
{
	uint64_t size, part;
	int fd = open(disk, O_RDONLY), status, failed = 0;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0)
		die(disk);
	close(fd);
	part = size / SECTOR / jobs;
	if (depth < 1 || depth > DEPTH_MAX || part < 2u << SIZE_MAX_LOG || part > UINT32_MAX) {
		errno = EINVAL;
		die("jobs, depth or size");
	}
	fflush(stdout);
	for (unsigned i = 0; i < jobs; i++) {
		static struct job job;

		job = (struct job){ .number = i,
				    .depth = depth,
				    .first = i * part,
				    .sectors = part,
				    .random = mix(seed + i) };
		if (fork() == 0)
			run_job(&job, disk, operations);
	}
	for (unsigned i = 0; i < jobs; i++)
		failed += wait(&status) < 0 || status != 0;
	printf("disk_check: %u jobs, depth %u, %lu operations each: %s\n", jobs, depth, operations,
	       failed ? "FAILED" : "all as written");
	return failed != 0;
}

static void fill_record(uint8_t *record, uint32_t number)
{
	for (unsigned i = 0; i < RECORD_SIZE / SECTOR; i++)
		fill(record + i * SECTOR, i, number);
}

static _Noreturn void write_log(const char *disk)
{
	static uint8_t record[RECORD_SIZE];
	int fd = open(disk, O_WRONLY);

	if (fd < 0)
		die(disk);
	for (uint32_t number = 1;; number++) {
		fill_record(record, number);
		if (pwrite(fd, record, RECORD_SIZE, (off_t)number * RECORD_SIZE) != RECORD_SIZE)
			die("write");
		if (fdatasync(fd) < 0)
			die("fdatasync");
		printf("acked %u\n", number);
		fflush(stdout);
	}
}

static int verify(const char *disk, uint32_t records)
{
	static uint8_t record[RECORD_SIZE], wanted[RECORD_SIZE];
	int fd = open(disk, O_RDONLY);

	if (fd < 0)
		die(disk);
	for (uint32_t number = 1; number <= records; number++) {
		fill_record(wanted, number);
		if (pread(fd, record, RECORD_SIZE, (off_t)number * RECORD_SIZE) != RECORD_SIZE)
			die("read");
		if (memcmp(record, wanted, RECORD_SIZE) != 0) {
			printf("disk_check: record %u was acknowledged and is lost\n", number);
			return 1;
		}
	}
	printf("disk_check: %u records are there\n", records);
	return 0;
}

static int time_reads(const char *disk, bool is_random, size_t size, unsigned depth, unsigned reads)
{
	struct job job = { .fd = open(disk, O_RDONLY | O_DIRECT), .depth = depth, .random = 1 };
	struct iocb controls[DEPTH_MAX], *list[DEPTH_MAX];
	struct io_event events[DEPTH_MAX];
	struct timespec begin, end;
	uint64_t blocks, next = 0;
	int64_t spent;

	if (job.fd < 0 || !size || !depth || depth > DEPTH_MAX)
		die(disk);
	blocks = lseek(job.fd, 0, SEEK_END) / size;
	if (syscall(SYS_io_setup, depth, &job.aio) < 0)
		die("io_setup");
	for (unsigned i = 0; i < depth; i++) {
		void *buffer;

		if (posix_memalign(&buffer, 4096, size))
			die("memory");
		memset(buffer, 1, size);
		list[i] = &controls[i];
		controls[i] = (struct iocb){ .aio_lio_opcode = IOCB_CMD_PREAD,
					     .aio_fildes = job.fd,
					     .aio_buf = (uintptr_t)buffer,
					     .aio_nbytes = size };
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned done = 0; done < reads; done += depth) {
		for (unsigned i = 0; i < depth; i++)
			controls[i].aio_offset =
				(is_random ? draw(&job, blocks) : next++ % blocks) * size;
		if (syscall(SYS_io_submit, job.aio, depth, list) != (long)depth)
			die("io_submit");
		if (syscall(SYS_io_getevents, job.aio, depth, depth, events, NULL) != (long)depth)
			die("io_getevents");
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	spent = (end.tv_sec - begin.tv_sec) * INT64_C(1000000000) + end.tv_nsec - begin.tv_nsec;
	printf("disk_check: %lld ns\n", (long long)spent / reads);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "stress") == 0)
		return stress(argv[2], atoi(argv[3]), atoi(argv[4]), strtoul(argv[5], NULL, 10),
			      strtoull(argv[6], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "log") == 0)
		write_log(argv[2]);
	if (argc == 4 && strcmp(argv[1], "verify") == 0)
		return verify(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 7 && strcmp(argv[1], "time") == 0)
		return time_reads(argv[2], strcmp(argv[3], "random") == 0, atoi(argv[4]) * 1024UL,
				  atoi(argv[5]), atoi(argv[6]));
	fprintf(stderr, "usage: disk_check stress DISK JOBS DEPTH OPERATIONS SEED\n"
			"       disk_check log DISK\n"
			"       disk_check verify DISK RECORDS\n"
			"       disk_check time DISK random|sequential KIB DEPTH READS\n");
	return 129;
}
