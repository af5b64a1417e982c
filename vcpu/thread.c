// SPDX-License-Identifier: GPL-2.0-only
/* The thread of a vCPU: started parked, then run, parked and ended by order of the VM's thread. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/thread.h"
#include "vcpu/vcpu.h"

static void kick_handler(int signal)
{
	(void)signal;
}

/* Says that the vCPU is parked and waits for another order. */
static enum vcpu_order park(struct vcpu *vcpu)
{
	enum vcpu_order order;

	pthread_mutex_lock(&vcpu->lock);
	vcpu->parked = true;
	pthread_cond_broadcast(&vcpu->changed);
	while ((order = atomic_load(&vcpu->order)) == VCPU_ORDER_PARK)
		pthread_cond_wait(&vcpu->changed, &vcpu->lock);
	vcpu->parked = false;
	/* Orders are given under the lock, so no kick that comes after this one is lost. */
	__atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&vcpu->lock);
	return order;
}

static uint64_t thread_cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

static void *vcpu_thread(void *argument)
{
	struct vcpu *vcpu = argument;
	struct vcpu_group *group = vcpu->group;

	vcpu->tid = gettid();
	vcpu_entry_set_thread(&vcpu->entry, vcpu->tid);
	if (group->thread_begin(group->context, vcpu) < 0) {
		/* The order to run that may come would not be obeyed: only quitting is left. */
		group->stopped(group->context, vcpu, VCPU_STOP_FAILURE);
		while (park(vcpu) != VCPU_ORDER_QUIT)
			vcpu_order(vcpu, VCPU_ORDER_PARK);
		return NULL;
	}
	while (park(vcpu) != VCPU_ORDER_QUIT)
		vcpu_run_loop(vcpu);
	vcpu->stats.cpu_time = thread_cpu_time();
	return NULL;
}

int vcpu_start_thread(struct vcpu *vcpu)
{
	/* KVM_RUN ends by it all the same, and only that is to. */
	struct sigaction kick = { .sa_handler = kick_handler, .sa_flags = SA_RESTART };
	char name[16];
	int ret;

	sigaction(VCPU_KICK_SIGNAL, &kick, NULL);
	snprintf(name, sizeof(name), "vcpu%u", vcpu->index);
	/* Not before it has begun: who waits for that wants its tid. */
	vcpu->parked = false;
	ret = thread_start(&vcpu->thread, name, VCPU_KICK_SIGNAL, vcpu_thread, vcpu);
	vcpu->has_thread = ret == 0;
	if (ret < 0)
		vcpu->parked = true;
	return ret;
}

void vcpu_order(struct vcpu *vcpu, enum vcpu_order order)
{
	pthread_mutex_lock(&vcpu->lock);
	/* Nothing takes back the order to quit. */
	if (atomic_load(&vcpu->order) != VCPU_ORDER_QUIT)
		atomic_store(&vcpu->order, order);
	/* Wherever it is: also the last KVM_RUN before it parks is to return. */
	if (order != VCPU_ORDER_RUN)
		vcpu_entry_interrupt(&vcpu->entry);
	pthread_cond_broadcast(&vcpu->changed);
	pthread_mutex_unlock(&vcpu->lock);
}

void vcpu_wait_parked(struct vcpu *vcpu)
{
	pthread_mutex_lock(&vcpu->lock);
	while (!vcpu->parked)
		pthread_cond_wait(&vcpu->changed, &vcpu->lock);
	pthread_mutex_unlock(&vcpu->lock);
}

void vcpu_join(struct vcpu *vcpu)
{
	if (vcpu->has_thread)
		pthread_join(vcpu->thread, NULL);
	vcpu->has_thread = false;
}
