"""A Chargery with WiFi and MQTT on the memory of a chip: compaction takes nothing that the network
needs, what it has to put off is done at the next start, and no reading is lost.
"""

import re

import numpy as np
import pytest
from host_tools.history import events, frames
from host_tools.sim.network import house_network
from test_shard import household
from tests.helpers import boards, home_bench, jump

from store import segment

FULL = 3  # segments that are there already
SMALL, REAL = 400, 5036  # frames that fill one: with a small budget, with as much as there is
FOLDER = "/data/house/pack"
WAITS = "compaction_waits"
# A task of the user's, started before main.py: after a while it takes all but so many bytes of what
# the heap has without growing, and goes on doing so
EATER = """
import asyncio, esp32, gc
eaten = []
def free():
    gc.collect()
    return gc.mem_free() - max([each[2] for each in esp32.idf_heap_info(esp32.HEAP_DATA)])
async def eat():
    await asyncio.sleep({after})
    while True:
        for size in (2048, 512):
            while free() > {leave} + size:
                eaten.append(bytearray(size))
        await asyncio.sleep(5)
asyncio.create_task(eat())
"""
AHEAD = b"# Ahead of main.py\n"
MOST_ROUNDS = 20  # of 40 s
EAT_FIRST_S = 40  # before the first of the segments
EAT_AFTER_S = 170  # after two of the segments
LEAVE = 18000  # bytes: the logger runs, a compaction would not


def full_segment(number: int, count: int) -> bytes:
    """A segment of another boot, another household each."""
    header = segment.Header(segment.PACK, 1, 16, "house", number)
    return header.pack() + household(count, number)


@pytest.fixture
def board(installed, tmp_path):
    """board(chip, count, changes, before=""): at home, its flash has full segments."""
    made = []

    def make(chip, count, changes, before=""):
        image = boards.copy_of(installed, tmp_path)
        with boards.Files(image) as files:
            files.makedirs(FOLDER, exist_ok=True)
            for number in range(1, FULL + 1):
                with files.open(f"{FOLDER}/{segment.file_name(number)}", "wb") as file:
                    file.write(full_segment(number, count))
            with files.open(f"{FOLDER}/{segment.file_name(FULL + 1)}", "wb") as file:
                file.write(full_segment(FULL + 1, 0))  # the board goes on here
            put_before_main(files, before)
        config = home_bench.config() | changes
        config["mqtt"] = {"host": house_network.BROKER_NAME}
        config["status_s"] = 5
        plan = {"wifi": True, "start_unix_s": home_bench.START, "settings": {"chip": chip}}
        made.append(boards.Bench(image, config, lambda rig: rig.home.add_broker(), **plan))
        return made[-1].start()

    yield make
    for each in made:
        each.close()


def put_before_main(files, text: str) -> None:
    """Have main.py begin with that, and with nothing that was there before."""
    with files.open("/main.py", "rb") as file:
        main = file.read().split(AHEAD)[-1]
    with files.open("/main.py", "wb") as file:
        file.write(text.encode() + AHEAD + main)


def said(board, key: str) -> list[int]:
    """All numbers that the health lines have for it."""
    return [int(n) for n in re.findall(rf"packlog health .*\b{key}=(\d+)", board.console())]


def shards(board) -> int:
    """How many of the full segments have become shards. The board is off."""
    with boards.Files(board.image) as flash:
        names = flash.listdir(FOLDER)
    found = [segment.file_name(n, segment.SHARD) in names for n in range(1, FULL + 1)]
    kept = [segment.file_name(n) in names for n in range(1, FULL + 1)]
    assert all(a or b for a, b in zip(found, kept, strict=True))
    return sum(found)


def network_never_suffered(board) -> None:
    """One connection a start, and no memory refused to it."""
    console = board.console()
    assert "Traceback" not in console and " failed" not in console.replace("_failed", "")
    assert board.board.memory.refused == []
    assert set(said(board, "mqtt_drops")) == set(said(board, "wifi_drops")) == {0}
    assert said(board, "mqtt_connects")[-1] == 1
    assert said(board, "compaction_failed")[-1] == 0
    assert said(board, "mqtt_published")[-1] > 50


def of_boot(found: frames.Frames, boot: int) -> tuple[int, int, int]:
    """Frames of a boot that say something: how many, the first one's and the last one's uptime."""
    times = found.uptime[(found.boot == boot) & ~found.hole]
    return len(times), int(times.min()), int(times.max())


