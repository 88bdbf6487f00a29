"""Energy on the virtual board: counted, shown, kept over a power cut; and days that are local."""

import re
import struct

from host_tools.history import records
from host_tools.history.info import collect
from tests.helpers.boards import Bench, copy_of, example

from energy import KEYS
from store import segment

BEGIN = 1780351110  # 2026-06-01T21:58:30Z, 90 s before midnight in Berlin
FIRST_DAY = 20605  # days from 1970 to 2026-06-01
ZONE = {"timezone": "Europe/Berlin", "timezone_rule": "CET-1CEST,M3.5.0,M10.5.0/3"}


def counted(bench):
    """The values of each line of what is counted, in order."""
    lines = re.findall(r"^packlog extra house (total_.*?)\r?$", bench.console(), re.MULTILINE)
    return [
        {key: int(value) for key, value in (word.split("=") for word in line.split())}
        for line in lines
    ]


def test_energy_is_kept_over_a_power_cut_and_days_are_local(installed, tmp_path):
    config = example() | {"ds3231": {}, "status_s": 1, "store": {"interval_s": 20}} | ZONE
    bench = Bench(copy_of(installed, tmp_path), config, ds3231=True)
    try:
        bench.rig.ds3231.set_to(BEGIN)
        bench.start()
        bench.board.run(400)
        before = counted(bench)
        bench.board.power_off()
        bench.board.now += 600 * 1000000  # without power
        begun = len(before)
        bench.start()
        bench.board.run(40)
        after = counted(bench)[begun:]
        shown = ""
        for _ in range(12):
            bench.board.run(1)
            shown += bench.lcd()
        console = bench.console()
        folder = bench.history(tmp_path / "history")
    finally:
        bench.close()
    assert "packlog!" not in console
    lines = before + after
    for key in KEYS[:4]:
        values = [line[key] for line in lines]
        assert values == sorted(values), key  # the power cut took none of it back
    energy = max(lines[-1]["total_energy_in"], lines[-1]["total_energy_out"])
    assert energy > 5 and "kWh" in shown
    assert any("time_to_full" in line or "time_to_empty" in line for line in before)
    (summary,), damaged = collect([folder])
    assert not damaged
    net = lines[-1]["total_charge_in"] - lines[-1]["total_charge_out"]
    # What the frames say, less those of the last window before the line
    assert abs(net / 1000 - summary.charge_net_ah) < 0.1 * abs(summary.charge_net_ah)
    days = [row for path in records.find([folder]) for row in days_of(path)]
    assert [struct.unpack_from("<H", row, 2)[0] for row in days] == [FIRST_DAY]
    assert struct.unpack_from("<I", days[0], 4)[0] - BEGIN < 10  # when its first reading came


def days_of(path):
    """The records of a segment of days."""
    header, rows, problem = records.read(path)
    assert not problem
    found = [bytes(row) for row in rows] if header.series == segment.DAYS else []
    return [row for row in found if row[2:4] != b"\xff\xff"]  # without marks
