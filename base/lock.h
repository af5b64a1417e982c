/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lock for a handful of register updates: one word, and where nobody else wants it a few
 * instructions to take and to give back, where a pthread_mutex_t has tens. Who finds it held sleeps
 * in futex(2). Not recursive; zeroed memory is a free lock; nothing to be destroyed.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct lock {
	_Atomic uint32_t state; /* 0: free, 1: held, 2: held, and others may sleep */
};

/* Where taking it is not done with one access. */
void lock_wait(struct lock *lock);
void lock_wake(struct lock *lock);

static inline void lock_take(struct lock *lock)
{
	uint32_t free = 0;

	if (!atomic_compare_exchange_strong_explicit(&lock->state, &free, 1, memory_order_acquire,
						     memory_order_relaxed))
		lock_wait(lock);
}

static inline void lock_give(struct lock *lock)
{
	if (__builtin_expect(atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2,
			     0))
		lock_wake(lock);
}

#endif
