# SPDX-License-Identifier: GPL-2.0-only
#
# usage: armlet test ... | awk -v name=NAME -v counts=FILE -f suite.awk
#
# For tests/run-checks: a line for each family as it ends, whole lines of what fails. Leaves "PASSED FAILED SKIPPED" in
# FILE; what ended without all families of its plan has one more failure.

function flush_family() {
	if (family == "")
		return
	verdict = bad ? "not ok" : "ok"
	printf "%s - %s: %s (%d passed, %d failed, %d skipped, %.1f s)\n", verdict, name, family, good, bad, skips, seconds
	fflush()
	passed += good
	failed += bad
	skipped += skips
	family = ""
	good = bad = skips = seconds = 0
}

/^1\.\.[0-9]+/ { planned = substr($0, 4) + 0; next }
/^(not )?ok [0-9]+/ { groups++; flush_family(); next }
/^ *# Subtest: / { flush_family(); family = $0; sub(/^ *# Subtest: /, "", family); next }
/^ +(not )?ok [0-9]+/ {
	if (match($0, /# [0-9.]+ s/))
		seconds += substr($0, RSTART + 2, RLENGTH - 4)
	if ($1 == "not") {
		bad++
		printf "%s  %s\n", why, $0
		fflush()
	} else if (toupper($0) ~ /# *SKIP/)
		skips++
	else
		good++
	why = ""
	lines = 0
	next
}
# What a test says stands before its result.
/^ +#/ { if (lines++ < 40) why = why "  " $0 "\n" }

END {
	flush_family()
	if (planned == "" || groups < planned) {
		printf "not ok - %s: ended after %d of %s families\n", name, groups, planned == "" ? "an unknown number of" : planned
		failed++
	}
	print passed + 0, failed + 0, skipped + 0 >counts
}
