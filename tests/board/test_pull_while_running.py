"""A pull from a board that logs: at the console's real speed, in board time, without a gap."""

import random

import numpy as np
import pytest
from host_tools.board.pull import pull
from host_tools.board.talk import Talk
from host_tools.history import records
from host_tools.history.frames import load
from host_tools.sim.workshop import port_of
from tests.helpers.boards import Bench, copy_of, every_reading, example, put_files

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
        header.sequence, header.boot, header.clock = number, 1, 2
        header.uptime = 65000 * number
        header.utc = 1_700_000_000 + header.uptime
        count = min(size, 65000) // 13
        rows = bytearray(chance.randbytes(13 * count))
        rows[3::13] = bytes(count)  # no marks among them
        for i in range(count):
            rows[13 * i : 13 * i + 2] = (13 * i).to_bytes(2, "little")
        files[f"/data/house/pack/{number:08d}.seg"] = header.pack() + bytes(rows)
        size -= 65000
    return files


@pytest.fixture
def logging_board(installed, tmp_path):
    """A board with so much of a history, whose readings are all kept, after half a minute."""
    made = []

    def make(size):
        config = every_reading(example())
        config["store"]["budget_kb"] = 1800
        folder = tmp_path / f"board{len(made)}"
        folder.mkdir()
        image = copy_of(installed, folder)
        put_files(image, old_history(size))
        made.append(Bench(image, config).start())
        made[-1].board.run(30)
        return made[-1]

    yield make
    for each in made:
        each.close()


def frames_of(board, folder, boot):
    """Of that boot, as the flash has them: uptime, voltage, current."""
    found = load([board.history(folder)])
    mine = (found.boot == boot) & ~found.hole
    return found.uptime[mine].astype(int), found.voltage[mine], found.current[mine]


def charge_by(seconds, current, until):
    """As that have flowed by then: a frame's current is the mean since the one before."""
    taken = (seconds[:-1] >= seconds[0]) & (seconds[1:] <= until)
    return float((np.diff(seconds) * current[1:])[taken].sum())


def check(make, size, folder):
    pulled, alone = make(size), make(size)
    board = pulled.board
    board.longest_stall_us = 0
    begun, readings, heap = board.now, pulled.count("readings"), pulled.count("heap")
    with port_of(board) as port:
        pull(port, folder / "out", lambda line: None)
    took_s = (board.now - begun) / 1e6
    bytes_s = size / took_s
    assert board.starts == 1 and board.watchdog_resets == 0
    assert board.hardware.lost_bytes() == 0
    assert board.longest_stall_us <= BOUND_US
    board.run(60)
    alone.board.run_until(board.now / 1e6)
    heaps = heap - pulled.count("heap"), alone.count("heap") - pulled.count("heap")
    assert max(heaps) < 4000, heaps  # on 64 bits: what answers is unloaded
    until = pulled.count("readings")
    assert until - readings >= took_s + 60 - 6  # one each second; the line that says it comes late
    for path, data in old_history(size).items():
        assert (folder / "out" / path.removeprefix("/data/")).read_bytes().startswith(data)
    kept = frames_of(pulled, folder / "pulled", 2)
    same = frames_of(alone, folder / "alone", 2)
    # A reading may be seen 20 ms later, as behind any other task, and by that in the next second:
    # no second is left out all the same, and what flowed and what the voltage was stay as they are
    end = min(kept[0][-1], same[0][-1])
    assert end > took_s + 60 and np.diff(kept[0]).max() <= np.diff(same[0]).max() + 1
    assert abs((kept[0] <= end).sum() - (same[0] <= end).sum()) <= 0.04 * end
    for until in range(40, end, 5):
        difference = charge_by(kept[0], kept[2], until) - charge_by(same[0], same[2], until)
        assert abs(difference) <= 2 * same[2].max()
    voltages = (np.interp(range(10, end), each[0], each[1]) for each in (kept, same))
    np.testing.assert_allclose(*voltages, atol=0.1)
    return bytes_s


def test_a_pull_of_a_running_board_loses_no_reading(logging_board, tmp_path):
    assert check(logging_board, SMALL, tmp_path) > 5000


@pytest.mark.slow
def test_a_megabyte_and_a_half_at_115200_baud(logging_board, tmp_path):
    bytes_s = check(logging_board, FULL, tmp_path)
    print(f"{bytes_s:.0f} bytes a board second")
    assert bytes_s > 0.8 * 11520


def test_a_board_that_is_switched_off_and_on_meanwhile_is_pulled_all_the_same(
    logging_board, tmp_path, monkeypatch
):
    board = logging_board(SMALL).board
    real = Talk.read
    offsets = []

    def power_cycle():
        board.power_off()
        board.power_on()

    def read(talk, path, offset, count):
        for i, piece in enumerate(real(talk, path, offset, count)):
            if i == 50 and board.starts == 1:
                board.at(board.now / 1e6 + 0.2, power_cycle)
            yield piece

    def asked(talk, *words):
        if words[0] == "read":
            offsets.append(words[2])
        return real_next(talk, *words)

    real_next = Talk._next
    monkeypatch.setattr(Talk, "read", read)
    monkeypatch.setattr(Talk, "_next", asked)
    with port_of(board) as port:
        pull(port, tmp_path / "out", lambda line: None)
    assert board.starts == 2
    for path, data in old_history(SMALL).items():
        pulled = tmp_path / "out" / path.removeprefix("/data/")
        if not pulled.exists():  # it has been compacted meanwhile
            pulled = pulled.with_suffix(".shard")
        rows = records.read(pulled)[1]
        assert rows.tobytes().startswith(data[segment.HEADER_SIZE :])
    assert any(offset >= 50 * 240 for offset in offsets)  # it went on where it was
