# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# lab compare: two host kernels, the same tests and the same counts on both, and what differs.
#
# On each host: `lab meter` on both kernels at once, each needs but one CPU; then `lab test` on one and on the other, both with all
# CPUs. `armlet compare` has the last word; build/compare is the same for this machine.
#
# Needs: $here $root $work and lab's functions.
# shellcheck disable=SC2154,SC2034,SC2030,SC2031

lab_compare() {
	base='' new='' compare_hosts=gicv3 compare_mode='' compare_cpu='' report='' dir='' test_patterns='' operations='' iterations=20
	each_option compare_option compare_word "$@"
	if [ -z "$base" ] || [ -z "$new" ]; then
		die 129 "compare: which kernels? --base KERNEL --new KERNEL"
	fi
	[ "$compare_hosts" != all ] || compare_hosts='gicv3 gicv2 no-vgic'
	compare_check
	if [ -n "$dir" ]; then
		mkdir -p "$dir" || die 129 "--json-dir $dir: cannot be made"
		dir=$(cd "$dir" && pwd) || die 129 "--json-dir $dir: cannot be entered"
	else
		dir=$work/records
	fi
	# Before anything is booted: it would be a pity about the boots.
	[ -n "${COMPARE-}" ] || MAKEFLAGS='' make -s -C "$root" build/compare >&2 || die 125 "armlet compare cannot be built"
	compare_begun=$(date +%s)
	for host in $compare_hosts; do
		mkdir -p "$dir/base/$host" "$dir/new/$host"
		rm -rf "$dir"/base/"$host"/*.json "$dir"/new/"$host"/*.json "$dir"/base/"$host"-again "$dir"/new/"$host"-again
		# The shorter part first: a name that is wrong shows soon.
		[ "$operations" = none ] || compare_meter
		if [ "$test_patterns" != none ]; then
			compare_test base "$base"
			compare_test new "$new"
			compare_test_again
		fi
	done
	compare_report
}

compare_word() { die 129 "compare: what is $1? See 'lab --help'"; }

# compare_option --NAME VALUE
compare_option() {
	case $1 in
	--base) base=$2 ;;
	--new) new=$2 ;;
	--host) compare_hosts=$(echo "$2" | tr , ' ') ;;
	--mode) compare_mode=$2 ;;
	--cpu) compare_cpu=$2 ;;
	--report) report=$2 ;;
	--json-dir) dir=$2 ;;
	--tests) test_patterns=$(echo "$2" | tr , ' ') ;;
	--operations) operations=$(echo "$2" | tr , ' ') ;;
	--iterations) iterations=$2 ;;
	*) die 129 "unknown option $1; see 'lab --help'" ;;
	esac
}

# What cannot be booted is said before anything is.
compare_check() {
	for compare_kernel in "$base" "$new"; do
		for compare_host in $compare_hosts; do
			(
				host=$compare_host mode=$compare_mode kernel=$compare_kernel cpu=$compare_cpu smp='' mem='' modules='' icount=''
				flavour_check
			) || exit
		done
	done
	case $iterations in
	'' | *[!0-9]* | 0*) die 129 "--iterations $iterations: wants a number from 1 on" ;;
	esac
	if [ "$test_patterns $operations" = "none none" ]; then
		die 129 "nothing to compare: --tests none --operations none"
	fi
	if [ -n "$report" ]; then
		true 2>/dev/null >"$report" || die 129 "--report $report: cannot be written"
	fi
}

compare_say() {
	echo "compare: $(($(date +%s) - compare_begun)) s: $*" >&2
}

compare_tool() { "${COMPARE:-$root/build/compare}" "$@"; }

# compare_lab COMMAND KERNEL OPTION...: the lab on this host.
compare_lab() {
	command=$1 kernel=$2
	shift 2
	"${LAB:-$here/lab}" "$command" --host "$host" ${compare_mode:+--mode "$compare_mode"} ${compare_cpu:+--cpu "$compare_cpu"} \
		--kernel "$kernel" "$@" </dev/null
}

# compare_test_record SIDE: the file, if there is one; the meter's are beside it.
compare_test_record() {
	find "$dir/$1/$host" -name '*.json' ! -name 'meter-*'
}

# compare_test SIDE KERNEL: failing tests are what the comparison is for; a host that does not boot is not.
compare_test() {
	compare_say "$host, $1: tests"
	# shellcheck disable=SC2086 # words
	compare_lab test "$2" --json-dir "$dir/$1/$host" $test_patterns >"$dir/$1/$host/tests.txt" 2>&1 &
	pids=$!
	wait "$pids"
	compare_status=$?
	pids=
	if [ ! -s "$(compare_test_record "$1")" ]; then
		tail -n 20 "$dir/$1/$host/tests.txt" >&2
		die 125 "$host, $1: no record of the tests (status $compare_status)"
	fi
	compare_say "$host, $1: $(awk '$1 == "all" { said = $2 " passed, " $3 " failed, " $4 " skipped" } END { print said }' "$dir/$1/$host/tests.txt")"
}

# Tests of whose verdict only one run tells that it changed: three times more on both kernels, so that a test that fails now and then
# is known for that. If there are many of them the kernels do differ.
compare_test_again() {
	again=$(compare_tool --base "$(compare_test_record base)" --new "$(compare_test_record new)" 2>/dev/null |
		awk '/^  [^ ]/ { id = $1 } /^    .*FAILED/ { print id }' | sort -u)
	[ -n "$again" ] || return 0
	if [ "$(echo "$again" | wc -l)" -gt 20 ]; then
		compare_say "$host, both: more than 20 verdicts changed; none is looked at again"
		return
	fi
	for side in base new; do
		if [ $side = base ]; then compare_kernel=$base; else compare_kernel=$new; fi
		mkdir -p "$dir/$side/$host-again"
		# shellcheck disable=SC2086 # words
		compare_say "$host, $side: again:" $again
		# shellcheck disable=SC2086 # words
		compare_lab test "$compare_kernel" --json-dir "$dir/$side/$host-again" --repeat 3 $again \
			>"$dir/$side/$host-again/tests.txt" 2>&1 &
		pids=$!
		wait "$pids"
		pids=
	done
}

# Twice: what differs between two runs of one kernel is none of the other's doing.
compare_meter() {
	meter_build
	for repeat in 1 2; do
		compare_say "$host, both: counts, $repeat of 2"
		compare_meter_both
	done
}

compare_meter_both() {
	pids=
	for side in base new; do
		if [ $side = base ]; then compare_kernel=$base; else compare_kernel=$new; fi
		# shellcheck disable=SC2086 # words
		compare_lab meter "$compare_kernel" --iterations "$iterations" --json "$dir/$side/$host/meter-$repeat.json" $operations \
			>"$dir/$side/$host/meter.txt" 2>&1 &
		eval "meter_$side=$!"
		pids="$pids $!"
	done
	for side in base new; do
		eval "wait \$meter_$side" || {
			tail -n 20 "$dir/$side/$host/meter.txt" >&2
			die 125 "$host, $side: not metered"
		}
	done
	pids=
}

# What `armlet compare` says of all records: it knows which belong together. Ends the process with its status.
compare_report() {
	set --
	for side in base new; do
		for file in "$dir/$side"/*/*.json; do
			[ ! -f "$file" ] || set -- "$@" --$side "$file"
		done
	done
	compare_say "what differs"
	compare_tool "$@"
	compare_status=$?
	[ -z "$report" ] || compare_tool "$@" --format html -o "$report" 2>/dev/null
	exit $compare_status
}
