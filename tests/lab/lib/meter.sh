# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# lab meter: `armlet bench` on a host whose time is its instructions, under the plugin that counts what happens
# (tests/meter), and the record of it.
#
# Needs: $here $root $work and lab's functions.
# shellcheck disable=SC2154,SC2034

lab_meter() {
	json='' meter_log='' meter_timeout=600 iterations=50 warmup=5
	: >"$work/run-options"
	: >"$work/bench-options"
	host='' mode='' kernel='' cpu=''
	each_option meter_option meter_word "$@"
	[ -n "$json" ] || die 129 "meter: where shall the record go? --json FILE"
	case $host in native) die 129 "--host native: the meter looks into an emulated machine" ;; esac
	true 2>/dev/null >"$json" || die 129 "--json $json: cannot be written"
	meter_build
	meter_boot
	meter_record
}

# Plugin and tool; several of us may come at once.
meter_build() {
	mkdir -p "$root/build"
	flock "$root/build" env MAKEFLAGS='' make -s -C "$root" meter >&2 || die 125 "the meter cannot be built"
}

meter_word() { test_line bench-options "$1"; }

# meter_option --NAME VALUE
meter_option() {
	case $1 in
	--json) json=$2 ;;
	--timeout) meter_timeout=$2 ;;
	--log) meter_log=$2 ;;
	--iterations) iterations=$2 ;;
	--warmup) warmup=$2 ;;
	--host | --mode | --kernel | --cpu)
		case $1 in
		--host) host=$2 ;;
		--mode) mode=$2 ;;
		--kernel) kernel=$2 ;;
		--cpu) cpu=$2 ;;
		esac
		test_line run-options "$1"
		test_line run-options "$2" ;;
	--smp) die 129 "--smp $2: the meter counts what one emulated CPU does" ;;
	--mem | --append | --modules | --qemu | --add)
		test_line run-options "$1"
		test_line run-options "$2" ;;
	*)
		test_line bench-options "$1"
		test_line bench-options "$2" ;;
	esac
}

meter_boot() {
	mkdir "$work/out"
	# What a kernel does in the background after it has booted (tests of its ciphers, keys) is over then. Of a task that sleeps
	# the scheduler of some kernels says for a while that it is runnable, or lets one that a tick has woken wait for its turn; KVM
	# takes another path for both: not here.
	set -- sh -c 'for feature in NO_DELAY_DEQUEUE NO_RUN_TO_PARITY; do echo $feature 2>/dev/null >/sys/kernel/debug/sched/features; done; sleep 20; exec "$@"' sh armlet bench --iterations "$iterations" --warmup "$warmup" --json /out/bench.json
	eval "set -- \"\$@\" $(tr '\n' ' ' <"$work/bench-options")"
	# What would take another time each time: a random stack offset for each system call, random addresses (mappings that touch or
	# do not touch the same page tables), polling before a vCPU sleeps.
	set -- --icount --append "randomize_kstack_offset=off norandmaps kvm.halt_poll_ns=0" --timeout "$meter_timeout" --out "$work/out" --log "${meter_log:-$work/meter.console}" \
		--qemu-arg -plugin --qemu-arg "$root/build/$(uname -m)/meter/plugin.so,out=$work/counts" -- "$@"
	eval "set -- $(tr '\n' ' ' <"$work/run-options") \"\$@\""
	: >"$work/counts"
	"${LAB:-$here/lab}" run "$@" >"$work/bench.out" 2>"$work/bench.err" </dev/null &
	pids=$!
	wait "$pids"
	bench_status=$?
	pids=
	if [ ! -s "$work/out/bench.json" ] || { [ "$bench_status" != 0 ] && [ "$bench_status" != 1 ]; }; then
		cat "$work/bench.out" "$work/bench.err" >&2
		die "$([ "$bench_status" = 129 ] && echo 129 || echo 125)" "armlet bench ended with status $bench_status"
	fi
}

meter_record() {
	case $kernel in
	'') kernel=6.12 ;;
	*/*) kernel=$(basename "$kernel") ;;
	esac
	"$root/build/$(uname -m)/meter/record" "$work/out/bench.json" "$work/counts" "$json" \
		"host=${host:-gicv3}" "mode=${mode:-default}" "kernel=$kernel" "cpu=${cpu:-max}"
	exit $?
}
