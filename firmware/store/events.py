"""Events: what happened to a pack and to its logger, one record of 13 bytes each.

CODES and FIELDS are the one description of the bytes; history/events.py on the PC reads by them.
Events are rate-limited: a link that flaps for a year takes no more flash than a few readings.
"""

import struct

from lib import once

SIZE = 13
_EVENT = "<HHBII"
# (name, offset, type)
FIELDS = (
    ("timestamp", 0, "u2"),
    ("code", 2, "u2"),
    ("a", 4, "u1"),
    ("b", 5, "u4"),
    ("c", 9, "u4"),
)

REBOOT = 1  # a: machine.reset_cause() of an ESP32, or PLANNED
CONFIG = 2  # a: PLAIN, b: CRC-32 of config.json's values; a: 0, of the whole file; at each boot
PROTECTION = 3  # b: the protections that are active now, c: those that were so far (sample.flags)
LINK_SILENT = 4  # b: s since the last reading; a: 1 if there was none since the boot
LINK_BACK = 5  # b: s without readings
CLOCK_SET = 6  # a: which clock, b: UTC now, c: what UTC was taken for at that moment, 0 not known
REJECTED = 7  # b: damaged packets since the last such event
READINGS_LOST = 8  # b: readings that could not be taken in, since the last such event
RECORDS_DROPPED = 9  # b: records that the flash did not take in time, since the last such event
STORAGE_FAILED = 10  # a: series, b: errno
STORAGE_BACK = 11  # a: series, b: s since it failed
TASK_DIED = 12  # a: errno, 0 if it was no OSError; b, c: first 8 characters of the task's name
LEFT_OUT = 13  # a: code, b: how many of them were not recorded
BMS_ERRORS = 14  # a: NUMBER of the BMS, b: its error bits that are set now, c: those so far
SWITCHES = 15  # b: what is switched on now, c: what was so far (sample.switches)
TEXT = 16  # a: which of sample.TEXTS << 4 | which part of it, b, c: 8 characters of it
VALUE = 17  # a: which of sample.EXTRAS, b: its value, below 0 as 2**32 less
RECORDS_DAMAGED = 18  # b: records that the flash damaged before they were compacted, likewise

NAMES = (
    "",
    "reboot",
    "config",
    "protection",
    "link_silent",
    "link_back",
    "clock_set",
    "packets_rejected",
    "readings_lost",
    "records_dropped",
    "storage_failed",
    "storage_back",
    "task_died",
    "events_left_out",
    "bms_errors",
    "switches",
    "text",
    "value",
    "records_damaged",
)
_COUNT = 19  # of the codes and their names, 0 among them
TEXT_PARTS = 16
PLAIN = 1  # without secrets
PLANNED = 6  # a reboot of the logger's own: see Upkeep.wants_restart()

BURST = 10  # of a code at once,
REFILL_S = 1800  # and one more after so long
TALLY_S = 3600  # how often at most what is counted becomes an event
_FAR = 30000
_MOST = 0xFFFFFFFF


def encode_into(buf, offset, code, a, b, c):
    """Write an event; its timestamp is written when it goes to the flash. Numbers are held at the
    ends of what their fields can say.
    """
    struct.pack_into(_EVENT, buf, offset, 0, code, _held(a, 255), _held(b, _MOST), _held(c, _MOST))


def text_numbers(text, part=0):
    """b and c of 8 bytes of a text, the first ones or a later part."""
    return struct.unpack("<II", (text.encode()[8 * part : 8 * part + 8] + bytes(8))[:8])


def _held(value, most):
    return min(max(value, 0), most)


