#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: load.sh [--irqchip=KIND] [PACKETS]
#
# Much work for disks and networks: fio with verification, iperf3 both ways, PACKETS there and back, half a million if not said
# otherwise. Runs in the lab, under /add, on a host with the modules loop and tun, with fio and iperf3 in /add/programs.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"
irqchip=
case ${1-} in --irqchip=*)
	irqchip=$1
	shift ;;
esac
packets=${1:-500000}
# How far a guest is can be watched meanwhile.
out=/out/guest

# Programs with their libraries, and how to start them.
programs=/add/programs
mkdir -p /tmp/load/bin
cp -r $programs /tmp/load/
for program in fio iperf3; do
	printf '#!/bin/sh\nexec /programs/%s/ld-linux-aarch64.so.1 --library-path /programs/%s /programs/%s/%s "$@"\n' \
		$program $program $program $program >/tmp/load/bin/$program
done
cp /add/lab-files/net_check /tmp/load/bin/

# All block sizes at all depths, then all of them at once; each job has a part of the disk for itself, writes, and reads back.
{
	cat <<-'END'
		[global]
		ioengine=libaio
		direct=1
		rw=randwrite
		verify=crc32c
		verify_fatal=1
		numjobs=2
		offset_increment=64M
		group_reporting=1
	END
	for depth in 1 8 64; do
		for block in 512,100k 4k,800k 64k,8M 1M,32M; do
			printf '[%s-%s]\nstonewall\nfilename=%s\nbs=%s\nsize=%s\niodepth=%s\n' "${block%,*}" $depth "/dev/vda" \
				"${block%,*}" "${block#*,}" $depth
		done
	done
	for disk in vda vdb; do
		printf '[all-%s]\nstonewall\nfilename=/dev/%s\nbsrange=512-1M\nsize=24M\niodepth=32\nnumjobs=3\n' $disk $disk
	done
} >/tmp/load/jobs

cat >/tmp/load/bin/network <<'END'
#!/bin/sh
ifconfig eth0 10.9.0.2 netmask 255.255.255.0 up
until ping -c 1 -W 1 10.9.0.1 >/dev/null 2>&1; do sleep 0.2; done
END
cat >/tmp/load/bin/streams <<'END'
#!/bin/sh
network
for way in "" --reverse "--parallel 3"; do
	iperf3 --client 10.9.0.1 --bytes 100M $way --json >/tmp/iperf3 || cat /tmp/iperf3
	sed -n '/"sum_received"/,/}/s/.*"bytes":[^0-9]*\([0-9]*\).*/iperf3'"${way:+ $way}"': \1 bytes/p' /tmp/iperf3
done
END
cat >/tmp/load/bin/packets <<'END'
#!/bin/sh
network
left=$1
while [ $left -gt 0 ]; do
	part=$((left < 50000 ? left : 50000))
	net_check udp 10.9.0.1 6000 $part 1472
	left=$((left - part))
done
net_check quit 10.9.0.1 6000
END
guest_with /tmp/load

# shellcheck disable=SC2046,SC2086 # words
{
fio_reads_what_it_wrote() {
	truncate -s 256M /tmp/a /tmp/b
	losetup /dev/loop0 /tmp/a
	expect_status 0 armlet run $(linux /tmp/load) -m 768M -d /dev/loop0,queues=2 -d /tmp/b,direct -p "$(kernel_line "fio --eta=never /jobs")" \
		--stats=json:/out/fio.json
	expect_out "guest: status 0"
	expect_count 14 "err= 0" $out
	[ ! -s $err ] || fail "stderr is not empty"
	losetup -d /dev/loop0
	rm /tmp/a /tmp/b
}

make_tap() {
	tunctl -t tap0 >/dev/null
	ifconfig tap0 10.9.0.1 netmask 255.255.255.0 up
}

iperf3_both_ways() {
	make_tap
	sh /tmp/load/bin/iperf3-here --server --version4 >/tmp/iperf3 2>&1 &
	server=$!
	expect_status 0 armlet run $(linux /tmp/load) -m 768M -n tap=tap0 -p "$(kernel_line streams)" --stats=json:/out/iperf3.json
	kill $server
	for way in "" " --reverse" " --parallel 3"; do
		bytes=$(sed -n "s/^iperf3$way: \\([0-9]*\\) bytes.*/\\1/p" $out)
		[ "${bytes:-0}" -ge 100000000 ] || fail "iperf3$way: ${bytes:-no} bytes; the server: $(tail -n 3 /tmp/iperf3)"
	done
	[ ! -s $err ] || fail "stderr is not empty"
	tunctl -d tap0 >/dev/null
}

packets_there_and_back_keep_their_content() {
	make_tap
	/add/lab-files/net_check listen 6000 >/tmp/listen &
	listener=$!
	limit=7200 expect_status 0 armlet run $(linux /tmp/load) -m 768M -n tap=tap0 -p "$(kernel_line "packets $1")" --stats=json:/out/packets.json
	wait $listener || fail "the host saw something else: $(cat /tmp/listen)"
	sent=$(awk '/udp: [0-9]* packets as sent/ { n += $3 } END { print n }' $out)
	[ "$sent" = "$1" ] || fail "$sent packets instead of $1"
	[ ! -s $err ] || fail "stderr is not empty"
	tunctl -d tap0 >/dev/null
}
}

sed "s,/programs,$programs,g" /tmp/load/bin/iperf3 >/tmp/load/bin/iperf3-here
test_case fio_reads_what_it_wrote
test_case iperf3_both_ways
test_case packets_there_and_back_keep_their_content "$packets"
test_case host_log_is_clean
plan
