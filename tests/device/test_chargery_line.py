"""The Chargery decoder on a bad line: damage, false headers, any chunking, and no allocation."""

import gc

from chargery_stream import (
    CELLS_16,
    ONE,
    THREE,
    TWO,
    accepted,
    capture,
    decode,
    last_sample,
    row,
    wire,
)

from bms.chargery import CELLS, IMPEDANCES, READING, Decoder


def test_a_rejected_packet_changes_nothing():
    damaged = bytearray(ONE + wire.reading_packet(3650, wire.DISCHARGE, 5, 1, 1, 1))
    damaged[5] ^= 1
    damaged[-2] ^= 1
    before = row(last_sample(ONE + TWO))
    assert row(last_sample(ONE + TWO + bytes(damaged))) == before


def test_each_damaged_byte_costs_one_packet():
    packets = [ONE, TWO, wire.SPACER, TWO, THREE, ONE, TWO]
    starts = [sum([len(p) for p in packets[:i]]) for i in range(len(packets))]
    line = b"".join(packets)
    for i, whole in enumerate(packets):
        rest = b"".join(packets[:i] + packets[i + 1 :])
        expected = accepted(decode(rest)[1])
        for at in range(starts[i], starts[i] + len(whole)):
            for mask in (0x01, 0x80, 0xFF, line[at] ^ 0x24, line[at] ^ 0x3D, line[at] ^ 0x57):
                if mask and whole != wire.SPACER:
                    damaged = bytearray(line)
                    damaged[at] ^= mask
                    assert accepted(decode(damaged)[1]) == expected, (at, mask)
            assert accepted(decode(line[:at] + line[at + 1 :])[1]) == expected, at


def test_a_damaged_length_byte_costs_one_packet():
    for length in range(256):
        if length != len(TWO):
            damaged = TWO[:3] + bytes([length]) + TWO[4:]
            rows, stats = decode(TWO + damaged + TWO + TWO)
            assert len(rows) == 3 and stats["bytes_skipped"] == len(TWO), length
            assert stats["rejected"] == 1, length
        if length != len(ONE):
            damaged = ONE[:3] + bytes([length]) + ONE[4:]
            rows, stats = decode(ONE + damaged + TWO + ONE)
            assert accepted(stats) == (2, 1, 0) and stats["bytes_skipped"] == len(ONE), length


def test_a_sum_that_looks_like_a_header():
    sum_24 = wire.reading_packet(3620, wire.CHARGE, 225, 131, 132, 91)
    assert sum_24[-1] == 0x24
    for first in (sum_24, sum_24[5:], b"\x24", b"\x24\x24", b"\x24\x24\x24"):
        rows, stats = decode(first + TWO)
        assert rows[-1][1] == 22800 and stats["rejected"] == 0
    assert decode(sum_24 + TWO)[1]["bytes_skipped"] == 0
    assert decode(b"\x24" + TWO)[1]["bytes_skipped"] == 1


def test_an_impossible_length_is_not_waited_for():
    for command, lengths in (
        (READING, (0, 4, 12, 14, 16, 18, 20, 255)),
        (CELLS, (0, 6, 7, 9, 11, 13, 56, 58, 60, 63, 255)),
        (IMPEDANCES, (0, 8, 9, 11, 55, 58, 255)),
    ):
        for length in lengths:
            readings = []
            decoder = Decoder(readings.append)
            decoder.feed(bytes([0x24, 0x24, command, length]) + TWO)
            assert len(readings) == 1 and decoder.stats["rejected"] == 1, (command, length)


def test_a_false_long_header_delays_by_its_length_at_most():
    readings = []
    decoder = Decoder(readings.append)
    decoder.feed(b"\x24\x24\x56\x3d" + TWO * 3)
    assert not readings
    decoder.feed(TWO[:12])
    assert len(readings) == 3
    decoder.feed(TWO[12:])
    assert len(readings) == 4
    assert decoder.stats["bytes_skipped"] == 4 and decoder.stats["rejected"] == 1