class Events:
    """Puts events into a Backlog. now is always uptime in s.

    silent_s: without a reading for so long the link counts as silent, None: never.
    """

    @once.packs
    def __init__(self, backlog, silent_s=None):
        self._backlog = backlog
        self._silent_s = silent_s
        self._written = None  # when the last event was
        self._tokens = bytearray([BURST] * _COUNT)
        self._refilled = [0] * _COUNT
        self._left_out = [0] * _COUNT
        self._any_left_out = False
        self._bits = [0] * _COUNT  # of a state, as the events have it
        self._bits_now = [0] * _COUNT
        self._a = bytearray(_COUNT)  # what goes with a state
        self._heard = None  # when the last reading came
        self._silent = False  # an event has said so
        self._unsaid = False  # silence that was left out
        self._told = [0] * _COUNT  # what a total was when an event said so,
        self._told_at = [-TALLY_S] * _COUNT  # and when that was

    def put(self, now, code, a=0, b=0, c=0):
        """Record an event, unless there were too many of its code. Returns whether."""
        if not self._take(now, code):
            self._left_out[code] += 1
            self._any_left_out = True
            return False
        self._write(now, code, a, b, c)
        return True

    def put_text(self, now, number, text):
        """Record a text, in as many events as it takes. Returns whether."""
        if not self.put(now, TEXT, number << 4, *text_numbers(text)):
            return False
        for part in range(1, min(TEXT_PARTS, (len(text.encode()) + 7) // 8)):
            self._write(now, TEXT, number << 4 | part, *text_numbers(text, part))
        return True

    def put_value(self, now, number, value):
        """Record a value. It is for the caller not to do it too often."""
        self._write(now, VALUE, number, value & _MOST)

    def reading(self, now):
        """A reading has come."""
        since = 0 if self._heard is None else self._heard
        self._heard = now
        if self._silent:
            self._silent = False
            self._write(now, LINK_BACK, 0, now - since)
        self._unsaid = False

    def state(self, now, code, bits, a=0):
        """The bits of a state are so now: that they have changed is an event. None: not known."""
        if bits is None or bits == self._bits_now[code]:
            return
        self._bits_now[code] = bits
        self._a[code] = a
        if bits != self._bits[code]:
            self._put_state(now, code)

    def _put_state(self, now, code):
        bits = self._bits_now[code]
        if self.put(now, code, self._a[code], bits, self._bits[code]):
            self._bits[code] = bits

    def look(self, now):
        """Record what shows by the passing of time. Call it every second or so."""
        if self._silent_s is not None and not self._silent:
            since = 0 if self._heard is None else self._heard
            if now - since >= self._silent_s:
                self._say_silent(now, since)
        if self._any_left_out:
            self._catch_up(now)

    def tally(self, now, code, total):
        """Record that total, a count since the start, has grown: at most once in TALLY_S."""
        grown = total - self._told[code]
        if grown > 0 and now - self._told_at[code] >= TALLY_S:
            self._told[code] = total
            self._told_at[code] = now
            self.put(now, code, 0, grown)

    def _say_silent(self, now, since):
        if self._unsaid and not self._has_token(now, LINK_SILENT):
            return  # counted already
        never = int(self._heard is None)
        self._silent = self.put(now, LINK_SILENT, never, now - since)
        self._unsaid = not self._silent

    def _catch_up(self, now):
        """Once there may be events of a code again: what was left out, and how things stand."""
        self._any_left_out = False
        for code in range(_COUNT):
            count = self._left_out[code]
            if count and self._take(now, code):
                self._left_out[code] = 0
                self._write(now, LEFT_OUT, code, count)
                bits = self._bits_now[code]
                if bits != self._bits[code]:
                    self._write(now, code, self._a[code], bits, self._bits[code])
                    self._bits[code] = bits
            elif count:
                self._any_left_out = True

    def _has_token(self, now, code):
        earned = (now - self._refilled[code]) // REFILL_S
        if earned > 0:
            self._tokens[code] = min(BURST, self._tokens[code] + earned)
            self._refilled[code] += earned * REFILL_S
        return self._tokens[code] > 0

    def _take(self, now, code):
        if not self._has_token(now, code):
            return False
        self._tokens[code] -= 1
        return True

    def _write(self, now, code, a=0, b=0, c=0):
        backlog = self._backlog
        # A RUN says boot and uptime: at first, and where a timestamp could not reach any more.
        if self._written is None or now - self._written > _FAR:
            backlog.put_run(now)
        self._written = now
        encode_into(backlog.buffer, backlog.slot(), code, a, b, c)
        backlog.put(now)
