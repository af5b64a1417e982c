# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The emulated host's file system: two cpio archives one after the other. The
# first is always the same and kept; the second is made for each run. Neither is
# compressed: unpacking under emulation takes longer than reading.
#
# Needs: $here $parts $work; parts_busybox done.
# shellcheck disable=SC2154

pack() { (cd "$1" && find . | cpio --quiet --reproducible -o -H newc -R 0:0); }

# initramfs_base: print the path of the first archive.
initramfs_base() {
	base=$parts/base.cpio busybox=$parts/busybox/usr/bin/busybox
	if [ ! -e "$base" ] || [ -n "$(find "$here/init" "$here/lib/initramfs.sh" "$busybox" -newer "$base")" ]; then
		tree=$(mktemp -d "$parts/base.XXXXXX")
		mkdir -p "$tree/bin" "$tree/usr/bin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/etc" "$tree/lab"
		cp "$busybox" "$tree/bin/busybox"
		ln -s busybox "$tree/bin/sh"
		cp "$here/init" "$tree/init"
		echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
		echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >>"$tree/etc/passwd"
		echo 'root:x:0:' >"$tree/etc/group"
		chmod 755 "$tree"
		pack "$tree" >"$tree.cpio"
		mv "$tree.cpio" "$base"
		rm -rf "$tree"
	fi
	echo "$base"
}

# quote WORD: print it such that a shell reads back exactly the word.
quote() {
	printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}

# initramfs_command TREE COMMAND [ARG...]: the script that runs the command.
initramfs_command() {
	into=$1/lab/command
	shift
	echo 'set --' >"$into"
	for word; do
		{
			printf 'set -- "$@" '
			quote "$word"
		} >>"$into"
	done
	echo '"$@"' >>"$into"
}

# initramfs_add TREE PATH: a file or folder becomes /add/NAME.
initramfs_add() {
	[ -e "$2" ] || die 129 "--add $2: no such file or folder"
	name=$(basename "$(realpath -s "$2")")
	[ ! -e "$1/add/$name" ] || die 129 "--add $2: there is already a '$name'"
	mkdir -p "$1/add"
	cp -RHp "$2" "$1/add/$name" || die 129 "--add $2: cannot be read"
}
