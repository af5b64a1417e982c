# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# lab test: the timer suite on several hosts, one boot each, and a table of what came of it.
#
# Each boot is a `lab run` of its own, so that a host that hangs or crashes costs its own flavour
# only. What armlet said there (KTAP) is kept in a file for table.awk.
#
# Needs: $here $root and lab's functions.
# shellcheck disable=SC2154,SC2034

# Word lists of what was asked for; FILE names of kernels may hold blanks, so those are lines.
hosts='' modes='' kernels='' cpus=''

lab_test() {
	icount='' dir='' timeout='' pass='' hazardous=''
	: >"$work/run-options"
	: >"$work/test-options"
	while [ $# -gt 0 ]; do
		case $1 in
		--)
			shift
			break ;;
		--help | -h)
			usage
			exit 0 ;;
		--icount) icount=1 ;;
		--hazardous) hazardous=1 ;;
		--host=* | --mode=* | --kernel=* | --cpu=* | --smp=* | --mem=* | --append=* | --modules=* | --qemu=* | --qemu-arg=* | \
			--add=* | --timeout=* | --json-dir=*)
			option=${1%%=*} value=${1#*=}
			shift
			set -- "$option" "$value" "$@"
			continue ;;
		--host | --mode | --kernel | --cpu | --smp | --mem | --append | --modules | --qemu | --qemu-arg | \
			--add | --timeout | --json-dir)
			[ $# -ge 2 ] || die 129 "$1 needs a value"
			test_option "$1" "$2"
			shift ;;
		--json | --json=*) die 129 "--json: one for each host: --json-dir DIR" ;;
		*) test_line test-options "$1" ;;
		esac
		shift
	done
	for argument; do test_line test-options "$argument"; done
	[ "$hosts" != all ] || hosts='gicv3 gicv2 no-vgic'
	test_check_names
	if [ -n "$dir" ]; then
		mkdir -p "$dir" || die 129 "--json-dir $dir: cannot be made"
		dir=$(cd "$dir" && pwd) || die 129 "--json-dir $dir: cannot be entered"
	else
		dir=$work/results
		mkdir "$dir"
	fi
	armlet=${ARMLET:-$root/build/armlet}
	[ -f "$armlet" ] || die 129 "no armlet binary at $armlet: run 'make' first, or set ARMLET to one"
	test_flavours
	test_table
}

# test_line FILE WORD: keep a word, in the shell's quoting.
test_line() {
	{
		printf ' '
		quote "$2"
	} >>"$work/$1"
}

# test_option --NAME VALUE
test_option() {
	case $1 in
	--host) hosts=$(echo "$2" | tr , ' ') ;;
	--mode) modes=$(echo "$2" | tr , ' ') ;;
	--cpu) cpus=$(echo "$2" | tr , ' ') ;;
	--kernel) kernels=$(echo "$2" | tr , '\n') ;;
	--json-dir) dir=$2 ;;
	--timeout) timeout=$2 ;;
	*)
		test_line run-options "$1"
		test_line run-options "$2" ;;
	esac
}

# Of a combination of good names the table says why it cannot exist; a name that nothing has is an error.
test_check_names() {
	for host in $hosts; do
		case $host in
		gicv3 | gicv2 | no-vgic | native) ;;
		*) die 129 "--host $host: there are gicv3, gicv2, no-vgic, native and all" ;;
		esac
	done
	for mode in $modes; do
		case $mode in
		vhe | nvhe | protected | nested) ;;
		*) die 129 "--mode $mode: there are vhe, nvhe, protected and nested" ;;
		esac
	done
	while IFS= read -r kernel; do
		case $kernel in
		'' | 6.1 | 6.12 | newest) ;;
		*) (flavour_check_image "$kernel") || exit ;;
		esac
	done <<-END
		$kernels
	END
}

# How many words or lines: what varies is part of a flavour's name.
test_varies() { [ "$(printf '%s\n' "$1" | wc -w)" -gt 1 ]; }

