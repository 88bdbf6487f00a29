"""What the firmware's work takes on a 32-bit processor, in instructions, counted by qemu.

python tests/bench/instructions.py          a table
python tests/bench/instructions.py --json   one JSON object

MicroPython for RV32 (an ESP32-C3's instruction set; an ESP32's has about as many) with nothing
approximated but the flash: reading and writing it is a copy in memory. Milliseconds are those of a
board at 160 MHz. The lower bound is an instruction a cycle, which no such chip exceeds. The other
is as many cycles an instruction as a loop takes on an ESP32 whose time is known (about 3 us a
round): waiting for the flash that the interpreter's code is read from is in it, for a program that
fits the cache; flash erases (45 ms each) and the radio are not.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    sys.path.append(str(Path(__file__).resolve().parents[1] / "device"))

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
from rich.console import Console
from rich.table import Table
from test_shard import household
from tests.bench.on_rv32 import command
from tests.helpers import umqtt_simple
from tests.rv32 import machine

from store import frame, segment

READINGS = 150  # of each kind
MHZ = 160
LOOP_US = 3  # a round of the loop on an ESP32 at 160 MHz, see tests/device/test_shard_cost.py
PARTS = ("a reading, all of it", "decoding alone", "an answer of it", "hub alone", "flush")
COUNTING = ("rv32/vm/counts.py", "device/house_day.py", "device/chargery_stream.py")
COUNTING += ("device/jk_stream.py", "device/asked_stream.py", "device/asked_wires.py")
MORE = 256 << 10  # bytes of heap, for all that counts
_FOLDER = "/segments"


def _names():
    """All words of what counts, and of what that uses: the names of the firmware's are kept."""
    texts = [(machine.REPOSITORY / "tests" / path).read_text() for path in COUNTING]
    return {word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text)}


def measure(built, part=1):
    """Instructions by what is done, as vm/counts.py prints them; and what a cycle is taken for.

    part: how many times fewer readings, and frames to compact, than a segment has.
    """
    image = machine.Image(built)
    image.add_bundle(machine.installed(_names()))
    # littlefs goes over all files for what is free: no more of them than a board may have
    tests = set((machine.REPOSITORY / "tests/device").glob("test_*.py"))
    image.add_tests(but_for=tests, with_data=False)
    umqtt = umqtt_simple.folder() / "umqtt/simple.py"  # frozen into an ESP32's firmware
    image.add_compiled("tests/rv32/vm/umqtt/simple.py", source=umqtt)
    header = segment.Header(segment.PACK, 1, 16, "bench", 1)
    rows = (segment.MAX_SIZE - segment.HEADER_SIZE) // frame.SIZE // part
    for number, count in ((1, rows), (2, 0)):
        image.add(f"{_FOLDER}/{segment.file_name(number)}", header.pack() + household(count))
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        flash = image.write(Path(folder) / "flash.img")
        board = machine.Machine(built, flash, machine.PATH_WITHOUT, begin=machine.BOOT)
        script = f"rv32.add_heap({MORE})\nimport counts\ncounts.show({READINGS // part})"
        said = board.run(script, counting=True).splitlines()[-1]
    found = json.loads(said)
    found["compaction"]["rows"] = rows
    found["mhz"] = MHZ
    found["cycles_an_instruction"] = round(LOOP_US * MHZ / found["a_round_of_a_loop"], 2)
    return found


def lines(found):
    """(what, instructions) of everything that was counted."""
    for kind, counts in found["readings"].items():
        for name in PARTS:
            summary = counts[name]
            yield f"{kind}: {name}", summary["median"]
            if summary["most"] > 1.2 * summary["median"]:
                yield f"{kind}: {name}, at most", summary["most"]
        for name, said in counts.get("mqtt", {}).items():
            yield f"{kind}: MQTT, {name}, {said['times']} turns", said["all"]
            yield f"{kind}: MQTT, {name}, a turn at most", said["most"]
    yield "drawing a 20x4 display, at most", found["display"]["most"]
    yield f"compaction of 64 KB ({found['compaction']['rows']} frames)", found["compaction"]["all"]
    yield f"the longest of its {found['compaction']['steps']} steps", found["compaction"]["most"]
    loads = sorted(found["compaction"]["loads"].items(), key=lambda each: -each[1])
    for name, count in loads:
        yield f"loading {name}", count
    yield f"a garbage collection ({found['heap_used']} bytes in use)", found["collection"]


def show(found):
    """The table."""
    slow = found["cycles_an_instruction"]
    table = Table(title=f"Instructions on RV32, milliseconds at {MHZ} MHz")
    table.add_column("what")
    for heading in ("instructions", "ms, 1 cycle each", f"ms, {slow} cycles each"):
        table.add_column(heading, justify="right")
    for what, count in lines(found):
        ms = count / (1000 * MHZ)
        table.add_row(what, f"{count:,}", f"{ms:.2f}", f"{slow * ms:.1f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    command(__doc__, measure, show)
