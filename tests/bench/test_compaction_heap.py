"""store.compaction.NEEDS is what a compaction takes: no less in use, and enough in a full heap."""

import json
import re
import sys

import pytest
from test_shard import household
from tests.rv32 import machine

from store import frame, segment

SCRIPT = machine.REPOSITORY / "tests/rv32/vm/compaction_heap.py"
sys.path.append(str(SCRIPT.parent))
from encoder_rows import cells  # noqa: E402

SHIFTS = (16, 700)  # bytes
KINDS = {
    "frames": segment.Header(segment.PACK, 1, 16, "bench", 1),
    "16 cells": segment.Header(segment.CELLS, 1, 16, "bench", 1, 34),
    "32 cells": segment.Header(segment.CELLS, 1, 32, "bench", 1, 66),
}


def full(header):
    """A segment of 64 KB."""
    count = (segment.MAX_SIZE - segment.HEADER_SIZE) // header.record_size
    if header.series == segment.PACK:
        assert header.record_size == frame.SIZE
        return header.pack() + household(count)
    return header.pack() + cells(count, header.cell_count)


@pytest.fixture(scope="module")
def board(built, tmp_path_factory):
    """The firmware as installed, and a full segment of each kind."""
    image = machine.Image(built)
    image.add_installed(re.findall(r"[A-Za-z]\w+", SCRIPT.read_text()))
    image.add_compiled(str(SCRIPT.relative_to(machine.REPOSITORY)))
    for kind, header in KINDS.items():
        image.add(f"/{kind}/{segment.file_name(1)}", full(header))
        image.add(f"/{kind}/{segment.file_name(2)}", header.pack())
    return machine.Machine(built, image.write(tmp_path_factory.mktemp("heap") / "flash.img"))


def compaction(board, kind, free=None, shift=0):
    """What a compaction comes to."""
    script = f"import compaction_heap\ncompaction_heap.show('/{kind}', {free}, {shift})"
    said = board.run(script)
    return json.loads(said)


@pytest.mark.parametrize(
    "kind", ["frames", *(pytest.param(f"{n} cells", marks=pytest.mark.slow) for n in (16, 32))]
)
def test_it_takes_what_it_says(board, kind):
    found = compaction(board, kind)
    assert found["done"] == 1, found["why"]
    assert found["needs"] * 3 // 4 < found["most"] <= found["needs"]
    for shift in SHIFTS:  # how the pieces lie is a matter of chance
        limit = compaction(board, kind, found["needs"] + found["piece"], shift)
        assert limit["done"] == 1, limit["why"]


def test_with_half_of_it_there_is_no_room(board):
    needs = compaction(board, "frames")["needs"]
    found = compaction(board, "frames", needs // 2)
    assert found["done"] == 0 and "MemoryError" in found["why"]
