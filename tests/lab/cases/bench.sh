#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `armlet bench` and `armlet compare` on a real KVM. What times come out says nothing here; that they come out is tested. Runs in
# the lab, under /add.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"
record=/tmp/record.json

# Each operation of the list has been measured, or skipped with a reason, on each interrupt controller.
bench_measures_every_operation() {
	expect_status 0 armlet bench --iterations 60 --warmup 5 --json $record
	expect_out " 0 failed"
	expect_out "an emulated machine: its times say nothing"
	cp $out /tmp/table
	for operation in $(armlet bench --list | awk 'NR > 1 { print $1 }'); do
		grep -q "^$operation " /tmp/table || fail "$operation is missing"
		grep "^$operation " /tmp/table | grep -Eq ' (60|skipped: .*)( |$)' || fail "$operation was not done 60 times"
	done
	! grep -E '^[a-z0-9-]+ +[a-z0-9]+ +(kernel|userspace|blocked|el2) +60 +0 +0 ' /tmp/table >$err || fail "exits took no time"
}

# What takes longer is slower: orders of magnitude, not times.
bench_results_are_plausible() {
	for irqchip in $(awk '/^hypercall / { print $2 }' /tmp/table); do
		armlet bench --iterations 300 --irqchip "$irqchip" --json /tmp/few.json vtimer-cval hypercall mmio-user-read >$out 2>$err || fail "status $?"
		grep -o '"p50": [0-9.]*' /tmp/few.json | awk '{ print $2 }' >/tmp/medians
		# In the order of the operations: hypercall, mmio-user-read, vtimer-cval.
		tr '\n' ' ' </tmp/medians | awk '{ exit !($3 < $1 && $1 < $2) }' || fail "medians: $(tr '\n' ' ' </tmp/medians)"
	done
}

compare_reads_what_bench_wrote() {
	expect_status 0 armlet compare $record $record
	expect_out "no regression"
	expect_status 0 armlet compare --format html -o /tmp/report.html $record $record
	grep -q '</html>' /tmp/report.html || fail "the report is not whole"
	head -c 5000 $record >/tmp/cut.json
	expect_status 125 armlet compare $record /tmp/cut.json
	expect_err "no whole JSON"
}

wrong_usage_is_refused() {
	expect_status 129 armlet bench no-such-operation
	expect_err 'there is no operation "no-such-operation"'
	expect_status 129 armlet bench --iterations 0
	expect_status 129 armlet compare $record
	expect_status 129 armlet compare --threshold much $record $record
}

bench_ends_by_a_signal_and_keeps_what_it_has() {
	armlet bench --json /tmp/partly.json --iterations 1000000 sysreg-trap hypercall >$out 2>$err </dev/null &
	pid=$!
	sleep 2
	kill -TERM $pid
	wait $pid
	status=$?
	[ $status = 143 ] || fail "status $status instead of 143"
	grep -q '"complete": false' /tmp/partly.json || fail "the record says that it is complete"
}

test_case bench_measures_every_operation
test_case bench_results_are_plausible
test_case compare_reads_what_bench_wrote
test_case wrong_usage_is_refused
test_case bench_ends_by_a_signal_and_keeps_what_it_has
test_case host_log_is_clean
plan
