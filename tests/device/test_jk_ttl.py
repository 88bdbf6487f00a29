"""The decoder of JK's TTL port, against frames that others show and frames made by hand."""

from asked_stream import SIZES, asked, decode, hexed, last_sample, row
from asked_stream import jk_ttl_wire as wire

from bms import jk_ttl
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON

# Of ESPHome's documents: 14 cells, 53.59 V, 2.08 A in, 15 %
FOURTEEN = hexed(
    "4E57011B000000000600 01 79 2A 010EED 020EFA 030EF7 040EEC 050EF8 060EFA 070EF1 080EF8 090EE3"
    "0A0EFA 0B0EF1 0C0EFB 0D0EFB 0E0EF2 80001D 81001E 82001C 8314EF 8480D0 850F 8602 870004"
    "8900000000 8A000E 8B0000 8C0007 8E1626 8F10AE 900FD2 910FA0 920005 930BEA 940C1C 950005"
    "96012C 970007 980003 990005 9A0005 9B0CE4 9C0008 9D01 9E005A 9F0046 A00064 A10064 A20014"
    "A30046 A40046 A5FFEC A6FFF6 A7FFEC A8FFF6 A90E AA0000000E AB01 AC01 AD0411 AE01 AF01 B0000A"
    "B114 B231323334353600000000 B300 B4496E707574205573 B532313031 B60000E200"
    "B748362E585F5F53362E312E33535F5F B800 B900000000"
    "BA425433303732303230313230303030323030353231303031 C001 00000000 68 0000 54D1"
)
# Of a B1A8S20P, as a user has published it: 7 cells, 26.58 V, no current, 90 %, 117 Ah
SEVEN = hexed(
    "4E570106000000000600 01 79 15 010ED2 020ED2 030ED2 040ED2 050EDB 060EDB 070EDB 80001C 81001C"
    "82001C 830A62 840000 855A 8602 870000 8900000005 8A0007 8B0000 8C0003 8E0B7C 8F07B6 901068"
    "911054 920003 930B04 940B22 950003 96012C 9700C8 98012C 990019 9A001E 9B0BB8 9C000A 9D01"
    "9E0064 9F0050 A00046 A1003C A20014 A30046 A40046 A5FFEC A6FFF6 A7FFEC A8FFF6 A907 AA00000075"
    "AB01 AC01 AD03CC AE01 AF01 B0000A B114 B231323334353600000000 B300 B4496E707574205573"
    "B532343037 B600000819 B731312E58415F5331312E35315F5F5F B800 B900000075"
    "BA496E707574205573657264614A4B5F4231413853323050 00 C001 00000000 68 0000 4D89"
)
CELLS = [3300 + i for i in range(16)]


def reading(current=-1250, cells=CELLS, **more):
    """52.9 V, 55 %, 30, 21 and -5 degC."""
    said = {"soc": 55, "temperatures": (30, 21, -5)}
    said.update(more)
    return wire.reading(cells, current, **said)


def test_the_frame_of_esphomes():
    sample = last_sample(jk_ttl, FOURTEEN)
    assert (sample.voltage, sample.current, sample.soc) == (53590, 2080, 15)
    assert (sample.cycles, sample.capacity, sample.errors) == (4, 14000, 0)
    assert sample.temperatures == [300, 280, None, None, None, 290]
    cells = [3821, 3834, 3831, 3820, 3832, 3834, 3825, 3832, 3811, 3834, 3825, 3835, 3835, 3826]
    assert sample.cells[: sample.cell_count] == cells
    assert sample.switches == CHARGE_ON | DISCHARGE_ON | BALANCING and sample.flags == 0


def test_the_frame_of_a_b1a8s20p():
    sample = last_sample(jk_ttl, SEVEN)
    assert (sample.voltage, sample.current, sample.soc) == (26580, 0, 90)
    assert (sample.cycles, sample.capacity) == (0, 117000)
    assert sample.temperatures == [280, 280, None, None, None, 280]
    assert sample.cells[: sample.cell_count] == [3794] * 4 + [3803] * 3
    assert sample.switches == CHARGE_ON | DISCHARGE_ON


