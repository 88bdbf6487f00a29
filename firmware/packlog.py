"""The logger: wires source -> hub -> sinks as config.json says. It knows the packs; of the parts
(parts/NAME.py) only what they all have.

Ctrl-C flushes what is in RAM and leaves `logger` to be asked at the REPL; the watchdog then gives
the PC ten minutes before it starts the logger again.
"""

import asyncio
import gc
import os
import sys
import time

from machine import WDT, reset, reset_cause

import health
from board import Board, module
from console import STARTING, TROUBLE, lines, say
from lib import once
from lib.tasks import keep_running
from lib.uptime import Uptime
from listen import Listener
from net.clock import Clock
from pack import STORE_MS, Pack
from store import events, retention
from store.upkeep import Upkeep
from transport.keepalive import keep_alive

# What boot.py counts, in these files, and after how many s of running that is forgotten
CUTS, POWERED_S = "/cuts", 60
CRASHES, WELL_S = "/crashes", 900
RELEASE = "/release"  # `packlog release` writes it
PAUSE_MS = 600000  # how long a PC may keep the logger from running before the watchdog starts it
STORE = 0  # among the packs, in what is seen
BEAT_S = 90  # a task that has not been seen for so long is stuck
GARBAGE = 4096  # bytes between two collections: what is made later must not lie scattered
CRASH_S = 5  # to read what it was, before the reset
COMPACT_MS = 20  # between two steps of compaction
COMPACT_S = 60  # how often to look for something to compact
RESTART_S = 3  # to read why
GOODBYE_S = 1  # for what the parts have sent last to leave the chip


