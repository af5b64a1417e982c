/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a benchmark's guest and the harness agree on, besides guest-images/protocol.h.
 *
 * The harness asks for batches: the guest calls BENCH_CALL_NEXT, which takes what the last batch
 * gave and returns how long the next one is to be. What happens between two such calls is what the
 * host counts as the cost of a batch; how long each operation took the guest says by one number of
 * counter ticks for each.
 */
#ifndef GUEST_IMAGES_BENCH_PROTOCOL_H
#define GUEST_IMAGES_BENCH_PROTOCOL_H

#include "guest-images/protocol.h"

/* In the block of the shared memory, behind struct guest_shared. */
#define GUEST_BENCH_BASE  (GUEST_SHARED_BASE + 0x100000)
#define GUEST_BENCH_BATCH 65536 /* the most operations in a batch */

struct guest_bench {
	uint64_t count; /* samples of the batch that ends; written by the guest */
	uint64_t samples[GUEST_BENCH_BATCH]; /* counter ticks */
};

_Static_assert(GUEST_BENCH_BASE + sizeof(struct guest_bench) <= GUEST_IMAGE_BASE,
	       "the samples fit into the shared block");
_Static_assert(GUEST_SHARED_BASE + sizeof(struct guest_shared) <= GUEST_BENCH_BASE,
	       "the samples are behind the rest");

/* Functions of call_host(). */
enum bench_call {
	/* Returns the number of operations of the next batch, and flags. */
	BENCH_CALL_NEXT,
	/* What an operation wants done on its vCPU's thread; see its row. */
	BENCH_CALL_ACT,
};

/*
 * So many operations at the beginning of a batch are neither measured nor marked: the call itself
 * has put away and changed things (FP state, caches) that the first operations behind it find
 * again.
 */
#define BENCH_SETTLE 3

#define BENCH_NEXT_COUNT  0xffffffffu
#define BENCH_NEXT_END	  (UINT64_C(1) << 32) /* there is none: the benchmark is over */
#define BENCH_NEXT_WARMUP (UINT64_C(1) << 33) /* not to be counted: no markers */

/* Words of shared memory. */
enum bench_word {
	BENCH_WORD_INDEX =
		16,	   /* the operation's place in the record; set before the guest starts */
	BENCH_WORD_SENT,   /* when the monitor raised an interrupt, by the physical counter */
	BENCH_WORD_WANTED, /* how many interrupts the guest wants of the monitor */
	BENCH_WORD_STOP,
};

/* Fresh pages for first touches: as many as are touched in a batch at most. */
#define BENCH_FRESH_BASE 0x41000000
#define BENCH_FRESH_SIZE 0x00c00000

#endif
