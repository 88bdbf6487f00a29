"""The way back in: what a board does whose BOOT button is held, or whose logger crashes over and
over.
"""

import pytest
from host_tools.board.device import Device
from host_tools.sim.vm import ops
from host_tools.sim.workshop import port_of
from tests.helpers.boards import Bench, Files, copy_of, example

CHANCE_US = 600_000_000
HANG = b"""
if not globals().get("safe_mode"):
    import machine, time
    machine.WDT(timeout=60000)
    while True:
        time.sleep(1)
"""
RAISE = b"""
import asyncio
def run(task):
    raise ValueError("a bug")
asyncio.run = run
"""


def sabotage(image, code):
    """Put code before main.py's own."""
    with Files(image) as files:
        with files.open("/main.py", "rb") as file:
            main = file.read()
        with files.open("/main.py", "wb") as file:
            file.write(code + main)
    return main


def repair(image, main):
    with Files(image) as files, files.open("/main.py", "wb") as file:
        file.write(main)


def crashes(image, name="crashes"):
    """What is counted on the flash, of a board that may be on."""
    copy = image.with_name("copy.img")
    copy.write_bytes(image.read_bytes())
    with Files(copy) as files:
        if name not in files.listdir("/"):
            return None
        with files.open(name, "rb") as file:
            return file.read()


@pytest.fixture
def board(installed, tmp_path):
    """board(code): a board whose main.py begins with that."""
    made = []

    def make(code=b"", **plan):
        image = copy_of(installed, tmp_path)
        made.append(Bench(image, **plan))
        made[-1].main = sabotage(image, code)
        return made[-1]

    yield make
    for each in made:
        each.close()


def run_to_repl(bench, seconds):
    """Run until the REPL is there; board time must not follow real time from then on."""
    end = bench.board.now + seconds * 1e6
    while bench.board.now < end and bench.board.state != ops.REPL:
        bench.board.run(1)
    return bench.board.state == ops.REPL


def leave_alone(bench, us):
    """At the REPL board time is real time: not waited for."""
    bench.board.now += us
    bench.board._pace.begin()
    bench.board.run(0.5)


def lines(bench, beginning):
    return [line for line in bench.console().splitlines() if line.startswith(beginning)]


def test_the_boot_button_within_a_second_starts_nothing(board):
    bench = board()
    bench.rig.wiring.inputs[0] = 0
    bench.start()
    assert run_to_repl(bench, 5)
    assert lines(bench, "packlog") == ["packlog: safe mode, BOOT is pressed"]
    leave_alone(bench, 2 * CHANCE_US)  # somebody is there: no watchdog
    assert bench.board.starts == 1
    bench.board.power_off()
    del bench.rig.wiring.inputs[0]
    bench.board.power_on()
    bench.board.run(15)
    assert bench.count("readings") > 5


def test_the_boot_button_later_in_that_second(board):
    bench = board()
    bench.board.at(0.7, lambda: bench.rig.wiring.inputs.update({0: 0}))
    bench.start()
    assert run_to_repl(bench, 5)
    assert "BOOT is pressed" in lines(bench, "packlog: safe")[0]


def test_three_watchdog_resets_in_a_row_lead_to_safe_mode_and_every_ten_minutes_out_again(board):
    bench = board(HANG).start()
    assert run_to_repl(bench, 400)
    assert bench.board.watchdog_resets == 3
    assert lines(bench, "packlog: safe") == [
        "packlog: safe mode after 3 crashes: next try in 10 min"
    ]
    leave_alone(bench, CHANCE_US)
    assert bench.board.watchdog_resets == 4 and bench.board.state != ops.REPL
    assert run_to_repl(bench, 200)  # one more crash is enough now
    assert bench.board.watchdog_resets == 5
    assert bench.console().count("packlog: safe mode after 3 crashes") == 2
    bench.board.power_off()
    repair(bench.image, bench.main)
    bench.board.power_on()  # in safe mode last: it tries
    bench.board.run(20)
    assert bench.count("readings") > 10


