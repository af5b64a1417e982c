# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# --host native: no emulation. On an arm64 machine with KVM the command runs
# right here. /add and /out do not exist here: the command finds the same under
# $LAB_ADD and $LAB_OUT, which an emulated host sets as well.
# shellcheck disable=SC2154 # options of tests/lab/lab

native_run() {
	[ "$(uname -m)" = aarch64 ] || die 129 "--host native: this machine is $(uname -m), not arm64"
	[ -e /dev/kvm ] || die 129 "--host native: this machine has no /dev/kvm"
	if [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
		die 129 "--host native: no permission for /dev/kvm: is $(id -un) in group kvm?"
	fi
	mkdir -p "$work/add" "$work/bin"
	printf %s "$adds" | while read -r add; do
		initramfs_add "$work" "$add"
	done || exit $?
	ln -s "$(realpath "$armlet")" "$work/bin/armlet"
	LAB_ADD=$work/add LAB_OUT=${out:-$work/out} PATH=$work/bin:$PATH
	export LAB_ADD LAB_OUT PATH
	mkdir -p "$LAB_OUT"
	if [ -n "$interactive" ]; then
		timeout --foreground -k 2 "$timeout" "$@"
	else
		timeout -k 2 "$timeout" "$@" </dev/null
	fi
	status=$?
	[ "$status" != 124 ] || die 125 "the command did not end within $timeout seconds (--timeout)"
	exit "$status"
}
