"""Random and mutated lines into the BlueNova decoder, judged by regular expressions.

The judge reads every line by itself, as a person would. Each value of a reading must be one that a
line fed since the reading before said, and each line counts as accepted only if the judge takes it.
"""

import random
import re
from decimal import ROUND_HALF_UP, Context, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.feeding import feed_all, memory_of

from bms.bluenova import LINE, Decoder

LINES = 200_000
EXACT = Context(prec=400)
NUMBER = rb" *([+-]?(?:\d+\.?\d*|\.\d+))(?![.eExX+\-0-9])"
MEASURED = (  # name, pattern, factor, lowest, highest
    ("voltage", rb"Vpack:" + rb" " + NUMBER, 1, 8000, 100000),
    ("current", rb"Current:" + rb" " + NUMBER, 1000, -2000000, 2000000),
    ("temperature", rb"Temp:" + rb" " + NUMBER, 10, -600, 1500),
    ("vc_max", rb"Vc_max:" + rb" " + NUMBER, 1, 0, 6000),
    ("vc_min", rb"Vc_min:" + rb" " + NUMBER, 1, 0, 6000),
    ("soc", rb"SOC:" + rb" " + NUMBER, 1, 0, 100),
    ("soh", rb"SOH:" + rb" " + NUMBER, 10, 0, 1100),
    ("adc_vp", rb"Vp_adc:" + rb" " + NUMBER, 1, -200000, 200000),
)
CELL = re.compile(rb"C" + NUMBER + rb"\) T: " + NUMBER + rb", V: " + NUMBER)
COUNTED = (b"INFO: BAD CRC", b"INFO: cellcomms parse FAIL", b"DEBUG: REJECT BAD")
SEEDS = [
    b"MCU ID: DEADBEEF", b"--- PO PARAMS --- (i=2)", b"after assignRank() --> own rank = 1",
    b"CellCount: 16", b"C01) T: 23, V: 3325", b"C09) T: -5, V: 3301", b"C16) T: 23, V: 3330",
    b"Vpack: 53250", b"Current: -12.34", b"Temp: 23", b"Vc_max: 3340", b"Vc_min: 3300",
    b"SOC: 55", b"SOH: 98.7", b'Errors: "OVERVOLTAGE"', b"System_State: RUN", b"Breaker: CLOSED",
    b"Charge State: CHARGING (1)", b"Vp_adc: 53210", b"DEBUG: ADC[0]: 12 = 2500.125",
    b"DEBUG: ADC[4]: 12 = -0.5", *COUNTED, b"DEBUG: CALC PACK_CHARGE, STORE IN FLASH",
    b"Write EnergyOut: 1234.567", b"INFO: heartbeat",
]  # fmt: skip
PIECES = [
    b"-",
    b".",
    b"e3",
    b"nan",
    b"inf",
    b"\xff",
    b"\0",
    b" ",
    b"9" * 12,
    b"0x",
    b'"',
    b"\r",
    b":",
]


def said_by(text: bytes, factor: int) -> int:
    """The number as the decoder counts, half away from 0; the first three places count."""
    value = Decimal(re.sub(r"(\.\d{3})\d+", r"\1", text.decode()))
    return int(EXACT.multiply(value, factor).quantize(Decimal(1), ROUND_HALF_UP, EXACT))


class Judge:
    """What has been said since the last reading."""

    def __init__(self):
        self.said = {}
        self.counts = [0, 0, 0]

    def hear(self, line: bytes) -> None:
        line = line.removesuffix(b"\r")
        if len(line) > LINE:
            return
        for i, prefix in enumerate(COUNTED):
            self.counts[i] += line.startswith(prefix)
        for name, pattern, factor, lowest, highest in MEASURED:
            if match := re.match(pattern, line):
                value = said_by(match[1], factor)
                if lowest <= value <= highest:
                    self.said.setdefault(name, set()).add(value)
        if match := CELL.match(line):
            number, mv = int(Decimal(match[1].decode())), said_by(match[3], 1)
            if 1 <= number <= 16 and mv <= 6000:
                self.said.setdefault(number, set()).add(mv)

    def check(self, sample) -> None:
        extras = sample.extras
        values = {name: getattr(sample, name) for name in ("voltage", "current", "soc", "soh")}
        values |= {name: extras[name] for name in ("vc_max", "vc_min", "adc_vp")}
        values["temperature"] = sample.temperatures[0]
        for name, value in values.items():
            assert value is None or value in self.said.get(name, ()), (name, value)
        cells = sample.cells[: sample.cell_count]
        for number, mv in enumerate(cells, 1):
            assert not mv or mv in self.said.get(number, ()), (number, mv)
        assert any(cells) or not sample.cell_count
        assert (sample.voltage, sample.current) != (None, None) or self.said.keys() & range(1, 17)
        assert all(text is None or len(text) <= 64 for text in sample.texts.values())
        counts = (extras["bad_crc"], extras["parse_fail"], extras["bad_cell_voltage"])
        assert all(count <= most for count, most in zip(counts, self.counts, strict=True))


