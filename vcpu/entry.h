/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a thread makes another one, a vCPU's, look at something before its guest goes on.
 *
 * Who has something to be looked at writes it down first and kicks then; the vCPU's thread says
 * that it enters first and looks then, and KVM_RUN comes after that:
 *
 *	other thread			vCPU's thread
 *	write it down			vcpu_entry_begin(): I am inside
 *	vcpu_entry_kick()		look at what is written down
 *	  only if it is inside:		KVM_RUN
 *	  immediate_exit, signal	vcpu_entry_end()
 *
 * All four are sequentially consistent, so at least one of the two sees the other. If the vCPU's
 * thread sees what was written, all is done. If not, the kick sees that it is inside: KVM_RUN finds
 * immediate_exit, or the signal finds KVM_RUN, or the kick comes so late that KVM_RUN has
 * returned by itself; whichever it is, the vCPU's thread begins anew and looks. A kick can be too
 * many (it comes after the return that it was meant to cause, and ends the next KVM_RUN), never too
 * few.
 *
 * Of several threads that kick at once only one does the work. Nothing is ever waited for.
 * Functions are here, not in a .c, for tests/stress.
 */
#ifndef VCPU_ENTRY_H
#define VCPU_ENTRY_H

#include <linux/kvm.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

/* Its handler does nothing; it ends KVM_RUN. */
#define VCPU_KICK_SIGNAL SIGUSR1

struct vcpu_entry {
	struct kvm_run *run;
	atomic_bool inside;   /* in KVM_RUN or about to be, and not kicked yet */
	_Atomic pid_t thread; /* 0: there is none yet */
	pid_t process;
};

/* On the vCPU's thread, when it begins. */
static inline void vcpu_entry_set_thread(struct vcpu_entry *entry, pid_t thread)
{
	entry->process = getpid();
	atomic_store(&entry->thread, thread);
}

/*
 * On the vCPU's thread, before it looks at anything for the sake of which it may be kicked. Takes
 * back immediate_exit: who set it has written down why.
 */
static inline void vcpu_entry_begin(struct vcpu_entry *entry)
{
	/* Before `inside`: who sees that sets immediate_exit after this. */
	if (__atomic_load_n(&entry->run->immediate_exit, __ATOMIC_RELAXED))
		__atomic_store_n(&entry->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	atomic_store(&entry->inside, true);
}

/* After KVM_RUN, or instead of it. */
static inline void vcpu_entry_end(struct vcpu_entry *entry)
{
	atomic_store_explicit(&entry->inside, false, memory_order_relaxed);
}

/*
 * Ends KVM_RUN, or the next one. The thread need not be there any more: the signal then reaches
 * nobody.
 */
static inline void vcpu_entry_interrupt(struct vcpu_entry *entry)
{
	pid_t thread = atomic_load(&entry->thread);

	__atomic_store_n(&entry->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	if (thread)
		tgkill(entry->process, thread, VCPU_KICK_SIGNAL);
}

/* Any thread, after it wrote down why. Returns whether the vCPU was inside. */
static inline bool vcpu_entry_kick(struct vcpu_entry *entry)
{
	if (!atomic_load(&entry->inside) || !atomic_exchange(&entry->inside, false))
		return false;
	vcpu_entry_interrupt(entry);
	return true;
}

#endif
