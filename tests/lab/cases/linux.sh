#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: linux.sh [--irqchip=KIND] [--brief] CPUS...
#
# Linux in VMs with each of the numbers of CPUs: it boots, its clock ticks on each CPU, reboots, takes input. The first
# boot, and the reboot, write all messages to the console, or with --brief only warnings and worse, as the other boots do:
# that halves the time. Runs in the lab, under /add.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"

irqchip='' level=''
while :; do
	case $1 in
	--irqchip=*) irqchip=$1 ;;
	--brief) level=loglevel=5 ;;
	*) break ;;
	esac
	shift
done

# How often the guest's kernel warns of a GICv3 beside its GICv2, with a stack trace.
warnings=0
[ "$irqchip" != --irqchip=user ] || ! host_shows_its_gicv3 || warnings=1

# A guest of a busy emulated host may print for minutes without a pause; a CPU that is lost is so for longer.
patience="watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=300"

# shellcheck disable=SC2086 # no irqchip, no word
{
linux_boots_with_cpus() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c "$1" $irqchip --stats=json:/out/boot-"$1".json \
		-p "console=ttyAMA0 $patience ${2-}"
	cpu=0
	while [ $cpu -lt "$1" ]; do
		grep "guest: timer interrupts" $out | grep -q "CPU$cpu [1-9]" || fail "no timer interrupts on CPU$cpu"
		cpu=$((cpu + 1))
	done
	expect_out "($1)"
	expect_out "Power down"
	for text in WARNING: 'Call trace' 'broken firmware'; do
		expect_count $warnings "$text" $out
	done
	! grep -qE 'BUG:|rcu_sched|lockup' $out || fail "the guest's kernel complains"
}

cpus_and_timers_work_with() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c "$1" $irqchip \
		-p "console=ttyAMA0 quiet armlet.run=check-cpus"
	! grep "check: not ok" $out || fail "see above"
	expect_out "check: done"
}

linux_reboots() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c 2 $irqchip --reboots 1 \
		-p "console=ttyAMA0 earlycon $level armlet.reboot"
	expect_count 2 "guest: kernel" $out
	[ -n "$level" ] || expect_count 2 "earlycon: pl11" $out
}

# hvc0 is the console when nothing else is said, and costs few exits; drivers come back after a reboot.
linux_uses_virtio_by_default() {
	expect_status 0 /add/lab-files/on_terminal armlet run -k /add/lab-files/Image -i /add/lab-files/initrd $irqchip -v
	expect_err "on_terminal: changed, as before"
	expect_out "console: virtio"
	expect_out "earlycon: pl11"
	expect_out "guest: kernel"
}

linux_reboots_with_virtio() {
	expect_status 0 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd -c 2 $irqchip --reboots 1 --stats=json:/out/virtio.json \
		-p "console=hvc0 armlet.run=\"dd if=/dev/hwrng bs=64 count=3 2>/dev/null | wc -c\" armlet.reboot"
	expect_count 2 192 $out
	expect_count 2 "guest: status 0" $out
	# With the PL011 each of the two boots has tens of thousands; a GIC in userspace has its own.
	grep -q '"irqchip": "user"' /out/virtio.json && return
	writes=$(awk '$1 == "\"mmio_write\":" { gsub(/,/, ""); n += $2 } END { print n }' /out/virtio.json)
	[ "$writes" -lt 1000 ] || fail "$writes exits for writes"
}

linux_takes_input() {
	(sleep 1; echo "echo sum is \$((6 * 7))"; echo exit) |
		timeout -s KILL 900 armlet run -k /add/lab-files/Image -i /add/lab-files/initrd $irqchip \
			-p "console=hvc0 quiet armlet.shell" >$out 2>$err
	status=$?
	[ $status = 0 ] || fail "status $status"
	expect_out "sum is 42"
}
}

this=$level
for cpus; do
	# shellcheck disable=SC2086 # no level, no word
	test_case linux_boots_with_cpus "$cpus" $this
	this=loglevel=5
done
test_case cpus_and_timers_work_with "$cpus"
test_case linux_reboots
test_case linux_uses_virtio_by_default
test_case linux_reboots_with_virtio
test_case linux_takes_input

test_case host_log_is_clean
plan
