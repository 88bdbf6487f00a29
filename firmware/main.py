"""The logger: wires source -> hub -> sinks as config.json says. The only module that knows all
others.

Ctrl-C flushes what is in RAM and leaves `logger` to be asked at the REPL; the watchdog then gives
the PC ten minutes before it starts the logger again.
"""

import asyncio
import gc
import sys
import time

from machine import I2C, WDT, Pin, reset, reset_cause

import config
from display.console import status_line
from display.glyphs import GLYPHS
from display.screen import STARTING, Screen
from display.state import Health, PackView
from drivers.hd44780 import Lcd
from drivers.lcd_bus import Backpack, FourBit
from hub import Hub
from lib.tasks import keep_running
from lib.uptime import Uptime
from net.clock import Clock
from store import events
from store.history import History
from transport.keepalive import keep_alive

DATA = "/data"
FULL = 28  # errno of a full file system
PAUSE_MS = 600000  # how long a PC may keep the logger from running before the watchdog starts it
STORE = 0  # among the packs, in what is seen
BEAT_S = 90  # a task that has not been seen for so long is stuck
CRASH_S = 5  # to read what it was, before the reset
DRAW_MS = 250
BUS_TIMEOUT_US = 20000  # a bus that hangs holds the loop for so long
STORE_MS = 200
COMPACT_MS = 20  # between two steps of compaction
COMPACT_S = 60  # how often to look for something to compact
QUIET_MS = 150  # right after a reading the line is quiet: the time to stall it with a flash erase
OVERDUE_MS = 3000  # without readings there is no such moment


def make_source(settings, on_sample):
    """The decoder and the link of a pack, by its kind of BMS."""
    if settings["bms"] == "chargery":
        from bms.chargery import Decoder
        from transport.uart import UartLink

        link = UartLink(settings["uart"], settings["rx"], settings["tx"], settings["baudrate"])
        return Decoder(on_sample, settings["cells"]), link
    raise config.ConfigError("packs", "no such bms: " + settings["bms"])


def make_bus(lcd):
    """The bus that the display hangs on."""
    if lcd["kind"] == "i2c":
        pins = {"scl": Pin(lcd["scl"]), "sda": Pin(lcd["sda"])}
        i2c = I2C(0, freq=lcd["frequency"], timeout=BUS_TIMEOUT_US, **pins)
        return Backpack(i2c, lcd["address"] or None)
    pins = [Pin(lcd[key], Pin.OUT) for key in ("rs", "e", "d4", "d5", "d6", "d7")]
    return FourBit(pins[0], pins[1], pins[2:], time.sleep_us)


def check_pins(section, keys, where):
    """ConfigError if a pin that the section names does not exist on this board."""
    for key in keys:
        try:
            Pin(section[key], Pin.IN)
        except ValueError:
            raise config.ConfigError(
                where + "." + key, "GPIO " + str(section[key]) + " does not exist on this board"
            )


def storage_trouble(error):
    """What the display says of the flash's last error; None if there was none."""
    if error is None:
        return None
    return "flash full" if error.errno == FULL else "flash error " + str(error.errno)


class Pack:
    """One pack: its link, decoder, hub, history and what the display is told of it."""

    def __init__(self, index, settings, store, uptime):
        check_pins(settings, ("rx", "tx"), "packs[" + str(index) + "]")
        self.name = settings["name"]
        self.timeout_s = settings["timeout_s"]
        self.hub = Hub(uptime)
        self.history = History(
            DATA,
            self.name,
            settings["cells"],
            uptime,
            window_s=store["window_s"],
            interval_s=store["interval_s"],
            gap_s=store["gap_s"],
            budget=store["budget_kb"] * 1024,
            cells_mv=store["cells_mv"],
            cells_s=store["cells_s"],
            cells_min_s=store["cells_min_s"],
            silent_s=self.timeout_s,
            tolerances=config.tolerances(settings, store),
        )
        self.hub.add_tap(self.history.add)
        self.hub.add_tap(self._count_rejected)
        self.decoder, self.link = make_source(settings, self.hub.put)
        stale_ms = 1000 * self.timeout_s
        self.view = PackView(self.name, self.hub.sample, settings["bms"], stale_ms)
        self._rejected_before = 0
        self._due_ms = 0

    def _count_rejected(self, sample):
        self._rejected_before = self.decoder.stats["rejected"]

    def fresh(self):
        """Is the newest reading younger than the pack's time-out?"""
        return self.hub.readings > 0 and self.hub.age_ms() <= 1000 * self.timeout_s

    def look(self):
        """Bring what the display is told up to date."""
        self.view.heard = self.hub.readings > 0
        self.view.age_ms = self.hub.age_ms()
        self.view.rejected = self.decoder.stats["rejected"] - self._rejected_before

    def flush_if_due(self):
        """Write to flash what is due, at a moment when the line is quiet."""
        self.history.tally(events.REJECTED, self.decoder.stats["rejected"])
        self.history.tally(events.READINGS_LOST, self.hub.tap_errors)
        if not self.history.due():
            self._due_ms = 0
            return
        self._due_ms += STORE_MS
        if self.hub.age_ms() < QUIET_MS or self._due_ms > OVERDUE_MS:
            self.history.flush()


