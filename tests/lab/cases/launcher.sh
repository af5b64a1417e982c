#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: launcher.sh gicv3|gicv2|user [--irqchip=KIND]
#
# The launcher with bare-metal guests: how VMs end, accesses without a device, console, bad input, sandbox.
# The first argument is the interrupt controller that they get, with the option if there is one. Runs in the
# lab, under /add.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"
gic=$1
irqchip=${2-}

# shellcheck disable=SC2046,SC2086 # bare gives words
{
power_off_ends_with_0() {
	expect_status 0 armlet run $(bare off)
	expect_out hello
	[ ! -s $err ] || fail "stderr is not empty"
}

power_off_from_another_vcpu() {
	expect_status 0 armlet run $(bare off-secondary -c 2)
	expect_out hello
}

all_cpus_start() {
	expect_status 0 armlet run $(bare cpus -c "$1")
	expect_out "$(printf 'started=0x%x' "$1")"
}

a_ninth_cpu_is_refused() {
	timeout -s KILL 900 armlet run $(bare off -c 9) >$out 2>$err </dev/null
	case $? in
	1) expect_err "has room for 8" ;;
	77) expect_err "this host's KVM allows 8" ;;
	*) fail "status $?" ;;
	esac
}

resets_boot_again() {
	expect_status 0 armlet run $(bare reset --reboots 3)
	expect_count 4 boot $out
}

a_reset_brings_everything_back() {
	expect_status 0 armlet run $(bare reset-state --reboots 2)
	expect_count 3 checked $out
	[ "$(grep config= $out | sort -u | wc -l)" = 1 ] || fail "the configuration of interrupts changed"
	[ "$(grep -vc -e '^config=' -e checked $out)" = 0 ] || fail "something survived"
}

unassigned_reads_zero() {
	expect_status 0 armlet run $(bare unassigned --stats=json:/tmp/stats)
	expect_out "read=0x0"
	expect_out "after"
	expect_count 2 "where there is no device" $err
	grep -q '"unassigned_mmio": 4' /tmp/stats || fail "not counted: $(cat /tmp/stats)"
}

unassigned_aborts() {
	expect_status 0 armlet run $(bare unassigned --unassigned-mmio abort)
	# Kernel 6.1 extends the sign of what it puts into ESR_EL1.
	expect_count 4 "96000010" $out
	expect_out "far=0xb100000"
	expect_out after
}

unassigned_stops() {
	expect_status 70 armlet run $(bare unassigned --unassigned-mmio stop)
	expect_err "0xb100000"
	expect_err "PC "
	expect_err "X30"
	expect_err "ESR_EL1"
}

undecoded_accesses_abort() {
	expect_status 0 armlet run $(bare undecoded)
	expect_count 4 "exception vector" $out
	expect_out after
	expect_count 1 "cannot be emulated" $err
	expect_err "0x9000018"
	expect_err "PC 0x"
}

the_rtc_tells_the_hosts_time() {
	before=$(date +%s)
	expect_status 0 armlet run $(bare rtc)
	after=$(date +%s)
	rtc=$(sed -n 's/^rtc=//p' $out)
	if [ $((rtc)) -lt "$before" ] || [ $((rtc)) -gt "$after" ]; then
		fail "$((rtc)) is not in $before..$after"
	fi
}

flat_binaries_boot() {
	expect_status 0 armlet run --load flat $(bare off)
	expect_out hello
}

kernel_boots_from() {
	expect_status 0 armlet run $(bare off) -k "$1"
	expect_out hello
}

