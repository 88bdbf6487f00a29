"""Short silence: a frame goes on across it, and a GAP says which seconds are silent."""

import plain_reader
import temporary
from chance import Chance
from judge import Judge, Log

from lib.uptime import Uptime
from sample import Sample
from store import frame, half
from store.backlog import Backlog
from store.bounds import Tolerances
from store.history import History
from store.sampler import Sampler


class Tape(Backlog):
    """("run", uptime), ("gap", begin, end), (uptime, current in A) of what is put."""

    def __init__(self):
        super().__init__(4)
        self.records = []

    def put(self, uptime):
        kind = frame.mark_kind(self.buffer, 0)
        if kind == frame.GAP:
            self.records.append(("gap", uptime - frame.mark_values(self.buffer, 0)[0], uptime))
        elif kind:
            self.records.append(("run", uptime))
        else:
            current = plain_reader.values_of(bytes(self.buffer[:13]), 1)[1]
            self.records.append((uptime, current))


class Steady:
    """A sampler that gets a reading a second."""

    def __init__(self):
        self.tape = Tape()
        self.sampler = Sampler(self.tape, 1, 900, 15, Tolerances(280))
        self.sample = Sample()
        self.sample.voltage = 53250

    def readings(self, first, end, current):
        self.sample.current = current
        for second in range(first, end):
            self.sampler.add(self.sample, second, 0)


def test_a_frame_goes_on_across_short_silence():
    log = Steady()
    log.readings(0, 101, 10000)  # 0 to 100 s
    log.readings(140, 951, 10000)
    assert log.tape.records == [("run", 0), (0, 10.0), ("gap", 100, 140), (900, 10.0)]


def test_silence_is_said_in_whole_steps_and_no_longer_than_it_was():
    log = Steady()
    log.readings(0, 102, 10000)
    log.readings(143, 200, 10000)
    assert log.tape.records == [("run", 0), (0, 10.0), ("gap", 104, 140)]


def test_a_frame_ends_at_silence_after_which_the_load_is_another():
    log = Steady()
    log.readings(0, 102, 10000)
    log.readings(140, 200, 60000)
    log.sampler.finish()
    assert log.tape.records == [("run", 0), (0, 10.0), (101, 10.0), ("gap", 100, 140), (199, 60.0)]


def test_long_silence_ends_the_run():
    log = Steady()
    log.readings(0, 101, 10000)
    log.readings(401, 420, 10000)
    assert log.tape.records == [("run", 0), (0, 10.0), (100, 10.0), ("run", 401), (401, 10.0)]


def test_more_silence_than_a_file_keeps_room_for_ends_the_frame():
    log = Steady()
    for i in range(6):
        log.readings(40 * i, 40 * i + 21, 10000)
    gaps = [("gap", 40 * i + 20, 40 * i + 40) for i in range(5)]
    assert log.tape.records == [("run", 0), (0, 10.0)] + gaps[:4] + [(180, 10.0)] + gaps[4:]


def test_a_reading_alone_between_silence_carries_no_charge():
    log = Steady()
    log.readings(0, 101, 10000)
    log.readings(130, 131, 10000)
    log.readings(160, 300, 10000)
    log.sampler.finish()
    gaps = [("gap", 100, 128), ("gap", 132, 160)]
    end = (299, 9.8359375)  # 2390 A s in the 243 s that are not said to be silent
    assert log.tape.records == [("run", 0), (0, 10.0)] + gaps + [end]


def test_the_draft_has_no_time_of_silence_alone():
    log = Steady()
    log.readings(0, 101, 10000)
    log.readings(140, 141, 60000)
    assert log.sampler.draft(bytearray(13)) == (0, 0)
    log.readings(141, 142, 60000)
    assert log.sampler.draft(bytearray(13)) == (100, 141)


