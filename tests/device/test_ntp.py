"""What the board takes from time servers and what not, on a clock whose crystal is known."""

import struct
import sys

import board_fake
from board_fake import FakeRtc, FakeTime, Wall

from lib.uptime import KEPT, NTP, PC

with board_fake.modules():
    for name in ("net.clock", "parts.ntp", "net.sntp"):
        sys.modules.pop(name, None)
    from net import clock, sntp
    from parts import ntp

    for name in ("net.clock", "parts.ntp", "net.sntp"):
        sys.modules.pop(name, None)  # what others import is for their machine

NOON = 1780000000
SETTINGS = {"server": "pool.ntp.org", "interval_s": 3600}
YEAR_MS = 365 * 86400000


class Wifi:
    connected = True


class Bench:
    """An Ntp whose server tells the true time plus what is in `wrong`, or fails. slow: ms that the
    crystal loses in 10**6 s; known: the clock is right when it starts.
    """

    def __init__(self, slow=0, known=None):
        self.time = FakeTime()
        self.time.drive(ntp)
        FakeRtc.now = lambda rtc: self.time.now
        FakeRtc.slow = 1000 * slow
        FakeRtc.offset = 0
        self.rtc = FakeRtc()
        clock.time = Wall(self.rtc)
        clock._TO_UNIX = 0
        if known is not None:
            FakeRtc.offset = NOON * 1000
        self.clock = clock.Clock()
        if known is not None:
            self.clock.source = known
        self.sets = []
        self.clock.add_listener(lambda *said: self.sets.append(said))
        self.sets.clear()
        self.network = self.wifi = Wifi()
        self.resolver = None
        self.ntp = ntp.Ntp(SETTINGS, self)  # to which this bench is the board
        self.ntp._ask = self.ask
        self.asked = []  # s
        self.fails = False
        self.wrong = lambda: 0

    async def ask(self):
        self.asked.append(self.time.now // 1000)
        if self.fails:
            raise OSError(116)
        return self.wrong() - self.off()

    def off(self):
        """What the clock says minus the truth, in ms."""
        return self.rtc.ms() - NOON * 1000 - self.time.now

    def run(self, seconds):
        self.time.run(self.ntp.run, seconds)
        return self


def test_a_clock_that_was_never_set_takes_two_answers_that_agree():
    bench = Bench().run(10)
    assert bench.asked == [0, 1]
    assert bench.sets == [(NOON + 1, NTP, 0)]
    assert bench.off() == 0
    bench = Bench()
    answers = [3 * YEAR_MS, 0, 0]
    bench.wrong = lambda: answers.pop(0)
    assert bench.run(10).asked == [0, 1, 2]
    assert len(bench.sets) == 1 and bench.off() == 0


def test_a_clock_that_is_right_is_left_alone():
    bench = Bench().run(40000)
    assert bench.asked[2:] == [3601 + 3600 * i for i in range(11)]
    assert len(bench.sets) == 1
    assert bench.ntp.counters == {"syncs": 12, "failures": 0, "doubted": 1}


def test_one_answer_is_enough_for_a_few_seconds():
    bench = Bench(known=KEPT)
    FakeRtc.offset -= 4000
    bench.run(10)
    assert bench.asked == [0] and bench.off() == 0
    assert bench.sets == [(NOON, NTP, 0)]


def test_a_kept_time_that_is_wrong_takes_four_answers_a_minute_apart():
    bench = Bench(known=KEPT)
    FakeRtc.offset -= YEAR_MS
    bench.run(300)
    assert bench.asked == [0, 60, 120, 180] and bench.off() == 0


def test_one_bad_answer_changes_nothing():
    for wrong in (3 * YEAR_MS, -3 * YEAR_MS, 10000, -10000):
        bench = Bench().run(100)
        answers = [wrong]
        bench.wrong = lambda: answers.pop() if answers else 0
        bench.run(5000)
        assert len(bench.sets) == 1 and bench.off() == 0 and not answers


def test_answers_that_do_not_agree_change_nothing():
    bench = Bench(known=PC)
    answers = [10000 * (1 + i % 3) for i in range(50)]
    bench.wrong = lambda: answers.pop() if answers else 0
    bench.run(3030)
    assert not answers and bench.off() == 0 and bench.ntp.counters["doubted"] == 50


def test_a_server_that_insists_is_believed_in_the_end():
    bench = Bench().run(100)
    bench.wrong = lambda: 60000
    bench.run(400)
    assert bench.off() == 60000
    bench = Bench().run(100)
    bench.wrong = lambda: YEAR_MS
    bench.run(3 * 3600 - 100)
    assert bench.off() == 0
    bench.run(4000)
    assert bench.off() == YEAR_MS
    bench.wrong = lambda: 0  # and so it is when it has come to its senses
    bench.run(5 * 3600)
    assert bench.off() == 0


def test_a_pc_is_overruled_without_haste():
    bench = Bench(known=PC).run(10)
    assert bench.sets == [(NOON, NTP, 0)]


def test_a_silent_server_is_asked_less_and_less_often():
    bench = Bench()
    bench.fails = True
    bench.run(120)
    assert bench.asked == [0, 4, 12, 28, 60, 92]
    bench = Bench(known=KEPT)
    bench.fails = True
    bench.run(8000)
    assert bench.asked[-2] - bench.asked[-3] == 50
    bench.fails = False
    bench.run(1100)
    assert bench.clock.source == NTP


def test_it_asks_as_soon_as_the_wifi_is_there():
    bench = Bench()
    bench.wifi.connected = False
    bench.time.events.append((500500, lambda: setattr(bench.wifi, "connected", True)))
    bench.run(510)
    assert bench.asked == [501, 502]
    # A WiFi that comes again ends a long pause
    bench.fails = True
    bench.time.events.append((8000500, lambda: setattr(bench.wifi, "connected", False)))
    bench.time.events.append((8010500, lambda: setattr(bench.wifi, "connected", True)))
    bench.run(7515)
    assert 8010 <= bench.asked[-1] <= 8012


def test_the_crystal_is_learned_and_corrects_the_clock_without_a_server():
    for slow in (20, -35):  # ppm
        bench = Bench(slow=slow).run(36000)
        assert abs(bench.ntp.drift - 1000 * slow) <= 1000
        assert abs(bench.off()) <= 200
        bench.fails = True
        bench.run(36000)
        bench.wifi.connected = False
        bench.run(14400)
        assert abs(bench.off()) <= 300  # 1000 or 1760 without that
        bench.wifi.connected = True
        bench.fails = False
        bench.run(10000)
        assert abs(bench.off()) <= 200
        assert abs(bench.ntp.drift - 1000 * slow) <= 1000


def test_nothing_is_learned_from_a_jump():
    bench = Bench(slow=20).run(20000)
    bench.wrong = lambda: 60000
    bench.run(7200)
    assert bench.ntp.drift is None or abs(bench.ntp.drift - 20000) <= 2000
    assert abs(bench.off() - 60000) <= 200


COOKIE = b"cookie:)"


def packet(seconds=NOON + 2208988800, first=0x24, stratum=2, cookie=COOKIE, had=1 << 30):
    """An answer sent at seconds (since 1900) and a quarter, 250 ms after the question came."""
    sent = ((seconds << 32) + (1 << 30)) & ((1 << 64) - 1)
    head = struct.pack(">BBbb", first, stratum, 6, -20) + bytes(20) + cookie
    return head + struct.pack(">QQ", (sent - had) & ((1 << 64) - 1), sent)


def refused(data):
    try:
        sntp.told(data, COOKIE)
    except OSError:
        return True
    return False


def test_an_answer():
    assert sntp.told(packet(), COOKIE) == ((NOON, 250), 250)
    assert sntp.told(packet(stratum=15), COOKIE) == ((NOON, 250), 250)
    assert sntp.told(packet(first=0x1C), COOKIE) == ((NOON, 250), 250)  # version 3


def test_after_2036_the_seconds_begin_anew():
    assert sntp.told(packet((1 << 32) - 1), COOKIE)[0] == (2085978495, 250)
    assert sntp.told(packet(5), COOKIE)[0] == (2085978501, 250)
    assert sntp.told(packet(0, had=1 << 31), COOKIE) == ((2085978496, 250), 500)


def test_what_is_no_answer_is_ignored():
    assert sntp.told(packet()[:47], COOKIE) is None
    assert sntp.told(b"", COOKIE) is None
    assert sntp.told(packet(cookie=b"another!"), COOKIE) is None
    assert sntp.told(packet(first=0x23), COOKIE) is None  # a question
    assert sntp.told(bytes(48), COOKIE) is None


def test_a_server_that_does_not_know_is_told_apart():
    assert refused(packet(stratum=0))  # kiss of death
    assert refused(packet(stratum=16))
    assert refused(packet(first=0xE4))  # its leap indicator says so
    assert refused(packet(2208988800))  # 1970
    assert refused(packet(1704067200 + 2208988800))  # 2024
    assert refused(packet((1 << 32) + 900000000))  # 2064
    assert refused(packet(had=-(1 << 32)))  # sent before it came
    assert refused(packet(had=10 << 32))


def test_any_packet_is_an_answer_or_is_refused():
    data = bytearray(packet())
    for i in range(48):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            spoiled = bytearray(data)
            spoiled[i] = value
            try:
                found = sntp.told(spoiled, COOKIE)
            except OSError:
                continue
            assert found is None or 1735689600 < found[0][0] < 2840140800


def test_now_is_a_moment_and_shift_moves_it():
    bench = Bench(known=PC)
    bench.time.now = 1750
    assert bench.clock.now() == (NOON + 1, 750)
    bench.clock.shift(-1000, NTP)
    assert bench.clock.now() == (NOON, 750) and bench.clock.source == NTP
    bench.clock.shift(251, NTP)
    assert bench.clock.now() == (NOON + 1, 1)
    bench.clock.shift(-2, NTP)
    assert bench.clock.now() == (NOON, 999)
    assert bench.sets[-1] == (NOON, NTP, 999)


def wild():
    here = __file__.rsplit("/", 1)[0]
    with open(here + "/../data/wild/ntp_answer_zero_time.hex") as file:
        return bytearray([int(byte, 16) for byte in file.read().split()])


def test_a_transmit_time_of_zero_is_none():
    data = wild()
    cookie = bytes(data[24:32])
    try:
        sntp.told(bytes(data), cookie)
        raise AssertionError("2036-02-07")
    except OSError:
        pass
    struct.pack_into(">IIII", data, 32, NOON + 2208988800, 0, NOON + 2208988800, 1 << 30)
    assert sntp.told(bytes(data), cookie) == ((NOON, 250), 250)  # the rest of it is an answer


def test_a_stamp_that_is_no_time_is_refused_whichever_it_is():
    for none in (b"\0" * 8, b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + b"\0" * 7):
        for place in (32, 40):
            data = bytearray(packet())
            data[place : place + 8] = none
            assert refused(bytes(data)), (place, none)
        data = bytearray(packet())
        data[32:48] = none + none  # both, as from a server that was never set
        assert refused(bytes(data)), none
    assert sntp.told(packet(0, had=1 << 30), COOKIE)[0] == (2085978496, 250)  # 2036 has that second
