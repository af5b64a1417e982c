// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: virtio_rewrite ADDRESS ROUNDS
 *
 * A driver that lies: it drives the virtio disk whose registers are at ADDRESS, a device that no
 * driver of the kernel has, while a second thread rewrites descriptors, indirect tables and
 * requests all the time, so that the device reads them while they change. In each round the device
 * is reset and gets requests until it gives up (DEVICE_NEEDS_RESET) or has enough of them. After
 * all rounds it must read the disk's first sector as it was before them. Runs in the guest, as
 * root, on two CPUs or more.
 *
 * Whatever a descriptor says, buffers are in one huge page of ours, or outside RAM: what the device
 * may do to the guest is the guest's own affair, and the kernel is to live.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_mmio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define HUGE_SIZE (2ul << 20)
#define SIZE	  64 /* of the queue */
#define CHAIN	  3
#define CHAINS	  (SIZE / CHAIN)
#define SECTOR	  512
#define REQUESTS  400

#define STATUS_FEATURES_OK 11 /* with ACKNOWLEDGE and DRIVER */
#define STATUS_DRIVER_OK   15
#define STATUS_NEEDS_RESET 64

#define F_NEXT	   1
#define F_WRITE	   2
#define F_INDIRECT 4

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

/* The huge page. */
static struct shared {
	struct descriptor table[SIZE], indirect[SIZE];
	struct {
		uint16_t flags, index, ring[SIZE], event;
	} available;
	struct {
		uint16_t flags;
		_Atomic uint16_t index;
		struct {
			uint32_t head, length;
		} ring[SIZE];
	} used __attribute__((aligned(8)));
	struct {
		uint32_t type, reserved;
		uint64_t sector;
	} header;
	uint8_t status;
	uint8_t data[65536] __attribute__((aligned(4096)));
} * shared;
static uint64_t shared_address; /* for the device */
static volatile uint8_t *registers;
static atomic_bool rewriting;

static _Noreturn void die(const char *what)
{
	printf("virtio_rewrite: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t get(unsigned offset)
{
	return *(volatile uint32_t *)(registers + offset);
}

static void set(unsigned offset, uint32_t value)
{
	atomic_thread_fence(memory_order_seq_cst);
	*(volatile uint32_t *)(registers + offset) = value;
}

static void set_address(unsigned offset, const void *at)
{
	uint64_t address = shared_address + ((const char *)at - (const char *)shared);

	set(offset, (uint32_t)address);
	set(offset + 4, address >> 32);
}

static void map_registers(uint64_t address)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	uint64_t page = address & ~UINT64_C(4095);
	void *at;

	if (fd < 0)
		die("/dev/mem");
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page);
	if (at == MAP_FAILED)
		die("the registers");
	registers = (uint8_t *)at + (address - page);
}

static void map_shared(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	shared = mmap(NULL, HUGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (shared == MAP_FAILED)
		die("a huge page (vm.nr_hugepages)");
	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)shared / 4096 * 8) != 8 || !(entry >> 63))
		die("/proc/self/pagemap");
	shared_address = (entry & ((UINT64_C(1) << 55) - 1)) * 4096;
	close(fd);
}

static uint64_t draw(uint64_t *random, uint64_t below)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*random >> 33) % below;
}

/*
 * Entries stand in threes: a header, data, a status. Nearly always they make sense, whatever they
 * were a moment ago: a device that gives up at once reads nothing that changes. `next` is for a
 * chain's first and second.
 */
static struct descriptor make_descriptor(uint64_t *random, unsigned entry, unsigned next)
{
	uint64_t data = shared_address + offsetof(struct shared, data) + draw(random, 60000);

	switch (draw(random, 6000)) {
	case 0:
		return (struct descriptor){ draw(random, UINT64_C(1) << 31) << 33, 16, F_NEXT,
					    next };
	case 1:
		return (struct descriptor){ data, UINT32_MAX - draw(random, 2), F_WRITE, next };
	case 2:
		return (struct descriptor){ data, 16, F_NEXT, draw(random, 65536) };
	case 3:
		return (struct descriptor){ data, draw(random, 64), draw(random, 8), next };
	}
	switch (entry % CHAIN) {
	case 0:
		return (struct descriptor){ shared_address + offsetof(struct shared, header),
					    sizeof(shared->header), F_NEXT, next };
	case 1:
		return (struct descriptor){ data, draw(random, 5000),
					    F_NEXT | (draw(random, 2) ? F_WRITE : 0), next };
	default:
		return (struct descriptor){ data, 1 + draw(random, 3), F_WRITE, 0 };
	}
}

static struct descriptor make_indirect(uint64_t *random)
{
	unsigned first = draw(random, CHAINS) * CHAIN;

	return (struct descriptor){
		.address = shared_address + offsetof(struct shared, indirect[first]),
		.length = CHAIN * sizeof(struct descriptor),
		.flags = F_INDIRECT,
	};
}

static void *rewrite(void *argument)
{
	uint64_t random = 1;

	(void)argument;
	while (atomic_load_explicit(&rewriting, memory_order_relaxed)) {
		unsigned entry = draw(&random, CHAINS * CHAIN);

		if (draw(&random, 2))
			shared->indirect[entry] =
				make_descriptor(&random, entry, entry % CHAIN + 1);
		else if (entry % CHAIN == 0 && draw(&random, 2))
			shared->table[entry] = make_indirect(&random);
		else
			shared->table[entry] = make_descriptor(&random, entry, entry + 1);
		if (!draw(&random, 8)) {
			shared->header.type = draw(&random, 16);
			shared->header.sector = draw(&random, 4096);
		}
	}
	return NULL;
}

