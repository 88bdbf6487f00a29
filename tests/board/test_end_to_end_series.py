"""Cells and events end to end: on the virtual board, off its flash, into CSVs."""

import csv
import re

import pytest
from host_tools.board.device import Device
from host_tools.board.pull import pull
from host_tools.export.decode import decode
from host_tools.history import cells, events
from host_tools.sim.units.chargery import Unit
from host_tools.sim.units.pack import Pack
from host_tools.sim.workshop import port_of
from tests.board.test_end_to_end import readings
from tests.helpers.boards import Files, Recorder, example


def rows(folder, series, out):
    decode([folder], out, True, series)
    with out.open() as file:
        return list(csv.DictReader(file))


def happened(board, tmp_path, *names):
    """(boot, uptime, event, details) of the events with those names that are on the flash."""
    found = events.load([board.history(tmp_path / "out")])
    assert not found.problems
    columns = (found.boot.tolist(), found.uptime.tolist(), found.event, found.details)
    table = [(b, s, e.decode(), d.decode()) for b, s, e, d in zip(*columns, strict=True)]
    return [row for row in table if row[2] in names]


@pytest.mark.slow
def test_the_cells_are_those_that_were_sent(bench, tmp_path):
    config = example()
    config["store"] |= {"cells_mv": 5, "cells_min_s": 30, "cells_s": 600}
    board = bench(config)
    wire = board.rig.wiring.wires[16]
    wire.source = recorder = Recorder(wire.source)
    board.board.run(7200)
    found = cells.load([board.history(tmp_path / "out")])
    assert not found.problems
    assert found.cells.shape[1] == 16
    assert 12 <= len(found) <= 240
    sent = [(at, sample.cells[:16]) for at, sample in readings(recorder) if sample.cell_count]
    assert (found.uptime[1:] > found.uptime[:-1]).all()
    match = [
        off
        for off in range(-5, 6)  # the board's uptime begins a little after the world's
        if all(was_sent(sent, second + off, row) for second, row in listed(found))
    ]
    assert match
    for (begin, row), (end, _) in zip(listed(found), listed(found)[1:], strict=False):
        held = [mv for at, mv in sent if begin + match[0] + 31 < at < end + match[0] - 1]
        assert all(abs(a - b) <= 6 for mv in held for a, b in zip(mv, row, strict=True))


def listed(found):
    return list(zip(found.uptime.tolist(), found.cells.tolist(), strict=True))


def was_sent(sent, second, row):
    """Noise is filtered out of a record."""
    return any(
        abs(at - second) <= 1.5 and all(abs(a - b) <= 3 for a, b in zip(mv, row, strict=True))
        for at, mv in sent
    )


class Guarded(Pack):
    """Its BMS stops the charge from second 120 on, and the discharge for a minute."""

    charge_stopped = property(lambda self: self.time_s >= 120, lambda self, value: None)
    discharge_stopped = property(lambda self: 200 <= self.time_s < 260, lambda self, value: None)


def test_protections_are_events(bench, tmp_path):
    board = bench()
    board.rig.wiring.wires[16].source = Unit(Guarded())
    board.board.run(400)
    found = happened(board, tmp_path, "protection")
    assert [details for _, _, _, details in found] == [
        "charge stopped",
        "discharge stopped",
        "discharge allowed again",
    ]
    seconds = [second for _, second, _, _ in found]
    assert [abs(s - at) < 5 for s, at in zip(seconds, (120, 200, 260), strict=True)] == [True] * 3


def test_reboots_and_their_causes(bench, tmp_path):
    board = bench()
    board.board.run(60)
    with port_of(board.board) as port, Device(port) as device, device.stopped():
        pass
    board.board.run(60)
    board.board.power_off()
    board.start()
    board.board.run(60)
    found = happened(board, tmp_path, "reboot", "config")
    assert [(boot, event, details.split(" ")[0]) for boot, _, event, details in found] == [
        (1, "reboot", "power"),
        (1, "config", "config.json"),
        (2, "reboot", "soft"),
        (2, "config", "config.json"),
        (3, "reboot", "power"),
        (3, "config", "config.json"),
    ]
    assert "as before" in found[-1][3]


def test_a_changed_config_is_an_event(bench, tmp_path):
    board = bench()
    board.board.run(60)
    board.board.power_off()
    with Files(board.image) as files:
        with files.open("/config.json", "rb") as file:
            text = file.read()
        with files.open("/config.json", "wb") as file:
            file.write(text.replace(b'"cells": 16', b'"cells": 15'))
    board.start()
    board.board.run(60)
    first, second = [details for *_, details in happened(board, tmp_path, "config")]
    assert first.startswith("config.json is CRC-32 ")
    assert second.startswith("config.json changed: now CRC-32 ")


def test_a_silent_link_is_an_event_that_needs_no_reading_to_be_kept(bench, tmp_path):
    board = bench()
    board.board.run_until(100)
    board.rig.line.silent = True
    board.board.run_until(200)
    board.board.power_off()
    folder = tmp_path / "first"
    found = events.load([board.history(folder)])
    assert found.event.tolist()[-1] == b"link_silent"
    board.start()
    board.board.run(60)  # still silent
    board.rig.line.silent = False
    board.board.run(60)
    boots = [(b, e, d) for b, _, e, d in happened(board, tmp_path, "link_silent", "link_back")]
    assert boots[:2] == [
        (1, "link_silent", "no reading for 10 s"),
        (2, "link_silent", "no reading since the start: 10 s"),
    ]
    assert boots[2][1] == "link_back" and len(boots) == 3
    assert 55 <= int(re.search(r"after (\d+) s", boots[2][2])[1]) <= 66


def test_the_clock_that_a_pc_sets_is_an_event_and_dates_all_series(bench, tmp_path):
    board = bench()
    board.board.run(700)
    with port_of(board.board) as port:
        pull(port, tmp_path / "out", lambda line: None)
    happening = rows(tmp_path / "out", "events", tmp_path / "events.csv")
    assert [row["event"] for row in happening] == ["reboot", "config", "clock_set"]
    assert happening[-1]["details"].startswith("by a PC to 20")
    assert happening[-1]["details"].endswith("it was not known")
    voltages = rows(tmp_path / "out", "cells", tmp_path / "cells.csv")
    frames = rows(tmp_path / "out", "pack", tmp_path / "pack.csv")
    start, end = int(happening[0]["time"]), int(happening[-1]["time"])
    assert end >= start + 690  # and more: the board ran on until the PC's Ctrl-C
    for table in (happening, voltages, frames):
        assert "boot" not in table[0]
        assert all(start <= int(row["time"]) <= end + 1 for row in table)  # rounded
    assert set(voltages[0]) == {"time"} | {f"cell_{n}" for n in range(1, 17)}


def test_damaged_packets_are_counted_in_an_event(bench, tmp_path):
    board = bench()
    board.board.run(30)
    board.rig.line.damage(0.002)
    board.board.run(300)
    found = happened(board, tmp_path, "packets_rejected")
    assert len(found) == 1  # the next one would come after an hour
    assert "damaged packets" in found[0][3]
