# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash completion for armlet; goes to PREFIX/share/bash-completion/completions/armlet. Options come from
# the command's own --help, so that there is only one list of them.

_armlet_options() {
	"$1" "$2" --help 2>/dev/null | sed -nE 's/^  (-., |    )(--[a-z-]+).*/\2/p'
}

_armlet() {
	local word=$2 previous=$3 command=${COMP_WORDS[1]}

	COMPREPLY=()
	if [[ $COMP_CWORD -eq 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "run test bench compare info help --help --version" -- "$word")
		return
	fi
	# `--option=value` comes as three words.
	if [[ $previous == '=' ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $word == '=' ]]; then
		word=
	fi
	case $command:$previous in
	help:*)
		mapfile -t COMPREPLY < <(compgen -W "run test bench compare info" -- "$word")
		;;
	run:-k | run:--kernel | run:-i | run:--initrd | run:--dtb | run:--dump-dtb)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	test:--json | bench:--json | compare:--base | compare:--new | compare:-o | compare:--output)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	test:--tier)
		mapfile -t COMPREPLY < <(compgen -W "quick full soak" -- "$word")
		;;
	test:--irqchip | bench:--irqchip)
		mapfile -t COMPREPLY < <(compgen -W "all gicv3 gicv2 user" -- "$word")
		;;
	test:--plant)
		mapfile -t COMPREPLY < <(compgen -W "all $("$1" test --list-faults 2>/dev/null | awk 'NR > 1 { print $1 }')" -- "$word")
		;;
	compare:--format)
		mapfile -t COMPREPLY < <(compgen -W "text html" -- "$word")
		;;
	bench:--iterations | bench:--warmup | compare:--threshold) ;;
	test:--vcpus | test:--repeat | test:--seed | test:--timeout-scale) ;;
	run:--load)
		mapfile -t COMPREPLY < <(compgen -W "auto flat" -- "$word")
		;;
	run:--console)
		mapfile -t COMPREPLY < <(compgen -W "auto virtio serial stdio pty unix: file:" -- "$word")
		;;
	run:--irqchip)
		mapfile -t COMPREPLY < <(compgen -W "auto gicv3 gicv2 user" -- "$word")
		;;
	run:--unassigned-mmio)
		mapfile -t COMPREPLY < <(compgen -W "zero abort stop" -- "$word")
		;;
	run:--place | bench:--place | test:--place)
		compopt -o nospace
		mapfile -t COMPREPLY < <(compgen -W "none spread pack pin:" -- "$word")
		;;
	run:--migrate | test:--migrate)
		compopt -o nospace
		mapfile -t COMPREPLY < <(compgen -W "off round-robin: random: on-exit:" -- "$word")
		;;
	run:-d | run:--disk)
		compopt -o filenames -o nospace
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	run:-n | run:--net)
		compopt -o nospace
		mapfile -t COMPREPLY < <(compgen -W "user tap= none" -- "$word")
		;;
	run:--stats)
		compopt -o nospace
		mapfile -t COMPREPLY < <(compgen -W "json:" -- "$word")
		;;
	run:-p | run:--params | run:-c | run:--cpus | run:-m | run:--mem | run:--name | run:--reboots | run:--rt | run:--forward) ;;
	run:--cpu-features)
		compopt -o nospace
		mapfile -t COMPREPLY < <(compgen -W "help pauth pmu sve nested sve-max-vl= -pauth -pmu -sve" -- "$word")
		;;
	compare:*)
		if [[ $word != -* ]]; then
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
			return
		fi
		mapfile -t COMPREPLY < <(compgen -W "$(_armlet_options "$1" "$command")" -- "$word")
		;;
	bench:*)
		local operations=
		[[ $word == -* ]] || operations=$("$1" bench --list 2>/dev/null | awk 'NR > 1 { print $1 }')
		mapfile -t COMPREPLY < <(compgen -W "$operations $(_armlet_options "$1" "$command")" -- "$word")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "$(_armlet_options "$1" "$command")" -- "$word")
		;;
	esac
}

complete -F _armlet armlet
