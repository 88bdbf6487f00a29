"""The JK's decoder on RS485: whose frame is it, and is it whole?"""

from asked_stream import jk_pb_wire as wire
from jk_stream import CELLS_16, captured, row
from jk_stream import wire as frames

from bms import jk_pb

DEVICE, CELLS = captured("device_32s"), captured("cells_32s")


def hexed(text):
    return bytes([int(text[i : i + 2], 16) for i in range(0, len(text), 2)])


def cells(unit=1, current=-1000, counter=0):
    """A frame and its acknowledgement."""
    frame = frames.cell_frame("32S", CELLS_16, counter=counter, current=current)
    return frame + wire.acknowledgement(unit, wire.CELLS)


def decode(data, size=None, unit=1, live=False):
    """(currents in A, statistics)."""
    heard = []
    decoder = jk_pb.Decoder(lambda sample: heard.append(sample.current // 1000), live=live)
    decoder.configure({"unit": unit})
    for at in range(0, len(data), size or len(data)):
        decoder.feed(data[at : at + (size or len(data))])
    decoder.finish()
    return heard, decoder.stats


def test_questions_and_acknowledgements_that_others_show():
    assert wire.question(1, wire.CELLS) == hexed("0110162000010200 00D6F1".replace(" ", ""))
    assert wire.question(1, wire.SETTINGS) == hexed("0110161E000102 0000D22F".replace(" ", ""))
    assert wire.question(1, wire.DEVICE) == hexed("0110161C0001020000D3CD")
    assert wire.question(3, wire.CELLS) == hexed("031016200001020000CF91")
    assert wire.acknowledgement(1, wire.CELLS) == hexed("011016200001044B")
    assert wire.acknowledgement(3, wire.SETTINGS) == hexed("0310161E00016465")
    assert wire.acknowledgement(3, wire.DEVICE) == hexed("0310161C0001C5A5")


def test_a_real_units_frames():
    data = DEVICE + wire.acknowledgement(1, wire.DEVICE)
    data += CELLS + wire.acknowledgement(1, wire.CELLS)
    heard = []
    decoder = jk_pb.Decoder(lambda sample: heard.append(row(sample)))
    decoder.feed(data)
    plain = []
    same = jk_pb.jk.Decoder(lambda sample: plain.append(row(sample)))
    same.feed(DEVICE + CELLS)
    assert heard == plain and len(heard) == 1


def test_a_frame_counts_only_with_its_own_acknowledgement():
    frame = frames.cell_frame("32S", CELLS_16, current=-1000)
    for behind in (
        b"", wire.acknowledgement(2, wire.CELLS), wire.acknowledgement(1, wire.DEVICE),
        wire.acknowledgement(1, wire.CELLS)[:-1] + b"\0", wire.question(1, wire.CELLS),
    ):  # fmt: skip
        assert decode(frame + behind + bytes(400))[0] == [], behind
    assert decode(cells(2), unit=2)[0] == [-1]
    assert decode(cells(15), unit=15)[0] == [-1]


def test_the_others_on_the_line_are_skipped():
    data = wire.question(2, wire.CELLS) + cells(2, current=5000) + wire.question(1, wire.CELLS)
    data += cells(1) + wire.question(3, wire.CELLS) + cells(3, current=9000) + cells(1, -2000)
    for size in (1, 7, 128, 256, 300, 308, None):
        assert decode(data, size)[0] == [-1, -2], size
        assert decode(data, size, unit=3)[0] == [9], size


def test_pieces_of_any_size():
    data = b"\0" + cells() + b"\0\0" + cells(current=-2000)[:290] + cells(current=-3000)
    data += DEVICE + wire.acknowledgement(1, wire.DEVICE) + cells(current=-4000)
    whole = decode(data)
    assert whole[0] == [-1, -3, -4]
    for size in (1, 2, 3, 20, 128, 255, 256, 257, 308, 512):
        assert decode(data, size) == whole, size


def test_a_counter_that_stands_still_is_no_silence():
    assert decode(3 * cells(), live=True)[0] == [-1, -1]  # the first comes twice


def test_the_questions():
    decoder = jk_pb.Decoder(print)
    decoder.configure({"unit": 15})
    device, cells_ = wire.question(15, wire.DEVICE), wire.question(15, wire.CELLS)
    assert [decoder.request() for _ in range(7)] == [device] + [cells_] * 4 + [device, cells_]
    decoder.feed(DEVICE + wire.acknowledgement(15, wire.DEVICE))
    assert {decoder.request() for _ in range(170)} == {cells_}
    assert {decoder.request() for _ in range(20)} == {cells_, device}
    decoder.forget()
    assert decoder.request() == device
