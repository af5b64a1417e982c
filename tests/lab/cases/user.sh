#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: user.sh VMS [--irqchip=KIND]
#
# The userspace irqchip: what a timer tick costs, an expired timer that the guest ignores, other VMs beside it (with
# the interrupt controller of the second argument), VMS machines that are killed and one that is reset as often.
# Runs in the lab, under /add.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"
vms=$1
bystander=${2-}
irqchip=--irqchip=user

# exits KIND...: how many exits of these kinds /tmp/stats tells, all vCPUs together.
exits() {
	pattern=$(echo "$*" | tr ' ' '|')
	grep -E "\"($pattern)\":" /tmp/stats | awk '{ gsub(/,/, ""); n += $2 } END { print n + 0 }'
}

# Host interrupts by timers of guests, on all CPUs.
host_timer_interrupts() {
	awk '/kvm guest [vp]timer/ { for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' /proc/interrupts
}

# shellcheck disable=SC2046,SC2086 # bare gives words
{
count_tick_exits() {
	expect_status 0 armlet run $(bare "$1" --stats=json:/tmp/stats) -p "guest:$1 $2"
	expect_out "$(printf 'ticks=0x%x' "$2")"
	echo "$(exits mmio_read mmio_write) $(exits line)"
}

# a_tick_costs_exits BEHAVIOUR N: one for the line and N-1 accesses. What does not depend on the number of ticks is in
# both runs. An interrupt of the host's between the fall of the line and the guest's next access tells the fall by an
# exit of its own: that may happen now and then, and not to the accesses.
a_tick_costs_exits() {
	few=$(count_tick_exits "$1" 50) || fail "$few"
	many=$(count_tick_exits "$1" 150) || fail "$many"
	accesses=$((${many% *} - ${few% *})) lines=$((${many#* } - ${few#* }))
	[ $accesses = $((100 * ($2 - 1))) ] || fail "100 ticks cost $accesses accesses"
	{ [ $lines -ge 80 ] && [ $lines -le 120 ]; } || fail "100 ticks cost $lines exits for the line"
}

# KVM can lose a call of KVM_IRQ_LINE by another thread than the vCPU's: armlet makes none.
no_interrupt_between_cpus_is_lost() {
	expect_status 0 armlet run $(bare sgis -c 2) -p "guest:sgis $1"
	expect_out "$(printf 'taken=0x%x' "$1")"
}

an_ignored_timer_is_quiet() {
	before=$(host_timer_interrupts)
	expect_status 0 armlet run $(bare ignore --stats=json:/tmp/stats) -p "guest:ignore 200"
	after=$(host_timer_interrupts)
	expect_out ignored
	[ "$(exits line signal)" -le 4 ] || fail "$(exits line signal) exits"
	[ $((after - before)) -le 20 ] || fail "$((after - before)) host interrupts"
}

a_gicv3_is_not_visible() {
	expect_status 0 armlet run $(bare gicv3-registers)
	expect_out "pfr0.gic=0x0"
	expect_out "esr=0x2000000"
	expect_out after
}

an_older_host_shows_its_gicv3() {
	expect_status 0 armlet run $(bare gicv3-registers -v)
	expect_err "before 6.12"
}

# A VM whose vtimer line is high for ever moves between the host's CPUs and dies; another one shares them and must tick.
a_bystander_ticks() {
	(
		while :; do
			armlet run $(bare ignore) -p "guest:ignore 0" >/tmp/bad.out 2>&1 </dev/null &
			bad=$!
			wait_for grep -q ignoring /tmp/bad.out
			for cpu in 1 2 1 2 1 2; do
				for task in "/proc/$bad/task"/*; do
					taskset -p $cpu "${task##*/}" >/dev/null 2>&1
				done
				usleep 50000
			done
			kill -KILL $bad
			wait $bad
		done
	) 2>/dev/null &
	abuser=$!
	for cpu in 1 2; do
		timeout -s KILL 900 taskset $cpu armlet run -k $guest -m 64M $bystander -p "guest:ticks 300" >$out 2>$err </dev/null
		status=$?
		[ $status = 0 ] || break
	done
	kill $abuser
	killall -KILL armlet 2>/dev/null
	[ $status = 0 ] || fail "status $status"
	expect_out "ticks=0x12c"
}

# count FILE...: how many there are.
count() { echo $#; }

# used: what the host has in use: descriptors, processes.
used() {
	echo "$(cut -f1 /proc/sys/fs/file-nr) $(count /proc/[0-9]*)"
}

killed_vms_leave_nothing() {
	expect_status 0 armlet run $(bare off)
	sleep 1
	# shellcheck disable=SC2046
	set -- $(used)
	free_before=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
	n=0
	while [ $n -lt "$vms" ]; do
		armlet run $(bare ticks -c 2) -p "guest:ticks 1000000" >$out 2>$err </dev/null &
		pid=$!
		wait_for grep -q ticking $out
		usleep $((n * 7919 % 50000))
		kill -KILL $pid
		wait $pid 2>/dev/null
		n=$((n + 1))
	done
	sleep 1
	free_after=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
	files=$1 processes=$2
	# shellcheck disable=SC2046
	set -- $(used)
	[ $(($1 - files)) -lt 64 ] || fail "$(($1 - files)) descriptors more"
	[ $(($2 - processes)) -lt 8 ] || fail "$(($2 - processes)) processes more"
	[ $((free_before - free_after)) -lt 16384 ] || fail "$((free_before - free_after)) KiB less memory"
}

# size PID: descriptors, threads and resident KiB of a process, without the 64 MiB that are the guest's.
size() {
	echo "$(count "/proc/$1/fd"/*) $(count "/proc/$1/task"/*) $(awk '
		/^Size:/ { guest = $2 >= 65536 }
		/^Rss:/ && !guest { n += $2 }
		END { print n }' "/proc/$1/smaps")"
}

boots() { [ "$(grep -c boot $out)" -ge "$1" ]; }

resets_leave_nothing() {
	armlet run $(bare reset -c 2) >$out 2>$err </dev/null &
	pid=$!
	wait_for boots 5
	# shellcheck disable=SC2046
	set -- $(size $pid)
	files=$1 threads=$2 memory=$3
	wait_for boots $((5 + vms))
	# shellcheck disable=SC2046
	set -- $(size $pid)
	kill $pid
	wait $pid
	[ "$1 $2" = "$files $threads" ] || fail "$files descriptors and $threads threads became $1 and $2"
	[ $(($3 - memory)) -lt 256 ] || fail "$memory KiB became $3"
}
}

test_case a_tick_costs_exits ticks 3
test_case a_tick_costs_exits ticks-linux 4
test_case an_ignored_timer_is_quiet
test_case no_interrupt_between_cpus_is_lost 3000
if host_shows_its_gicv3; then
	test_case an_older_host_shows_its_gicv3
else
	test_case a_gicv3_is_not_visible
fi
test_case a_bystander_ticks
test_case killed_vms_leave_nothing
test_case resets_leave_nothing
test_case host_log_is_clean
plan
