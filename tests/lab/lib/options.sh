# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The command lines of `lab meter` and `lab compare`, all of whose options have values.
#
# Needs: lab's functions.

# each_option TAKE_OPTION TAKE_WORD ARG...: calls TAKE_OPTION --NAME VALUE for each option, as two words or as --NAME=VALUE, and
# TAKE_WORD for each other word and all behind "--".
each_option() {
	take_option=$1 take_word=$2
	shift 2
	while [ $# -gt 0 ]; do
		case $1 in
		--)
			shift
			break ;;
		--help | -h)
			usage
			exit 0 ;;
		--?*=*) "$take_option" "${1%%=*}" "${1#*=}" ;;
		--*)
			[ $# -ge 2 ] || die 129 "$1 needs a value"
			"$take_option" "$1" "$2"
			shift ;;
		*) "$take_word" "$1" ;;
		esac
		shift
	done
	for argument; do "$take_word" "$argument"; done
}
