"""A current whose sign the SoC contradicts is noticed, and no other."""

from current_sign import STEP, TIMES, CurrentSign
from lib.uptime import Uptime
from sample import Sample

WORDS = "van: the SoC goes against the current: packlog config set 'packs[1].invert_current' true"


class Bench:
    """A pack of 100 Ah at 50 %; capacity: as the BMS has it."""

    def __init__(self, capacity=None, inverted=False):
        self.ms = 0
        uptime = Uptime(lambda: self.ms, lambda a, b: a - b)
        self.uptime = uptime
        self.complaints = ["another"]
        self.sign = CurrentSign(uptime, 100, self.complaints)
        self.sign.set_words("van", "packs[1]", inverted)
        self.sample = Sample()
        self.sample.capacity = capacity
        self.sample.soc = 50

    def reading(self, soc, current, after_s=10):
        self.ms += 1000 * after_s
        self.uptime.update()
        self.sample.soc = soc
        self.sample.current = current
        self.sign.add(self.sample)

    def moves(self, percent, current, every_s=72):
        """The SoC by that much, a percent in every_s: in tenths of it."""
        way = 1 if percent > 0 else -1
        soc = self.sample.soc
        for _ in range(abs(percent)):
            for _ in range(9):
                self.reading(soc, current, every_s // 10)
            soc += way
            self.reading(soc, current, every_s - 9 * (every_s // 10))
        return self

    def says(self):
        assert self.complaints[0] == "another" and self.sign.wrong == (len(self.complaints) > 1)
        return self.complaints[1:]


# 50 A for 72 s are 1 % of 100 Ah


def test_a_current_that_fits_is_never_complained_of():
    bench = Bench()
    for _ in range(5):
        bench.moves(40, 50000).moves(-40, -50000)
    assert bench.says() == []


def test_a_current_the_wrong_way_round_is_after_some_steps():
    for way in (1, -1):
        bench = Bench()
        bench.moves(way * (STEP * TIMES - 1), -way * 50000)
        assert bench.says() == []
        bench.moves(way * 2, -way * 50000)
        assert bench.says() == [WORDS]
        bench.moves(-way * 10, way * 50000)
        assert bench.says() == [WORDS]  # once


def test_the_words_name_the_other_value():
    bench = Bench(inverted=True)
    bench.moves(20, -50000)
    assert bench.says() == [WORDS[:-4] + "false"]


def test_a_step_that_fits_takes_it_back():
    bench = Bench()
    bench.moves(20, -50000)
    assert bench.says()
    bench.moves(6, 50000)
    assert bench.says() == []
    bench.moves(-20, 50000)
    assert bench.says() == [WORDS]


def test_charge_that_is_too_little_says_nothing():
    bench = Bench()
    bench.moves(30, -20000)  # 2 % of charge out, while the SoC rises by 5
    bench.moves(-40, 0)
    assert bench.says() == []
    bench.moves(20, -50000)
    assert bench.says() == [WORDS]


def test_the_capacity_is_the_bms_s_if_it_has_one():
    bench = Bench(capacity=400000)
    bench.moves(20, -50000)  # 1 % in each 72 s would be 200 A
    assert bench.says() == []


def test_jumps_of_the_soc_and_pauses_are_left_out():
    bench = Bench()
    for _ in range(6):
        bench.moves(4, -50000)
        bench.reading(bench.sample.soc - 8, -50000)  # put right
    assert bench.says() == []
    bench = Bench()
    for _ in range(30):
        bench.reading(50, -50000, 61)
        bench.reading(51, -50000, 61)
        bench.sample.soc -= 1
    assert bench.says() == []


def test_what_is_unknown_is_passed_over():
    bench = Bench()
    for soc, current in ((None, -50000), (50, None), (None, None)):
        bench.reading(soc, current)
    bench.sample.soc = 50
    bench.moves(20, -50000)
    assert bench.says() == [WORDS]
