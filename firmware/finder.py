"""Finds out which kind of BMS a unit is, for packs whose config says "bms": "auto".

It listens for the unit, compares its advertisement with what the kinds look like (recognise.py),
and asks the unit as each that is possible, in turn, until one brings a reading: with that decoder's
requests, which only read. What it finds is kept by kinds_found.py; settings.py takes the kind from
there at the next start. This module is loaded only while there is something to find.
"""

import asyncio
import gc
import sys

import recognise
from kinds_found import add, read, unit_of
from lib import passing
from transport import ble, ble_scan

PASSING = True

LISTEN_S = 8
AGAIN_S = 20  # until a unit that was not found is looked for again
PIN_S = 60  # that of one that lacks its PIN: some units lock themselves after several wrong ones
TRY_S = 30  # for a link to come up, and for what comes then
SILENT_S = 8  # a unit that is connected and brings no reading for so long is not of that kind
LINKS = 4  # for the only kind that it can be: transport/ble.py pairs after three silent ones
TICK_MS = 100
SHOW_S = 5
# What a link says (transport/pairing.py) that a further attempt does not change
PIN_WANTED = ("Wants a PIN", "Wrong PIN")


async def ask(kind, uuids, unit, links=1):
    """(cells, mV) of the first reading with cells, if a unit speaks as that kind, else what its
    link said last. Asks what the kind's decoder asks, nothing else. unit: its address or "", its
    name, its PIN or "".
    """
    path = "bms." + kind
    was_there = path in sys.modules
    __import__(path)
    found = []

    def take(sample):
        if sample.cell_count and sample.voltage:
            found[:] = [(sample.cell_count, sample.voltage)]

    try:
        decoder = sys.modules[path].Decoder(take, 0, True)
        address, device, pin = unit
        link = ble.BleLink(address, device, uuids, pin)
        while links and not found and link.state not in PIN_WANTED:
            links -= 1
            await _listen(link, decoder, found)
    finally:
        if not was_there:
            passing.forget(path)
        gc.collect()
    return found[0] if found else link.state or link.idle


async def _listen(link, decoder, found):
    """Run the link until something is found, or it is clear that nothing will be."""
    task = None
    up_ms = 0
    try:
        for _ in range(TRY_S * 1000 // TICK_MS):
            if task is None or task.done():
                decoder.forget()
                task = asyncio.create_task(_attempt(link, decoder))
            await asyncio.sleep_ms(TICK_MS)
            up_ms += TICK_MS * (link.state is None)
            if found or up_ms >= 1000 * SILENT_S or link.state in PIN_WANTED:
                return
    finally:
        while task and not task.done():  # once is not always enough: see transport/keepalive.py
            task.cancel()
            await asyncio.sleep_ms(TICK_MS)


async def _attempt(link, decoder):
    # A task that ends with an error nobody waits for is printed
    try:
        await link.run(decoder.feed, decoder.request)
    except (OSError, asyncio.CancelledError):
        pass


class Finder:
    """A part of the logger, and two of its tasks. packs: the sections of those whose kind is
    unknown.
    """

    def __init__(self, packs, logger):
        self._packs = packs
        self._logger = logger
        self._complaints = logger.complaints
        logger.board.parts.append(self)
        logger.board.tasks += [("finder", self.run), ("unknown", self.show)]
        self._states = {}  # by pack
        self._wrong = {}  # the complaint about each

    @property
    def state(self):
        """What is going on with the first one, for the display."""
        return self._states.get(self._packs[0]["name"])

    def values(self):
        """The same of all, as links of packs have it."""
        return [(name + "_link", self._states[name]) for name in self._states]

    async def show(self):
        """A line on the console for each now and then, as packs have it."""
        while True:
            for pack in self._packs:
                print("packlog " + pack["name"] + " readings=0 bms=auto")
            await asyncio.sleep(SHOW_S)

    async def run(self):
        """Find out of which kinds units are. What is found counts from the next start on."""
        found = await self._look()
        while not self._logger.is_quiet():
            await asyncio.sleep(1)
        await self._logger.restart("Restarting: " + found)

    async def _look(self):
        """Look until at least one was found and kept. Returns what that is, in words."""
        found = read()
        # Found before, and yet not taken: what else the config says does not fit that kind
        looked_for = [pack for pack in self._packs if unit_of(pack) not in found]
        while True:
            done = []
            for pack in looked_for:
                kind = await self._find(pack)
                if kind:
                    add(unit_of(pack), kind)
                    done.append(pack["name"] + " is a " + kind)
            if done:
                return ", ".join(done)
            pairs = any(self._states.get(pack["name"]) in PIN_WANTED for pack in looked_for)
            await asyncio.sleep(PIN_S if pairs else AGAIN_S)

    def _say(self, pack, state, wrong=None):
        """state: up to 20 characters; wrong: what the owner has to do."""
        name = pack["name"]
        self._states[name] = state
        before = self._wrong.pop(name, None)
        if before in self._complaints:
            self._complaints.remove(before)
        if wrong:
            self._wrong[name] = name + ": " + wrong
            self._complaints.append(self._wrong[name])

    async def _find(self, pack):
        """Its kind, or None."""
        if pack["name"] not in self._states:
            self._say(pack, "Looking for the BMS")
        try:
            advertised = await _hear(pack)
        except (OSError, asyncio.TimeoutError):
            self._say(pack, "Bluetooth failed")
            return None
        if not advertised:
            self._say(pack, ble.SEARCH[2])
            return None
        return await self._ask(pack, advertised)

    async def _ask(self, pack, advertised):
        import seen_as  # as long as this runs

        table = seen_as.KINDS
        passing.forget("seen_as")
        _, name, _, uuids, maker = advertised
        kinds, _ = recognise.kinds(table, name, uuids, maker, advertised[0])
        for kind, link, _ in table:
            if kind in kinds:
                self._states[pack["name"]] = "Asking as " + kind
                unit = pack["address"], pack["device"], pack["pin"]
                said = await ask(kind, link, unit, LINKS if len(kinds) == 1 else 1)
                if isinstance(said, tuple):
                    return kind
                if said in PIN_WANTED:
                    self._say(pack, said, said + ": set its pin")
                    return None
        if kinds:
            wrong = " does not answer as " + ", ".join(kinds) + ": set its bms, or its pin"
        else:
            wrong = " is of no kind that is known: set its bms"
        self._say(pack, "Unknown: set its bms", unit_of(pack) + wrong)
        return None


async def _hear(pack):
    """The advertisement of the pack's unit, as ble_scan.scan() has it; None if it is not heard."""
    for heard in await ble_scan.scan(LISTEN_S):
        if pack["address"] in (heard[0], "") and pack["device"] in (heard[1], ""):
            return heard
    return None