class Logger:
    """All packs and parts. complaints: what is wrong, in words that a person can act on."""

    @once.start
    def __init__(self, settings):
        self.board = board = Board(settings, Uptime(time.ticks_ms, time.ticks_diff), Clock())
        self.packs, self.complaints = board.packs, board.complaints  # the PC's scripts use them
        self.complaints += settings.get("complaints", ())
        self._settings = settings
        # (has it restarted by itself, has compacting failed): see store/starting.py
        planned, tried = settings.get("start", (False, False))
        board.cause = events.PLANNED if planned else reset_cause()
        self._beats = {}  # when each was seen last, in s of uptime
        # A link may need a radio's part; the other parts have to do with the packs, and are not
        # imported before what only those needed is gone
        parts = settings["parts"]
        radios = [name for name in settings.get("radios", ()) if name in parts]
        for name in radios:
            self._attempt(self._add_part, name)
        self._unknown = [pack for pack in settings["packs"] if pack["bms"] == "auto"]
        for i, pack in enumerate(settings["packs"]):
            if pack not in self._unknown:
                self._attempt(self._add_pack, i, pack)
        if self._unknown:
            self._attempt(self._add_finder)  # it makes links and decoders
        else:
            once.packs.forget()
        for name in parts:
            if name not in radios:
                self._attempt(self._add_part, name)
        lost = bool(settings.get("lost"))
        self.upkeep = Upkeep([pack.history for pack in board.packs], tried, lost)
        retention.look("/")
        self._release(take_release())
        board.report = self._report_status
        self._attempt(self._listen)
        for name in ["packs", "store", "timezone", "timezone_rule"] + settings.pop("parts"):
            settings.pop(name)  # who needs a section has it

    @once.start
    def _attempt(self, action, *arguments):
        # What is wrong with one part must not take the others down.
        try:
            return action(*arguments)
        except MemoryError as error:
            if self._let_go():  # logging matters more than the network
                return self._attempt(action, *arguments)
            self.complaints.append(str(error))
        except Exception as error:  # also a module that is not on the board, see docs/install.md
            self.complaints.append(str(error) or repr(error))

    @once.start
    def _add_part(self, name):
        part = module("parts", name).make(self._settings[name], self.board)
        if part:
            self.board.parts.append(part)
            self.board.tasks.append((name, part.run))

    @once.start
    def _add_pack(self, index, settings):
        board = self.board
        pack = Pack(index, settings, self._settings["store"], board)
        pack.history.event(events.REBOOT, board.cause)
        pack.history.event(events.CONFIG, events.PLAIN, self._settings["checksum"])
        board.clock.add_listener(pack.history.anchor)
        board.packs.append(pack)

    @once.start
    def _add_finder(self):
        import finder

        self._finder = finder.Finder(self._unknown, self.complaints)
        self.board.parts.append(self._finder)
        self.board.tasks.append(("finder", self._find))

    @once.start
    def _listen(self):
        """To a PC on the console."""
        self.board.tasks.append(("console", Listener(self.board).run))

    @once.start
    def _release(self, seconds):
        """Leave alone for so long those BMSs that take one client at a time."""
        for pack in self.board.packs:
            release = getattr(pack.link, "release", None)
            if seconds and release:
                release(seconds)

    # Tasks

    async def run(self):
        """Start every task; returns never."""
        tasks = [("store", self._store), ("compact", self._compact), ("status", self._status)]
        for pack in self.board.packs:
            tasks.append((pack.name, self._reader(pack)))
        tasks += self.board.tasks
        for name, start in tasks:
            asyncio.create_task(keep_running(name, start, self._report))
        self._let_go()
        self._beats = dict.fromkeys([STORE] + self.board.packs, 0)  # what has to be seen
        await self._watch()

    def _let_go(self):
        """Let go of what was reserved while the heap grew. False if nothing is."""
        held = self._settings.pop("reserve", None)
        if held:
            release, what = held
            self._pin = release(what)  # it stays where it is
        return bool(held)

    def _reader(self, pack):
        def beat():
            self._beats[pack] = self.board.uptime.seconds

        return lambda: keep_alive(
            pack.link, pack.decoder, lambda: pack.readings, pack.timeout_s, beat
        )

    async def _store(self):
        while True:
            for pack in self.board.packs:
                for _ in pack.flush_if_due():
                    await asyncio.sleep_ms(0)  # yield to other tasks
            self._beats[STORE] = self.board.uptime.seconds
            await asyncio.sleep_ms(STORE_MS)

    async def _compact(self):
        while True:
            await asyncio.sleep(COMPACT_S)  # at a start, too: links and network come first
            for _ in self.upkeep.steps():
                await asyncio.sleep_ms(COMPACT_MS)
            if self.upkeep.wants_restart(self.board.uptime.seconds) and self._is_quiet():
                await self._restart(self.upkeep.why())

    def _is_quiet(self):
        """Has everything just been flushed?"""
        return not any(pack.history.waiting for pack in self.board.packs)

    async def _find(self):
        """Find out of which kinds units are. What is found counts from the next start on."""
        found = await self._finder.run()
        while not self._is_quiet():
            await asyncio.sleep(1)
        await self._restart("Restarting: " + found)

    async def _restart(self, why):
        """Do at a start what does not work here. Returns if the flash failed: the log goes on."""
        self.complaints.insert(0, why)
        await asyncio.sleep(RESTART_S)
        if self.upkeep.plan_restart():  # first: what is closed stays closed
            print("packlog: " + why + ", " + self.close())
            time.sleep(GOODBYE_S)
            reset()
        self.complaints.remove(why)

    async def _status(self):
        while True:
            await self._report_status()
            await asyncio.sleep(self._settings["status_s"])

    async def _report_status(self):
        board = self.board
        for complaint in self.complaints:
            print(TROUBLE + complaint)
        for pack in self._unknown:
            print("packlog " + pack["name"] + " readings=0 bms=auto")
        board.values = ()  # the new ones may take its RAM
        values = health.values(board)
        values += self.upkeep.values()
        board.values = values
        for words in lines(board):
            say(words)
            await asyncio.sleep_ms(0)  # a line takes its time at the console's speed

    async def _watch(self):
        """Feed the watchdog as long as the source of each pack and the store are seen."""
        timeout_s = await self._end_trial()
        watchdog = WDT(timeout=1000 * timeout_s) if timeout_s else None
        counted = [CRASHES, CUTS]
        while True:
            self.board.uptime.update()
            now = self.board.uptime.seconds
            if counted and now > (POWERED_S if len(counted) == 2 else WELL_S):
                forget(counted.pop())
            if watchdog and all(now - seen < BEAT_S for seen in self._beats.values()):
                watchdog.feed()
            await asyncio.sleep(1)

    async def _end_trial(self):
        import update

        del sys.modules["update"]  # needed once
        board = self.board
        return await update.end_trial(
            board.packs, board.uptime, self.complaints, self._settings["watchdog_s"]
        )

    def _report(self, name, error):
        print("packlog: task " + name + " failed: " + repr(error))
        errno = getattr(error, "errno", 0)  # WiFi's are texts
        errno = errno if isinstance(errno, int) else 0
        concerned = [pack for pack in self.board.packs if pack.name == name] or self.board.packs
        for pack in concerned:
            pack.history.event(events.TASK_DIED, errno, *events.text_numbers(name))

    # For the REPL, after Ctrl-C

    def set_clock(self, unix, source, ms=0):
        """Set the time (unix seconds and ms, UTC), for this boot's frames too."""
        self.board.clock.set(unix, source, ms)
        for pack in self.board.packs:
            pack.history.flush(True)

    def close(self):
        """Put on flash what is in RAM; the watchdog waits longer then. Says what came of it."""
        if self._settings["watchdog_s"]:
            WDT(timeout=PAUSE_MS)
        done = True
        for pack in self.board.packs:
            try:
                done = pack.history.close() and done
            except Exception as error:
                done = False
                print(TROUBLE + pack.name + ": " + repr(error))
        for each in self.board.parts + [pack.link for pack in self.board.packs]:
            if hasattr(each, "stop"):
                each.stop()
        return "everything is on flash" if done else "the flash did not take everything"


def forget(path):
    """It has been running well for long enough."""
    try:
        os.remove(path)
    except OSError:
        pass  # there was nothing


@once.start
def take_release():
    """For how many seconds the PC asks to leave the BMS to somebody else: once. 0: it does not."""
    try:
        with open(RELEASE) as file:
            seconds = int(file.read())
        os.remove(RELEASE)
        return seconds
    except (OSError, ValueError):
        return 0


def start(settings, complaint):
    """Run the logger until Ctrl-C; what it cannot go on from ends in a reset. With a complaint
    there are no settings: say it, forever.
    """
    global logger
    print(STARTING)
    try:
        if complaint:
            from complaint import complain

            asyncio.run(complain(complaint, lambda: forget(CUTS)))
        logger = Logger(settings)
        once.start.forget()
        gc.threshold(GARBAGE)
        asyncio.run(logger.run())
    except KeyboardInterrupt:
        forget(CRASHES)  # somebody is there
        forget(CUTS)
        raise
    except Exception as error:
        sys.print_exception(error)
        stop()
        time.sleep(CRASH_S)  # Ctrl-C gets out here
        reset()
    finally:
        stop()
        asyncio.new_event_loop()  # or the next asyncio.run at the REPL would wake our tasks


def stop():
    """Close the logger, however often somebody presses Ctrl-C meanwhile."""
    while logger:
        try:
            print("packlog stopped, " + logger.close())
            return
        except KeyboardInterrupt:
            pass


logger = None
