// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/kvm.h"
#include "base/log.h"

uint64_t fuzz_take(struct fuzz_input *input, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && input->size; i++) {
		value |= (uint64_t)*input->bytes++ << 8 * i;
		input->size--;
	}
	return value;
}

size_t fuzz_take_bytes(struct fuzz_input *input, void *bytes, size_t size)
{
	if (size > input->size)
		size = input->size;
	memcpy(bytes, input->bytes, size);
	input->bytes += size;
	input->size -= size;
	return size;
}

static void drop(void *context, enum log_level level, const char *message)
{
	(void)context;
	(void)level;
	(void)message;
}

void fuzz_silence(void)
{
	log_set_sink(drop, NULL);
}

/* A KVM that does all that it is told, in place of base/kvm.c. */
int kvm_open(void)
{
	return -1;
}

int kvm_ioctl(int fd, unsigned long request, uintptr_t argument)
{
	(void)fd;
	(void)request;
	(void)argument;
	return 0;
}

struct kvm_run *kvm_map_run(int vcpu_fd, size_t size)
{
	(void)vcpu_fd;
	(void)size;
	return NULL;
}
