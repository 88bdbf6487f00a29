"""The Bluetooth transport on the virtual board's radio: JK units that do what such units do.

On the board runs the aioble that PACKLOG_AIOBLE names, or the stand-in for it.
"""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("bumble", reason="a simulated radio needs bumble, and Python 3.11")

from host_tools.ground.firmware import FIRMWARE
from host_tools.sim.board.board import Board, Settings
from host_tools.sim.board.peripherals import Wiring
from host_tools.sim.board.world import World
from host_tools.sim.radio.ble_unit import Module
from host_tools.sim.radio.bluetooth import Bluetooth
from host_tools.sim.units.jk import Unit
from host_tools.sim.units.pack import Pack
from host_tools.sim.workshop import port_of
from tests.helpers.bluetooth_bench import image

ON_BOARD = ("sample.py", "board.py", "radios.py", "bms/framed.py", "bms/jk_frame.py", "bms/jk.py")
ON_BOARD += ("lib/once.py", "transport/ble.py", "transport/ble_radio.py", "transport/ble_scan.py")
ON_BOARD += ("transport/keepalive.py", "transport/pairing.py")
RESUME_S = 30  # readings are there again so long after a fault is over
PERIOD_S = 0.5  # from one reading to the next
ADDRESSES = [f"C8:47:8C:00:00:0{n}" for n in range(1, 4)]

MAIN = """
import asyncio, gc, json
from bms.jk import LINKS, Decoder
from transport import ble, ble_radio, ble_scan
from transport.keepalive import keep_alive


class Source:
    def __init__(self, which):
        self.readings = 0
        self.decoder = Decoder(self.put, 0, True)
        settings = {"address": "", "device": "", "pin": ""}
        settings.update(which)
        self.link = ble.make(settings, LINKS["ble"], None)

    def put(self, sample):
        self.readings += 1

    async def run(self):
        await keep_alive(self.link, self.decoder, lambda: self.readings, 15, lambda: None)

    def said(self):
        counters = self.link.counters
        rejected = self.decoder.stats["rejected"]
        counts = [self.readings, rejected, counters["connects"], counters["overflows"]]
        return counts + [self.link.state]


ble.claim({"pin": PIN})


async def main():
    for source in sources:
        asyncio.create_task(source.run())
    seconds = 0
    while True:
        await asyncio.sleep(1)
        seconds += 1
        if seconds == RELEASE_AT:
            sources[0].link.release(90)
        gc.collect()
        print("said", json.dumps([source.said() for source in sources] + [gc.mem_alloc()]))


sources = [Source(which) for which in WHICH]
try:
    asyncio.run(main())
finally:
    ble_radio.shutdown()
    asyncio.new_event_loop()
"""


class Bench:
    """A board that reads the units of these modules; peers: the modules, with their faults.

    which: the links' addresses or names, unless all. The first link is released for 90 s after
    release_at s.
    """

    def __init__(self, folder: Path, modules: list[Module], which=None, release_at=0, pin=""):
        world = World()
        self.radio = Bluetooth(world)
        self.units = [Unit(Pack(seed=n), seed=n) for n in range(len(modules))]
        self.peers = [self.radio.add(*each) for each in zip(self.units, modules, strict=True)]
        which = which or [{"address": module.address.lower(), "pin": pin} for module in modules]
        main = MAIN.replace("WHICH", repr(which)).replace("RELEASE_AT", str(release_at))
        main = main.replace("PIN", repr(pin))
        wiring = Wiring(devices=[self.radio], world=world)
        files = {name: (FIRMWARE / name).read_text() for name in ON_BOARD} | {"main.py": main}
        flash = image(folder / "flash.img", files)
        self.board = Board(Settings(flash=flash, speed=0, wiring=wiring))
        self.board.power_on()

    def console(self) -> str:
        return self.board.console.transcript.decode("utf8", "replace")

    def said(self) -> list:
        """The newest of what main.py says each second."""
        lines = [line for line in self.console().splitlines() if line.startswith("said ")]
        assert lines and lines[-1].endswith("]"), self.console()[-2000:]
        return json.loads(lines[-1][5:])

    def readings(self, n: int = 0) -> int:
        return self.said()[n][0]

    def run(self, seconds: float) -> None:
        self.board.run(seconds)
        assert "Traceback" not in self.console(), self.console()[-2000:]

    def resumes(self, n: int = 0) -> None:
        """Readings come steadily at the latest after RESUME_S."""
        self.run(RESUME_S)
        before = self.readings(n)
        self.run(5)
        assert self.readings(n) >= before + 5 / PERIOD_S - 3, self.said()


