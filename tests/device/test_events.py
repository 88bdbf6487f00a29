"""Events: what becomes one, what its numbers say, and that no trouble fills the flash with them."""

import struct

from bms.jk import NUMBER
from sample import CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED, Sample
from store import events, frame
from store.backlog import Backlog
from store.said import Said


class Log:
    """Events over a backlog."""

    def __init__(self, silent_s=10):
        self.backlog = Backlog(600)
        self.events = events.Events(self.backlog, silent_s)

    def said(self):
        """(second, code, a, b, c) of all events."""
        backlog = self.backlog
        return [
            (backlog.uptime(i),)
            + struct.unpack_from("<HBII", backlog.buffer, backlog.offset(i) + 2)
            for i in range(backlog.count)
            if backlog.kind(i) != frame.RUN
        ]

    def codes(self):
        return [event[1] for event in self.said()]


def test_the_layout_of_a_record():
    buf = bytearray(20)
    events.encode_into(buf, 3, events.CLOCK_SET, 2, 0x11223344, 0x55667788)
    assert buf[3:16] == b"\x00\x00\x06\x00\x02\x44\x33\x22\x11\x88\x77\x66\x55"


def test_numbers_are_held_at_the_ends_of_their_fields():
    buf = bytearray(13)
    events.encode_into(buf, 0, events.REBOOT, 256, -1, 1 << 32)
    assert struct.unpack("<HHBII", buf) == (0, 1, 255, 0, 0xFFFFFFFF)


def test_every_code_has_a_name():
    codes = [events.REBOOT, events.CONFIG, events.PROTECTION, events.LINK_SILENT, events.LINK_BACK]
    codes += [events.CLOCK_SET, events.REJECTED, events.READINGS_LOST, events.RECORDS_DROPPED]
    codes += [events.STORAGE_FAILED, events.STORAGE_BACK, events.TASK_DIED, events.LEFT_OUT]
    codes += [events.BMS_ERRORS, events.SWITCHES, events.TEXT, events.VALUE]
    codes += [events.RECORDS_DAMAGED]
    assert codes == list(range(1, len(events.NAMES)))
    assert len(set(events.NAMES)) == len(events.NAMES) == events._COUNT


def test_the_first_event_begins_with_a_run_and_so_does_one_long_after():
    log = Log()
    log.events.put(5, events.REBOOT, 1)
    log.events.put(6, events.CONFIG, 0, 7)
    assert [log.backlog.kind(i) == frame.RUN for i in range(3)] == [True, False, False]
    log.events.put(30007, events.CONFIG, 0, 7)
    assert log.backlog.kind(3) == frame.RUN and log.backlog.uptime(3) == 30007
    assert log.said() == [(5, 1, 1, 0, 0), (6, 2, 0, 7, 0), (30007, 2, 0, 7, 0)]


def test_protections_on_and_off():
    log = Log()
    told = (None, 0, 0, CHARGE_STOPPED, CHARGE_STOPPED)
    told += (None, CHARGE_STOPPED | DISCHARGE_STOPPED, DISCHARGE_STOPPED, 0)
    for second, flags in enumerate(told):  # None: not said, so it is as it was
        log.events.state(second, events.PROTECTION, flags)
    assert log.said() == [
        (3, events.PROTECTION, 0, 1, 0),
        (6, events.PROTECTION, 0, 3, 1),
        (7, events.PROTECTION, 0, 2, 3),
        (8, events.PROTECTION, 0, 0, 2),
    ]


def test_a_link_that_is_silent_and_comes_back():
    log = Log(silent_s=10)
    log.events.reading(3)
    for second in range(4, 100):
        log.events.look(second)
    log.events.reading(100)
    log.events.look(101)
    assert log.said() == [(13, events.LINK_SILENT, 0, 10, 0), (100, events.LINK_BACK, 0, 97, 0)]


def test_a_link_that_was_never_there():
    log = Log(silent_s=10)
    for second in range(30):
        log.events.look(second)
    log.events.reading(30)
    assert log.said() == [(10, events.LINK_SILENT, 1, 10, 0), (30, events.LINK_BACK, 0, 30, 0)]


def test_without_a_time_nothing_is_silent():
    log = Log(silent_s=None)
    log.events.look(100000)
    assert log.said() == []


def flap(log, second, seconds):
    """A link that brings a reading every 20 s, for so long."""
    for end in range(second, second + seconds, 20):
        log.events.reading(end)
        for now in range(end, end + 20):
            log.events.look(now)
    return second + seconds


def test_a_link_that_flaps_for_a_day_takes_no_more_than_a_few_hundred_events():
    log = Log(silent_s=10)
    flap(log, 0, 86400)
    silent = log.codes().count(events.LINK_SILENT)
    left_out = sum(e[3] for e in log.said() if e[1] == events.LEFT_OUT)
    assert silent == events.BURST
    assert log.codes().count(events.LEFT_OUT) in (47, 48)  # one in half an hour
    # every outage is said or counted, but for those that the next event will count
    assert 4320 - 90 <= silent + left_out <= 4320


