#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: linux.sh [--irqchip=KIND] CPUS...
#
# Linux in VMs with each of the numbers of CPUs: it boots, its clock ticks on each CPU, reboots, takes input. Runs in the
# lab, under /add.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"

irqchip=
case $1 in
--irqchip=*)
	irqchip=$1
	shift
	;;
esac

# shellcheck disable=SC2086 # no irqchip, no word
{
linux_boots_with_cpus() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c "$1" $irqchip --stats=json:/out/boot-"$1".json
	cpu=0
	while [ $cpu -lt "$1" ]; do
		grep "guest: timer interrupts" $out | grep -q "CPU$cpu [1-9]" || fail "no timer interrupts on CPU$cpu"
		cpu=$((cpu + 1))
	done
	expect_out "($1)"
	expect_out "Power down"
	! grep -qE 'WARNING:|BUG:|Call trace|rcu_sched|broken firmware' $out || fail "the guest's kernel complains"
}

cpus_and_timers_work_with() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c "$1" $irqchip \
		-p "console=ttyAMA0 quiet armlet.run=check-cpus"
	! grep "check: not ok" $out || fail "see above"
	expect_out "check: done"
}

linux_reboots() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c 2 $irqchip --reboots 1 \
		-p "console=ttyAMA0 earlycon armlet.reboot"
	expect_count 2 "guest: kernel" $out
	expect_count 2 "earlycon: pl11" $out
}

linux_takes_input() {
	(sleep 1; echo "echo sum is \$((6 * 7))"; echo exit) |
		timeout -s KILL 900 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd $irqchip \
			-p "console=ttyAMA0 quiet armlet.shell" >$out 2>$err
	status=$?
	[ $status = 0 ] || fail "status $status"
	expect_out "sum is 42"
}
}

for cpus; do
	test_case linux_boots_with_cpus "$cpus"
done
test_case cpus_and_timers_work_with "$cpus"
test_case linux_reboots
test_case linux_takes_input

test_case host_log_is_clean
plan
