"""Radios that do not get their memory, on a board that has a chip's."""

import pytest
from tests.helpers import boards, home_bench, jump

# In front of main.py: the heap grows as far as that many lists take it, and keeps what it has
TOO_LATE = """import gc, time
eaten = [[None] * 100 for _ in range({})]
time.sleep_ms(1)
eaten = None
gc.collect()
"""
THIRD, FOURTH = 200, 290  # of an ESP32's areas


@pytest.fixture
def board(installed, tmp_path):
    """board(config, before=b"", **plan): a WROOM with that in front of its main.py."""
    made = []

    def make(config, before="", chip="wroom", micropython="1.28", files=None, **plan):
        image = boards.copy_of(installed, tmp_path)
        more = files or {}
        with boards.Files(image) as files:
            for path, data in more.items():
                with files.open(path, "wb") as file:
                    file.write(data)
            with files.open("/main.py", "rb") as file:
                main = file.read()
            with files.open("/main.py", "wb") as file:
                file.write(before.encode() + main)
        settings = {"chip": chip, "micropython": micropython}
        made.append(boards.Bench(image, config, settings=settings, **plan))
        return made[-1].start()

    yield make
    for each in made:
        each.close()


def order(board) -> list[str]:
    """What took memory in the first start, and when the heap grew."""
    return [each.what.split()[0] if each.what else "heap" for each in board.board.memory.events]


def shows(board, text: str) -> bool:
    """Is it on one of the display's pages?"""
    pages = []
    for _ in range(30):
        pages.append(board.lcd().replace("\n", " "))
        board.board.run(1)
    return any(text in page for page in pages)


def test_a_radio_and_the_uart_come_before_the_heap_grows_a_third_time(board):
    seen = board(home_bench.config(), chip="s3", wifi=True)  # with MQTT: without, it does not
    seen.board.run(20)
    took = order(seen)
    third = [i for i, what in enumerate(took) if what == "heap"][1]
    assert {"wifi", "uart", "thread"} <= set(took[:third])
    assert seen.board.memory.refused == []


@pytest.mark.parametrize("micropython", ["1.28", "1.25"])
def test_a_chargery_logs_without_a_wifi_that_gets_no_memory(board, micropython):
    config = home_bench.config()
    config["mqtt"] = {"host": ""}
    seen = board(config, TOO_LATE.format(THIRD), micropython=micropython, wifi=True)
    seen.board.run(60)
    console = seen.console()
    assert seen.board.memory.refused == ["wifi", "wifi"]
    assert seen.board.starts == 3
    assert console.count("packlog! no memory for a radio: restarting") == 2
    assert "packlog! No memory for WiFi: it is off" in console
    assert shows(seen, "No memory for WiFi")
    assert seen.count("readings") > 20
    assert seen.board.rtc_memory == b"packlog"  # another reset tries again


def test_a_jk_whose_bluetooth_panics_is_not_reset_for_ever(board):
    config = boards.example()
    config["packs"] = [{"name": "house", "bms": "jk", "device": "JK-SIM"}]
    seen = board(config, TOO_LATE.format(FOURTH), micropython="1.27", bms="jk")
    seen.board.run(60)
    assert seen.console().count("Guru Meditation") == 2
    assert seen.board.starts == 3
    assert "packlog! No memory for Bluetooth: it is off" in seen.console()


# The same, as long as there is that file
LATE = """import os
def count():
    try:
        os.stat("/late")
        return {}
    except OSError:
        return 0
"""


def test_a_radio_that_was_left_out_is_tried_again_after_six_hours(board):
    config = home_bench.config()
    config["mqtt"] = {"host": ""}
    late = LATE.format(THIRD) + TOO_LATE.format("count()")
    early = jump.ahead(after=20, seconds=6 * 3600, remove=("/late",))
    seen = board(config, late + early, wifi=True, files={"/late": b""})
    while seen.board.starts < 4 and seen.board.now < 300e6:
        seen.board.run(1)
    assert "packlog! No memory for WiFi: it is off" in seen.console()
    assert "packlog: Restarting to try the radio again, everything is on flash" in seen.console()
    before = len(seen.console())
    seen.board.run(40)
    assert seen.board.starts == 4 and seen.board.memory.refused == ["wifi", "wifi"]
    health = seen.console()[before:]
    assert "cause=planned" in health and "wifi=up" in health and "packlog!" not in health