static void start_device(void)
{
	set(VIRTIO_MMIO_STATUS, 0);
	while (get(VIRTIO_MMIO_STATUS))
		;
	set(VIRTIO_MMIO_STATUS, 3);
	/* Indirect descriptors, and version 1. */
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	set(VIRTIO_MMIO_DRIVER_FEATURES, 1u << 28);
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	set(VIRTIO_MMIO_DRIVER_FEATURES, 1);
	set(VIRTIO_MMIO_STATUS, STATUS_FEATURES_OK);
	memset(&shared->available, 0, sizeof(shared->available));
	memset(&shared->used, 0, sizeof(shared->used));
	set(VIRTIO_MMIO_QUEUE_NUM, SIZE);
	set_address(VIRTIO_MMIO_QUEUE_DESC_LOW, shared->table);
	set_address(VIRTIO_MMIO_QUEUE_AVAIL_LOW, &shared->available);
	set_address(VIRTIO_MMIO_QUEUE_USED_LOW, &shared->used);
	set(VIRTIO_MMIO_QUEUE_READY, 1);
	set(VIRTIO_MMIO_STATUS, STATUS_DRIVER_OK);
}

static void offer(uint16_t head)
{
	shared->available.ring[shared->available.index % SIZE] = head;
	atomic_thread_fence(memory_order_release);
	__atomic_store_n(&shared->available.index, shared->available.index + 1, __ATOMIC_RELEASE);
	set(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

/* Until the device has used all that was offered, or has given up; a minute is for one that hangs.
 */
static bool wait_for_device(void)
{
	for (unsigned tries = 0; tries < 60000; tries++) {
		for (unsigned i = 0; i < 2000; i++)
			if (atomic_load(&shared->used.index) == shared->available.index)
				return true;
		if (get(VIRTIO_MMIO_STATUS) & STATUS_NEEDS_RESET)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	errno = ETIMEDOUT;
	die("the device");
}

/* Returns how many requests were used before the device gave up. */
static unsigned abuse_device(uint64_t *random)
{
	unsigned requests = 0;

	start_device();
	while (requests < REQUESTS) {
		for (unsigned i = 0; i < 8; i++)
			offer(draw(random, CHAINS) * CHAIN);
		if (!wait_for_device())
			break;
		requests += 8;
	}
	return requests;
}

/* With nobody else at it: one request for the first sector. */
static void transfer_sector(bool write)
{
	uint64_t base = shared_address;

	start_device();
	memset(&shared->header, 0, sizeof(shared->header));
	shared->header.type = write;
	shared->status = 0xff;
	shared->table[0] =
		(struct descriptor){ base + offsetof(struct shared, header), 16, F_NEXT, 1 };
	shared->table[1] = (struct descriptor){ base + offsetof(struct shared, data), SECTOR,
						F_NEXT | (write ? 0 : F_WRITE), 2 };
	shared->table[2] =
		(struct descriptor){ base + offsetof(struct shared, status), 1, F_WRITE, 0 };
	offer(0);
	if (wait_for_device() && shared->status == 0)
		return;
	printf("virtio_rewrite: the device does not %s: status %u\n", write ? "write" : "read",
	       shared->status);
	exit(1);
}

/* What is written is read. */
static void check_device(uint8_t pattern)
{
	memset(shared->data, pattern, SECTOR);
	transfer_sector(true);
	memset(shared->data, 0, SECTOR);
	transfer_sector(false);
	for (unsigned i = 0; i < SECTOR; i++) {
		if (shared->data[i] == pattern)
			continue;
		printf("virtio_rewrite: what was written is not read\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	unsigned rounds, given_up = 0;
	unsigned long used = 0;
	uint64_t random = 2;
	pthread_t thread;

	if (argc != 3) {
		fprintf(stderr, "usage: virtio_rewrite ADDRESS ROUNDS\n");
		return 129;
	}
	rounds = atoi(argv[2]);
	map_registers(strtoull(argv[1], NULL, 16));
	map_shared();
	if (get(VIRTIO_MMIO_DEVICE_ID) != 2) {
		printf("virtio_rewrite: there is no disk at %s\n", argv[1]);
		return 1;
	}
	check_device(0x55);
	for (unsigned entry = 0; entry < CHAINS * CHAIN; entry++) {
		shared->table[entry] = make_descriptor(&random, entry, entry + 1);
		shared->indirect[entry] = make_descriptor(&random, entry, entry % CHAIN + 1);
	}
	atomic_store(&rewriting, true);
	if ((errno = pthread_create(&thread, NULL, rewrite, NULL)))
		die("a thread");
	for (unsigned round = 0; round < rounds; round++) {
		unsigned requests = abuse_device(&random);

		used += requests;
		given_up += requests < REQUESTS;
	}
	atomic_store(&rewriting, false);
	pthread_join(thread, NULL);
	check_device(0xaa);
	set(VIRTIO_MMIO_STATUS, 0);
	printf("virtio_rewrite: %u rounds, %lu requests, gave up in %u rounds: works\n", rounds,
	       used, given_up);
	return 0;
}
