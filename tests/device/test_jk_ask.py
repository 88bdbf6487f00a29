"""The JK decoder over time: frames that stand still, and what to ask the unit when."""

from jk_stream import CELLS_16, accepted, decode, wire

from bms.jk import ASK_CELLS, ASK_DEVICE, ASK_S, QUIET_S, Decoder


def test_a_counter_that_stands_still():
    one = wire.cell_frame("32S", CELLS_16, counter=7, soc=50)
    two = wire.cell_frame("32S", CELLS_16, counter=8, soc=51)
    rows, stats = decode(one + one + two + two + two + one)
    assert len(rows) == 6 and stats["repeated"] == 3 and accepted(stats) == (0, 6, 0)
    rows, stats = decode(one + one + two + two + two + one, live=True)
    assert [r[2] for r in rows] == [50, 51, 50]
    assert stats["repeated"] == 2 and accepted(stats) == (0, 5, 0)  # the first has to come twice
    # A frozen unit brings no reading after its link is rebuilt either.
    heard = []
    decoder = Decoder(lambda sample: heard.append(sample.soc), live=True)
    decoder.feed(one + one)
    for _ in range(3):
        decoder.forget()
        decoder.feed(one)
    assert heard == [50] and decoder.stats["repeated"] == 3
    # The other frames have counters of their own.
    nine = wire.cell_frame("32S", CELLS_16, counter=9, soc=51)
    decoder.feed(two + wire.device_frame(counter=9) + nine + nine)
    assert heard == [50, 51, 51]


def asked(decoder, seconds):
    """What request() says in each of so many seconds, as the codes of the commands; 0 is none."""
    said = []
    for _ in range(seconds):
        data = decoder.request()
        assert data == b"" or wire.asked(data) == [data[4]]
        said.append(data[4] if data else 0)
    return said


def test_what_to_ask():
    assert ASK_DEVICE == wire.command(0x97) and ASK_CELLS == wire.command(0x96)
    decoder = Decoder(lambda sample: None, live=True)
    # Nothing comes: both again after some seconds, forever.
    assert asked(decoder, 2) == [0x97, 0x96]
    assert asked(decoder, 3 * (QUIET_S + 1)) == ([0] * (QUIET_S - 1) + [0x97, 0x96]) * 3
    # After a new link at once
    decoder.forget()
    assert asked(decoder, 3) == [0x97, 0x96, 0]


def test_what_to_ask_while_frames_come():
    decoder = Decoder(lambda sample: None, live=True)
    decoder.feed(wire.device_frame())
    said = []
    for second in range(2 * ASK_S + 2):
        said += asked(decoder, 1)
        decoder.feed(wire.cell_frame("32S", CELLS_16, counter=second & 0xFF))
    assert said[:2] == [0x97, 0x96]
    assert said[2:] == ([0] * (ASK_S - 1) + [0x96]) * 2
    # A frame that stands still, or that does not fit the layout, is no answer.
    for frame in (
        wire.cell_frame("32S", CELLS_16, counter=(2 * ASK_S + 1) & 0xFF),
        wire.cell_frame("24S", CELLS_16, counter=1),
    ):
        said = []
        for _ in range(QUIET_S + 2):
            said += asked(decoder, 1)
            decoder.feed(frame)
        assert 0x97 in said and 0x96 in said
        decoder.forget()
        asked(decoder, 2)


def test_without_the_device_information_it_is_asked_for_again():
    decoder = Decoder(lambda sample: None)
    said = []
    for second in range(ASK_S + 4):
        said += asked(decoder, 1)
        decoder.feed(wire.cell_frame("32S", CELLS_16, counter=second & 0xFF))
    assert said == [0x97, 0x96] + [0] * (ASK_S - 1) + [0x97, 0x96, 0]