class Source:
    """Seeded lines: true ones, mutated ones, noise, long ones."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def line(self) -> bytes:
        r = self.random
        kind = r.random()
        if kind < 0.5:
            return re.sub(rb"\d(?=\d?$)", lambda _: b"%d" % r.randrange(10), r.choice(SEEDS))
        if kind < 0.8:
            return self.mutated(r.choice(SEEDS))
        if kind < 0.99:
            return r.randbytes(r.randrange(40)).replace(b"\n", b" ")
        return r.choice(SEEDS) * r.randrange(5, 40)

    def mutated(self, seed: bytes) -> bytes:
        r = self.random
        line = bytearray(seed)
        for _ in range(r.randrange(1, 4)):
            at = r.randrange(len(line) + 1)
            kind = r.randrange(4)
            if kind == 0:
                line[at : at + 1] = bytes([r.randrange(11, 256)])
            elif kind == 1:
                del line[at : at + r.randrange(1, 5)]
            elif kind == 2:
                line[at:at] = r.choice(PIECES)
            else:
                line[at:] = r.choice(SEEDS)[-r.randrange(1, 8) :]
        return bytes(line)


def run(lines: list[bytes], end: bytes, requests=lambda i: False) -> tuple[Decoder, int]:
    """Decode the lines one by one, judged; returns the decoder and how many readings it made."""
    judge, readings = Judge(), []

    def take(sample):
        judge.check(sample)
        judge.said = {}
        readings.append(sample.voltage)

    decoder = Decoder(take)
    for i, line in enumerate(lines):
        # A line that ends a round is of the next one: it is heard after the reading.
        decoder.feed(line)
        decoder.feed(end)
        judge.hear(line)
        if requests(i):
            decoder.request()
    decoder.finish()
    return decoder, len(readings)


def test_random_and_mutated_lines():
    source = Source(1)
    made, stats, total = 0, {"rejected": 0, "too_long": 0, "bytes_skipped": 0}, 0
    for part in range(20):
        lines = [source.line() for _ in range(LINES // 20)]
        end = (b"\n", b"\r\n")[part % 2]
        decoder, readings = run(lines, end, lambda i: i % 40 == 0)
        made += readings
        total += sum(len(line) + len(end) for line in lines)
        for name in stats:
            stats[name] += decoder.stats[name]
    assert made > LINES // 30
    assert stats["rejected"] > LINES // 50 and stats["too_long"] > LINES // 1000
    assert 0.2 * total < stats["bytes_skipped"] < 0.9 * total


def test_one_decoder_for_all_of_it_stays_small():
    source = Source(2)
    decoder = Decoder(lambda sample: None)
    pieces = [source.line() + b"\n" for _ in range(5000)] + [b"x" * 100_000]
    grown, peak = memory_of(decoder, pieces)
    assert grown < 4096 and peak < 65536


words = st.one_of(st.sampled_from(SEEDS), st.binary(max_size=30), st.sampled_from(PIECES))
lines = st.lists(words, max_size=3).map(b"".join).map(lambda line: line.replace(b"\n", b""))


@settings(max_examples=200, deadline=None)
@given(st.lists(lines, max_size=30), st.integers(1, 70), st.sampled_from((b"\n", b"\r\n")))
def test_any_lines_in_any_chunks(some, step, end):
    whole, readings = run(some, end)
    data, made = b"".join(line + end for line in some), []
    decoder = Decoder(lambda sample: made.append(sample.voltage))
    feed_all(decoder, data, step)
    assert decoder.stats == whole.stats and len(made) == readings