class Logger:
    """All packs and all sinks. complaints: what is wrong, in words a person can act on."""

    def __init__(self, settings):
        self.uptime = Uptime(time.ticks_ms, time.ticks_diff)
        self.clock = Clock()
        self.complaints = []
        self.packs = []
        self.health = Health()
        self.lcd = None
        self._settings = settings
        self._beats = {}  # when each was seen last, in s of uptime
        for i, pack in enumerate(settings["packs"]):
            self._attempt(self._add_pack, i, pack)
        self._attempt(self._add_lcd, settings["lcd"])

    def _attempt(self, action, *arguments):
        # What is wrong with one part must not take the others down.
        try:
            action(*arguments)
        except (ValueError, OSError) as error:
            self.complaints.append(str(error))

    def _add_pack(self, index, settings):
        pack = Pack(index, settings, self._settings["store"], self.uptime)
        pack.history.event(events.REBOOT, reset_cause())
        pack.history.event(events.CONFIG, 0, config.checksum())
        self.clock.add_listener(pack.history.anchor)
        self.packs.append(pack)

    def _add_lcd(self, lcd):
        if lcd["kind"] == "none":
            return
        check_pins(lcd, [key for key in config.LCD[lcd["kind"]] if key in config.PIN_KEYS], "lcd")
        self.lcd = Lcd(make_bus(lcd), lcd["columns"], lcd["rows"], GLYPHS)

    # Tasks

    async def run(self):
        """Start every task; returns never."""
        tasks = [("store", self._store), ("compact", self._compact), ("status", self._status)]
        for pack in self.packs:
            tasks.append((pack.name, self._reader(pack)))
        if self.lcd:
            tasks += [("lcd", self.lcd.run), ("display", self._draw)]
        for name, start in tasks:
            asyncio.create_task(keep_running(name, start, self._report))
        self._beats = dict.fromkeys([STORE] + self.packs, 0)  # what has to be seen
        await self._watch()

    def _reader(self, pack):
        def beat():
            self._beats[pack] = self.uptime.seconds

        decoder = pack.decoder
        return lambda: keep_alive(
            pack.link, decoder.feed, pack.hub.age_ms, pack.timeout_s, beat, decoder.forget
        )

    async def _store(self):
        while True:
            for pack in self.packs:
                pack.flush_if_due()
            self._beats[STORE] = self.uptime.seconds
            await asyncio.sleep_ms(STORE_MS)

    async def _compact(self):
        while True:
            for pack in self.packs:
                for _ in pack.history.compact():
                    await asyncio.sleep_ms(COMPACT_MS)
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
        health = self.health
        health.frames = 0
        health.storage_error = None
        health.note = self.complaints[0] if self.complaints else None
        for pack in self.packs:
            pack.look()
            health.frames += pack.history.frames
            health.storage_error = health.storage_error or storage_trouble(pack.history.last_error)

    async def _status(self):
        while True:
            for complaint in self.complaints:
                print("packlog! " + complaint)
            for pack in self.packs:
                print(self._status_line(pack))
            await asyncio.sleep(self._settings["status_s"])

    def _status_line(self, pack):
        history = pack.history
        counts = (
            ("readings", pack.hub.readings),
            ("frames", history.frames),
            ("durable", history.durable_frames),
            ("dropped", history.dropped_frames),
            ("rejected", pack.decoder.stats["rejected"]),
            ("tap_errors", pack.hub.tap_errors),
            ("boot", history.boot),
            ("uptime", self.uptime.seconds),
            ("unix", self.clock.unix()),
            ("heap", self._heap_free()),
            ("lcd", int(bool(self.lcd and self.lcd.online))),
        )
        return status_line(pack.name, pack.hub.sample, pack.fresh(), pack.hub.age_ms(), counts)

    def _heap_free(self):
        gc.collect()  # regularly, before the heap is in pieces
        return gc.mem_free()

    async def _watch(self):
        """Feed the watchdog as long as the source of each pack and the store are seen."""
        timeout_s = self._settings["watchdog_s"]
        watchdog = WDT(timeout=1000 * timeout_s) if timeout_s else None
        while True:
            self.uptime.update()
            now = self.uptime.seconds
            if watchdog and all(now - seen < BEAT_S for seen in self._beats.values()):
                watchdog.feed()
            await asyncio.sleep(1)

    def _report(self, name, error):
        print("packlog: task " + name + " failed: " + repr(error))
        errno = error.errno if isinstance(error, OSError) and error.errno else 0
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
        return "everything is on flash" if done else "the flash did not take everything"


async def complain(text):
    """Say what is wrong with config.json, on the console and on a display where it usually is."""
    defaults = config.parse('{"packs": [{"name": "pack", "bms": "chargery"}]}')["lcd"]
    try:
        lcd = Lcd(make_bus(defaults), defaults["columns"], defaults["rows"], GLYPHS)
        asyncio.create_task(keep_running("lcd", lcd.run, lambda name, error: None))
    except (ValueError, OSError):
        lcd = None
    screen = Screen(defaults["columns"], defaults["rows"])
    while True:
        print("packlog! " + text)
        for _ in range(20):
            if lcd:
                lcd.show(screen.message("packlog", text, time.ticks_ms()))
            await asyncio.sleep_ms(DRAW_MS)


def start():
    """Run the logger until Ctrl-C. What it cannot go on from ends in a reset."""
    global logger
    print(STARTING)
    try:
        settings = config.load()
    except config.ConfigError as error:
        asyncio.run(complain(str(error)))
    try:
        logger = Logger(settings)
        asyncio.run(logger.run())
    except Exception as error:
        sys.print_exception(error)
        stop()
        time.sleep(CRASH_S)  # Ctrl-C gets out here
        reset()
    finally:
        stop()


def stop():
    """Close the logger, however often somebody presses Ctrl-C meanwhile."""
    while logger:
        try:
            print("packlog stopped, " + logger.close())
            return
        except KeyboardInterrupt:
            pass


logger = None
if __name__ == "__main__" and not globals().get("safe_mode"):
    start()
