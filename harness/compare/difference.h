/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether two sets of times differ, by how much, and how sure that is. Pure logic.
 *
 * A value is the mean of a batch of operations. What is compared are medians: their ratio, with a
 * confidence interval whose width comes from a bootstrap (and, where there are several runs of each
 * side, from how much those differ among themselves), and a rank test (Mann and Whitney) that knows
 * nothing of medians. A difference counts when both say so.
 */
#ifndef HARNESS_COMPARE_DIFFERENCE_H
#define HARNESS_COMPARE_DIFFERENCE_H

#include <stddef.h>
#include <stdint.h>

/* The batches of one run, in any order. */
struct compare_sample {
	const double *values;
	size_t count;
};

/* All runs of one side. */
struct compare_side {
	const struct compare_sample *runs;
	size_t run_count;
};

enum compare_verdict {
	COMPARE_SAME,	     /* no difference as large as the threshold */
	COMPARE_SLIGHT,	     /* there is one, but it is smaller than the threshold */
	COMPARE_BETTER,	     /* NEW takes less, beyond the threshold */
	COMPARE_WORSE,	     /* more */
	COMPARE_CANNOT_TELL, /* `factor` times as many operations would settle it */
};

struct compare_difference {
	enum compare_verdict verdict;
	double base, new;	 /* medians */
	double ratio, low, high; /* new / base, and its confidence interval */
	double p;		 /* of the rank test, two-sided */
	double factor;
};

/* Values of a side below which nothing is said. */
#define COMPARE_LEAST_VALUES 10

/*
 * `alpha` is the chance of seeing a difference where there is none that is put up with; `threshold`
 * is relative (0.01: 1 %). Always gives the same answer to the same question. Returns 0 or -ENOMEM.
 */
int compare_sides(const struct compare_side *base, const struct compare_side *new, double alpha,
		  double threshold, struct compare_difference *difference);

/* The two-sided p value of the rank test, for ties too; by the normal approximation. -1 without
 * memory. */
double compare_rank_test(const double *a, size_t a_count, const double *b, size_t b_count);

/* What a normal variable exceeds in both directions together with this probability. */
double compare_normal_quantile(double alpha);

#endif
