# SPDX-License-Identifier: GPL-2.0-only
#
# usage: awk -f flat.awk RECORD.json
#
# For scripts: a record of the meter, which has a line for each key, as lines "OPERATION IRQCHIP KEY VALUE...", where KEY is
# `class`, `exact`, `iterations`, `discarded`, `skipped`, the name of a count, or `range` with the name of one and its least and greatest value.

function value(line) {
	sub(/^[^:]*: /, "", line)
	sub(/,$/, "", line)
	gsub(/"/, "", line)
	return line
}
function key(line) {
	gsub(/^ *"|":.*/, "", line)
	return line
}

/^      "name":/ { name = value($0); irqchip = "-" }
/^      "irqchip":/ { irqchip = value($0) }
/^      "(class|exact|iterations|discarded|skipped)":/ { print name, irqchip, key($0), value($0) }
/^      "(counts|ranges)": \{/ { inside = key($0) }
/^      \}/ { inside = "" }
inside == "counts" && /^        "/ { print name, irqchip, key($0), value($0) }
inside == "ranges" && /^        "/ { range = key($0); numbers = "" }
inside == "ranges" && /^          [0-9]/ { gsub(/[ ,]/, ""); numbers = numbers " " $0 }
inside == "ranges" && /^        \]/ { print name, irqchip, "range", range numbers }
