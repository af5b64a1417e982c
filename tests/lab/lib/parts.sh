# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The parts that the lab is made of, fetched when first needed: QEMU, kernels and
# their modules, busybox. All come from Debian 13 (trixie), on every machine, so
# that every machine runs the same lab; only kernels have other homes as well.
#
# Needs: $root (the repository). Everything here is kept in $root/build/lab.

parts=$root/build/lab
# shellcheck disable=SC2154 # set by the caller
fetch=$root/setup/fetch

# The C library and all else below QEMU come with it: see "unpacked".
parts_qemu() {
	case $(uname -m) in
	x86_64) parts_arch=amd64 ;;
	aarch64) parts_arch=arm64 ;;
	*) die 1 "the lab runs on x86-64 and arm64 machines; this is $(uname -m)" ;;
	esac
	"$fetch" --closure "$parts_arch" trixie "$parts/qemu" qemu-system-arm virtiofsd ||
		die 1 "cannot get QEMU"
}

parts_busybox() {
	"$fetch" arm64 trixie "$parts/busybox" busybox-static || die 1 "cannot get busybox"
}

# parts_kernel 6.1|6.12|newest: fetch it.
parts_kernel() {
	case $1 in
	6.1) parts_suite=bookworm ;;
	6.12) parts_suite=trixie ;;
	newest) parts_suite=sid ;;
	esac
	"$fetch" --depends linux- arm64 "$parts_suite" "$parts/linux-$1" linux-image-cloud-arm64 ||
		die 1 "cannot get kernel $1"
}

# parts_kernel_image 6.1|6.12|newest: print where its Image is.
parts_kernel_image() {
	for image in "$parts/linux-$1"/boot/vmlinuz-* "$parts/linux-$1"/usr/lib/modules/*/vmlinuz; do
		if [ -f "$image" ]; then
			echo "$image"
			return
		fi
	done
	die 1 "no kernel in $parts/linux-$1: delete it and try again"
}

# parts_modules KERNEL DEST NAME...: put modules and what they depend on into
# DEST, uncompressed, named such that their order is that of loading.
parts_modules() {
	tree=$parts/linux-$1 dest=$2
	shift 2
	[ -e "$tree/lib" ] || ln -s usr/lib "$tree/lib"
	modules=$(echo "$tree"/lib/modules/*)
	if [ ! -s "$modules/modules.dep" ]; then
		PATH=$PATH:/usr/sbin:/sbin depmod -b "$tree" "${modules##*/}" 2>/dev/null ||
			die 1 "depmod failed in $tree"
	fi
	mkdir -p "$dest"
	order=$(awk -v names="$*" '
		function plain(path) {
			sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub("-", "_", path)
			return path
		}
		FILENAME ~ /builtin$/ { builtin[plain($1)] = 1; next }
		{
			file = $1; sub(/:$/, "", file)
			path[plain(file)] = file
			for (i = NF; i > 1; i--)
				needs[plain(file)] = needs[plain(file)] " " $i
		}
		END {
			n = split(names, name, " ")
			for (i = 1; i <= n; i++) {
				p = plain(name[i])
				if (p in builtin)
					continue
				if (!(p in path)) {
					print "unknown " name[i]
					exit
				}
				m = split(needs[p] " " path[p], files, " ")
				for (j = 1; j <= m; j++)
					if (!(files[j] in done)) {
						done[files[j]] = 1
						print files[j]
					}
			}
		}' "$modules/modules.builtin" "$modules/modules.dep")
	case $order in
	*unknown\ *) die 129 "this kernel has no module '${order##*unknown }'" ;;
	esac
	number=100
	for file in $order; do
		name=${file##*/}
		target=$dest/$number-${name%%.ko*}.ko
		case $name in
		*.xz) xz -dc "$modules/$file" >"$target" ;;
		*.zst) zstd -qdc "$modules/$file" >"$target" ;;
		*) cp "$modules/$file" "$target" ;;
		esac || die 1 "cannot unpack $modules/$file"
		number=$((number + 1))
	done
}
