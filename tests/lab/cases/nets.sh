#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: nets.sh [--irqchip=KIND]
#
# Networks of Linux guests: what is sent arrives as it was sent, through TAP interfaces and through passt. Runs in the lab,
# under /add, on a host with the modules tun and dummy.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"
irqchip=${1-}
check=/add/lab-files/net_check

# The demo guest, with net_check and scripts of ours beside its programs.
mkdir -p /tmp/net/bin
cp $check /tmp/net/bin/
cat >/tmp/net/bin/tap <<'END'
#!/bin/sh
ifconfig eth0 10.9.0.2 netmask 255.255.255.0 up
echo "eth0 mac=$(cat /sys/class/net/eth0/address) mtu=$(cat /sys/class/net/eth0/mtu) queues=$(ls -d /sys/class/net/eth0/queues/rx-* | wc -l)"
until ping -c 1 -W 1 10.9.0.1 >/dev/null 2>&1; do sleep 0.2; done
net_check tcp 10.9.0.1 6000 "$1"
net_check udp 10.9.0.1 6000 "$2" 65507
net_check quit 10.9.0.1 6000
END
cat >/tmp/net/bin/user <<'END'
#!/bin/sh
cat >/tmp/configure <<'INNER'
#!/bin/sh
[ "$1" = bound ] || exit 0
ifconfig "$interface" "$ip" netmask "$subnet"
[ -z "$router" ] || route add default gw "$router"
echo "$ip $router" >/tmp/address
echo "nameserver $dns" >/etc/resolv.conf
INNER
chmod 755 /tmp/configure
ifconfig eth0 up
udhcpc -q -n -t 20 -i eth0 -s /tmp/configure >/dev/null 2>&1
read -r ip router </tmp/address
echo "address $ip by $router"
nslookup host.test
net_check tcp "$router" 6000 2000000
# passt knows no fragments.
net_check udp "$router" 6000 100 1472
net_check quit "$router" 6000
net_check listen 5000
echo "the host was here"
read -r line
until [ "$(cat /sys/class/net/eth0/carrier)" = 0 ]; do sleep 0.2; done
echo "the link is down"
END
guest_with /tmp/net
# shellcheck disable=SC2046,SC2086 # words
{
# tap_keeps_what_is_sent OPTIONS BYTES PACKETS: the interface is made beforehand, or by armlet.
tap_keeps_what_is_sent() {
	case $1 in
	*queues*) ;;
	*)
		tunctl -t tap0 >/dev/null
		ifconfig tap0 mtu 4000 ;;
	esac
	$check listen 6000 >/tmp/listen &
	listener=$!
	armlet run $(linux /tmp/net) --name tap-test -n tap=tap0$1 -p "$(kernel_line "tap $2 $3")" --stats=json:/out/tap.json >$out 2>$err </dev/null &
	pid=$!
	wait_for ifconfig tap0 10.9.0.1 netmask 255.255.255.0 up 2>/dev/null
	wait_for grep -q "net_check: udp" $out
	packets=$(cat /sys/class/net/tap0/statistics/rx_packets)
	wait $pid
	status=$?
	[ $status = 0 ] || fail "status $status"
	wait $listener || fail "the host saw something else: $(cat /tmp/listen)"
	expect_out "tcp: $2 bytes each way, all as sent"
	expect_out "udp: $3 packets as sent"
	# Much less than a packet for each 1500 bytes: large segments came through.
	[ "$packets" -lt $(($2 / 4000 + $3 * 50)) ] || fail "$packets packets"
	case $1 in
	*queues*) expect_out "mtu=1500 queues=2" ;;
	*)
		expect_out "mtu=4000 queues=1"
		tunctl -d tap0 >/dev/null ;;
	esac
	[ ! -s $err ] || fail "stderr is not empty"
}

passt_connects_both_ways() {
	# A VM that waits for what does not come is not to disturb the next test.
	trap 'killall -KILL armlet passt 2>/dev/null' EXIT
	$check names 192.0.2.77 >/tmp/names &
	names=$!
	$check listen 6000 >/tmp/listen &
	listener=$!
	talk in_root armlet run $(linux /tmp/net) -n user --forward 7000:5000 -p "$(kernel_line user)"
	wait_for grep -q "net_check: listening" $out
	wait $listener || fail "the host saw something else: $(cat /tmp/listen)"
	kill $names
	expect_out "address 192.0.2.1 by 192.0.2.254"
	grep -A 4 "host.test" $out | grep -q 192.0.2.77 || fail "no name server"
	expect_out "tcp: 2000000 bytes each way, all as sent"
	expect_out "udp: 100 packets as sent"
	$check tcp 127.0.0.1 7000 1000000 >/tmp/forward || fail "$(cat /tmp/forward)"
	$check quit 127.0.0.1 7000
	wait_for grep -q "the host was here" $out
	killall -KILL passt
	say go
	expect_end 0
	expect_out "the link is down"
	expect_err "network 0 is down: passt has ended"
}

passt_ends_with_the_vm() {
	(in_root armlet run $(bare off) -n user) >$out 2>$err </dev/null
	status=$?
	[ $status = 0 ] || fail "status $status"
	no_passt() { ! pidof passt >/dev/null; }
	wait_for no_passt
}

a_port_that_is_taken_is_explained() {
	$check listen 7000 >/dev/null &
	listener=$!
	sleep 0.5
	(in_root armlet run $(bare off) -n user --forward 7000:80) >$out 2>$err </dev/null
	status=$?
	$check quit 127.0.0.1 7000
	wait $listener
	[ $status = 1 ] || fail "status $status instead of 1"
	expect_err "passt did not start"
}

without_passt_it_is_explained() {
	expect_status 1 env PATH=/nowhere /usr/bin/armlet run $(bare off) -n user
	expect_err "there is no program 'passt'"
}

a_missing_right_to_a_tap_is_explained() {
	chmod 666 /dev/kvm /dev/net/tun
	expect_status 1 su -s /bin/sh nobody -c "armlet run $(bare off) -n tap=tap1"
	expect_err "ip tuntap add dev tap1 mode tap user YOU"
}

# Whatever thread is made to break the rules, or crashes.
a_terminal_is_given_back() {
	tunctl -t tap3 >/dev/null
	truncate -s 1M /tmp/disk
	for thread in armlet vcpu0 mover disk0 net0.0; do
		for way in 159 139--crash; do
			: >$out
			/add/lab-files/on_terminal armlet run $(bare spin --place spread) -d /tmp/disk -n tap=tap3 >$out 2>$err </dev/null &
			pid=$!
			wait_for grep -q spinning $out
			/add/lab-files/inject_syscall ${way#???} "$(pidof armlet)" $thread || fail "could not inject"
			wait $pid
			status=$?
			[ $status = ${way%--crash} ] || fail "$thread: status $status instead of $way"
			expect_err "on_terminal: changed, as before"
		done
	done
}
}

test_case without_passt_it_is_explained
echo "nameserver 127.0.0.1" >/etc/resolv.conf
prepare_passt
test_case tap_keeps_what_is_sent "" 8000000 100
test_case tap_keeps_what_is_sent ,queues=2 2000000 30
test_case passt_connects_both_ways
test_case passt_ends_with_the_vm
test_case a_port_that_is_taken_is_explained
test_case a_missing_right_to_a_tap_is_explained
test_case the_sandbox_bites net0.0 -n tap=tap2
test_case a_terminal_is_given_back
test_case host_log_is_clean
plan
