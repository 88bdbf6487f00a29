"""The serial link: who may ask, when the line is free again, and when the driver is on."""

import asyncio

from fake_module import import_with

SETTINGS = {"uart": 1, "rx": 4, "tx": 5, "direction": -1, "baudrate": 115200, "unit": 1}


class Wire:
    """Units on a line: what the board says is written down, what they answer comes later."""

    def __init__(self):
        self.now = 0  # ms
        self.said = []  # (ms, bytes)
        self.driver = []  # (level, bytes that were said by then)
        self.answers = {}  # question: ((after ms, bytes) ...)
        self.coming = []

    def pin(self, number, mode, value=0):
        return lambda level: self.driver.append((level, len(self.said)))

    def write(self, data):
        self.said.append((self.now, bytes(data)))
        for after, answer in self.answers.get(bytes(data), ()):
            self.coming.append((self.now + after, answer))

    def txdone(self):
        self.now += 1  # it takes a moment
        return True

    def any(self):
        return sum([len(data) for at, data in self.coming if at <= self.now])

    def readinto(self, buffer):
        at, data = self.coming.pop(0)
        count = min(len(buffer), len(data))
        buffer[:count] = data[:count]
        if data[count:]:
            self.coming.insert(0, (at, data[count:]))
        return count


class PinClass:
    """machine.Pin of a Wire."""

    OUT = 1

    def __init__(self, wire):
        self.wire = wire

    def __call__(self, number, mode, value=0):
        return self.wire.pin(number, mode, value)


class Clock:
    """asyncio and time as the link knows them: the time is the wire's."""

    def __init__(self, wire, until):
        self.wire = wire
        self.until = until
        self.sleepers = []  # until when

    async def sleep_ms(self, ms):
        target = self.wire.now + max(ms, 1)
        self.sleepers.append(target)
        while self.wire.now < target:
            for _ in range(6):
                await asyncio.sleep(0)  # whoever can go on does
            if self.wire.now < target == min(self.sleepers):
                self.wire.now = target
        self.sleepers.remove(target)
        if self.wire.now > self.until:
            raise OSError("over")

    def ticks_ms(self):
        return self.wire.now

    def ticks_diff(self, a, b):
        return a - b

    Lock = asyncio.Lock


def run(wire, packs, until, quiet_ms=120, **settings):
    """Run a link for each (feed, request) until that ms; their counters."""

    class Machine:
        UART = staticmethod(lambda number, **options: wire)
        Pin = PinClass(wire)

    serial = import_with("transport.serial", Machine)
    serial.asyncio = serial.time = Clock(wire, until)
    links = []
    for i in range(len(packs)):
        section = dict(SETTINGS, unit=i + 1)
        section.update(settings)
        links.append(serial.make(section, {"quiet_ms": quiet_ms}, None))

    async def attempt(link, feed, request):
        try:
            await link.run(feed, request)
        except OSError:
            pass

    async def all_of_them():
        await asyncio.gather(*[attempt(links[i], *packs[i]) for i in range(len(packs))])

    asyncio.run(all_of_them())
    return [link.counters for link in links]


def pack(question, heard):
    """What asks that, and notes what comes."""

    def feed(buffer, count):
        heard.append(bytes(buffer[:count]))

    return feed, lambda: question


def test_it_asks_once_a_second():
    wire, heard = Wire(), []
    wire.answers[b"?"] = ((30, b"yes"),)
    counters = run(wire, [pack(b"?", heard)], 3500)
    assert [at // 1000 for at, _ in wire.said] == [0, 1, 2, 3]
    assert heard[:3] == [b"yes"] * 3 and counters == [{"unanswered": 0}]


def test_fifteen_units_share_a_line():
    wire = Wire()
    heard = [[] for _ in range(15)]
    questions = [b"unit %d" % i for i in range(15)]
    for i, question in enumerate(questions):
        wire.answers[question] = ((30, b"it is %d" % i),)
    run(wire, [pack(questions[i], heard[i]) for i in range(15)], 10000)
    times = [at for at, _ in wire.said if at < 9000]
    assert min([b - a for a, b in zip(times, times[1:])]) >= 30 + 120
    for i in range(15):
        assert set(heard[i]) == {b"it is %d" % i} and len(heard[i]) >= 3, (i, heard[i])


def test_a_unit_that_is_off_costs_the_others_half_a_second():
    wire, heard = Wire(), []
    wire.answers[b"on"] = ((30, b"yes"),)
    counters = run(wire, [pack(b"off", []), pack(b"on", heard)], 10000)
    assert len(heard) >= 8 and counters[0]["unanswered"] >= 8 and not counters[1]["unanswered"]


def test_the_next_question_follows_when_one_is_answered():
    wire, asked = Wire(), []
    for question in (b"a", b"b", b"c"):
        wire.answers[question] = ((20, b"end"),)

    def request():
        asked.append(b"abc"[len(asked) % 3 :][:1])
        return asked[-1]

    run(wire, [(lambda buffer, count: len(asked) % 3 != 0, request)], 1900, quiet_ms=50)
    assert [data for _, data in wire.said] == [b"a", b"b", b"c"] * 2
    assert wire.said[2][0] < 300 and 1000 <= wire.said[3][0] < 1100


def test_the_driver_is_on_only_while_it_asks():
    wire = Wire()
    wire.answers[b"?"] = ((30, b"yes"),)
    run(wire, [pack(b"?", [])], 2500, direction=13)
    assert wire.driver == [(1, 0), (0, 1), (1, 1), (0, 2), (1, 2), (0, 3)]


def test_what_nobody_asked_for_is_not_fed():
    wire, heard = Wire(), []
    wire.answers[b"?"] = ((30, b"yes"), (700, b"late"))
    run(wire, [pack(b"?", heard)], 2900)
    assert heard == [b"yes"] * 3


def test_an_answer_in_pieces_longer_than_the_buffer():
    wire, heard = Wire(), []
    wire.answers[b"?"] = ((30, bytes(range(200))), (100, bytes(range(200))))
    run(wire, [pack(b"?", heard)], 900)
    assert b"".join(heard) == 2 * bytes(range(200))
