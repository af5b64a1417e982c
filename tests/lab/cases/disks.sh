#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: disks.sh [--irqchip=KIND]
#
# Disks in Linux guests: what is written stays as it was written, also when armlet is killed; what the guest is told of a
# disk; errors; a second user. Runs in the lab, under /add, on a host with the module loop.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"
irqchip=${1-}
check=/add/lab-files/disk_check

# The demo guest, with disk_check and a script of ours beside its programs.
mkdir -p /tmp/more/bin
cp $check /add/lab-files/virtio_rewrite /tmp/more/bin/
cat >/tmp/more/bin/all <<'END'
#!/bin/sh
# Disks a to e: two queues; read-only; direct; plain; a device of the host. And many more.
cd /sys/block
for disk in vda vdb vdc; do
	echo "$disk serial=$(cat $disk/serial) ro=$(cat $disk/ro) size=$(cat $disk/size) block=$(cat $disk/queue/logical_block_size) cache=$(cat $disk/cache_type) queues=$(ls $disk/mq | wc -w)"
done
echo "write through" >vdd/cache_type
echo "vdd cache=$(cat vdd/cache_type)"
dd if=/dev/zero of=/dev/vdb count=1 2>&1 | grep -i -e permitted -e read-only
echo "disks: $(ls -d vd* | wc -l)"
disk_check stress /dev/vda 3 16 100 1
disk_check stress /dev/vdc 2 64 100 2
disk_check stress /dev/vdd 1 1 60 3

head -c 8000000 /dev/urandom >/tmp/file
dd if=/tmp/file of=/dev/vde bs=64k 2>/dev/null
sync
echo 3 >/proc/sys/vm/drop_caches
head -c 8000000 /dev/vde | cmp - /tmp/file && echo "vde: the same"
blkdiscard /dev/vde && echo "vde: discarded"
END
cat >/tmp/more/bin/broken <<'END'
#!/bin/sh
# The host cuts the file off when it reads this.
echo "broken: ready"
read -r line
dd if=/dev/vda of=/dev/null bs=4096 skip=2000 count=1 2>&1 | grep -i "error" && echo "broken: told"
dd if=/dev/vda of=/dev/null bs=4096 count=1 2>/dev/null && echo "broken: the rest is there"
END
cat >/tmp/more/bin/liar <<'END'
#!/bin/sh
# /dev/mem has the registers only when no driver of the kernel has any in that page.
echo 2 >/proc/sys/vm/nr_hugepages
cd /sys/bus/platform/drivers/virtio-mmio && for device in *.virtio_mmio; do echo $device >unbind; done
virtio_rewrite a000000 40
END
guest_with /tmp/more

new_disk() {
	rm -f "$1"
	truncate -s "$2" "$1"
}

