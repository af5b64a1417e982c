# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The parts that the lab is made of, fetched when first needed: QEMU, kernels and
# their modules, busybox. All come from Debian 13 (trixie), on every machine, so
# that every machine runs the same lab; only kernels have other homes as well.
#
# Needs: $root (the repository). Everything here is kept in $root/build/lab.
# shellcheck disable=SC2154

parts=$root/build/lab
qemu_tree=$parts/qemu-$(uname -m)
fetch=$root/setup/fetch

# The C library and all else below QEMU come with it: see "unpacked".
parts_qemu() {
	case $(uname -m) in
	x86_64) parts_arch=amd64 ;;
	aarch64) parts_arch=arm64 ;;
	*) die 125 "the lab runs on x86-64 and arm64 machines; this is $(uname -m)" ;;
	esac
	"$fetch" --closure "$parts_arch" trixie "$qemu_tree" qemu-system-arm virtiofsd ||
		die 125 "cannot get QEMU"
}

parts_busybox() {
	"$fetch" arm64 trixie "$parts/busybox" busybox-static || die 125 "cannot get busybox"
}

# parts_kernel 6.1|6.12|newest: fetch it.
parts_kernel() {
	case $1 in
	6.1) parts_suite=bookworm ;;
	6.12) parts_suite=trixie ;;
	newest) parts_suite=sid ;;
	esac
	"$fetch" --depends linux- arm64 "$parts_suite" "$parts/linux-$1" linux-image-cloud-arm64 ||
		die 125 "cannot get kernel $1"
}

# parts_kernel_image 6.1|6.12|newest: print where its Image is.
parts_kernel_image() {
	for image in "$parts/linux-$1"/boot/vmlinuz-* "$parts/linux-$1"/usr/lib/modules/*/vmlinuz; do
		if [ -f "$image" ]; then
			echo "$image"
			return
		fi
	done
	die 125 "no kernel in $parts/linux-$1: delete it and try again"
}

# parts_kernel_release 6.1|6.12|newest: print what `uname -r` says there.
parts_kernel_release() {
	for release in "$parts/linux-$1"/lib/modules/* "$parts/linux-$1"/usr/lib/modules/*; do
		if [ -d "$release/kernel" ]; then
			basename "$release"
			return
		fi
	done
	die 125 "no modules in $parts/linux-$1: delete it and try again"
}

# parts_modules KERNEL DEST NAME...: put modules and what they depend on into
# DEST, uncompressed, named such that their order is that of loading.
parts_modules() {
	kernel_tree=$parts/linux-$1 dest=$2
	shift 2
	mkdir -p "$dest"
	order='' todo=$*
	while [ -n "$todo" ]; do
		next=''
		for name in $todo; do
			name=$(echo "$name" | tr - _)
			parts_module "$name" || continue
			# A module met again moves to the front, and so do its needs.
			order="$name $(echo "$order" | sed "s/\<$name\> *//")"
			next="$next $(tr '\0' '\n' <"$dest/$name.ko" | sed -n 's/^depends=//p' | tr , ' ')"
		done
		todo=$(echo "$next" | tr -s ' ' | sed 's/^ //; s/ $//')
	done
	number=100
	for name in $order; do
		mv "$dest/$name.ko" "$dest/$number-$name.ko"
		number=$((number + 1))
	done
}

# parts_module NAME: unpack one module to $dest; fails if the kernel has it built in.
parts_module() {
	[ ! -e "$dest/$1.ko" ] || return 0
	pattern=$(echo "$1" | sed 's/_/[-_]/g')
	! grep -q "/$pattern\.ko\$" "$kernel_tree"/lib/modules/*/modules.builtin "$kernel_tree"/usr/lib/modules/*/modules.builtin 2>/dev/null || return 1
	file=$(find "$kernel_tree" -name "$pattern.ko" -o -name "$pattern.ko.*")
	case $file in
	'') die 129 "this kernel has no module '$1'" ;;
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -qdc "$file" ;;
	*) cat "$file" ;;
	esac >"$dest/$1.ko" || die 125 "cannot unpack $file"
}
