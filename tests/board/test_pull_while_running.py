"""A pull from a board that logs: at the console's real speed, in board time, without a gap."""

import random

import pytest
from host_tools.board.pull import pull
from host_tools.history.frames import load
from host_tools.sim.workshop import port_of
from tests.helpers.boards import Files, every_reading, example

from store import segment

FULL = 1_500_000  # bytes: the usual budget
SMALL = 60_000
BOUND_US = 50_000  # that nothing may hold the loop longer


def old_history(size):
    """Segments of a log that has been there for long, of noise: path on the board -> bytes."""
    chance = random.Random(size)
    files, number = {}, 0
    while size > 0:
        number += 1
        header = segment.Header(segment.PACK, 1, 16, "house", 7)
        header.sequence, header.boot, header.clock, header.utc = number, 1, 2, 1_700_000_000
        count = min(size, 65000) // 13 * 13
        rows = bytearray(chance.randbytes(count))
        rows[3::13] = bytes(len(rows) // 13)  # no marks among them
        files[f"/data/house/pack/{number:08d}.seg"] = header.pack() + bytes(rows)
        size -= 65000
    return files


@pytest.fixture
def logging_board(bench):
    """A board with so much of a history, whose readings are all kept, after half a minute."""

    def make(size):
        config = every_reading(example())
        config["store"]["budget_kb"] = 1800
        config["watchdog_s"] = 30
        found = bench(config)
        found.board.run(1)
        found.board.power_off()
        with Files(found.image) as files:
            if "data" in files.listdir("/"):
                files.remove("/data", recursive=True)
            for path, data in old_history(size).items():
                files.makedirs(path.rpartition("/")[0], exist_ok=True)
                with files.open(path, "wb") as file:
                    file.write(data)
        found.start()
        found.board.run(30)
        return found

    return make


def frames_of(board, folder, boot):
    """Of that boot, as the flash has them: uptime and values, without CHECKs, anchors and runs."""
    found = load([board.history(folder)])
    mine = found.boot == boot
    columns = [found.uptime, found.voltage, found.current, found.temperature, found.soc]
    return list(zip(*(column[mine].tolist() for column in columns), strict=True))


def check(make, size, folder):
    pulled, alone = make(size), make(size)
    board = pulled.board
    board.longest_stall_us = 0
    begun, readings = board.now, pulled.count("readings")
    said = []
    with port_of(board) as port:
        pull(port, folder / "out", said.append)
    took_s = (board.now - begun) / 1e6
    bytes_s = size / took_s
    assert board.starts == 2 and board.watchdog_resets == 0 and "once more" not in str(said)
    assert board.hardware.lost_bytes() == 0
    assert board.longest_stall_us <= BOUND_US
    board.run(60)
    alone.board.run_until(board.now / 1e6)
    until = pulled.count("readings")
    assert until - readings >= took_s + 60 - 7  # one each second, as ever
    for path, data in old_history(size).items():
        assert (folder / "out" / path.removeprefix("/data/")).read_bytes().startswith(data)
    kept = frames_of(pulled, folder / "pulled", 2)
    same = frames_of(alone, folder / "alone", 2)
    count = min(len(kept), len(same))
    assert count > took_s + 60 and kept[: count - 40] == same[: count - 40]
    return bytes_s, said


def test_a_pull_of_a_running_board_loses_no_reading(logging_board, tmp_path):
    bytes_s, said = check(logging_board, SMALL, tmp_path)
    assert bytes_s > 5000
    assert said[0].endswith("new or grown") or "new or grown" in said[0]


@pytest.mark.slow
def test_a_megabyte_and_a_half_at_115200_baud(logging_board, tmp_path):
    bytes_s, _ = check(logging_board, FULL, tmp_path)
    print(f"{bytes_s:.0f} bytes a board second")
    assert bytes_s > 0.8 * 11520
