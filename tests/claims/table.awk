# SPDX-License-Identifier: GPL-2.0-only
#
# usage: awk -f ../meter/flat.awk RECORD.json | awk -v head="CELL | CELL" -f table.awk
#
# For tests/claims/table: a row of a Markdown table for each operation, of what the founding claims are about.

function sum(pattern,    count, total) {
	total = 0
	for (count in counts)
		if (count ~ pattern)
			total += counts[count]
	return total
}

function flush_operation() {
	if (operation != "" && "exits" in counts)
		printf "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n", head, operation, sum("^exits$"), \
			sum("^gic\\..*\\.active\\.write$"), sum("^gic\\.(re)?distributor\\.write$"), \
			sum("^write\\.CNTV_(CTL|CVAL)$"), sum("^read\\.CNTV_(CTL|CVAL)$"), sum("^fp\\.saves$"), \
			sum("^fp\\.restores$"), sum("^instructions\\.el2$"), sum("^instructions\\.host_kernel$"), \
			sum("^instructions\\.armlet$")
	delete counts
}

$2 " | " $1 != operation {
	flush_operation()
	operation = $2 " | " $1
}
{ counts[$3] = $4 }
END { flush_operation() }