class Weigher(Judge):
    """Judges each frame by its readings; silence carries no charge."""

    def __init__(self, tolerances):
        super().__init__(tolerances)
        self.silent = 0
        self.gaps = []

    def put(self, uptime):
        if frame.mark_kind(self.buffer, 0) == frame.GAP:
            begin = max(uptime - frame.mark_values(self.buffer, 0)[0], self.last)
            self.silent += uptime - begin
            self.gaps.append((begin, uptime))
            return
        super().put(uptime)
        self.silent = 0

    def add_charge(self, covered, uptime, bits):
        self.said += half.times(bits, 1000 * (uptime - self.last - self.silent))


def test_random_loads_with_gaps_stay_within_the_tolerances():
    dice = Chance(3)
    log = Log()
    log.judge = Weigher(log.tolerances)
    log.sampler = Sampler(log.judge, 1, 900, 15, log.tolerances)
    second, current, true, moved, gaps = 0, 5000, 0, 0, []
    log.reading(0, current)
    for _ in range(400):
        for _ in range(dice.below(200) + 1):
            length = 1 + dice.below(3)
            true += current * length
            moved += current * length
            second += length
            log.reading(second, current)
        length = 16 + dice.below(60)
        gaps.append((second, second + length))
        second += length
        current = 1000 * dice.below(60) if not dice.below(3) else current + dice.below(400) - 200
        current = max(current, 0)
        log.reading(second, current)
    log.sampler.finish()
    assert log.judge.compared > 30000
    assert len(log.judge.gaps) == len(gaps)
    for (begin, end), (first, after) in zip(gaps, log.judge.gaps):
        assert 0 <= first - begin < frame.GAP_STEP_S and 0 <= end - after < frame.GAP_STEP_S
    assert abs(log.judge.said - true) * 5000 <= moved  # 0.02 %


class Pack:
    def __init__(self, folder, ms=0, **options):
        self.folder = folder
        self.ms = ms
        self.start(**options)

    def start(self, **options):
        self.begun = self.ms
        uptime = Uptime(lambda: self.ms - self.begun, lambda a, b: a - b)
        tolerances = {"capacity_ah": 280}
        self.history = History(self.folder, "house", 4, uptime, tolerances=tolerances, **options)
        self.sample = Sample()
        self.sample.voltage, self.sample.current = 53250, 10000

    def readings(self, count, flush=False):
        for _ in range(count):
            self.history.add(self.sample)
            self.ms += 1000
            if flush and self.history.due():
                assert self.history.flush()

    def charge(self):
        """A s that the frames say, and s that they cover."""
        found = plain_reader.read(self.folder + "/house/pack")
        covered = [each[1] - each[2] for each in found]
        return sum(s * each[4] for s, each in zip(covered, found)), sum(covered)


def test_a_power_cut_after_a_gap_costs_no_more_than_the_window():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(201, flush=True)
        pack.ms += 39000
        pack.readings(61, flush=True)
        pack.start()  # without a close: as after a power cut
        charge, covered = pack.charge()
        assert 250 <= covered <= 260 and charge == 10 * covered


def test_a_power_cut_before_the_gap_is_on_the_flash():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(201, flush=True)
        pack.ms += 39000
        pack.readings(1)
        pack.start()
        charge, covered = pack.charge()
        assert 190 <= covered <= 200 and charge == 10 * covered


def test_a_frame_stands_in_the_file_of_its_gaps():
    with temporary.Folder() as folder:
        pack = Pack(folder, budget=100000)
        true = 0
        dice = Chance(5)
        for _ in range(420):
            count = 60 + dice.below(60)
            pack.readings(count, flush=True)
            true += count - 1
            pack.ms += 1000 * (16 + dice.below(30)) - 1000
            pack.sample.current = 10000 if dice.below(4) else 20000
        assert pack.history.close()
        files = plain_reader.files(folder + "/house/pack")
        assert len(files) >= 2
        _, covered = pack.charge()
        assert 0 <= covered - true <= 6 * 420
