#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: repeat.sh ROUNDS [ARMLET-TEST-OPTION]...
#
# `armlet test` again and again beside a competing load: on each host CPU one process that always wants to run and one
# that wakes up all the time. Each round has its own order and seed. A test that fails in one of fifty rounds is
# broken, or has found something. The KTAP of rounds that failed comes to /out.

# shellcheck source=tests/lab/cases/lib.sh
. "${LAB_ADD:-/add}/cases/lib.sh"

rounds=$1
shift

spin() { while :; do :; done; }
wake() { while :; do usleep 3000; done; }

load=
for _ in $(seq "$(nproc)"); do
	spin &
	load="$load $!"
	wake &
	load="$load $!"
done

for round in $(seq "$rounds"); do
	begun=$(date +%s)
	armlet test --shuffle --seed "$round" "$@" >"$out" 2>"$err" </dev/null
	status=$?
	if [ $status = 0 ]; then
		echo "ok - round $round ($(($(date +%s) - begun)) s)"
	else
		echo "not ok - round $round: status $status"
		grep -B1 -A12 '^ *not ok' "$out" | sed 's/^/# /' | head -n 60
		sed 's/^/# /' "$err" | head -n 20
		cp "$out" "${LAB_OUT:-/out}/round-$round.ktap"
	fi
done
# shellcheck disable=SC2086 # numbers
kill $load
echo "1..$rounds"
