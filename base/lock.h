/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lock for a handful of register updates: one word, and where nobody else wants it a few
 * instructions to take and to give back, where a pthread_mutex_t has tens. Who finds it held sleeps
 * in futex(2). Not recursive; zeroed memory is a free lock; nothing to be destroyed.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
	_Atomic uint32_t state; /* 0: free, 1: held, 2: held, and others may sleep */
};

/* Where taking it is not done with one access. */
void lock_wait(struct lock *lock);
void lock_wake(struct lock *lock);

/*
 * The first half of taking it, an exchange, which is shorter than to compare first. False: another
 * thread holds it, and lock_wait() has to follow, which puts back what the exchange may have
 * overwritten, that others sleep.
 */
static inline bool lock_try(struct lock *lock)
{
	return __builtin_expect(
		atomic_exchange_explicit(&lock->state, 1, memory_order_acquire) == 0, 1);
}

static inline void lock_take(struct lock *lock)
{
	if (!lock_try(lock))
		lock_wait(lock);
}

/* True: others sleep, and lock_wake() is still to be called. */
static inline bool lock_release(struct lock *lock)
{
	return __builtin_expect(
		atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2, 0);
}

static inline void lock_give(struct lock *lock)
{
	if (lock_release(lock))
		lock_wake(lock);
}

#endif
