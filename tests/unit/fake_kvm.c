// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/fake_kvm.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/fake_kvm_store.h"
#include "tests/unit/unit.h"

#define MAX_ORDERS 64

/* What the test ordered for a request, and how often that was made. */
struct order {
	unsigned long request;
	unsigned calls, fail_at; /* fail_at: counted like `calls`; FAKE_KVM_ALWAYS */
	int error;
	fake_kvm_hook_fn *hook;
	void *context;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all that follows, and the store */
static struct order orders[MAX_ORDERS];
static unsigned order_count;
static int open_error;

static struct order *find_order(unsigned long request)
{
	for (unsigned i = 0; i < order_count; i++)
		if (orders[i].request == request)
			return &orders[i];
	ck_assert_uint_lt(order_count, MAX_ORDERS);
	orders[order_count] = (struct order){ .request = request };
	return &orders[order_count++];
}

void fake_kvm_reset(void)
{
	pthread_mutex_lock(&lock);
	memset(orders, 0, sizeof(orders));
	order_count = 0;
	open_error = 0;
	fake_store_reset();
	pthread_mutex_unlock(&lock);
}

void fake_kvm_fail_open(int error)
{
	open_error = error;
}

void fake_kvm_fail(unsigned long request, unsigned nth, int error)
{
	struct order *order;

	pthread_mutex_lock(&lock);
	order = find_order(request);
	order->error = error;
	order->fail_at = nth == FAKE_KVM_ALWAYS ? FAKE_KVM_ALWAYS : order->calls + nth;
	pthread_mutex_unlock(&lock);
}

void fake_kvm_hook(unsigned long request, fake_kvm_hook_fn *hook, void *context)
{
	struct order *order;

	pthread_mutex_lock(&lock);
	order = find_order(request);
	order->hook = hook;
	order->context = context;
	pthread_mutex_unlock(&lock);
}

unsigned fake_kvm_calls(unsigned long request)
{
	unsigned calls;

	pthread_mutex_lock(&lock);
	calls = find_order(request)->calls;
	pthread_mutex_unlock(&lock);
	return calls;
}

/* Counts the call. True if the test ordered it to fail. Called with the lock. */
static bool must_fail(struct order *order)
{
	order->calls++;
	return order->error &&
	       (order->fail_at == FAKE_KVM_ALWAYS || order->fail_at == order->calls);
}

int kvm_open(void)
{
	int fd;

	if (open_error)
		return -open_error;
	pthread_mutex_lock(&lock);
	fd = fake_store_add(FAKE_KVM_SYSTEM, 0);
	pthread_mutex_unlock(&lock);
	return fd;
}

/* A guest that switches itself off at once. */
static int run(int fd)
{
	struct kvm_run *shared = fake_store_run(fd);

	if (!shared)
		return -EBADF;
	if (shared->immediate_exit)
		return -EINTR;
	shared->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	shared->system_event.type = KVM_SYSTEM_EVENT_SHUTDOWN;
	return 0;
}

static int preferred_target(struct kvm_vcpu_init *init)
{
	memset(init, 0, sizeof(*init));
	init->target = KVM_ARM_TARGET_GENERIC_V8;
	return 0;
}

/* Called with the lock. */
static int play(int fd, unsigned long request, uintptr_t argument)
{
	switch (request) {
	case KVM_GET_API_VERSION:
		return KVM_API_VERSION;
	case KVM_CHECK_EXTENSION:
		return fake_store_cap(argument);
	case KVM_GET_VCPU_MMAP_SIZE:
		return FAKE_KVM_RUN_SIZE;
	case KVM_CREATE_VM:
		return fake_store_add(FAKE_KVM_VM, 0);
	case KVM_CREATE_VCPU:
		return fake_store_add(FAKE_KVM_VCPU, argument);
	case KVM_CREATE_DEVICE:
		return fake_store_create_device((struct kvm_create_device *)argument);
	case KVM_ARM_PREFERRED_TARGET:
		return preferred_target((struct kvm_vcpu_init *)argument);
	case KVM_ARM_VCPU_INIT:
		return fake_store_init_vcpu(fd, (const struct kvm_vcpu_init *)argument);
	case KVM_GET_ONE_REG:
		return fake_store_get_reg(fd, (const struct kvm_one_reg *)argument);
	case KVM_SET_ONE_REG:
		return fake_store_set_reg(fd, (const struct kvm_one_reg *)argument);
	case KVM_HAS_DEVICE_ATTR:
		return fake_store_has_attr(fd, (const struct kvm_device_attr *)argument);
	case KVM_GET_DEVICE_ATTR:
		return fake_store_get_attr(fd, (const struct kvm_device_attr *)argument);
	case KVM_SET_DEVICE_ATTR:
		return fake_store_set_attr(fd, (const struct kvm_device_attr *)argument);
	case KVM_IRQ_LINE:
		return fake_store_irq_line((const struct kvm_irq_level *)argument);
	case KVM_RUN:
		return run(fd);
	case KVM_ENABLE_CAP:
	case KVM_SET_USER_MEMORY_REGION:
	case KVM_ARM_VCPU_FINALIZE:
	case KVM_SET_VCPU_EVENTS:
	case KVM_IOEVENTFD:
	case KVM_IRQFD:
		return 0;
	default:
		return -ENOTTY;
	}
}

int kvm_ioctl(int fd, unsigned long request, uintptr_t argument)
{
	fake_kvm_hook_fn *hook;
	struct order *order;
	void *context;
	int ret = 0;

	pthread_mutex_lock(&lock);
	order = find_order(request);
	hook = order->hook;
	context = order->context;
	if (must_fail(order)) {
		ret = -order->error;
		hook = NULL;
	} else if (!hook) {
		ret = play(fd, request, argument);
	}
	pthread_mutex_unlock(&lock);
	/* Without the lock: a hook may block, and may call the fake. */
	return hook ? hook(context, fd, argument) : ret;
}

struct kvm_run *kvm_map_run(int vcpu_fd, size_t size)
{
	struct order *order;
	void *map;
	bool fails;

	pthread_mutex_lock(&lock);
	order = find_order(FAKE_KVM_MAP_RUN);
	fails = must_fail(order);
	errno = order->error;
	pthread_mutex_unlock(&lock);
	if (fails)
		return NULL;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd, 0);
	return map == MAP_FAILED ? NULL : map;
}