# shellcheck disable=SC2046,SC2086 # words
{
disks_keep_what_is_written() {
	for disk in a c d e; do new_disk /tmp/$disk 64M; done
	losetup /dev/loop0 /tmp/e
	new_disk /tmp/b 1M
	many=
	for n in $(seq 26); do
		new_disk /tmp/many$n $((n))M
		many="$many -d /tmp/many$n"
	done
	expect_status 0 armlet run $(linux /tmp/more) -d /tmp/a,queues=2,serial=first -d /tmp/b,ro -d /tmp/c,direct -d /tmp/d -d /dev/loop0 $many \
		-p "$(kernel_line all)" --stats=json:/out/disks.json
	expect_out "vda serial=first ro=0 size=131072 block=512 cache=write back queues=2"
	expect_out "vdb serial=disk1 ro=1 size=2048 block=512 cache=write back queues=1"
	expect_out "vdc serial=disk2 ro=0"
	expect_out "vdd cache=write through"
	expect_out "ermitted"
	expect_out "disks: 31"
	expect_out "3 jobs, depth 16, 100 operations each: all as written"
	expect_out "2 jobs, depth 64, 100 operations each: all as written"
	expect_out "1 jobs, depth 1, 60 operations each: all as written"
	expect_out "vde: the same"
	expect_out "vde: discarded"
	[ ! -s $err ] || fail "stderr is not empty"
	losetup -d /dev/loop0
	blocks=$(stat -c %b /tmp/e)
	[ "$blocks" -lt 1000 ] || fail "$blocks blocks of the last are still there"
}

# With the source of entropy that each VM has.
a_33rd_device_is_refused() {
	many=
	for n in $(seq 32); do
		new_disk /tmp/many$n 1M
		many="$many -d /tmp/many$n"
	done
	expect_status 1 armlet run $(bare off) $many
	expect_err "more than 32 virtio devices"
}

# A guest that rewrites descriptors and requests while the device reads them.
lies_of_a_driver_harm_nothing() {
	new_disk /tmp/a 4M
	expect_status 0 armlet run $(linux /tmp/more) -d /tmp/a -p "$(kernel_line liar)"
	expect_out ": works"
	[ "$(stat -c %s /tmp/a)" = 4194304 ] || fail "the disk has another size"
	[ "$(wc -l <$err)" -le 1 ] || fail "stderr has more than one line"
}

# Everything that was acknowledged when SIGKILL struck.
a_killed_vm_loses_nothing() {
	new_disk /tmp/a 256M
	armlet run $(linux /tmp/more) -d /tmp/a -p "$(kernel_line "disk_check log /dev/vda")" >$out 2>$err </dev/null &
	pid=$!
	wait_for grep -q "^acked 100" $out
	usleep $1
	kill -KILL $pid
	wait $pid
	acked=$(tr -d '\r' <$out | sed -n 's/^acked \([0-9]*\)$/\1/p' | tail -n 1)
	# The last line may be half a one: then it is the one before, or a smaller number.
	expect_status 0 $check verify /tmp/a "$acked"
	expect_out "$acked records are there"
}

errors_reach_the_guest() {
	new_disk /tmp/a 16M
	talk armlet run $(linux /tmp/more) -d /tmp/a -p "$(kernel_line broken)"
	wait_for grep -q "broken: ready" $out
	truncate -s 1M /tmp/a
	say go
	expect_end 0
	expect_out "broken: told"
	expect_out "broken: the rest is there"
	expect_err "cannot read from disk '/tmp/a'"
}

a_second_user_is_kept_out() {
	new_disk /tmp/a 1M
	armlet run $(bare spin) -d /tmp/a >$out 2>$err </dev/null &
	pid=$!
	wait_for grep -q spinning $out
	expect_status 1 armlet run $(bare off) -d /tmp/a
	expect_err "/tmp/a"
	expect_err "end that one first"
	expect_status 1 armlet run $(bare off) -d /tmp/a,ro
	kill $pid
	wait $pid
	expect_status 0 armlet run $(bare off) -d /tmp/a
	expect_status 1 armlet run $(bare off) -d /tmp/a -d /tmp/a
}

other_formats_are_refused() {
	printf 'QFI\373\0\0\0\3' >/tmp/image.qcow2
	truncate -s 64K /tmp/image.qcow2
	expect_status 77 armlet run $(bare off) -d /tmp/image.qcow2
	expect_err "qemu-img convert -f qcow2 -O raw '/tmp/image.qcow2'"
}

the_sandbox_bites_a_thread_of_the_disk() {
	new_disk /tmp/a 1M
	the_sandbox_bites disk0 -d /tmp/a
}
}

test_case disks_keep_what_is_written
test_case a_killed_vm_loses_nothing 333333
test_case errors_reach_the_guest
test_case lies_of_a_driver_harm_nothing
test_case a_33rd_device_is_refused
test_case a_second_user_is_kept_out
test_case other_formats_are_refused
test_case the_sandbox_bites_a_thread_of_the_disk
test_case host_log_is_clean
plan
