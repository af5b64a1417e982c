# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the lab's test scripts share. They run on the emulated host under busybox's shell, print a TAP line for each test
# ("ok - NAME", "not ok - NAME"), diagnostics as "# ..." and at the end the plan ("1..N"), without which
# the run counts as failed.

tests=0
out=/tmp/out err=/tmp/err
guest=/add/lab-files/guest.bin

# A test is a function; it fails by calling `fail`, which ends it, for it runs in a subshell. How long it took is
# a comment for who looks where the time goes.
test_case() {
	tests=$((tests + 1))
	begun=$(date +%s)
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
	echo "# -- $(($(date +%s) - begun)) s"
}

plan() {
	echo "1..$tests"
}

fail() {
	echo "# $*"
	exit 1
}

# expect_status STATUS COMMAND...: its output goes to $out and $err, stdin is empty. $limit, in seconds, is only for what hangs.
expect_status() {
	wanted=$1
	shift
	timeout -s KILL "${limit:-900}" "$@" >$out 2>$err </dev/null
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

# guest_with FOLDER: makes FOLDER.initrd, the demo guest's initramfs with the files of FOLDER beside its own.
guest_with() {
	chmod 755 "$1"/bin/*
	(cd "$1" && find . | cpio -o -H newc 2>/dev/null) >"$1.cpio"
	cat /add/lab-files/initrd "$1.cpio" >"$1.initrd"
	rm "$1.cpio"
}

# linux FOLDER [OPTION...]: the options to run that guest with two CPUs, and kernel_line COMMAND: the kernel's command line with
# which the command is all that it does.
linux() {
	folder=$1
	shift
	echo "-k /add/lab-files/Image -i $folder.initrd -c 2 ${irqchip-} $*"
}
kernel_line() {
	echo "console=ttyAMA0 quiet armlet.run=\"$1\""
}

# talk COMMAND...: in the background, with what say() says as its stdin; expect_end STATUS waits for its end.
talk() {
	mkfifo /tmp/keys
	"$@" >$out 2>$err </tmp/keys &
	pid=$!
	exec 5>/tmp/keys
	rm /tmp/keys
}
say() { printf '%s\n' "$1" >&5; }
expect_end() {
	wait "$pid"
	status=$?
	exec 5>&-
	[ $status = "$1" ] || fail "status $status instead of $1"
}

# the_sandbox_bites THREAD OPTION...: in a VM with the options, a thread that opens a file.
the_sandbox_bites() {
	thread=$1
	shift
	# shellcheck disable=SC2046 # bare gives words
	talk armlet run $(bare spin) "$@"
	wait_for grep -q spinning $out
	/add/lab-files/inject_syscall $pid "$thread" || fail "could not inject"
	expect_end 159
	expect_err openat
	expect_err "$thread"
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

# passt, with what it needs, in a root that it can leave: not the first one, from which no process can.
prepare_passt() {
	mkdir -p /usr/bin /lib/aarch64-linux-gnu
	cp /add/lab-files/passt/passt /usr/bin/
	cp /add/lab-files/passt/ld-linux-aarch64.so.1 /lib/
	cp /add/lab-files/passt/libc.so.6 /lib/aarch64-linux-gnu/
	mkdir -p /tmp/root
	mount -t tmpfs root /tmp/root
	cp -a /bin /usr /lib /etc /sbin /tmp/root/ 2>/dev/null
	for folder in dev proc sys tmp run add out; do
		mkdir -p /tmp/root/$folder
		mount -o rbind /$folder /tmp/root/$folder
	done
	# A network for it to stand on.
	ifconfig dummy0 192.0.2.1 netmask 255.255.255.0 up
	route add default gw 192.0.2.254
}

# Run a command there; $1 becomes its process id.
in_root() {
	cat >/tmp/in-root <<-'END'
		cd /tmp/root && mount -o move . / && exec chroot . "$@"
	END
	exec unshare -m sh /tmp/in-root "$@"
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