@pytest.fixture
def bench(tmp_path):
    """bench(*modules, **more): see Bench."""
    made = []

    def make(*modules, **more):
        made.append(Bench(tmp_path, list(modules), **more))
        return made[-1]

    yield make
    for each in made:
        each.board.close()


def module(n: int = 0, **how) -> Module:
    return Module(f"JK-B2A{n}", ADDRESSES[n], **how)


@pytest.mark.parametrize(
    "how",
    [
        {"sizes": 20, "per_event": 100},  # a frame in one burst of fifteen notifications
        {"sizes": 20, "per_event": 1, "interval_s": 0.0075},
        {"two_characteristics": True},
        {"mtu": 23},
        {"sizes": (20, 244)},
    ],
    ids=lambda how: ",".join(how),
)
def test_every_frame_is_a_reading(bench, how):
    on = bench(module(**how))
    on.run(5)
    before = on.readings()
    on.run(20)
    readings, rejected, connects, overflows, state = on.said()[0]
    assert abs(readings - before - 20 / PERIOD_S) <= 2
    assert (rejected, connects, overflows, state) == (0, 1, 0, None)


def test_a_unit_is_found_by_its_name(bench):
    on = bench(module(0), module(1), which=[{"device": "JK-B2A1"}])
    on.run(8)
    assert on.readings() > 5
    assert [peer.connected for peer in on.peers] == [False, True]


def test_three_units_at_once(bench):
    on = bench(module(0), module(1, sizes=20, per_event=100), module(2, two_characteristics=True))
    on.run(12)
    before = [on.readings(n) for n in range(3)]
    on.run(20)
    for n in range(3):
        assert abs(on.readings(n) - before[n] - 20 / PERIOD_S) <= 2
    on.peers[1].drop()
    on.resumes(1)
    assert [on.said()[n][2] for n in range(3)] == [1, 2, 1]


def test_readings_resume_after_each_fault(bench):
    on = bench(module())
    peer = on.peers[0]
    on.run(8)
    heap = []
    for fault, value, usual, shown in (
        ("in_range", False, True, "Not heard: app open?"),
        ("taken", True, False, "Not heard: app open?"),
        ("hung", True, False, None),
        ("refuses", "drops", "", None),
        ("refuses", "half-open", "", None),
        ("refuses", "deaf", "", "Connecting failed"),
        ("refuses_mtu", True, False, None),  # it has not answered while it was hung: not asked
        ("ignores_mtu", True, False, None),
    ):
        setattr(peer, fault, value)
        if fault != "hung":
            peer.drop()
        states = set()
        for _ in range(40):
            on.run(1)
            states.add(on.said()[0][4])
        assert shown is None or shown in states, (fault, states)
        setattr(peer, fault, usual)
        on.resumes()
        heap.append(on.said()[-1])
    assert heap[-1] - heap[0] < 2048


def test_a_released_unit_is_free_for_so_long(bench):
    on = bench(module(0), module(1), release_at=10)
    on.run(15)
    assert [peer.connected for peer in on.peers] == [False, True]
    readings = on.readings()
    for shown in ("Released 2 min", "Released 1 min"):
        assert on.said()[0][4] == shown
        on.run(42)
        assert not on.peers[0].connected
    assert on.readings(0) == readings
    on.resumes(0)
    assert on.readings(1) > 150