the_hosts_own_kernel_is_the_default() {
	mkdir -p /boot
	rm -f /boot/*
	expect_status 1 armlet run -m 64M
	expect_err "use -k FILE"
	cp $guest "/boot/vmlinuz-$(uname -r)"
	expect_status 0 armlet run -m 64M -p guest:off
	expect_out hello
	expect_err "/boot/vmlinuz-$(uname -r)"
}

bad_kernel() {
	expect_status 1 armlet run -k "$1"
	expect_err "$1"
	expect_err "$2"
}

too_much_for_the_ram() {
	head -c 70000000 /dev/zero >/tmp/initrd
	expect_status 1 armlet run $(bare off) -i /tmp/initrd
	expect_err "--mem"
	rm /tmp/initrd
}

wrong_usage_is_129() {
	expect_status 129 armlet run "$@"
	[ -s $err ] || fail "no message"
}

an_impossible_irqchip_is_77() {
	expect_status 77 armlet run $(bare off --irqchip "$1")
	expect_err "cannot create a GIC"
	expect_err "use --irqchip"
}

pkvm_refuses_the_userspace_irqchip() {
	expect_status 77 armlet run $(bare off --irqchip user)
	expect_err "protected mode"
}

an_unknown_feature_is_named() {
	expect_status 129 armlet run $(bare off --cpu-features -sve,warp)
	expect_err warp
	expect_err pauth
}

features_can_be_switched_off() {
	expect_status 0 armlet run $(bare off --cpu-features -sve,-pmu,-pauth --dump-dtb /tmp/tree)
	! grep -q pmuv3 /tmp/tree || fail "there is a PMU in the tree"
	expect_status 0 armlet run $(bare off --dump-dtb /tmp/tree)
	grep -q pmuv3 /tmp/tree || fail "there is no PMU in the tree"
}

help_lists_the_features() {
	expect_status 0 armlet run --cpu-features help
	expect_out "pauth            "
	expect_out "sve-max-vl=BITS "
	grep -q "^  pmu  *on " $out || fail "there is no PMU"
}

vectors_can_be_limited() {
	if armlet run --cpu-features help | grep -q "^  sve  *on "; then
		expect_status 0 armlet run $(bare off --cpu-features sve-max-vl=256)
	else
		expect_status 77 armlet run $(bare off --cpu-features sve-max-vl=256)
	fi
	expect_status 129 armlet run $(bare off --cpu-features sve-max-vl=100)
	expect_err "multiple of 128"
}

el2_is_for_hosts_in_nested_mode() {
	! armlet run --cpu-features help | grep -q "^  nested  *off " || return 0
	expect_status 77 armlet run $(bare off --cpu-features nested)
	expect_err "no nested"
}

a_dumped_tree_boots() {
	expect_status 0 armlet run $(bare off --dump-dtb /out/$gic.dtb)
	expect_status 0 armlet run -k $guest -m 64M --dtb /out/$gic.dtb
	expect_out hello
}

a_bad_tree_is_refused() {
	echo rubbish >/tmp/tree
	expect_status 1 armlet run $(bare off --dtb /tmp/tree)
	expect_err "--dtb"
}

verbose_tells_the_irqchip() {
	expect_status 0 armlet run $(bare off -v)
	case $gic in
	gicv3) expect_err "interrupt controller: GICv3" ;;
	gicv2)
		expect_err "no GICv3"
		expect_err "interrupt controller: GICv2, in KVM"
		;;
	user) expect_err "interrupt controller: GICv2 in userspace" ;;
	esac
}

signals_end_it() {
	armlet run $(bare "$2" -c 2) >$out 2>$err </dev/null &
	pid=$!
	wait_for grep -q ing $out
	kill -"$1" $pid
	wait $pid
	status=$?
	[ $status = "$3" ] || fail "status $status instead of $3"
}

# start_watching BEHAVIOUR: the guest runs in the background, $pid, and has a driver of its power key.
start_watching() {
	armlet run $(bare "$1") >$out 2>$err </dev/null &
	pid=$!
	wait_for grep -q watching $out
}

sigterm_asks_the_guest_first() {
	start_watching power-key
	kill -TERM $pid
	wait $pid || fail "status $?"
	expect_out pressed
}

a_second_sigterm_ends_it() {
	start_watching power-key-ignored
	kill -TERM $pid
	wait_for grep -q pressed $out
	kill -0 $pid || fail "it did not wait for the guest"
	kill -TERM $pid
	wait $pid
	[ $? = 143 ] || fail "did not end by the signal"
}

# watch_on_terminal BEHAVIOUR: the same guest, with a terminal that press_ctrl_a_x() types on.
watch_on_terminal() {
	talk /add/lab-files/on_terminal armlet run $(bare "$1")
	wait_for grep -q watching $out
}
press_ctrl_a_x() { printf '\001x' >&5; }

ctrl_a_x_asks_the_guest_first() {
	watch_on_terminal power-key
	press_ctrl_a_x
	expect_end 0
	expect_out pressed
	expect_err "on_terminal: changed, as before"
}

a_second_ctrl_a_x_ends_it() {
	watch_on_terminal power-key-ignored
	press_ctrl_a_x
	wait_for grep -q pressed $out
	kill -0 $pid || fail "it did not wait for the guest"
	press_ctrl_a_x
	expect_end 0
	expect_err "on_terminal: changed, as before"
}

console_in_a_file() {
	expect_status 0 armlet run $(bare off --console file:/tmp/console)
	[ ! -s $out ] || fail "stdout got something"
	grep -q hello /tmp/console || fail "the file lacks what the guest wrote"
}

# The guest sends back what it gets, until a q.
console_of_a_client() {
	talk armlet run $(bare echo --console unix:/tmp/socket)
	wait_for test -S /tmp/socket
	/add/lab-files/net_check unix /tmp/socket "$(printf 'to and fro\nq')" >$out || fail "no answer"
	expect_end 0
	expect_out "to and fro"
}

stdin_and_stdout_may_be_a_socket() {
	nc -l -p 7007 -e /usr/bin/armlet run $(bare echo) 2>$err &
	pid=$!
	ready() { printf 'to and fro\nq' | nc 127.0.0.1 7007 >$out 2>/dev/null && [ -s $out ]; }
	wait_for ready
	wait $pid
	expect_out "to and fro"
}

guests_can_have_64_gib() {
	expect_status 0 armlet run $(bare off -m 64G)
	expect_out hello
}

input_from_a_pipe_arrives() {
	seq 1 300 | sed 's/^/line /' >/tmp/text
	(cat /tmp/text; echo q) | timeout -s KILL 900 armlet run $(bare echo) >$out 2>$err
	status=$?
	[ $status = 0 ] || fail "status $status"
	(echo ready; cat /tmp/text; echo; echo bye) | cmp -s - $out || fail "the text came back changed"
}

works_with_stdin_closed() {
	timeout -s KILL 900 armlet run $(bare off) <&- >$out 2>$err
	status=$?
	[ $status = 0 ] || fail "status $status"
	expect_out hello
}

works_with_all_files_closed() {
	timeout -s KILL 900 armlet run $(bare off) <&- >&- 2>&-
	status=$?
	[ $status = 0 ] || fail "status $status"
}

a_slow_reader_gets_every_line() {
	timeout -s KILL 900 armlet run $(bare lines) 2>$err </dev/null | { sleep 2; cat >$out; }
	expect_count 7000 line= $out
	tail -n 1 $out | grep -q "line=0x1b57" || fail "the last line is not the last"
}

a_blind_writer_loses_counted_bytes() {
	timeout -s KILL 900 armlet run $(bare flood) 2>$err </dev/null | { sleep 2; wc -c >$out; }
	came=$(cat $out)
	lost=$(sed -n 's/.*[^0-9]\([0-9][0-9]*\) bytes.*/\1/p' $err)
	[ "$((came + lost))" = 120000 ] || fail "$came came, $lost were lost"
}