def test_the_next_chance_does_not_come_in_the_middle_of_an_install(board):
    bench = board(HANG).start()
    assert run_to_repl(bench, 400)
    starts = bench.board.starts
    leave_alone(bench, CHANCE_US - 20_000_000)
    with port_of(bench.board) as port, Device(port) as device:
        device.interrupt()
    leave_alone(bench, CHANCE_US - 20_000_000)
    assert bench.board.starts == starts
    leave_alone(bench, 40_000_000)
    assert bench.board.starts == starts + 1  # it is put off, not given up


def test_a_good_quarter_of_an_hour_makes_up_for_crashes(board):
    config = example() | {"status_s": 60}
    bench = board(HANG, config=config).start()
    while bench.board.watchdog_resets < 2:
        bench.board.run(1)
    bench.board.run(3)  # boot.py has counted
    bench.board.power_off()
    repair(bench.image, bench.main)
    bench.board.power_on()
    bench.board.run(890)
    assert crashes(bench.image) == b"2"
    bench.board.run(20)
    assert crashes(bench.image) is None


def test_what_the_logger_cannot_go_on_from_is_said_counted_and_tried_again(board):
    bench = board(RAISE).start()
    assert run_to_repl(bench, 60)
    assert bench.board.watchdog_resets == 0 and bench.board.starts == 4
    assert bench.console().count("ValueError: a bug") == 3
    assert len(lines(bench, "packlog: safe mode after 3 crashes")) == 1


BROWNOUTS = "packlog: safe mode after 3 power cuts: next try in 10 min"


def cut_soon(bench, count):
    """Let the power go so many times, each time a while after the logger has started."""
    for _ in range(count):
        bench.board.run(8)
        bench.board.power_off()
        bench.board.power_on()


def test_a_supply_too_weak_for_the_logger_ends_in_safe_mode_and_gets_its_chances(board):
    bench = board().start()
    cut_soon(bench, 3)
    assert run_to_repl(bench, 10)
    assert lines(bench, "packlog: safe") == [BROWNOUTS]
    leave_alone(bench, CHANCE_US)
    bench.board.run(8)  # it tries; the supply is as weak as before
    assert bench.count("readings") > 2
    bench.board.power_off()
    bench.board.power_on()
    assert run_to_repl(bench, 10)
    assert lines(bench, "packlog: safe") == [BROWNOUTS] * 2
    bench.board.power_off()
    bench.board.power_on()  # by hand, with a better supply: in safe mode last, it tries
    bench.board.run(70)
    assert bench.count("uptime") > 60 and crashes(bench.image, "cuts") is None
    cut_soon(bench, 3)
    bench.board.run(8)
    assert bench.count("readings") > 2
    assert len(lines(bench, "packlog: safe")) == 2


@pytest.mark.parametrize("is_logging", [True, False])
def test_power_cuts_after_a_minute_are_not_counted_with_a_config_or_without(board, is_logging):
    bench = board(config=example() | {"status_s": 60} if is_logging else {}).start()
    for _ in range(3):
        bench.board.run(63)
        assert crashes(bench.image, "cuts") is None
        bench.board.power_off()
        bench.board.power_on()
    bench.board.run(8)
    assert not lines(bench, "packlog: safe") and crashes(bench.image, "cuts") == b"1"


NO_ROOM = b"""
import sys
class NoRoom:
    def __getattr__(self, name):
        raise MemoryError("there is no room")
sys.modules["settings"] = NoRoom()
"""


def test_a_start_that_fails_before_there_is_a_logger_is_counted_and_tried_again(board):
    bench = board(NO_ROOM).start()
    assert run_to_repl(bench, 60)
    assert bench.console().count("MemoryError: there is no room") == 3
    assert len(lines(bench, "packlog: safe mode after 3 crashes")) == 1


@pytest.mark.parametrize("text", [b"", b"-", b"\xff\xff", b"7"])
def test_a_damaged_count_of_crashes_starts_the_logger_or_safe_mode(board, text):
    bench = board()
    with Files(bench.image) as files, files.open("/crashes", "wb") as file:
        file.write(text)
    bench.start()
    if text == b"7":
        assert run_to_repl(bench, 5)
        assert lines(bench, "packlog: safe mode after 3 crashes")
    else:
        bench.board.run(15)
        assert bench.count("readings") > 5
