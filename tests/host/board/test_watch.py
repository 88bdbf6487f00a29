"""packlog watch: the newest of each pack as a table, with what the logger counts of it."""

import pytest
from host_tools.board import watch

STATUS = "packlog house age=1.0 voltage=53.280 soc=74 readings=12 frames=3"
EXTRA = "packlog extra house total_energy_in=1234567 full_cycles=797 time_to_empty=125"
BMS = "packlog extra house model=JK cycles=3"


@pytest.fixture
def board(monkeypatch):
    """Lets a board say these lines, over and over."""

    class Port:
        def close(self):
            pass

    def says(*lines):
        monkeypatch.setattr(watch, "open_port", lambda port: Port())
        monkeypatch.setattr(watch, "read_lines", lambda transport: iter(lines * 9))

    return says


def test_plain_lines_are_statuses(board, capsys):
    """With what was counted since the one before; what else a BMS tells is not shown."""
    board(STATUS, EXTRA, BMS)
    watch.watch("port", 2)
    first, second = capsys.readouterr().out.splitlines()
    assert first == STATUS.removeprefix("packlog ")
    counted = "total_energy_in=1234.567 full_cycles=79.7 time_to_empty=125"
    assert second == f"{first} {counted}"


def test_the_table_has_a_row_for_what_is_counted(board, monkeypatch, capsys):
    board(STATUS, EXTRA, BMS, STATUS.replace("house", "van"))
    monkeypatch.setattr(watch.sys.stdout, "isatty", lambda: True)
    watch.watch("port", 4)
    lines = capsys.readouterr().out.splitlines()
    cells = [[each.strip() for each in line.split("│")] for line in lines]
    rows = {row[1]: row[2:5] for row in cells if len(row) > 4}
    assert rows["Total energy in"] == ["1234.567", "--", "kWh"]
    assert rows["Full cycles"] == ["79.7", "--", ""]
    assert rows["Time to empty"] == ["125", "--", "min"]
    assert "Time to full" not in rows and "Model" not in rows
