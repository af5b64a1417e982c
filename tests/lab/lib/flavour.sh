# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The kinds of emulated host: which combinations exist, and what QEMU and the
# kernel are told for them.
#
# Reads the options that tests/lab/lab has parsed: $host $mode $kernel $cpu $smp
# $mem $icount; an option that was not given is empty. Sets the defaults.

# shellcheck disable=SC2154 # the options
refuse() { die 129 "$*"; }

flavour_check() {
	case $host in
	'') host=gicv3 ;;
	gicv3 | gicv2 | no-vgic) ;;
	*) refuse "--host $host: there are gicv3, gicv2, no-vgic and native" ;;
	esac
	case $kernel in
	'') kernel=6.12 ;;
	6.1 | 6.12 | newest) ;;
	*)
		flavour_check_image "$kernel"
		[ -z "$modules" ] ||
			refuse "--modules with --kernel FILE: whose modules? Build them in, or --add them and use insmod" ;;
	esac
	[ -n "$cpu" ] || cpu=max
	flavour_check_size
	case $cpu in
	cortex-a7 | cortex-a9 | cortex-a15 | cortex-m* | cortex-r* | arm* | sa1* | pxa* | ti925t | any)
		refuse "--cpu $cpu is no 64-bit core with EL2" ;;
	host) refuse "--cpu host: the cores here are emulated" ;;
	esac
	flavour_check_mode
}

flavour_check_size() {
	case $smp in
	'') if [ -n "$icount" ]; then smp=1; else smp=2; fi ;;
	*[!0-9]* | 0*) refuse "--smp $smp: wants a number of CPUs" ;;
	esac
	[ -z "$icount" ] || [ "$smp" = 1 ] ||
		refuse "--icount with --smp $smp: instructions are counted on one CPU only"
	[ "$host" = gicv3 ] || [ "$smp" -le 8 ] ||
		refuse "--host $host with --smp $smp: a GICv2 has room for 8 CPUs"
	case $mem in
	'') mem=2G ;;
	*[!0-9KMG]* | [!1-9]* | *[KMG]?*) refuse "--mem $mem: wants a size such as 512M or 2G" ;;
	*[0-9]) mem=${mem}M ;;
	esac
}

flavour_check_mode() {
	case $mode in
	'' | nvhe) ;;
	vhe)
		case $cpu in
		cortex-a35* | cortex-a53* | cortex-a57* | cortex-a72*)
			refuse "--mode vhe with --cpu $cpu: this core has no VHE (FEAT_VHE came with Armv8.1)" ;;
		esac ;;
	protected)
		[ "$host" = gicv3 ] ||
			refuse "--mode protected with --host $host: protected KVM needs a GICv3, without one there is no /dev/kvm" ;;
	nested)
		[ "$host" = gicv3 ] ||
			refuse "--mode nested with --host $host: KVM_CAP_ARM_EL2 needs a GICv3"
		case $cpu in
		max*) ;;
		*) refuse "--mode nested with --cpu $cpu: of QEMU's cores only 'max' has FEAT_NV2" ;;
		esac
		case $kernel in
		6.1 | 6.12) refuse "--mode nested with --kernel $kernel: KVM has KVM_CAP_ARM_EL2 since Linux 6.16; use --kernel newest" ;;
		esac ;;
	*) refuse "--mode $mode: there are vhe, nvhe, protected and nested" ;;
	esac
}

# Only an uncompressed arm64 Image can be booted by QEMU as the host.
flavour_check_image() {
	[ -e "$1" ] || refuse "--kernel $1: no such file; there are 6.1, 6.12, newest, or a file"
	[ -f "$1" ] || refuse "--kernel $1: not a file"
	[ -r "$1" ] || refuse "--kernel $1: cannot be read"
	[ "$(head -c 60 "$1" | tail -c 4 | od -An -tx1 | tr -d ' ')" != 41524d64 ] || return 0
	case $(head -c 8 "$1" | od -An -tx1 | tr -d ' ') in
	1f8b* | 28b52ffd* | fd377a58* | 425a68*) refuse "--kernel $1: compressed; unpack it first, the lab wants an arm64 'Image'" ;;
	4d5a????7a696d67*) refuse "--kernel $1: an EFI zboot image; the lab wants the arm64 'Image' inside it" ;;
	7f454c46*) refuse "--kernel $1: an ELF file; the lab wants the arm64 'Image' (arch/arm64/boot/Image)" ;;
	*) refuse "--kernel $1: not an arm64 kernel 'Image'" ;;
	esac
}

# What the host kernel is told.
flavour_append() {
	append="console=ttyAMA0 panic=-1"
	case $mode in
	nvhe | protected | nested) append="$append kvm-arm.mode=$mode" ;;
	esac
	[ -z "$icount" ] || append="$append nokaslr"
	echo "$append"
}

# The value of QEMU's -machine.
flavour_machine() {
	case $host in
	gicv3) machine=virt,virtualization=on,gic-version=3 ;;
	*) machine=virt,virtualization=on,gic-version=2 ;;
	esac
	[ -z "$icount" ] || machine=$machine,dtb-randomness=off
	echo "$machine,memory-backend=ram"
}

# The value of QEMU's -cpu: emulating the architected pointer authentication
# would take longer than all the rest.
flavour_cpu() {
	case $cpu in
	max) echo max,pauth-impdef=on ;;
	*) echo "$cpu" ;;
	esac
}

# flavour_cut_vgic QEMU-DTB: leave the GICv2 node only its distributor and CPU
# interface, so that KVM finds no virtual interface and does without a vGIC.
flavour_cut_vgic() {
	# shellcheck disable=SC2046 # numbers
	fdtput -t x "$1" /intc@8000000 reg \
		$(fdtget -t x "$1" /intc@8000000 reg | cut -d' ' -f1-8)
}