def test_ctrl_c_lets_go_of_the_unit_and_the_repl_can_scan(bench):
    on = bench(module(0), module(1), which=[{"address": ADDRESSES[0].lower()}])
    on.run(8)
    assert on.peers[0].connected
    on.board.console.interrupted = True
    on.board.run(1)
    assert not on.peers[0].connected
    with port_of(on.board) as port:
        code = "import asyncio; print('heard', sorted(asyncio.run(ble_scan.scan(1))))"
        command = [sys.executable, "-m", "mpremote", "connect", port, "resume", "exec", code]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    heard = [
        (address.lower(), f"JK-B2A{n}", -60, [0xFFE0], 0x0B65)
        for n, address in enumerate(ADDRESSES[:2])
    ]
    assert said.stdout.strip() == f"heard {heard}", said.stdout + said.stderr


def test_a_unit_that_wants_a_bond_or_a_pin(bench):
    """Bonded with after a refusal; its own PIN; no PIN, of which the display says so."""
    modules = module(0, wants="bond"), module(1, wants="pin", passkey=12345), module(2, wants="pin")
    addresses = [{"address": address.lower()} for address in ADDRESSES]
    addresses[1]["pin"] = "012345"
    on = bench(*modules, which=addresses)
    on.run(40)
    assert [on.said()[n][4] for n in range(3)] == [None, None, "Wants a PIN"]
    before = [on.readings(n) for n in range(3)]
    on.run(10)
    assert [on.readings(n) - before[n] > 15 for n in range(3)] == [True, True, False]
    for peer in on.peers[:2]:
        peer.drop()
    on.run(20)
    before = [on.readings(n) for n in range(2)]
    on.run(5)
    assert all(on.readings(n) > before[n] for n in range(2))


def test_a_bond_outlives_a_power_cut_and_the_units_forgetting_of_it(bench):
    on = bench(module(0, wants="pin", passkey=12345), pin="012345")
    peer = on.peers[0]
    on.run(15)
    bond = peer.bond
    assert bond and on.readings() > 5
    on.board.power_off()
    on.board.power_on()
    on.run(15)
    assert peer.bond == bond and on.said()[0][4] is None
    peer.bond = None
    peer.drop()
    on.resumes()
    assert peer.bond and peer.bond != bond
    peer.passkey = 543210  # somebody has changed it in the app
    peer.bond = None
    peer.drop()
    on.run(20)
    assert on.said()[0][4] == "Wrong PIN"


def test_a_unit_that_lets_everybody_subscribe_and_is_never_heard_is_bonded_with(bench):
    on = bench(module(0, wants="bond", lets_subscribe=True))
    on.run(70)
    assert on.peers[0].bond and on.readings() > 5


FAULTS = (
    ("in_range", False, True),
    ("taken", True, False),
    ("hung", True, False),
    ("refuses", "drops", ""),
    ("refuses", "half-open", ""),
    ("refuses", "deaf", ""),
    ("refuses_mtu", True, False),
    ("ignores_mtu", True, False),
    ("", None, None),  # nothing but a connection that ends
)


@pytest.mark.slow
def test_an_hour_of_three_units_with_faults(bench):
    on = bench(module(0), module(1, sizes=20, per_event=100), module(2, two_characteristics=True))
    on.run(60)
    heap = on.said()[-1]
    chance = random.Random(4)
    while on.board.now < 3600e6:
        fault, value, usual = chance.choice(FAULTS)
        n = chance.randrange(3)
        if fault:
            setattr(on.peers[n], fault, value)
        if fault != "hung":
            on.peers[n].drop()
        on.run(chance.randint(1, 60))
        if fault:
            setattr(on.peers[n], fault, usual)
        on.resumes(n)
    on.run(60)
    assert abs(on.said()[-1] - heap) < 2048
    for readings, rejected, _connects, overflows, state in on.said()[:3]:
        assert readings > 3600 and (rejected, overflows, state) == (0, 0, None)
