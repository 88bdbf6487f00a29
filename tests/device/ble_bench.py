"""The bench of the Bluetooth transport's tests: a radio that does what it is told, the transport on
aioble or its stand-in, somebody who listens to a link.
"""

import asyncio
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/standin")

import standin  # noqa: E402

standin.use()

import fake_bluetooth as fake  # noqa: E402

from bms.jk import LINKS  # noqa: E402
from transport import ble, ble_radio, ble_scan  # noqa: E402, F401

aioble = ble.aioble
radio = fake.radio

ADDRESS = "c8:47:8c:00:00:01"
OTHER = "c8:47:8c:00:00:02"
FRAME = bytes(range(200)) + bytes(range(100))
ASK = bytes(range(20))
STAGES = ("services", "characteristics", "descriptors", "subscribe")

ble_radio.POLL_MS = 5


class short:
    """with short("FIND"): this timeout runs off at once, for tests in which it has to."""

    def __init__(self, name, ms=30):
        self.name = name
        self.module = ble if hasattr(ble, name) else ble_radio
        self.usual = getattr(self.module, name)
        self.value = ms
        if isinstance(self.usual, tuple):
            self.value = (self.usual[0], ms, self.usual[2])

    def __enter__(self):
        setattr(self.module, self.name, self.value)

    def __exit__(self, *error):
        setattr(self.module, self.name, self.usual)


def link_to(address="", device="", pin="", uuids=LINKS["ble"]):
    """A link as a JK has it, or another BMS."""
    return ble.make({"address": address, "device": device, "pin": pin}, uuids, None)


class Listener:
    """The decoder's end of a link: what it got, and what it asks."""

    def __init__(self, ask=b"", **which):
        self.link = link_to(**(which or {"address": ADDRESS}))
        self.got = bytearray()
        self.ask = ask
        self.asked = 0
        self.start()

    def feed(self, buffer, count):
        self.got.extend(buffer[:count])

    def request(self):
        self.asked += 1
        return self.ask

    def start(self):
        self.task = asyncio.create_task(self.link.run(self.feed, self.request))

    async def up(self):
        asked = self.asked
        await until(lambda: self.asked > asked or self.task.done())
        assert self.link.state is None, self.link.state

    async def end(self):
        """What run() ended with: None, or LinkLost."""
        try:
            await self.task
        except ble.LinkLost as lost:
            return lost

    async def cancel(self):
        self.task.cancel()
        try:
            await self.task
        except asyncio.CancelledError:
            return
        raise AssertionError("not cancelled")


async def until(condition):
    for _ in range(20000):
        if condition():
            return
        await asyncio.sleep_ms(1)
    raise AssertionError("never came about")


def play(test, *args):
    """Run a test on a new radio."""
    radio.begin()
    if sys.implementation.name == "micropython":
        asyncio.new_event_loop()
    try:
        asyncio.run(test(*args))
    finally:
        ble_radio.shutdown()


def assert_free(*units):
    """Nobody has the unit, the radio is nobody's, nothing is registered."""
    assert [unit.handle for unit in units] == [None] * len(units)
    assert not ble_radio.lock.locked()
    assert not ble_radio.links
    assert ble_radio._connecting is None and ble_radio._hear is None
    assert radio._scanning is None and radio._connecting is None


async def assert_works(listener, unit):
    """The same link, started again, delivers."""
    unit.trouble.clear()
    listener.start()
    await listener.up()
    before = len(listener.got)
    unit.notify(FRAME[:20])
    await until(lambda: len(listener.got) > before)
    assert bytes(listener.got[before:]) == FRAME[:20]
    await listener.cancel()
    assert_free(unit)
