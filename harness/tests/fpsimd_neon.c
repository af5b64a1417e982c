// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel-mode NEON on the host: the kernel's crypto, in its tasks through AF_ALG
 * (Documentation/crypto/userspace-if.rst), in soft interrupts through IPsec. By the names of
 * drivers that use NEON, because "sha256" alone may be plain C; and where perf can count calls in
 * the kernel (kprobes), one is taken that was seen to call kernel_neon_begin(), because any of them
 * may fall back to C, and nobody would notice.
 */
#include <errno.h>
#include <linux/if_alg.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-images/tests/fpsimd.h"
#include "harness/esp_loopback.h"
#include "harness/tests/fpsimd.h"

/* Those of kernels since about 6.16 choose at run time. */
static const char *const drivers[] = { "sha256-ce", "sha256-arm64-neon", "sha512-ce",
				       "sha224-ce", "sha256-lib",	 "sha512-lib" };

/* -1: there is no such driver. */
static int open_hash(const char *driver)
{
	struct sockaddr_alg address = { .salg_family = AF_ALG, .salg_type = "hash" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), hash = -1;

	if (fd < 0)
		return -1;
	strcpy((char *)address.salg_name, driver);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		hash = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	close(fd);
	return hash;
}

static bool hash_once(int fd)
{
	static const char data[16384] = "armlet";
	char digest[64];

	return write(fd, data, sizeof(data)) == sizeof(data) &&
	       read(fd, digest, sizeof(digest)) > 0;
}

/*
 * Counts entries into kernel-mode NEON, of the calling thread (pid 0, cpu -1), or on a host CPU
 * (pid -1); -1: this host or this process cannot.
 */
static int open_counter(pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.kprobe_func = (uintptr_t) "kernel_neon_begin",
	};
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	bool known = file && fscanf(file, "%u", &attr.type) == 1;

	if (file)
		fclose(file);
	return known ? syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC) : -1;
}

static uint64_t read_counter(int fd)
{
	uint64_t count = 0;

	return fd >= 0 && read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

struct hasher {
	int own_fd, beside_fd;
};

/* The first driver that is there and, as far as can be told, uses NEON; NULL: none. `fallback`: one
 * that does not. */
static const char *choose_driver(struct hasher *hasher, int counter, const char **fallback)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		uint64_t before = read_counter(counter);
		int fd = open_hash(drivers[i]);

		if (fd < 0)
			continue;
		if (hash_once(fd) && (counter < 0 || read_counter(counter) > before)) {
			hasher->own_fd = fd;
			hasher->beside_fd = open_hash(drivers[i]);
			return drivers[i];
		}
		*fallback = drivers[i];
		close(fd);
	}
	return NULL;
}

static void neon_prepare(struct test_run *run)
{
	static struct hasher hasher;
	const char *fallback = NULL, *driver;
	int counter = open_counter(0, -1);

	hasher = (struct hasher){ -1, -1 };
	run->script_data = &hasher;
	driver = choose_driver(&hasher, counter, &fallback);
	if (!driver && fallback)
		run_skip(run, "the host's kernel hashes with %s, but without NEON", fallback);
	else if (!driver)
		run_skip(run, "the host offers no crypto driver with NEON through AF_ALG (modules "
			      "algif_hash and sha2-ce)");
	else if (counter < 0)
		run_note(run,
			 "the host's kernel hashes with %s, by its name in NEON (calls in the "
			 "kernel cannot be counted here)",
			 driver);
	else
		run_note(run,
			 "the host's kernel hashes with %s, in NEON: it was seen to call "
			 "kernel_neon_begin()",
			 driver);
	if (counter >= 0)
		close(counter);
}

/* On the vCPU's thread, between two KVM_RUN. */
static uint64_t neon_call(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
			  const uint64_t args[3])
{
	const struct hasher *hasher = run->script_data;

	(void)vm, (void)cpu, (void)function, (void)args;
	RUN_CHECK(run, hash_once(hasher->own_fd), "cannot hash by AF_ALG: %s", strerror(errno));
	return 0;
}

/* And by another task on the same host CPU. */
static void neon_beside(struct test_run *run)
{
	const struct hasher *hasher = run->script_data;
	uint64_t hashed = 0;

	if (hasher->beside_fd < 0)
		return;
	run_bind_thread(run->host_cpus[0]);
	test_vm_move(&run->vm, 0, 0);
	while (!run_is_over(run) && RUN_CHECK(run, hash_once(hasher->beside_fd),
					      "cannot hash by AF_ALG: %s", strerror(errno)))
		hashed++;
	run_sample(run, "hashes by the host's kernel beside the guest", hashed);
}

static void neon_finish(struct test_run *run)
{
	const struct hasher *hasher = run->script_data;

	if (hasher->own_fd >= 0)
		close(hasher->own_fd);
	if (hasher->beside_fd >= 0)
		close(hasher->beside_fd);
}

const struct test_script fpsimd_kernel_neon = {
	.prepare = neon_prepare,
	.beside = neon_beside,
	.call = neon_call,
	.finish = neon_finish,
};

/* -- in soft interrupts ----------------------------------------------------------------------- */

/*
 * While the vCPU's thread is in KVM_RUN: an interrupt takes the CPU out of the guest, on the way
 * out of it the host's kernel deciphers, and goes back into the guest. Nobody was scheduled.
 */
static void send_to_vcpus_cpu(struct test_run *run, struct esp_loopback *loopback)
{
	int counter = open_counter(-1, run->host_cpus[0]);
	uint64_t before = read_counter(counter), neon;

	for (uint64_t n = 0; n < run->test->args[FPSIMD_ARG_TIMES] && !run_is_over(run); n++) {
		if (!RUN_CHECK(run, esp_loopback_send(loopback), "cannot send: %s",
			       strerror(errno)))
			break;
		run_sleep_us(run_random(run, 500));
	}
	neon = read_counter(counter) - before;
	/* Each was enciphered, too. */
	if (!loopback->received || esp_loopback_packets(loopback) < 2 * loopback->received)
		run_skip(run, "no datagram came back, or not by IPsec");
	else if (counter >= 0 && !neon)
		run_skip(run, "the host's kernel deciphers without NEON");
	else if (counter < 0)
		run_note(run, "whether the host's kernel deciphers with NEON cannot be seen here");
	run_sample(run, "datagrams that came back", loopback->received);
	if (counter >= 0) {
		run_sample(run, "uses of NEON on the vCPU's host CPU", neon);
		close(counter);
	}
}

static void softirq_beside(struct test_run *run)
{
	struct esp_loopback loopback;
	const char *missing;
	int ret = esp_loopback_open(&loopback, run->host_cpus[0], &missing);

	run_bind_thread(run->host_cpus[1]);
	test_vm_move(&run->vm, 0, 0);
	if (ret < 0)
		run_skip(run, "the host lacks %s: %s", missing, strerror(-ret));
	else if (test_vm_wait_word(&run->vm, FPSIMD_WORD_LIVE, 1))
		send_to_vcpus_cpu(run, &loopback);
	esp_loopback_close(&loopback);
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
}

const struct test_script fpsimd_softirq_neon = { .beside = softirq_beside };