def test_the_end_of_a_capture():
    cut_off = b"\x24\x24\x56\x3d" + TWO
    readings = []
    decoder = Decoder(readings.append)
    decoder.feed(cut_off)
    assert not readings
    decoder.finish()
    assert len(readings) == 1
    assert decoder.stats["rejected"] == 1 and decoder.stats["bytes_skipped"] == 4

    for kept in range(1, len(TWO)):
        rows, stats = decode(TWO + TWO[:kept])
        assert len(rows) == 1 and stats["bytes_skipped"] == kept
        assert stats["rejected"] == (1 if kept >= 4 else 0)
    assert decode(b"", size=1)[0] == []


def test_the_decoder_goes_on_after_finish():
    readings = []
    decoder = Decoder(readings.append)
    decoder.feed(ONE[:30])
    decoder.finish()
    decoder.feed(TWO)
    assert len(readings) == 1 and decoder.stats["bytes_skipped"] == 30


def test_chunks_make_no_difference():
    damaged = bytearray(ONE + TWO)
    damaged[3] = 0x3D
    line = capture("pdf_v1.26_capture.hex") + bytes(damaged) + capture("pdf_v1.22_capture.hex")
    line += b"\x24\x24\x57\x14\x24\x24\x24" + ONE + TWO + THREE + TWO + ONE[:50]
    whole = decode(line)
    # The two captures are of different units, in different modes of their firmware.
    assert len(whole[0]) == 4 + 1 + 27 + 2
    for size in (1, 2, 3, 4, 5, 7, 13, 15, 16, 45, 60, 61, 64, 100, 255, 256, 257, 1000):
        assert decode(line, size=size) == whole, size


def test_every_byte_is_counted_once():
    line = capture("pdf_v1.26_capture.hex") + TWO[:7] + ONE + wire.SPACER
    stats = decode(line)[1]
    taken = 4 * len(TWO) + 2 * len(ONE) + len(THREE)
    assert stats["bytes_skipped"] == len(line) - taken


def test_any_bytes_and_a_count():
    readings = []
    decoder = Decoder(readings.append)
    buffer = bytearray(100)
    buffer[: len(TWO)] = TWO
    decoder.feed(buffer, len(TWO))
    assert len(readings) == 1
    decoder.feed(memoryview(buffer)[: len(TWO)])
    assert len(readings) == 2
    decoder.feed(buffer, 0)
    decoder.feed(b"")
    decoder.finish()
    assert decoder.stats["bytes_skipped"] == 0


def test_other_commands_are_no_packets():
    rows, stats = decode(wire.packet(0x59, bytes(10)) + TWO)
    assert len(rows) == 1 and (stats["rejected"], stats["bytes_skipped"]) == (0, 15)


def test_readings_allocate_nothing():
    if not hasattr(gc, "mem_alloc"):
        return
    damaged = bytearray(TWO)
    damaged[9] ^= 0x40
    line = ONE + TWO + wire.SPACER + TWO + THREE + bytes(damaged) + b"\x24\x24\x56\x3d"
    jump = wire.reading_packet(3620, wire.CHARGE, 228, 500, 132, 91)
    for more in (b"", jump, 2 * wire.cells_packet(CELLS_16, soc=42), jump + jump):
        check_allocations(line + more + 2 * wire.reading_packet(3650, None, 5, -1, -1, None))


def check_allocations(line):
    decoder = Decoder(count_reading)
    decoder.feed(line)
    gc.collect()
    gc.disable()
    try:
        before = gc.mem_alloc()
        for _ in range(50):
            decoder.feed(line)
        grown = gc.mem_alloc() - before
    finally:
        gc.enable()
    assert decoder.stats["accepted"][READING] > 50 * 2
    assert grown == 0, grown


def count_reading(sample):
    """What a sink does at least: look at the sample."""
    assert sample.current is None or sample.current < 23000


def test_cells_are_forgotten_with_the_link():
    """After silence the first reading has no cells, until they come again."""
    seen = []
    decoder = Decoder(lambda sample: seen.append((sample.voltage, sample.cell_count)))
    decoder.feed(ONE + TWO)
    decoder.forget()
    decoder.feed(TWO + ONE + TWO)
    assert seen[0][1] == 16 and seen[0] == seen[2]
    assert seen[1] == (None, 0)
    decoder.sample.impedance_count = 16
    decoder.forget()
    assert decoder.sample.impedance_count == 0
