"""A virtual board whose main.py is a script, with JK units within its radio's reach.

aioble is the one that PACKLOG_AIOBLE names, otherwise the tests' stand-in for it.
"""

import ast
from pathlib import Path

from host_tools.sim.rig import Plan, Rig
from host_tools.sim.units import jk, jk_wire
from host_tools.sim.vm import ops
from tests.helpers.boards import AIOBLE, new_flash

IS_REAL = (AIOBLE / "central.py").exists()  # the stand-in does not scan
COMMANDS = jk_wire.command(jk_wire.ASKS_DEVICE), jk_wire.command(jk_wire.ASKS_CELLS)

ON_THE_BOARD = (
    f"COMMANDS = {COMMANDS!r}\n"
    + '''
import asyncio, binascii, time, bluetooth, aioble
from aioble import core

ble = core.ble
events = []  # (ms, event, its fields); notifications apart
pieces = {}  # connection handle -> notifications; None: they are not kept
sums = {}  # connection handle -> bytes of all of them, their checksum

def irq(event, data):
    if event == 18:
        count, checksum = sums.get(data[0], (0, 0))
        sums[data[0]] = count + len(data[2]), binascii.crc32(data[2], checksum)
        if pieces is not None:
            pieces.setdefault(data[0], []).append(bytes(data[2]))
    else:
        fields = tuple([f if isinstance(f, int) else bytes(f) for f in data])
        events.append((time.ticks_ms(), event, fields))

core.register_irq_handler(irq, None)

async def event(number, seconds=40):
    """Wait for an event of that kind and take it out."""
    for _ in range(seconds * 100):
        for each in events:
            if each[1] == number:
                events.remove(each)
                return each
        await asyncio.sleep_ms(10)
    raise OSError("no event")

async def connect(address, ms=8000):
    return await aioble.Device(0, address).connect(None, ms)

async def subscribe(connection, mtu=0):
    """Ask the unit for cells; the characteristics."""
    if mtu:
        await connection.exchange_mtu(mtu)
    service = await connection.service(bluetooth.UUID(0xFFE0))
    found = []
    async for each in service.characteristics(bluetooth.UUID(0xFFE1)):
        found.append(each)
    await [each for each in found if each.properties & 16][0].subscribe()
    writer = [each for each in found if each.properties & 4][0]
    for command in COMMANDS:
        await writer.write(command)
    return found

def error(function, *arguments):
    try:
        return function(*arguments)
    except OSError as e:
        return e.errno

def show(*values):
    print("=", values)
'''
)

A, B, C = (f"c8:47:8c:00:00:0{n}" for n in (1, 2, 3))


def image(path: Path, files: dict[str, str]) -> Path:
    """A flash with aioble and these files."""
    sources = {f"lib/aioble/{file.name}": file.read_text() for file in AIOBLE.glob("*.py")}
    return new_flash(path, {name: text.encode() for name, text in (sources | files).items()})


class Bench:
    """A board whose main.py is a script, with JK units A, B, C ... around it."""

    def __init__(self, folder: Path, script: str, units: int = 1, **module):
        main = f"{ON_THE_BOARD}\n{script}\nasyncio.run(main())\n"
        flash = image(folder / "flash.img", {"/main.py": main})
        # What a script shows takes no time: the units would go on sending meanwhile
        plan = Plan(flash=flash, bms="jk", jk_name="JK-0", jk_module=module, speed=0)
        plan.settings["baudrate"] = 0
        plan.settings["heap"] = "640K"  # what a script prints is long
        self.rig = Rig(plan)
        for n in range(1, units):
            jk.add(self.rig, f"JK-{n}", seed=n, **module)
        self.board = self.rig.board
        self.units = list(self.rig.bluetooth.units.values())
        self.sent = [Sent(peripheral) for peripheral in self.units]

    def run(self, seconds: float = 200) -> list[tuple]:
        """What the script shows until it ends."""
        if not self.board.powered:
            self.board.power_on()
        return shown(self.rig, seconds)

    @property
    def text(self) -> str:
        return self.board.console.transcript.decode()


def shown(rig: Rig, seconds: float = 200) -> list[tuple]:
    """What the script on a board that is on shows until it ends."""
    board = rig.board
    until = board.now + int(1e6 * seconds)
    while board.state != ops.REPL and board.now < until:
        board.step(until)
    while board.state == ops.REPL and not board.console.transcript.endswith(b">>> "):
        board.step()  # what it has said last is still on its way
    text = board.console.transcript.decode()
    assert "Traceback" not in text, text
    lines = [line.strip() for line in text.splitlines()]
    return [ast.literal_eval(line[2:]) for line in lines if line.startswith("= ")]


class Sent:
    """Keeps what the unit behind a module sends. ahead_s: how far ahead it was asked at most."""

    def __init__(self, peripheral):
        self.all: list[bytes] = []
        self.ahead_s = 0.0
        self._world = peripheral.air.world
        self._unit = peripheral.unit
        self.write, self.disconnect = self._unit.write, self._unit.disconnect
        peripheral.unit = self

    def bursts(self, t0_s, t1_s):
        self.ahead_s = max(self.ahead_s, t1_s - self._world.time())
        for at_s, data in self._unit.bursts(t0_s, t1_s):
            self.all.append(data)
            yield at_s, data


class Benches:
    """Builds benches in a folder, and takes them apart at the end."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._made: list[Bench] = []

    def __call__(self, script: str, units: int = 1, **module) -> Bench:
        self._made.append(Bench(self._folder, script, units, **module))
        return self._made[-1]

    def close(self) -> None:
        for bench in self._made:
            bench.board.close()
