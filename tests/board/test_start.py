"""A start on a flash nearly full of history. Board time has in it what the flash takes to be
mounted, read, programmed and erased, and the second in which boot.py looks at the button; computing
takes none.
"""

import random

from host_tools.trial import encode
from host_tools.trial.plan import Plan
from tests.helpers.boards import Bench, Files, copy_of, example, history_files

from store.segment import file_name

NOON = 1780315200  # 2026-06-01T12:00:00Z
FREE_BLOCKS = 60
STARTED_S = 2
PERIOD_S = 1  # of the BMS


def a_history(folder):
    """(a shard, the segment after it, which is nearly full) of a pack whose current never rests."""
    chance = random.Random(1)
    rows = [f"{NOON + i},53.25,{chance.uniform(-90, 90):.2f},23.5,91" for i in range(9900)]
    path = folder / "readings.csv"
    path.write_text("\n".join(("time,voltage,current,temperature,soc", *rows)))
    encode.encode(path, folder, Plan(name="house", every=True))
    pack = folder / "house" / "pack"
    segment = (pack / "00000002.seg").read_bytes()
    assert len(segment) > 60_000
    return (pack / "00000001.shard").read_bytes(), segment


def fill(image, folder):
    """Put a history on the flash, until there is little room."""
    shard, segment = a_history(folder)
    with Files(image) as files:
        files.makedirs("/data/house/pack")
        number = 1

        def put(suffix, data):
            with files.open("/data/house/pack/" + file_name(number, suffix), "wb") as file:
                file.write(data)

        while files.used_block_count < files.block_count - FREE_BLOCKS - len(segment) // 4096:
            put(".shard", shard)
            number += 1
        put(".seg", segment)
        assert len(history_files(files)) > 80
        assert files.used_block_count > files.block_count - FREE_BLOCKS - 5


def test_a_start_takes_less_than_two_seconds_on_a_flash_full_of_history(installed, tmp_path):
    image = copy_of(installed, tmp_path)
    fill(image, tmp_path)
    config = example()
    config["status_s"] = 1
    # It is soon written to, too, and only the free blocks decide what has to go: the share of the
    # frames is more than the flash
    config["store"] = {"window_s": 1, "interval_s": 1, "budget_kb": 8000}
    for boot in (2, 3):  # the history has one; then after a power cut
        bench = Bench(image, config)
        board = bench.board
        board.power_on()
        while "packlog house " not in bench.console():
            board.step()
        assert board.now < STARTED_S * 1e6
        board.run_until(STARTED_S + 3 * PERIOD_S)  # the first has to come twice
        assert "%" in bench.lcd()
        board.run_until(30)
        assert bench.count("boot") == boot and bench.count("durable") > 20
        assert sum(board.flash.erases) > 0
        assert board.hardware.lost_bytes() == 0 and bench.count("rejected") == 0
        bench.close()