# The guest is through, and the pipe full: armlet's main thread is in ppoll, the system call 73.
the_end_waits_for_the_reader() {
	rm -f /tmp/slow
	mkfifo /tmp/slow
	armlet run $(bare flood) >/tmp/slow 2>$err </dev/null &
	pid=$!
	exec 3</tmp/slow
	wait_for grep -q '^73 ' /proc/$pid/syscall
	came=$(wc -c <&3)
	exec 3<&-
	wait $pid
	lost=$(sed -n 's/.*[^0-9]\([0-9][0-9]*\) bytes.*/\1/p' $err)
	[ "$((came + ${lost:-0}))" = 120000 ] || fail "$came came, ${lost:-none} were lost"
}

a_closed_reader_does_not_stop_the_guest() {
	timeout -s KILL 900 armlet run $(bare flood --stats=json:/tmp/stats) 2>$err </dev/null | true
	wait_for grep -q schema /tmp/stats
}

stats_are_written() {
	expect_status 0 armlet run $(bare off -c 2 --stats)
	expect_err "start to first KVM_RUN"
	expect_err "vcpu1"
	expect_status 0 armlet run $(bare off -c 2 --stats=json:/out/$gic.stats)
	grep -q '"schema": 1' /out/$gic.stats || fail "no JSON"
}

