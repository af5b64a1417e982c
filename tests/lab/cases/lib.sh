# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the lab's test scripts share. They run on the emulated host under busybox's shell, print a TAP line for each test
# ("ok - NAME", "not ok - NAME"), diagnostics as "# ..." and at the end the plan ("1..N"), without which
# the run counts as failed.

tests=0
out=/tmp/out err=/tmp/err
guest=/add/lab-files/guest.bin

# A test is a function; it fails by calling `fail`, which ends it, for it runs in a subshell.
test_case() {
	tests=$((tests + 1))
	: >$out
	: >$err
	if ("$@"); then
		echo "ok - $(echo "$*" | tr _ ' ')"
	else
		echo "not ok - $(echo "$*" | tr _ ' ')"
		echo "# stdout:"
		tail -n 30 $out | sed 's/^/#   /'
		echo "# stderr:"
		tail -n 30 $err | sed 's/^/#   /'
	fi
}

plan() {
	echo "1..$tests"
}

fail() {
	echo "# $*"
	exit 1
}

# expect_status STATUS COMMAND...: its output goes to $out and $err, stdin is empty. The limit is only for what hangs.
expect_status() {
	wanted=$1
	shift
	timeout -s KILL 900 "$@" >$out 2>$err </dev/null
	status=$?
	[ $status = "$wanted" ] || fail "status $status instead of $wanted: $*"
}

expect_out() { grep -qF -e "$1" $out || fail "stdout lacks: $1"; }
expect_err() { grep -qF -e "$1" $err || fail "stderr lacks: $1"; }
expect_no_err() { ! grep -qF -e "$1" $err || fail "stderr has: $1"; }

# expect_count N TEXT FILE: how many lines have it.
expect_count() {
	count=$(grep -cF -e "$2" "$3")
	[ "$count" = "$1" ] || fail "$count lines with \"$2\" instead of $1"
}

# bare BEHAVIOUR [OPTION...]: the options to run the bare-metal guest (tests/lab/guest).
bare() {
	behaviour=$1
	shift
	echo "-k $guest -m 64M ${irqchip-} -p guest:$behaviour $*"
}

# wait_for COMMAND...: until it succeeds; a minute is for what never does.
wait_for() {
	tries=600
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "waited in vain for: $*"
		usleep 100000
	done
}

# Whether a guest of the userspace irqchip sees this host's GICv3: KVM of before 6.12 shows it.
host_shows_its_gicv3() {
	grep -q GICv3 /proc/interrupts || return
	case $(uname -r) in
	[1-5].* | 6.[0-9].* | 6.1[01].*) ;;
	*) return 1 ;;
	esac
}

# Whatever the host's kernel complains of fails the run.
host_log_is_clean() {
	dmesg >$out
	! grep -E 'WARNING:|BUG:|Oops|rcu:.*stall|lockup|KASAN|inconsistent lock' $out >$err || fail "the host's kernel complains"
}
