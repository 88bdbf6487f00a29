"""The files of version 0.1.0 decode to the numbers that it found in them."""

import binascii
from pathlib import Path

import pytest
from host_tools.export.decode import decode

FILES = Path(__file__).parents[2] / "data/0.1.0"
NEWER = (",not_before", ",not_after")  # columns that later versions added, at the end
# Rows, CRC-32 of the CSV without those, and its last row. The frames' is by the decimals of 0.2.0.
FOUND = {
    ("house", "pack"): (
        1397,
        4201638678,
        "2026-06-10T14:59:59Z,52.78,-49.00,29.5,88,3.297,3.302,11,3,4,10798",
    ),
    ("house", "cells"): (
        348,
        1189123174,
        "2026-06-10T14:57:27Z,3.322,3.324,3.325,3.322,3.325,3.322,3.323,3.326,3.322,3.325,3.322,"
        "3.323,3.326,3.322,3.324,3.322,4,10646",
    ),
    ("house", "events"): (1219, 2519674686, "2026-06-10T14:59:59Z,value,rank 3120,4,10798"),
    ("boat", "pack"): (
        1416,
        4191783706,
        "2026-06-21T15:59:59Z,106.62,57.69,21,13,3.330,3.335,6,3,3,14398",
    ),
    ("boat", "cells"): (
        264,
        3824333719,
        "2026-06-21T15:58:47Z,3.330,3.332,3.335,3.331,3.334,3.330,3.332,3.335,3.331,3.334,3.330,"
        "3.332,3.334,3.331,3.333,3.331,3.332,3.335,3.332,3.333,3.330,3.332,3.335,3.332,3.334,"
        "3.331,3.332,3.334,3.332,3.333,3.330,3.332,3,14326",
    ),
    ("boat", "events"): (
        1290,
        1481381032,
        "2026-06-21T16:00:01Z,events_left_out,1 times switches that came too often,3,14400",
    ),
}


@pytest.mark.parametrize(("pack", "series"), FOUND)
def test_files_of_0_1_0_decode_to_the_same_rows(pack, series, tmp_path):
    out = tmp_path / "out.csv"
    count = decode([FILES / pack], out, series=series)
    header, *rows = out.read_text().splitlines()
    assert header.endswith("".join(NEWER))
    rows = [line.rsplit(",", len(NEWER))[0] for line in (header, *rows)]
    found = count, binascii.crc32("".join(f"{row}\n" for row in rows).encode()), rows[-1]
    assert found == FOUND[pack, series]