def test_after_flapping_the_log_says_how_things_stand():
    log = Log(silent_s=10)
    second = flap(log, 0, 7200)
    log.events.reading(second)
    for now in range(second, second + 9):
        log.events.look(now)
    for now in range(second + 9, second + 4000):
        log.events.reading(now)
        log.events.look(now)
    said = [e for e in log.said() if e[1] in (events.LINK_SILENT, events.LINK_BACK)]
    assert said[-1][1] == events.LINK_BACK
    assert log.said()[-1][1] == events.LEFT_OUT
    for now in range(second + 4000, second + 8000):  # and then silence for good
        log.events.look(now)
    assert log.codes()[-1] == events.LINK_SILENT


def test_silence_that_was_left_out_is_said_once_it_may_be():
    log = Log(silent_s=10)
    second = flap(log, 0, 220)  # uses up what may be said at once
    log.events.reading(second)
    count = len(log.said())
    for now in range(second, second + 1700):
        log.events.look(now)
    assert len(log.said()) > count
    last = [e for e in log.said() if e[1] == events.LINK_SILENT][-1]
    assert last[0] - last[3] == second
    assert last[3] > 1000


def test_a_protection_that_chatters_ends_as_it_is():
    log = Log()
    for second in range(1000):
        log.events.state(second, events.PROTECTION, second & 1)
    assert log.codes().count(events.PROTECTION) == events.BURST
    log.events.state(1000, events.PROTECTION, 1)
    for second in range(1001, 6000):
        log.events.state(second, events.PROTECTION, 1)
        log.events.look(second)
    said = [e for e in log.said() if e[1] == events.PROTECTION]
    assert said[-1][3] == 1
    assert [e[4] for e in said[1:]] == [e[3] for e in said[:-1]]  # none is missing in between
    assert (events.LEFT_OUT, events.PROTECTION) in [(e[1], e[2]) for e in log.said()]


def test_one_code_does_not_use_up_anothers():
    log = Log()
    for second in range(100):
        log.events.put(second, events.TASK_DIED)
    log.events.put(100, events.CLOCK_SET, 3, 1, 0)
    assert log.codes() == [events.TASK_DIED] * events.BURST + [events.CLOCK_SET]


def test_what_is_counted_becomes_an_event_once_an_hour():
    log = Log()
    for second in range(7201):
        log.events.tally(second, events.REJECTED, second // 100)
    assert log.said() == [
        (100, events.REJECTED, 0, 1, 0),
        (3700, events.REJECTED, 0, 36, 0),
    ]
    log.events.tally(9000, events.REJECTED, 72)
    assert log.said()[2:] == [(9000, events.REJECTED, 0, 35, 0)]


def test_a_name_in_two_numbers():
    assert events.text_numbers("display") == struct.unpack("<II", b"display\0")
    assert events.text_numbers("a-long-one") == struct.unpack("<II", b"a-long-o")
    assert events.text_numbers("") == (0, 0)


def test_a_text_of_several_parts():
    log = Log()
    log.events.put_text(7, 1, "Charging slowly")
    assert log.said() == [
        (7, events.TEXT, 0x10, 0x72616843, 0x676E6967),
        (7, events.TEXT, 0x11, 0x6F6C7320, 0x00796C77),
    ]


class Told:
    """What a Said records of a JK's samples."""

    def __init__(self):
        self.log = Log()
        self.said = Said(self.log.events, NUMBER)
        self.sample = Sample()

    def look(self, second):
        self.said.look(second, self.sample)


def test_errors_and_switches_are_states():
    told = Told()
    told.look(0)  # nothing is known: nothing is said
    told.sample.errors, told.sample.switches = 0, CHARGE_ON | DISCHARGE_ON
    told.look(1)
    told.sample.errors, told.sample.switches = 1 << 11, DISCHARGE_ON
    told.look(2)
    assert told.log.said() == [
        (1, events.SWITCHES, 0, 3, 0),
        (2, events.BMS_ERRORS, 2, 2048, 0),
        (2, events.SWITCHES, 0, 2, 3),
    ]


def test_texts_when_they_change():
    told = Told()
    for second, state in ((0, "Idle"), (1, "Idle"), (5, "Charge"), (65, "Charge"), (66, None)):
        told.sample.texts["charge_state"] = state
        told.look(second)
    assert [(e[0], e[2]) for e in told.log.said()] == [(0, 0x30), (5, 0x30)]


def test_an_error_of_seconds_is_told_and_one_that_flickers_not_for_ever():
    told = Told()
    for second in range(3600):
        told.sample.texts["errors"] = ("", "SHORT CIRCUIT")[second // 10 % 2]
        told.look(second)
    seconds = sorted({e[0] for e in told.log.said()})  # a long text is two records
    assert seconds[:8] == [0, 10, 20, 30, 40, 50, 60, 70]
    assert len(seconds) <= 8 + 3600 // 60
    told.sample.texts["errors"] = "at last"
    told.look(3700)
    assert told.log.said()[-1][0] == 3700


def test_values_when_they_are_known_and_then_every_six_hours():
    told = Told()
    for second in range(0, 50000, 10):
        told.sample.extras["energy_in"] = None if second == 0 else 1000 + second
        told.look(second)
    said = told.log.said()
    assert [(e[0], e[2], e[3]) for e in said] == [
        (10, 4, 1010),
        (21610, 4, 22610),
        (43210, 4, 44210),
    ]