def test_what_is_built_by_hand():
    sample = last_sample(jk_ttl, reading(errors=0x401, states=2, cycles=7))
    assert (sample.voltage, sample.current, sample.soc) == (52920, -12500, 55)
    assert sample.temperatures == [210, -50, None, None, None, 300]
    assert sample.cells[: sample.cell_count] == CELLS and sample.cycles == 7
    names = [name for bit, name in enumerate(jk_ttl.ALARMS) if sample.errors >> bit & 1]
    assert names == ["low capacity", "cell overvoltage"] and sample.flags == CHARGE_STOPPED
    assert last_sample(jk_ttl, reading(current=4500)).current == 45000
    assert last_sample(jk_ttl, reading(current=4500, version=0)).current == 45000
    assert last_sample(jk_ttl, reading(current=-4500, version=0)).current == -45000
    assert row(last_sample(jk_ttl, reading(cells=[3300, 0, 3301])))[7] == [3300, 1, 3301]
    assert row(last_sample(jk_ttl, reading(), cells=4))[7] == CELLS[:4]


def test_pieces_of_any_size():
    data = wire.QUESTION + FOURTEEN + b"\0\0" + 2 * reading() + reading()[:100] + reading(-1300)
    data += SEVEN[:90]
    whole = decode(jk_ttl, data)
    assert [found[1] for found in whole[0]] == [2080, -12500, -13000]
    for size in SIZES:
        assert decode(jk_ttl, data, size) == whole, size


def test_frames_that_are_wrong():
    good = reading()
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x10
        rows, _ = decode(jk_ttl, bytes(bad) + good)
        assert [found[1] for found in rows[-1:]] == [-12500] and len(rows) <= 2, at
    for more in ({"soc": 101}, {"voltage": 20001}, {"cells": [6001]}, {"version": 2}):
        assert decode(jk_ttl, reading(**more))[0] == [], more
    for tags in (b"", b"\x79\x03\x01\x0c\xe4", b"\x79\x00" + bytes(40), b"\x80\0\0" + bytes(60)):
        assert decode(jk_ttl, wire.frame(tags))[0] == []


def test_what_a_pack_cannot_have_become_comes_twice():
    start = reading(0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 6092}, 1), ({"voltage": 6093}, 2),
        ({"temperatures": (40, 21, -5)}, 1), ({"temperatures": (41, 21, -5)}, 2),
        ({"temperatures": (30, 21, 6)}, 2), ({"errors": 1}, 2), ({"states": 1}, 2),
        ({"cycles": 2}, 2), ({"capacity": 281}, 2), ({"cells": CELLS[:15], "voltage": 5292}, 2),
        ({"cells": [2799] + CELLS[1:]}, 2), ({"current": 15000}, 1), ({"current": -15001}, 2),
    ):  # fmt: skip
        far = reading(**dict({"current": 10}, **change))
        assert len(decode(jk_ttl, start + far + start)[0]) == 4 - times, change
        assert len(decode(jk_ttl, start + far + far)[0]) == 4 - times, change
    assert decode(jk_ttl, reading(), live=True)[0] == []
    assert len(decode(jk_ttl, reading() + reading(), live=True)[0]) == 1


def test_the_password_goes_nowhere():
    decoder = jk_ttl.Decoder(lambda sample: None, live=True)
    for data in (FOURTEEN, reading(), reading() + reading()[:150]):
        for at in range(0, len(data), 100):
            decoder.feed(data[at : at + 100])
    decoder.finish()
    memory = decoder._memories[jk_ttl.READ_ALL]
    for kept in (decoder._buf, memory.frame, memory.doubted):
        assert wire.PASSWORD not in bytes(kept) and b"123456" not in bytes(kept)
    assert not decoder.sample.texts


def test_the_question():
    assert asked(jk_ttl.Decoder(print), 3) == [wire.QUESTION] * 3
