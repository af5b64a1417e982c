#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: debian.sh [--irqchip=KIND]
#
# A Debian disk, from boot to login and on: the host's /dev/vda, a block device, is the guest's /dev/vda. Reboot and power-off, the network
# through passt in both directions. Runs in the lab, under /add, on a host with the modules virtio_blk and dummy.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"
irqchip=${1-}
# A guest that never comes to its login can be watched meanwhile.
out=/out/guest

# shellcheck disable=SC2086 # numbers, and no irqchip, no word
{
# As wait_for, with the patience that systemd on an emulated host's guest needs.
wait_long_for() {
	tries=9000
	until "$@"; do
		tries=$((tries - 1))
		kill -0 $pid 2>/dev/null || fail "the VM has ended before: $*"
		[ $tries -gt 0 ] || fail "waited in vain for: $*"
		usleep 100000
	done
}
logins() { [ "$(grep -c "debian login:" $out)" -ge "$1" ]; }
prompts() { grep -c "root@debian" $out; }
more_prompts() { [ "$(prompts)" -gt "$1" ]; }
# At the Nth login. What is typed before there is a prompt may be lost: login(1) begins with an empty line.
log_in() {
	wait_long_for logins "$1"
	before=$(prompts)
	say root
	wait_long_for more_prompts "$before"
}
# guest COMMAND: at the prompt; waits until it is done.
guest_number=0
guest() {
	guest_number=$((guest_number + 1))
	say "$1; echo done-\$((guest = $guest_number))"
	wait_long_for grep -q "done-$guest_number" $out
}

a_debian_disk() {
	trap 'killall -KILL armlet passt 2>/dev/null' EXIT
	mkdir -p /tmp/www
	head -c 3000000 /dev/urandom >/tmp/www/file
	httpd -p 127.0.0.1:8000 -h /tmp/www
	talk in_root armlet run -k /add/lab-files/Image -i /add/debian.initrd -d /dev/vda -c 2 -m 768M $irqchip -n user --forward 7000:5000 \
		-p "root=/dev/vda console=hvc0" --stats=json:/out/debian.json
	log_in 1
	guest "findmnt -no SOURCE,FSTYPE / ; systemctl --failed --no-legend --plain | sed 's/^/failed: /'"
	expect_out "/dev/vda ext4"
	! grep "^failed: " $out || fail "a service failed"

	# A file of the host, from its web server.
	guest "networkctl --no-pager status | grep -e Address -e Gateway"
	guest "/usr/lib/apt/apt-helper download-file http://\$(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'):8000/file /root/file; md5sum </root/file"
	expect_out "$(md5sum </tmp/www/file | cut -d ' ' -f 1)"

	# The guest's echo, from the host.
	guest "systemd-socket-activate --listen=5000 --accept --inetd /bin/cat & sleep 1"
	echo "to the guest and back" | timeout 60 nc 127.0.0.1 7000 >/tmp/echo
	grep -q "to the guest and back" /tmp/echo || fail "a forwarded port leads nowhere"

	say reboot
	log_in 2
	expect_out "System Reboot"
	guest "md5sum </root/file | sed 's/^/again: /'"
	expect_out "again: $(md5sum </tmp/www/file | cut -d ' ' -f 1)"
	say poweroff
	expect_end 0
	# passt has its say there, too.
	expect_no_err "armlet:"
}
}

prepare_passt
test_case a_debian_disk
test_case host_log_is_clean
plan
