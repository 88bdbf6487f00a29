"""A judge of the sampler: compares every reading with the frame that covers it."""

from plain_reader import values_of

from sample import Sample
from store import frame, half
from store.backlog import Backlog
from store.bounds import Tolerances
from store.sampler import Sampler

FLOAT16 = 2048  # a half is right to that part of a number


class Judge(Backlog):
    """Keeps the readings until a frame covers them, and then compares."""

    def __init__(self, tolerances=None):
        super().__init__(4)
        self.tolerances = tolerances
        self.readings = []  # (second, current, voltage, lowest, highest, temperature, soc)
        self.frames = []  # (second, values, bits of the current)
        self.runs = []
        self.true = self.said = 0  # charge in mA s: by the readings, by the frames
        self.worst = 0  # difference at the end of a frame
        self.compared = 0
        self.last = None

    def read(self, second, sample):
        """Note a reading before the sampler gets it."""
        self.readings.append(
            (
                second,
                sample.current,
                sample.voltage,
                sample.min_cell_voltage,
                sample.max_cell_voltage,
                sample.temperature,
                sample.soc,
            )
        )

    def put(self, uptime):
        data = bytes(self.buffer[:13])
        if frame.mark_kind(data, 0):
            self.runs.append(uptime)
            self.last = uptime
            return
        bits = data[4] | data[5] << 8
        covered = [r for r in self.readings if r[0] <= uptime]
        self.readings = [r for r in self.readings if r[0] > uptime]
        values = values_of(data, 1)
        self.frames.append((uptime, values, bits))
        if self.tolerances:
            for reading in covered:
                self.compare(reading, values)
            self.add_charge(covered, uptime, bits)
        self.last = uptime

    def add_charge(self, covered, uptime, bits):
        before = self.last
        line = self.said
        if bits == half.UNKNOWN:
            return
        for second, current in [r[:2] for r in covered]:
            self.true += current * (second - before)
            before = second
            # the straight line that the frame draws passes here
            passed = line + half.times(bits, 1000) * (second - self.last)
            allowed = self.tolerances.charge * 17 // 16 + abs(passed - line) // FLOAT16 + 10
            assert abs(passed - self.true) <= allowed, (second, passed, self.true)
        self.said += (half.times(bits, 1000000 * (uptime - self.last)) + 500) // 1000
        self.worst = max(self.worst, abs(self.said - self.true))

    def compare(self, reading, values):
        second, current, *others = reading
        self.compared += 1
        voltage, amps, degrees, soc, low, high, _, _ = values
        near(current, amps, 1000, self.tolerances.current, abs(current or 0) // FLOAT16 + 1, second)
        part = self.tolerances.voltage
        for real, said, scale, coarse in (
            (others[0], voltage, 1000, (others[0] or 0) // FLOAT16 + 1),
            (others[1], low, 1, 0),
            (others[2], high, 1, 0),
        ):
            # relative to the first reading of the frame, which is that close itself
            allowed = real and real * part // 1000 * 1000 // (1000 - part) + 1
            near(real, said, scale, allowed, coarse, second)
        near(others[3], degrees, 10, self.tolerances.temperature, 3, second)
        near(others[4], soc, 1, self.tolerances.soc, 0, second)


def near(real, said, scale, allowed, coarse, second):
    """Both known and close, or both unknown."""
    if real is None or said is None:
        assert real is None and said is None, (second, real, said)
    else:
        assert abs(real - said * scale) <= allowed + coarse, (second, real, said)


class Log:
    """A sampler whose frames are judged, and readings put together by hand."""

    def __init__(self, interval_s=900, gap_s=15, capacity_ah=280, judged=True, **percents):
        self.tolerances = Tolerances(capacity_ah, interval_s, **percents)
        self.judge = Judge(self.tolerances if judged else None)
        self.sampler = Sampler(self.judge, 1, interval_s, gap_s, self.tolerances)
        self.sample = Sample()
        self.sample.voltage = 53250
        self.sample.soc = 91
        self.sample.temperatures[0] = 215
        self.cells(3327, 3329)

    def cells(self, *cells):
        self.sample.cell_count = len(cells)
        for i in range(len(cells)):
            self.sample.cells[i] = cells[i]
        self.sample.find_extremes()

    def reading(self, second, current, ms=0):
        self.sample.current = current
        self.judge.read(second, self.sample)
        self.sampler.add(self.sample, second, ms)

    def steady(self, first, end, current, step=2):
        for second in range(first, end, step):
            self.reading(second, current)

    def rows(self):
        """(second, current in A) of all frames."""
        return [(second, values[1]) for second, values, _ in self.judge.frames]
