# SPDX-License-Identifier: GPL-2.0-only
#
# usage: awk -v dir=DIR -f table.awk FLAVOUR...
#
# The end of `lab test`: what armlet said on each flavour (DIR/FLAVOUR.ktap), as one table; below it what failed, and why
# flavours are missing. Exits 1 if a test failed or a host did not survive, 125 if some flavour could not be
# run, 129 if nothing that was asked for can exist.

function trim(text) {
	gsub(/^[ \t]+|[ \t\r]+$/, "", text)
	return text
}

# The first line of a small file; "" if there is none.
function first_line(file,    line) {
	line = ""
	if ((getline line < file) < 0)
		line = ""
	close(file)
	return line
}

# Reads one boot's lines; `more` when there is another for the tests that can hang a host. Families' lines stand at the
# margin, their tests' lines do not.
function read_ktap(flavour, file, more,    line, family, hazardous, text, status, id, planned, groups, last) {
	planned = ""
	groups = 0
	last = ""
	while ((getline line < file) > 0) {
		text = trim(line)
		if (line ~ /^1\.\.[0-9]+/) {
			planned = substr(line, 4) + 0
		} else if (line ~ /^(not )?ok [0-9]+/) {
			groups++
		} else if (text ~ /^# Subtest: /) {
			family = substr(text, 12)
			# Rounds and the tests that can hang a host are groups of their own.
			sub(/ \(round [0-9]+\)$/, "", family)
			hazardous = sub(/-hazardous$/, "", family)
		} else if (text ~ /^(not )?ok [0-9]+/) {
			status = text ~ /^not / ? "failed" : toupper(text) ~ /# *SKIP/ ? "skipped" : "passed"
			sub(/^(not )?ok [0-9]+( -)? */, "", text)
			id = text
			sub(/ *# .*/, "", id)
			# Skipped in the first boot, run in the second.
			if (hazardous && status == "skipped" && more)
				continue
			count(flavour, family, status)
			last = id
			if (status == "failed")
				failures = failures "  " flavour ": " id "\n"
			if (match(text, /# [0-9.]+ s/))
				cell[flavour, family, "time"] += substr(text, RSTART + 2, RLENGTH - 4)
		}
	}
	close(file)
	complete = planned != "" && groups >= planned
	begun = planned != "" || family != ""
	return last
}

function count(flavour, family, status) {
	if (!(family in row)) {
		row[family] = ++rows
		families[rows] = family
	}
	cell[flavour, family, status]++
	cell[flavour, family, "any"]++
	total[flavour, status]++
}

function number(n) {
	return n == "" ? 0 : n
}

function cell_text(flavour, family) {
	if (!cell[flavour, family, "any"])
		return "-"
	return number(cell[flavour, family, "passed"]) " " number(cell[flavour, family, "failed"]) " " \
		number(cell[flavour, family, "skipped"]) \
		sprintf(" %5.1f s", cell[flavour, family, "time"])
}

# What one boot came to.
function judge(flavour, boot, more,    status, last, reason, text) {
	status = first_line(dir "/" boot ".status")
	seconds[flavour] += first_line(dir "/" boot ".seconds")
	last = read_ktap(flavour, dir "/" boot ".ktap", more)
	reason = first_line(dir "/" boot ".reason")
	if (status == 0 || (status == 1 && complete))
		able = 1
	else if (status == 125 && (complete || !begun)) {
		note(flavour, "could not be run" (reason == "" ? ": nothing but skips" : ": " reason))
		unable = 1
	} else if (complete) {
		note(flavour, "ended with status " status)
		bad = 1
	} else {
		text = status == 125 ? "the host hung or crashed" : "armlet ended with status " status
		note(flavour, text (last == "" ? "" : " after " last) (reason == "" ? "" : ": " reason))
		total[flavour, "failed"]++
		bad = 1
	}
	if (total[flavour, "failed"])
		bad = 1
}

function note(flavour, text) {
	notes = notes "  " flavour ": " text "\n"
}

function exists(file,    line, got) {
	got = (getline line < file)
	close(file)
	return got >= 0
}

BEGIN {
	for (i = 1; i < ARGC; i++) {
		flavour = ARGV[i]
		reason = first_line(dir "/" flavour ".impossible")
		if (reason != "") {
			note(flavour, "not run: " reason)
			continue
		}
		column[++columns] = flavour
		more = exists(dir "/" flavour "-hazardous.status")
		judge(flavour, flavour, more)
		if (more)
			judge(flavour, flavour "-hazardous", 0)
	}
	if (columns) {
		first = 8
		for (i = 1; i <= rows; i++)
			if (length(families[i]) > first)
				first = length(families[i])
		printf "%-*s", first, ""
		for (j = 1; j <= columns; j++) {
			width[j] = length(column[j]) > 16 ? length(column[j]) : 16
			printf "  %*s", width[j], column[j]
		}
		print ""
		for (i = 1; i <= rows; i++) {
			printf "%-*s", first, families[i]
			for (j = 1; j <= columns; j++)
				printf "  %*s", width[j], cell_text(column[j], families[i])
			print ""
		}
		printf "%-*s", first, "all"
		for (j = 1; j <= columns; j++)
			printf "  %*s", width[j], number(total[column[j], "passed"]) " " \
				number(total[column[j], "failed"]) " " number(total[column[j], "skipped"]) \
				sprintf(" %5d s", seconds[column[j]])
		print "\n(passed, failed, skipped, time; all: the host's boot included)"
	}
	if (failures != "")
		printf "failed:\n%s", failures
	if (notes != "")
		printf "notes:\n%s", notes
	exit bad ? 1 : unable ? 125 : able ? 0 : 129
}
