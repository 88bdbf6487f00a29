"""The JK decoder on a bad line: pieces of any size, rubbish, broken frames, and passcodes."""

from chance import Chance
from jk_stream import CELLS_16, accepted, captured, decode, last_sample, row, wire

from bms.jk import Decoder

SIZES = (1, 2, 3, 4, 5, 7, 20, 21, 128, 182, 244, 299, 300, 301, 320, 511, 512, 513, 1000, None)
DEVICE = captured("device_32s")
REAL = captured("cells_32s")
FRAMES = [wire.cell_frame("32S", CELLS_16, counter=i, current=-1000 * i) for i in range(5)]
HEADER = wire.HEADER + b"\x02"


def currents(data, size=None):
    """The currents of all readings in data, in A, and the statistics."""
    rows, stats = decode(data, size)
    return [r[1] // 1000 for r in rows], stats


def test_pieces_of_any_size():
    data = wire.AT + DEVICE + wire.ACKNOWLEDGEMENT + wire.AT + REAL + wire.device_frame("OTHER")
    data += b"".join(FRAMES) + bytes(20) + REAL[:150]
    whole = decode(data)
    assert len(whole[0]) == 6 and whole[0][0][0] == 51689
    assert accepted(whole[1]) == (0, 6, 2)
    assert whole[1]["bytes_skipped"] == 4 + 20 + 4 + 20 + 150 and whole[1]["rejected"] == 1
    for size in SIZES:
        assert decode(data, size) == whole, size


def test_a_piece_in_a_longer_buffer():
    heard = []
    decoder = Decoder(lambda sample: heard.append(sample.current))
    buffer = bytearray(256)
    for at in range(0, len(FRAMES[3]), 244):
        piece = FRAMES[3][at : at + 244]
        buffer[: len(piece)] = piece
        decoder.feed(buffer, len(piece))
    assert heard == [-3000]


def test_rubbish_between_frames():
    chance = Chance(3)
    for rubbish in (
        wire.AT,
        wire.ACKNOWLEDGEMENT,
        wire.ACKNOWLEDGEMENT + wire.AT,
        wire.HEADER,
        wire.HEADER[:3],
        wire.HEADER + b"\x05",  # a type that nobody asks for
        b"\x55",
        b"\x55\xaa\x55\xaa\xeb",
        bytes(20),
        chance.data(20),
        chance.data(5000),
    ):
        data = rubbish + rubbish.join(FRAMES) + rubbish
        for size in (None, 1, 20):
            said, stats = currents(data, size)
            assert said == [0, -1, -2, -3, -4], rubbish
            assert stats["rejected"] == 0 and stats["bytes_skipped"] == 6 * len(rubbish)


def test_every_length_of_rubbish_behind_a_frame():
    for length in range(301):
        said, stats = currents(FRAMES[1] + bytes(length) + FRAMES[2])
        assert said == [-1, -2] and stats["bytes_skipped"] == length


def test_a_frame_that_is_broken_off_at_any_byte_and_started_again():
    for length in range(1, 300):
        data = FRAMES[1] + FRAMES[2][:length] + FRAMES[2] + FRAMES[3]
        said, stats = currents(data)
        assert said == [-1, -2, -3], length
        assert stats["bytes_skipped"] == length and stats["rejected"] == (length > 4)


def test_frames_broken_off_many_times_and_lost():
    data = HEADER * 40 + FRAMES[0][:100] + FRAMES[1][:280] + FRAMES[2][:20] + FRAMES[3] + FRAMES[4]
    for size in (None, 1, 20, 182):
        said, stats = currents(data, size)
        assert said == [-3, -4] and accepted(stats) == (0, 2, 0)
        assert (stats["rejected"], stats["mismatched"]) == (43, 0)


def test_a_gap_and_a_wrong_byte_cost_one_frame():
    for at in range(0, 300, 13):
        lost = FRAMES[1][:at] + FRAMES[1][at + 7 :]
        wrong = FRAMES[1][:at] + bytes([FRAMES[1][at] ^ 0x40]) + FRAMES[1][at + 1 :]
        for damaged in (lost, wrong):
            said, stats = currents(FRAMES[0] + damaged + FRAMES[2] + FRAMES[3])
            assert said == [0, -2, -3], at
            assert accepted(stats) == (0, 3, 0)


def with_right_sum(data):
    return data[:299] + bytes([sum(data[:299]) & 0xFF])


def test_a_second_header_within_a_frame_refuses_it():
    # What a lost piece leaves: the frame behind it fills it up, and its sum may be right.
    for lost_at, lost in (
        (128, 128),
        (20, 20),
        (280, 20),
        (256, 44),
        (60, 200),
        (150, 4),
        (9, 291),
    ):
        merged = FRAMES[1][:lost_at] + FRAMES[1][lost_at + lost :] + FRAMES[2]
        short = with_right_sum(merged[:300]) + merged[300:]
        for data in (merged, short):
            for size in (None, 20):
                assert -2 in currents(FRAMES[0] + data + FRAMES[3])[0] or data is short
                assert currents(FRAMES[0] + data + FRAMES[3], size)[0] in ([0, -2, -3], [0, -3])
    # A header of which the end of the frame takes up to three bytes
    for lost in (1, 2, 3):
        merged = FRAMES[1][:200] + FRAMES[1][200 + lost :] + FRAMES[2]
        changed = sum(merged[:299]) - merged[299]
        merged = merged[:20] + bytes([(merged[20] - changed) & 0xFF]) + merged[21:]
        assert sum(merged[:299]) & 0xFF == merged[299]
        assert currents(merged + FRAMES[3])[0] == [-2, -3], lost


def test_the_end_of_a_capture():
    said, stats = currents(FRAMES[0] + FRAMES[1][:299])
    assert said == [0] and (stats["rejected"], stats["bytes_skipped"]) == (1, 299)
    # A whole frame is within what the end cuts off.
    said, stats = currents(FRAMES[1][:250] + wire.HEADER[:2])
    assert said == [] and (stats["rejected"], stats["bytes_skipped"]) == (1, 252)
    decoder = Decoder(lambda sample: None)
    decoder.finish()
    assert decoder.stats["bytes_skipped"] == 0


def test_a_new_link_drops_what_the_old_one_left():
    heard = []
    decoder = Decoder(lambda sample: heard.append(sample.current))
    decoder.feed(FRAMES[1][:200])
    decoder.forget()
    decoder.feed(FRAMES[1][200:] + FRAMES[2])
    assert heard == [-2000]
    assert decoder.stats["rejected"] == 0 and decoder.stats["bytes_skipped"] == 300


def test_the_sample_stays_as_it_is_when_a_frame_is_none():
    decoder = Decoder(lambda sample: None, live=True)
    decoder.feed(wire.device_frame() + 2 * FRAMES[4])
    before = row(decoder.sample)
    wrong = bytearray(FRAMES[3])
    wrong[158] ^= 1
    other = wire.cell_frame("24S", CELLS_16, counter=9, current=5)
    decoder.feed(bytes(wrong) + FRAMES[4] + other + wire.settings_frame())
    decoder.finish()
    assert row(decoder.sample) == before
    stats = decoder.stats
    assert (stats["rejected"], stats["repeated"], stats["mismatched"]) == (1, 1, 1)
    assert accepted(stats) == (1, 2, 1)


def words(value):
    """What there is to read in a value; the address of a function is nothing of the frame's."""
    if isinstance(value, dict):
        return words(list(value.items()))
    if isinstance(value, (list, tuple)):
        return " ".join([words(each) for each in value])
    return repr(value) if isinstance(value, (int, str, bytes)) else ""


def kept(decoder):
    """All that a decoder holds: what is not 0 in its buffers, them as bytes, the rest as text."""
    found = b""
    text = ""
    for name in dir(decoder):
        value = getattr(decoder, name)
        if isinstance(value, (bytes, bytearray)):
            found += bytes(value)
        else:
            text += words(value)
    return len(found) - found.count(b"\0"), found, text + repr(row(decoder.sample))


def test_passcodes_are_gone_with_their_frame():
    real = [DEVICE, captured("device_24s")]
    for frame in real + [wire.device_frame(), wire.settings_frame()]:
        secrets = [wire.PASSCODE, wire.SETUP_PASSCODE, "30925721"]
        secrets += ["1234", "123456", "123457", "20418030", "Input User"]
        damaged = frame[:290] + bytes([frame[290] ^ 1]) + frame[291:]
        for data in (frame, damaged + bytes(300), frame[:299] + FRAMES[1], frame + frame[:3]):
            for size in (None, 1, 20):
                decoder = Decoder(lambda sample: None)
                for at in range(0, len(data), size or len(data)):
                    decoder.feed(data[at : at + (size or len(data))])
                left, found, text = kept(decoder)
                assert not any(secret.encode() in found for secret in secrets)
                assert not any(secret in text for secret in secrets)
                assert left <= 6  # of three pending bytes, and of the sums of what is pending
        decoder = Decoder(lambda sample: None)
        decoder.feed(frame[:280])
        decoder.forget()
        assert kept(decoder)[0] == 0


def test_only_three_texts_are_taken_from_a_device():
    data = wire.device_frame("MODEL", "HW", "14.20", name="Garage") + FRAMES[1]
    assert last_sample(data).texts == {"model": "MODEL", "hardware": "HW", "software": "14.20"}
    full = wire.device_frame("M" * 16, "H" * 8, "14.20b12") + FRAMES[1]
    texts = {"model": "M" * 16, "hardware": "H" * 8, "software": "14.20b12"}
    assert last_sample(full).texts == texts
    odd = wire.device_frame("JK\x01\n\x7f-1", "", "14.20") + FRAMES[1]
    assert last_sample(odd).texts == {"model": "JK???-1", "hardware": "", "software": "14.20"}
