#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What nested.sh has a guest with EL2 do: say whether its KVM is up, and run guests itself, by armlet. All that is needed
# lies in /add. Each part ends with a line "inner: PART status N".

part() {
	name=$1
	shift
	"$@" </dev/null 2>/tmp/err
	status=$?
	cat /tmp/err
	echo "inner: $name status $status"
}

kvm_is_up() {
	dmesg | grep -E 'kvm \[|started at EL' && [ -c /dev/kvm ]
}

part kvm kvm_is_up
part bare /add/armlet run -k /add/guest.bin -m 64M -p guest:off
part tests /add/armlet test --irqchip gicv3 basics/virtual-random-delays basics/virtual-on-all-cpus
part linux /add/armlet run -k /add/Image-newest -i /add/initrd -m 256M -p "console=ttyAMA0 loglevel=5"
