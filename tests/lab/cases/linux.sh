#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: linux.sh CPUS...
#
# Linux in VMs with each of the numbers of CPUs: it boots, its clock ticks on each CPU, reboots, takes input. Runs in the
# lab, under /add.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"

linux_boots_with_cpus() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c "$1" --stats=json:/out/boot-"$1".json
	cpu=0
	while [ $cpu -lt "$1" ]; do
		grep "guest: timer interrupts" $out | grep -q "CPU$cpu [1-9]" || fail "no timer interrupts on CPU$cpu"
		cpu=$((cpu + 1))
	done
	expect_out "($1)"
	expect_out "Power down"
	! grep -qE 'WARNING:|BUG:|Call trace|rcu_sched|broken firmware' $out || fail "the guest's kernel complains"
}

linux_reboots() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c 2 --reboots 1 \
		-p "console=ttyAMA0 earlycon armlet.reboot"
	expect_count 2 "guest: kernel" $out
	expect_count 2 "earlycon: pl11" $out
}

linux_takes_input() {
	(sleep 1; echo "echo sum is \$((6 * 7))"; echo exit) |
		timeout -s KILL 100 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd \
			-p "console=ttyAMA0 quiet armlet.shell" >$out 2>$err
	status=$?
	[ $status = 0 ] || fail "status $status"
	expect_out "sum is 42"
}

for cpus; do
	test_case linux_boots_with_cpus "$cpus"
done
test_case linux_reboots
test_case linux_takes_input

host_log_is_clean() {
	dmesg >$out
	! grep -E 'WARNING:|BUG:|Oops|rcu:.*stall|lockup|KASAN|inconsistent lock' $out >$err || fail "the host's kernel complains"
}
test_case host_log_is_clean
plan