# placed FILE VCPU: the line of --stats on where this vCPU was.
placed() {
	grep "vcpu$2 .*on host CPUs" "$1"
}

vcpus_stay_where_they_are_pinned() {
	expect_status 0 armlet run $(bare off -c 2 --place pin:1,0 --stats)
	placed $err 0 | grep -q "CPUs 1; 0 moves, 0 failed" || fail "vcpu0: $(placed $err 0)"
	placed $err 1 | grep -q "CPUs 0; 0 moves, 0 failed" || fail "vcpu1: $(placed $err 1)"
	expect_status 0 armlet run $(bare off -c 3 --place spread --stats=json:/tmp/stats)
	expect_status 77 armlet run $(bare off --place pin:64)
	expect_err "vCPU 0 on host CPU 64: this process may use 0-1"
	expect_status 129 armlet run $(bare off -c 2 --place pin:1)
	expect_err "names 1 host CPU for 2 vCPUs"
}

# moves N: at least so many in all, none of them failed.
moves() {
	n=$(sed -n 's/.*; \([0-9]*\) moves, 0 failed.*/\1/p' $err | awk '{ n += $1 } END { print n + 0 }')
	[ "$n" -ge "$1" ] || fail "$n moves instead of $1"
}

vcpus_move() {
	armlet run $(bare spin -c 3 --migrate "$@" --stats) >$out 2>$err </dev/null &
	pid=$!
	wait_for grep -q spinning $out
	sleep 1
	kill $pid
	wait $pid
	status=$?
	[ $status = 143 ] || fail "status $status instead of 143"
	placed $err 0 | grep -q "CPUs 0-1;" || fail "vcpu0: $(placed $err 0)"
	moves 10
}

vcpus_move_at_exits() {
	expect_status 0 armlet run $(bare unassigned --migrate on-exit:1 --stats)
	moves 4
}

info_tells_the_gic() {
	expect_status 0 armlet info
	expect_out "$(uname -r)"
	expect_status 0 armlet info --json
	cp $out /out/$gic.info
	expect_out '"schema"'
}

without_the_sandbox_it_lives() {
	armlet run $(bare spin --no-sandbox) >$out 2>$err </dev/null &
	pid=$!
	wait_for grep -q spinning $out
	/add/lab-files/inject_syscall $pid vcpu0 || fail "could not inject"
	kill -0 $pid || fail "it died"
	kill $pid
	wait $pid
	[ $? = 143 ] || fail "did not end by the signal"
}

a_full_disk_is_told() {
	expect_status 1 sh -c 'exec armlet "$@" >/dev/full' sh "$@"
	expect_err "cannot write to stdout: No space"
}

full_files_are_named() {
	expect_status 1 armlet run $(bare off --stats=json:/dev/full)
	expect_err "/dev/full: No space"
	expect_status 1 armlet run $(bare off --dump-dtb /dev/full)
	expect_err "/dev/full: No space"
}

no_permission_is_explained() {
	chmod 600 /dev/kvm
	expect_status 1 su -s /bin/sh nobody -c "armlet run $(bare off)"
	expect_err "permission"
	chmod 666 /dev/kvm
	expect_status 0 su -s /bin/sh nobody -c "armlet run $(bare off)"
}

no_kvm_is_explained() {
	mv /dev/kvm /dev/kvm.away
	timeout -s KILL 900 armlet run $(bare off) >$out 2>$err </dev/null
	status=$?
	mv /dev/kvm.away /dev/kvm
	[ $status = 77 ] || fail "status $status instead of 77"
	expect_err /dev/kvm
}

