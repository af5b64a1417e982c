// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel-mode NEON on the host: the kernel's crypto, through AF_ALG
 * (Documentation/crypto/userspace-if.rst). By the names of drivers that use NEON, because "sha256"
 * alone may be plain C, and nobody would notice.
 */
#include <errno.h>
#include <linux/if_alg.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/tests/fpsimd.h"

/* Those of kernels since about 6.16 choose at run time; on a CPU with FEAT_SHA256 that is NEON. */
static const char *const drivers[] = { "sha256-ce", "sha256-arm64-neon", "sha512-ce",
				       "sha224-ce", "sha256-lib",	 "sha512-lib" };

/* A socket that hashes with one of them; -1: there is none. */
static int open_hash(const char **driver)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		struct sockaddr_alg address = { .salg_family = AF_ALG, .salg_type = "hash" };
		int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), hash = -1;

		if (fd < 0)
			return -1;
		strcpy((char *)address.salg_name, drivers[i]);
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			hash = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		close(fd);
		*driver = drivers[i];
		if (hash >= 0)
			return hash;
	}
	return -1;
}

static bool hash_once(int fd)
{
	static const char data[16384] = "armlet";
	char digest[64];

	return write(fd, data, sizeof(data)) == sizeof(data) &&
	       read(fd, digest, sizeof(digest)) > 0;
}

struct hasher {
	struct test_run *run;
	int own_fd, beside_fd;
};

static void neon_prepare(struct test_run *run)
{
	static struct hasher hasher;
	const char *driver = NULL;

	hasher = (struct hasher){ run, open_hash(&driver), open_hash(&driver) };
	run->script_data = &hasher;
	if (hasher.own_fd < 0 || hasher.beside_fd < 0)
		run_skip(run, "the host offers no crypto driver with NEON through AF_ALG (modules "
			      "algif_hash and sha2-ce)");
	else
		run_note(run, "the host's kernel uses NEON in %s", driver);
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
	cpu_set_t set;

	if (hasher->beside_fd < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(run->host_cpus[0], &set);
	sched_setaffinity(0, sizeof(set), &set);
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
