"""The demo: what `./install.sh demo` runs, from an empty flash to a CSV and pictures."""

import csv
from datetime import datetime

from host_tools.sim.demo import demo
from tests.helpers.pictures import lines


def test_the_demo_leaves_what_it_promises(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("of the user")
    demo(tmp_path, 20, 0)
    with (tmp_path / "pack.csv").open() as file:
        rows = list(csv.DictReader(file))
    first, last = (datetime.fromisoformat(rows[i]["time"].rstrip("Z")) for i in (0, -1))
    assert (last - first).total_seconds() >= 1000
    assert (tmp_path / "lcd.png").read_bytes().startswith(b"\x89PNG")
    assert lines(tmp_path / "day.png").sum() > 1000  # pixels
    segment = tmp_path / "house/pack/00000001.seg"
    assert segment.stat().st_size > 150  # all but the frame in the making
    said, notes = capsys.readouterr()
    assert notes.count("house, frames: ") == 1
    assert "|SoC" in said and "readings came in" in said and "frames were stored" in said
    assert " 0 bytes" not in said and "packlog install" in said
    assert f"{tmp_path}/day.png" in said and "decode history/house -o day.png" in said
    assert f"packlog view {tmp_path}/house" in said and "packlog sim --http 0" in said
    assert "nobody has run it on a real one yet" in said  # as README.md has it
    assert (tmp_path / "mine.txt").exists()
