#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: nested.sh
#
# A guest with EL2 on a host in nested mode: Linux boots there, its own KVM comes up, and armlet runs guests inside it: the
# bare-metal one, some tests, and Linux once more. One boot does all (nested-inner.sh, in its initramfs), for it is slow.
# Runs in the lab, under /add, on a host booted with --mode nested.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lab/cases/lib.sh
. "$here/lib.sh"

nested_wants_a_vgicv3() {
	# shellcheck disable=SC2046 # words
	expect_status 77 armlet run $(bare off --cpu-features nested --irqchip user)
	expect_err "--irqchip gicv3"
}

nested_is_offered() {
	expect_status 0 armlet run --cpu-features help
	grep -q "^  nested  *off " "$out" || fail "it is not"
}

# Its watchdogs are off, for they judge time. What it prints goes to /out at once, and is kept for the cases below, without the console's line ends.
linux_boots_at_el2() {
	timeout -s KILL 1700 armlet run --cpu-features nested -k /add/lab-files/Image-newest -i /add/lab-files/nested.cpio -m 1G -c 2 \
		-p "console=ttyAMA0 loglevel=5 nowatchdog rcupdate.rcu_cpu_stall_timeout=300 armlet.run=/add/nested-inner.sh" \
		>/out/nested 2>"$err" </dev/null
	status=$?
	tr -d '\r' </out/nested >"$out"
	cp "$out" /tmp/nested
	[ $status = 0 ] || fail "status $status"
	expect_out "guest: status 0"
	! grep -qE 'BUG:|WARNING:|rcu_sched' "$out" || fail "the guest's kernel complains"
}

# inner PART [TEXT...]: that part ended well, and printed these texts.
inner() {
	cp /tmp/nested "$out"
	expect_out "inner: $1 status 0"
	shift
	for text; do
		expect_out "$text"
	done
}

its_kvm_is_up() { inner kvm "CPU: All CPU(s) started at EL2" "VHE mode initialized successfully"; }
it_runs_a_guest() { inner bare hello; }
it_runs_tests() { inner tests "# 2 passed, 0 failed"; }
it_runs_linux() { inner linux "guest: CPUs online      0 (1)"; }

for name in nested_wants_a_vgicv3 nested_is_offered linux_boots_at_el2 its_kvm_is_up it_runs_a_guest it_runs_tests it_runs_linux \
	host_log_is_clean; do
	test_case $name
done
plan
