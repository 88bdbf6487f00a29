"""The logger: wires source -> hub -> sinks as config.json says. The only module that knows all
others.

Ctrl-C flushes what is in RAM and leaves `logger` to be asked at the REPL; the watchdog then gives
the PC ten minutes before it starts the logger again.
"""

import asyncio
import binascii
import gc
import os
import sys
import time

from machine import WDT, reset, reset_cause, unique_id

import health
from display.console import health_line
from display.screen import STARTING, Screen
from display.state import Health
from lib.tasks import keep_running
from lib.uptime import Uptime
from net.clock import Clock
from pack import STORE_MS, Pack
from panel import DRAW_MS, complain, make_lcd
from store import compaction, events, retention
from transport.keepalive import keep_alive

CRASHES = "/crashes"  # boot.py reads it
WELL_S = 900  # after so long the crashes before are forgotten
RELEASE = "/release"  # `packlog release` writes it
START_GARBAGE = 4096  # bytes of new objects between two collections
PAUSE_MS = 600000  # how long a PC may keep the logger from running before the watchdog starts it
STORE = 0  # among the packs, in what is seen
BEAT_S = 90  # a task that has not been seen for so long is stuck
CRASH_S = 5  # to read what it was, before the reset
COMPACT_MS = 20  # between two steps of compaction
COMPACT_S = 60  # how often to look for something to compact


