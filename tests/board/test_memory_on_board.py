"""A logger with WiFi and MQTT on the memory of a chip: compaction takes nothing that the network
needs, what it has to put off is done at the next start, and no reading is lost.
"""

import re

import pytest
from host_tools.history import frames
from host_tools.sim.network import house_network
from host_tools.sim.vm import ops
from test_shard import household
from tests.helpers import boards, home_bench

from store import segment

# On a WROOM this config has not the room yet: its heap would have to stay below 120 KB
CHIP = "s3"
FULL = 11  # segments that are there already
FRAMES = 5036  # that fill one
FOLDER = "/data/house/pack"
WAITS = "compaction_waits"


def full_segment(number: int) -> bytes:
    """A segment of another boot, another household each."""
    header = segment.Header(segment.PACK, 1, 16, "house", number)
    return header.pack() + household(FRAMES)


@pytest.fixture
def board(installed, tmp_path):
    """A board at home whose flash has full segments."""
    image = boards.copy_of(installed, tmp_path)
    with boards.Files(image) as files:
        files.makedirs(FOLDER, exist_ok=True)
        for number in range(1, FULL + 1):
            with files.open(f"{FOLDER}/{segment.file_name(number)}", "wb") as file:
                file.write(full_segment(number))

    def ahead(rig):
        rig.home.add_broker()

    config = home_bench.config()
    config["mqtt"] = {"host": house_network.BROKER_NAME}
    config["status_s"] = 5
    plan = {"wifi": True, "start_unix_s": home_bench.START, "settings": {"chip": CHIP}}
    made = boards.Bench(image, config, ahead=ahead, **plan)
    yield made.start()
    made.close()


def said(board, key: str) -> list[int]:
    """All numbers that the health lines have for it."""
    return [int(n) for n in re.findall(rf"packlog health .*\b{key}=(\d+)", board.console())]


def files(board) -> list[str]:
    """Names of the pack's series."""
    with boards.Files(board.image) as flash:
        return sorted(flash.listdir(FOLDER))


def test_compaction_does_not_starve_the_network(board, tmp_path):
    board.board.run(200)
    assert board.board.starts == 1
    put_off = max(said(board, WAITS))
    board.board.power_off()
    names = files(board)
    board.board.power_on()
    board.board.run(90)
    console = board.console()
    assert "Traceback" not in console and " failed" not in console.replace("_failed", "")
    assert board.board.memory.refused == []
    grown = [each for each in board.board.memory.of(ops.GREW) if each.start == 1]
    assert len(grown) == 2  # all it ever takes, and before the sockets
    assert said(board, "mqtt_drops")[-1] == 0 and said(board, "wifi_drops")[-1] == 0
    assert said(board, "mqtt_connects")[-1] == 1
    assert said(board, "compaction_failed")[-1] == 0
    assert put_off >= 1, "nothing had to wait"
    assert any(name.endswith(segment.SUFFIX) for name in names[:FULL])
    history = board.history(tmp_path / "history")
    left = sorted(path.name for path in (history / "house" / "pack").iterdir())
    assert left[:FULL] == [segment.file_name(n, segment.SHARD) for n in range(1, FULL + 1)]
    found = frames.load([history])
    assert not found.problems
    assert len(found) > FULL * FRAMES
