# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boot the emulated host, carry the command's output out, and find its status.
#
# Needs: $here $parts and the options of tests/lab/lab; $work, a private folder.
# shellcheck disable=SC2154

# What was started, to be ended with us.
pids=

# boot_share TAG DIR: offer a folder to the host as TAG, by virtiofs (Debian's
# kernels) and by 9p (other kernels have at least that). Sets $share_args.
boot_share() {
	"$here/lib/unpacked" "$qemu_tree" libexec/virtiofsd --socket-path "$work/$1.socket" --shared-dir "$2" \
		--sandbox none --seccomp none --rlimit-nofile 0 --log-level error \
		--translate-uid "squash-guest:0:$(id -u):4294967295" --translate-uid "squash-host:0:0:4294967295" \
		--translate-gid "squash-guest:0:$(id -g):4294967295" --translate-gid "squash-host:0:0:4294967295" \
		>"$work/$1.log" 2>&1 </dev/null &
	pids="$pids $!"
	tries=0
	until [ -S "$work/$1.socket" ]; do
		tries=$((tries + 1))
		if [ $tries -gt 250 ]; then
			cat "$work/$1.log" >&2
			die 125 "cannot share $2 with the emulated host"
		fi
		sleep 0.02
	done
}

boot_settings() {
	echo "with_out=${out:+1} icount=$icount"
	if [ -n "$interactive" ]; then
		# shellcheck disable=SC2046 # two numbers
		set -- $(stty size 2>/dev/null || echo 24 80)
		printf 'output=terminal\nrows=%s\ncolumns=%s\nterm=%s\n' "$1" "$2" "${TERM:-linux}"
	elif [ "$(readlink "/proc/$$/fd/1")" = "$(readlink "/proc/$$/fd/2")" ]; then
		# One file for both keeps their order.
		echo output=merged
	else
		echo output=separate
	fi
}

# boot COMMAND [ARG...]: the run itself; ends the process.
boot() {
	overlay=$work/tree
	mkdir -p "$overlay/lab" "$overlay/usr/bin" "$work/share"
	chmod 755 "$overlay"
	cp "$armlet" "$overlay/usr/bin/armlet"
	chmod 755 "$overlay/usr/bin/armlet"
	initramfs_command "$overlay" "$@"
	boot_settings >"$overlay/lab/settings"
	[ "$kernel" != 6.1 ] || modules="virtio_pci virtiofs virtio_console $modules"
	[ -z "$modules" ] || parts_modules "$kernel" "$overlay/modules" "$modules"
	printf %s "$adds" | while read -r add; do initramfs_add "$overlay" "$add"; done || exit $?
	{ cat "$(initramfs_base)" && pack "$overlay"; } >"$work/initrd"

	case $kernel in
	6.1 | 6.12 | newest) image=$(parts_kernel_image "$kernel") || exit ;;
	*) image=$kernel ;;
	esac
	: >"$work/share/stdout"
	: >"$work/share/stderr"
	boot_share lab "$work/share"
	[ -z "$out" ] || boot_share out "$out"
	boot_qemu
}

# Called with the arguments for QEMU.
qemu() {
	if [ -n "$qemu" ]; then
		set -- "$qemu" "$@"
	else
		set -- "$here/lib/unpacked" "$qemu_tree" bin/qemu-system-aarch64 "$@"
	fi
	exec timeout --foreground -k 2 "$timeout" "$@"
}

boot_qemu() {
	set -- -machine "$(flavour_machine)" -cpu "$(flavour_cpu)" -smp "$smp" -m "$mem" \
		-object "memory-backend-memfd,id=ram,size=$mem,share=on" \
		-nodefaults -display none -monitor none -no-reboot
	if [ "$host" = no-vgic ]; then
		(qemu "$@" -machine "dumpdtb=$work/host.dtb") >"$work/qemu.log" 2>&1 ||
			die 129 "QEMU refuses this machine: $(cat "$work/qemu.log")"
		flavour_cut_vgic "$work/host.dtb" || die 125 "cannot make the device tree without a vGIC"
		set -- "$@" -dtb "$work/host.dtb"
	fi
	# The time of day and random numbers enter the count: they must be the same each time.
	[ -z "$icount" ] || set -- "$@" -icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm -seed 1
	set -- "$@" -kernel "$image" -initrd "$work/initrd" -append "$(flavour_append)${append:+ $append}" \
		-serial "file:$log"
	for tag in lab ${out:+out}; do
		case $tag in lab) folder=$work/share ;; out) folder=$out ;; esac
		set -- "$@" -chardev "socket,id=$tag,path=$work/$tag.socket" \
			-device "vhost-user-fs-pci,chardev=$tag,tag=$tag" \
			-fsdev "local,id=$tag-9p,path=$folder,security_model=none" \
			-device "virtio-9p-pci,fsdev=$tag-9p,mount_tag=$tag"
	done
	if [ -n "$interactive" ]; then
		set -- "$@" -chardev stdio,id=terminal,signal=off \
			-device virtio-serial-pci -device virtconsole,chardev=terminal
	fi
	while IFS= read -r arg; do
		set -- "$@" "$arg"
	done <"$work/qemu-args"

	if [ -n "$interactive" ]; then
		qemu "$@" <&3 2>"$work/qemu.log" &
		qemu_pid=$!
		pids="$pids $qemu_pid"
	else
		qemu "$@" </dev/null >"$work/qemu.log" 2>&1 &
		qemu_pid=$!
		pids="$pids $qemu_pid"
		boot_follow "$work/share/stdout" &
		out_pid=$!
		boot_follow "$work/share/stderr" >&2 &
		err_pid=$!
		wait "$out_pid"
		wait "$err_pid"
	fi
	wait "$qemu_pid"
	boot_end $?
}

# Print a file as it grows, until QEMU is gone and all is printed. When nobody
# reads any more, end the run as a broken pipe would.
boot_follow() {
	tail -c +1 -s 0.05 -f --pid="$qemu_pid" "$1" 2>/dev/null || kill -PIPE $$
}

boot_end() {
	qemu_status=$1
	if [ -s "$work/share/status" ]; then
		exit "$(cat "$work/share/status")"
	fi
	if [ ! -s "$log" ] && [ "$qemu_status" = 1 ]; then
		die 129 "QEMU refuses this machine: $(cat "$work/qemu.log")"
	fi
	{
		echo "lab: last lines of the host's console:"
		tail -n 40 "$log" | sed 's/^/lab: | /'
		sed 's/^/lab: qemu: /' "$work/qemu.log"
	} >&2
	case $qemu_status in
	124 | 137) die 125 "the command did not end within $timeout seconds (--timeout)" ;;
	0) die 125 "the host went down before the command ended" ;;
	*) die 125 "QEMU failed with status $qemu_status" ;;
	esac
}

boot_cleanup() {
	# shellcheck disable=SC2086 # numbers
	if [ -n "$pids" ]; then
		kill $pids 2>/dev/null
		wait
	fi
	[ -z "$tty_state" ] || stty "$tty_state" <&3 2>/dev/null
	rm -rf "$work"
}