class Logger:
    """All packs and all sinks. complaints: what is wrong, in words a person can act on."""

    def __init__(self, settings):
        self.uptime = Uptime(time.ticks_ms, time.ticks_diff)
        self.clock = Clock()
        self.complaints = []
        self.packs = []
        self.health = Health()
        self.lcd = self.wifi = self.ntp = self.mqtt = self.resolver = None
        self.values = ()  # how the logger is doing, as health.values has it
        self._settings = settings
        self._beats = {}  # when each was seen last, in s of uptime
        if settings["wifi"]["networks"]:
            self._attempt(self._add_network, settings)
        for i, pack in enumerate(settings["packs"]):
            self._attempt(self._add_pack, i, pack)
        self._attempt(self._add_lcd, settings["lcd"])
        if self.wifi and settings["mqtt"]["host"]:
            self._attempt(self._add_mqtt, settings["mqtt"])
        retention.look("/")
        self._release(take_release())

    def _attempt(self, action, *arguments):
        # What is wrong with one part must not take the others down.
        try:
            action(*arguments)
        except Exception as error:  # also a module that is not on the board, see docs/install.md
            self.complaints.append(str(error) or repr(error))

    def _add_pack(self, index, settings):
        pack = Pack(index, settings, self._settings["store"], self.uptime, self.resolver)
        pack.history.event(events.REBOOT, reset_cause())
        pack.history.event(events.CONFIG, 0, self._settings["checksum"])
        self.clock.add_listener(pack.history.anchor)
        self.packs.append(pack)

    def _add_lcd(self, lcd):
        self.lcd = make_lcd(lcd)

    def _release(self, seconds):
        """Leave alone for so long those BMSs that take one client at a time."""
        for pack in self.packs:
            release = getattr(pack.link, "release", None)
            if seconds and release:
                release(seconds)

    # The modules of the network take RAM: they are there only if they are asked for.

    def _add_network(self, settings):
        from lib import tcp
        from lib.resolver import Resolver
        from net.wifi import Wifi

        self.wifi = Wifi(settings["wifi"], tcp)
        self.resolver = Resolver(self.wifi.dns_servers)
        if settings["ntp"]["server"]:
            from net.ntp import Ntp

            self.ntp = Ntp(settings["ntp"], self.resolver, self.clock, self.wifi)

    def _add_mqtt(self, settings):
        from net.mqtt import Mqtt

        self.mqtt = Mqtt(
            settings,
            self.resolver,
            binascii.hexlify(unique_id()).decode(),
            self.packs,
            lambda: dict(self.values),
            self.clock.unix,
            lambda: self.wifi.connected,
        )

    # Tasks

    async def run(self):
        """Start every task; returns never."""
        tasks = [("store", self._store), ("compact", self._compact), ("status", self._status)]
        for pack in self.packs:
            tasks.append((pack.name, self._reader(pack)))
        if self.lcd:
            tasks += [("lcd", self.lcd.run), ("display", self._draw)]
        for name in ("wifi", "ntp", "mqtt"):
            part = getattr(self, name)
            if part:
                tasks.append((name, part.run))
        for name, start in tasks:
            asyncio.create_task(keep_running(name, start, self._report))
        self._beats = dict.fromkeys([STORE] + self.packs, 0)  # what has to be seen
        await self._watch()

    def _reader(self, pack):
        def beat():
            self._beats[pack] = self.uptime.seconds

        return lambda: keep_alive(
            pack.link, pack.decoder, lambda: pack.readings, pack.timeout_s, beat
        )

    async def _store(self):
        while True:
            for pack in self.packs:
                for _ in pack.flush_if_due():
                    await asyncio.sleep_ms(0)  # everybody else first
            self._beats[STORE] = self.uptime.seconds
            await asyncio.sleep_ms(STORE_MS)

    async def _compact(self):
        while True:
            for pack in self.packs:
                for _ in pack.history.compact():
                    await asyncio.sleep_ms(COMPACT_MS)
            compaction.forget_encoder()
            await asyncio.sleep(COMPACT_S)

    async def _draw(self):
        lcd = self._settings["lcd"]
        screen = Screen(lcd["columns"], lcd["rows"], 1000 * lcd["page_s"])
        views = [pack.view for pack in self.packs]
        while True:
            self._look()
            now = time.ticks_ms()
            if views:
                self.lcd.show(screen.render(views, self.health, now))
            else:
                self.lcd.show(screen.message("packlog", "; ".join(self.complaints), now))
            await asyncio.sleep_ms(DRAW_MS)

    def _look(self):
        shown = self.health
        shown.frames = 0
        shown.storage_error = None
        shown.note = self._note()
        for pack in self.packs:
            pack.look()
            shown.frames += pack.history.frames
            trouble = health.trouble_of(pack.history.last_error)
            shown.storage_error = shown.storage_error or trouble

    def _note(self):
        """What else there is to know for whoever looks at the display."""
        if self.complaints:
            return self.complaints[0]
        for part in (self.wifi, self.mqtt):
            if part and part.state:
                return part.state
        return None

    async def _status(self):
        while True:
            for complaint in self.complaints:
                print("packlog! " + complaint)
            self.values = health.values(self.uptime, self.clock, self.packs, self.wifi, self.mqtt)
            if self._settings["health_page"]:
                self.health.lines = health.lines(self.values, self._settings["lcd"]["columns"])
            counts = (
                ("uptime", self.uptime.seconds),
                ("unix", self.clock.unix()),
                ("heap", dict(self.values)["heap_free"]),
                ("lcd", int(bool(self.lcd and self.lcd.online))),
            )
            for pack in self.packs:
                for line in pack.lines(counts):
                    print(line)
            print(health_line(self.values))
            await asyncio.sleep(self._settings["status_s"])

    async def _watch(self):
        """Feed the watchdog as long as the source of each pack and the store are seen."""
        timeout_s = await self._end_trial()
        watchdog = WDT(timeout=1000 * timeout_s) if timeout_s else None
        well = False
        while True:
            self.uptime.update()
            now = self.uptime.seconds
            if now > WELL_S and not well:
                well = True
                forget_crashes()
            if watchdog and all(now - seen < BEAT_S for seen in self._beats.values()):
                watchdog.feed()
            await asyncio.sleep(1)

    async def _end_trial(self):
        import update

        del sys.modules["update"]  # needed once
        return await update.end_trial(
            self.packs, self.uptime, self.complaints, self._settings["watchdog_s"]
        )

    def _report(self, name, error):
        print("packlog: task " + name + " failed: " + repr(error))
        errno = getattr(error, "errno", 0)  # WiFi's are texts
        errno = errno if isinstance(errno, int) else 0
        concerned = [pack for pack in self.packs if pack.name == name] or self.packs
        for pack in concerned:
            pack.history.event(events.TASK_DIED, errno, *events.text_numbers(name))

    # For the REPL, after Ctrl-C

    def set_clock(self, unix, source, ms=0):
        """Set the time (unix seconds and ms, UTC), for this boot's frames too."""
        self.clock.set(unix, source, ms)
        for pack in self.packs:
            pack.history.flush(True)

    def close(self):
        """Put on flash what is in RAM; the watchdog waits longer then. Says what came of it."""
        if self._settings["watchdog_s"]:
            WDT(timeout=PAUSE_MS)
        done = True
        for pack in self.packs:
            try:
                done = pack.history.close() and done
            except Exception as error:
                done = False
                print("packlog! " + pack.name + ": " + repr(error))
        if self.mqtt:
            self.mqtt.stop()
        ble = sys.modules.get("transport.ble")
        if ble:
            ble.shutdown()  # a JK takes one client at a time: the next one should get in
        return "everything is on flash" if done else "the flash did not take everything"


def forget_crashes():
    """It has been running well for long enough."""
    try:
        os.remove(CRASHES)
    except OSError:
        pass  # there were none


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
    there are no settings: say it, for ever.
    """
    global logger
    print(STARTING)
    if complaint:
        asyncio.run(complain(complaint))
    try:
        gc.threshold(START_GARBAGE)  # so that what stays does not lie scattered
        logger = Logger(settings)
        gc.threshold(-1)
        asyncio.run(logger.run())
    except KeyboardInterrupt:
        forget_crashes()  # somebody is there
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
