"""Writes the tables of docs/hardware.md and docs/rv32.md that say what heap a config needs.

python tests/bench/heap_docs.py [MEASURED]   MEASURED: what heap.py --json printed

hardware.md says what `packlog install` goes by (host_tools/install/room.json), rv32.md what was
measured. Each table stands between two marks, and is written anew as a whole.
"""

import json
import re
import sys
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from host_tools.install import room

DOCS = Path(__file__).resolve().parents[2] / "docs"
KB = 1024
CHIPS = {"esp32": "ESP32 (WROOM)", "esp32c3": "ESP32-C3", "esp32s3": "ESP32-S3 without PSRAM"}


def boards():
    """The lines of the table in hardware.md."""
    yield "| config | KB of heap: start, compaction | " + " | ".join(CHIPS.values()) + " |"
    yield "|---" * (2 + len(CHIPS)) + "|"
    for name, parts in room.TABLE["has"].items():
        need = room.needs(parts)
        radios = room.radios_of(parts, room.by_radio(parts))
        said = [room.verdict(need, room.free(chip, radios)) for chip in CHIPS]
        yield f"| {name} | {need['start']}, {need['compaction']} | {' | '.join(said)} |"


def measured(found):
    """The lines of the table in rv32.md, from what heap.py found."""
    kinds = "start | compaction | at a start"
    yield f"| config | {kinds} | frozen: {kinds} | in use | names | native |"
    yield "|---" * 10 + "|"
    for name, sizes in found["smallest"].items():
        use = found["in use"][name]
        row = [str(kb // KB) for each in (sizes, found["frozen"][name]) for kb in each.values()]
        row += [f"{use['start'][key]:,}" for key in ("used", "name_bytes")]
        yield f"| {name} | {' | '.join(row)} | {use['compaction']['native']:,} |"


def put(path, name, lines):
    """Write the table between its marks."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    text = path.read_text()
    made = begin + "\n".join(lines) + "\n" + end
    path.write_text(re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", made, text, flags=re.DOTALL))


def main(arguments):
    """Write what there is to write."""
    put(DOCS / "hardware.md", "boards", boards())
    for path in arguments:
        put(DOCS / "rv32.md", "measured heap", measured(json.loads(Path(path).read_text())))


if __name__ == "__main__":
    main(sys.argv[1:])