test_flavours() {
	: >"$work/flavours"
	printf '%s\n' "$kernels" >"$work/kernels"
	while IFS= read -r kernel_asked <&4; do
		for cpu_asked in ${cpus:-''}; do
			for mode_asked in ${modes:-''}; do
				for host_asked in ${hosts:-gicv3}; do
					test_flavour
				done
			done
		done
	done 4<"$work/kernels"
}

# The name: the host, and what is not the default or one of several.
test_name() {
	name=$host_asked
	if [ -n "$kernel_asked" ] && { [ "$kernel_asked" != 6.12 ] || test_varies "$kernels"; }; then
		name=$name-$(basename "$kernel_asked")
	fi
	[ -z "$mode_asked" ] || name=$name-$mode_asked
	[ -z "$cpu_asked" ] || name=$name-$cpu_asked
	[ -z "$icount" ] || name=$name-icount
}

test_flavour() {
	test_name
	echo "$name" >>"$work/flavours"
	if [ "$host_asked" != native ]; then
		if ! (
			host=$host_asked mode=$mode_asked kernel=$kernel_asked cpu=$cpu_asked smp='' mem='' modules=''
			flavour_check
		) 2>"$work/reason"; then
			sed 's/^lab: //' "$work/reason" >"$dir/$name.impossible"
			return
		fi
	fi
	rm -f "$dir/$name".*
	test_boot "$name"
	[ -n "$hazardous" ] || return 0
	test_boot "$name-hazardous" --hazardous=only
	# None of those that match: nothing is missing.
	if [ "$boot_status" = 125 ] && [ ! -s "$dir/$boot_name.ktap" ] && grep -q 'is hazardous$' "$dir/$boot_name.reason"; then
		rm "$dir/$boot_name".*
	fi
}

# test_boot NAME [MORE-TEST-OPTIONS]: one boot; leaves NAME.ktap, NAME.json, NAME.console, NAME.status and NAME.seconds.
test_boot() {
	boot_name=$1
	shift
	set -- armlet test --json "$([ "$host_asked" = native ] && echo "$dir" || echo /out)/$boot_name.json" \
		${icount:+--exact-time} "$@"
	eval "set -- \"\$@\" $(tr '\n' ' ' <"$work/test-options")"
	set -- -- "$@"
	if [ "$host_asked" != native ]; then
		set -- ${kernel_asked:+--kernel "$kernel_asked"} ${cpu_asked:+--cpu "$cpu_asked"} \
			${mode_asked:+--mode "$mode_asked"} ${icount:+--icount} --log "$dir/$boot_name.console" "$@"
	fi
	eval "set -- $(tr '\n' ' ' <"$work/run-options") \"\$@\""
	echo "# $boot_name"
	begun=$(date +%s)
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	tee "$dir/$boot_name.ktap" <"$work/pipe" &
	tee_pid=$!
	"${LAB:-$here/lab}" run --host "$host_asked" --out "$dir" --timeout "${timeout:-1800}" "$@" \
		>"$work/pipe" 2>"$work/stderr" 4<&- &
	pids=$!
	wait "$pids"
	boot_status=$?
	pids=
	wait "$tee_pid"
	cat "$work/stderr" >&2
	# The last word of the lab, or of armlet.
	sed -n '/^lab: | /d; s/^lab: //p; s/^armlet: //p' "$work/stderr" | tail -n 1 >"$dir/$boot_name.reason"
	# Wrong usage is wrong on all hosts.
	[ "$boot_status" != 129 ] || exit 129
	echo "$boot_status" >"$dir/$boot_name.status"
	echo $(($(date +%s) - begun)) >"$dir/$boot_name.seconds"
}

test_table() {
	set --
	while read -r name; do set -- "$@" "$name"; done <"$work/flavours"
	echo
	awk -v dir="$dir" -f "$here/lib/table.awk" "$@"
	exit $?
}
