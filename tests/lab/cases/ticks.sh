#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: ticks.sh [--irqchip=user]
#
# What a timer tick costs with the userspace irqchip, exactly: for hosts whose time is their instructions (lab --icount),
# where nothing of the host's own falls into a tick by chance. Runs in the lab, under /add.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"
irqchip=${1-}

# stat NAME: the sum of its values in /tmp/stats; there is one vCPU.
stat() {
	awk -v name="\"$1\":" '$1 == name { gsub(/,/, ""); n += $2 } END { print n + 0 }' /tmp/stats
}

# shellcheck disable=SC2046 # bare gives words
count() {
	expect_status 0 armlet run $(bare "$1" --stats=json:/tmp/stats) -p "guest:$1 $2"
	expect_out "$(printf 'ticks=0x%x' "$2")"
}

expect_stat() {
	[ "$(stat "$1")" = "$2" ] || fail "$(stat "$1") times $1 instead of $2"
}

# a_tick_costs_exactly BEHAVIOUR READS WRITES: accesses; and one exit for the line, two calls of KVM_IRQ_LINE.
a_tick_costs_exactly() {
	reads=0 writes=0
	for ticks in 30 90; do
		count "$1" $ticks
		expect_stat line $ticks
		expect_stat signal 0
		expect_stat kicks 0
		expect_stat irq_line_issued $((2 * ticks + 2))
		expect_stat rises $ticks
		expect_stat falls $ticks
		reads=$(($(stat mmio_read) - reads)) writes=$(($(stat mmio_write) - writes))
	done
	# What does not depend on the number of ticks is in both runs; so are the digits of that number.
	[ $reads = $((60 * $2)) ] || fail "60 ticks cost $reads reads"
	[ $writes = $((60 * $3)) ] || fail "60 ticks cost $writes writes"
}

test_case a_tick_costs_exactly ticks 1 1
test_case a_tick_costs_exactly ticks-linux 2 1
test_case host_log_is_clean
plan