def nothing_is_lost(board, count: int, tmp_path) -> None:
    """All is there as shards, with the frames that the segments had."""
    before = tmp_path / "before"
    before.mkdir()
    for number in range(1, FULL + 1):
        path = before / segment.file_name(number)
        path.write_bytes(full_segment(number, count))
    history = board.history(tmp_path / "history")
    left = sorted(path.name for path in (history / "house" / "pack").iterdir())
    assert left[:FULL] == [segment.file_name(n, segment.SHARD) for n in range(1, FULL + 1)]
    had, has = frames.load([before]), frames.load([history / "house" / "pack"])
    assert not had.problems and not has.problems
    assert len(had) >= FULL * count > len(np.unique(had.boot))
    for boot in np.unique(had.boot):
        assert of_boot(has, boot) == of_boot(had, boot)
    assert len(has) > len(had)  # and what was logged meanwhile


def put_off_until_the_next_start(board) -> int:
    """Run until some have to wait, then start anew. Returns how many were compacted before."""
    for _ in range(MOST_ROUNDS):
        board.board.run(40)
        if said(board, WAITS)[-1]:
            break
    assert board.board.starts == 1
    network_never_suffered(board)
    waiting = said(board, WAITS)[-1]
    board.board.power_off()
    done = shards(board)
    assert waiting == FULL - done > 0
    with boards.Files(board.image) as flash:
        put_before_main(flash, "")
    board.board.power_on()
    board.board.run(60)
    assert board.board.starts == 2
    assert board.console().count("packlog: compacting history") == 1
    network_never_suffered(board)
    return done


SIZES = [SMALL, pytest.param(REAL, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", SIZES)
def test_a_heap_that_is_nearly_full_puts_all_of_them_off(board, tmp_path, count):
    seen = board("s3", count, {}, EATER.format(after=EAT_FIRST_S, leave=LEAVE))
    done = put_off_until_the_next_start(seen)
    assert done == 0
    nothing_is_lost(seen, count, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("count", [SMALL, REAL])
def test_some_find_room_and_the_others_wait(board, tmp_path, count):
    before = EATER.format(after=EAT_AFTER_S, leave=LEAVE)
    seen = board("s3", count, {}, before)
    done = put_off_until_the_next_start(seen)
    assert done >= 1
    nothing_is_lost(seen, count, tmp_path)


def test_a_planned_restart_says_goodbye_and_what_it_was(board, tmp_path):
    """A day later: the clock is put on, for the board waits a day between two restarts."""
    seen = board(
        "s3",
        SMALL,
        {},
        EATER.format(after=EAT_FIRST_S, leave=LEAVE) + jump.ahead(after=80, seconds=86400),
    )
    while seen.board.starts == 1 and seen.board.now < 300e6:
        seen.board.run(1)
    assert seen.board.starts == 2
    restarted_s = seen.board.now / 1e6
    assert "packlog: Restarting to compact the history, everything is on flash" in seen.console()
    published = seen.rig.home.broker.published
    goodbyes = [at for at, *said in published if said == ["packlog/status", b"offline"]]
    assert restarted_s - 3 < goodbyes[-1] <= restarted_s
    seen.board.run(70)
    assert "cause=planned" in seen.console() and said(seen, WAITS)[-1] == 0
    assert said(seen, "mqtt_connects")[-1] == 1 and seen.board.memory.refused == []
    found = events.load([seen.history(tmp_path / "history") / "house"])
    reboots = found.details[found.event == b"reboot"]
    assert list(reboots) == [b"power on", b"planned by the logger"]


@pytest.mark.parametrize(
    ("chip", "seconds"),
    [
        ("wroom", 100),
        *(pytest.param(chip, 4000, marks=pytest.mark.slow) for chip in ("wroom", "c3")),
    ],
)
def test_without_a_display_the_small_chips_have_room_for_mqtt(board, chip, seconds):
    """The network keeps what it needs, also when days are made and the time is asked for once more,
    an hour later by default.
    """
    seen = board(chip, SMALL, {"lcd": {"kind": "none"}, "ntp": {"interval_s": 3600}})
    seen.board.run(seconds)
    network_never_suffered(seen)
    assert said(seen, "mqtt_published")[-1] > seconds // 4
    assert said(seen, WAITS)[-1] == FULL  # for them there is none: they are compacted at a start