too_few_descriptors_are_explained() {
	# shellcheck disable=SC3045 # busybox has it
	(ulimit -n 10; exec armlet run $(bare off -c 4)) >$out 2>$err </dev/null
	status=$?
	[ $status = 1 ] || fail "status $status instead of 1"
	expect_err "ulimit -n"
}
}

test_case power_off_ends_with_0
test_case power_off_from_another_vcpu
test_case all_cpus_start 2
test_case all_cpus_start 4
test_case all_cpus_start 8
[ "$gic" = gicv3 ] || test_case a_ninth_cpu_is_refused
test_case resets_boot_again
test_case a_reset_brings_everything_back
test_case unassigned_reads_zero
test_case unassigned_aborts
test_case unassigned_stops
test_case undecoded_accesses_abort
test_case the_rtc_tells_the_hosts_time
test_case flat_binaries_boot
for kind in bin bin.gz bin.zst zboot.gz zboot.zst elf; do
	test_case kernel_boots_from /add/lab-files/guest.$kind
done
test_case the_hosts_own_kernel_is_the_default
head -c 30 $guest >/tmp/truncated
: >/tmp/empty
test_case bad_kernel /nonexistent "no such file"
test_case bad_kernel /tmp "directory"
test_case bad_kernel /tmp/empty "empty"
test_case bad_kernel /tmp/truncated truncated
echo "this is no kernel, only a line of text that is longer than an Image has a header" >/tmp/text
test_case bad_kernel /tmp/text "text"
test_case too_much_for_the_ram
test_case wrong_usage_is_129 --frobnicate
test_case wrong_usage_is_129 -m 0
test_case wrong_usage_is_129 -c many
test_case wrong_usage_is_129 stray
case $gic in
gicv3) test_case an_impossible_irqchip_is_77 gicv2 ;;
gicv2) test_case an_impossible_irqchip_is_77 gicv3 ;;
esac
if dmesg | grep -q "kvm .*Protected.* mode initialized"; then
	test_case pkvm_refuses_the_userspace_irqchip
fi
test_case an_unknown_feature_is_named
test_case features_can_be_switched_off
test_case help_lists_the_features
test_case vectors_can_be_limited
test_case el2_is_for_hosts_in_nested_mode
test_case a_dumped_tree_boots
test_case a_bad_tree_is_refused
test_case verbose_tells_the_irqchip
test_case signals_end_it TERM spin 143
test_case signals_end_it INT wait 130
test_case sigterm_asks_the_guest_first
test_case a_second_sigterm_ends_it
test_case ctrl_a_x_asks_the_guest_first
test_case a_second_ctrl_a_x_ends_it
test_case console_in_a_file
test_case console_of_a_client
test_case stdin_and_stdout_may_be_a_socket
test_case guests_can_have_64_gib
test_case input_from_a_pipe_arrives
test_case works_with_stdin_closed
test_case works_with_all_files_closed
# Many times 100,000 exits to userspace, which are the same with each interrupt controller.
if [ "$gic" = gicv3 ]; then
	test_case a_slow_reader_gets_every_line
	test_case a_blind_writer_loses_counted_bytes
	test_case the_end_waits_for_the_reader
	test_case a_closed_reader_does_not_stop_the_guest
fi
test_case stats_are_written
test_case vcpus_stay_where_they_are_pinned
test_case vcpus_move round-robin:0.4 --place pack
test_case vcpus_move random:0.3-3:7 --rt 5
test_case vcpus_move_at_exits
test_case info_tells_the_gic
test_case the_sandbox_bites vcpu0 --place spread
test_case the_sandbox_bites armlet --place spread
test_case the_sandbox_bites mover --place spread
test_case without_the_sandbox_it_lives
for words in --version --help "run --help" info "info --json"; do
	# shellcheck disable=SC2086 # several words
	test_case a_full_disk_is_told $words
done
test_case full_files_are_named
test_case no_permission_is_explained
test_case no_kvm_is_explained
test_case too_few_descriptors_are_explained
plan
