// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/noise.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/bench/statistics.h"

int bench_noise_judge(struct bench_noise *noise, const double *values, size_t count,
		      uint64_t preemptions)
{
	double *copy, median, first, second;

	*noise = (struct bench_noise){ 0 };
	if (count < BENCH_NOISE_BATCHES)
		return 0;
	copy = malloc(count * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, values, count * sizeof(*copy));
	first = bench_median(copy, count / 2);
	second = bench_median(copy + count / 2, count - count / 2);
	median = bench_median(copy, count);
	if (median > 0) {
		noise->spread = bench_deviation(copy, count) / median;
		noise->drift = (second - first) / median;
	}
	free(copy);
	noise->spreads = noise->spread > BENCH_NOISE_SPREAD;
	noise->drifts = fabs(noise->drift) > BENCH_NOISE_DRIFT;
	/* Now and then is what percentiles are for. */
	noise->preempted = preemptions > count / 4;
	return 0;
}

const char *bench_noise_describe(const struct bench_noise *noise, char *text, size_t size)
{
	char spread[48] = "", drift[64] = "";

	if (noise->spreads)
		snprintf(spread, sizeof(spread), "batches spread by %.1f %%", noise->spread * 100);
	if (noise->drifts)
		snprintf(drift, sizeof(drift), "%sthe second half differs by %+.1f %%",
			 noise->spreads ? ", " : "", noise->drift * 100);
	snprintf(text, size, "%s%s%s", spread, drift,
		 !noise->preempted		   ? ""
		 : noise->spreads || noise->drifts ? ", others took the CPU"
						   : "others took the CPU");
	return text;
}
