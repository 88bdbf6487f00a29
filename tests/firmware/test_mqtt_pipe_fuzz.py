"""The pipe under umqtt.simple takes any bytes in any pieces: packets come out, or an OSError."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from net.pipe import LONGEST, Pipe

ANSWERS = (b"\x20\x02\x00\x05", b"\x40\x02\x01\x02", b"\x90\x03\x00\x01\x80", b"\xd0\x00")


def packet(body: bytes) -> bytes:
    """A PUBLISH with that after its length."""
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return b"\x30" + length + body


packets = st.one_of(st.sampled_from(ANSWERS), st.binary(max_size=400).map(packet))


def feed(pipe: Pipe, data: bytes, cuts: list[int]):
    """Let the data come in, cut at these places; yields the packets."""
    ends = sorted({cut % (len(data) + 1) for cut in cuts} | {len(data)})
    at = 0
    while at < len(data):
        end = next(e for e in ends if e > at)
        count = min(end - at, len(pipe.got) - pipe.end)
        assert count > 0, "what has come is never taken"
        pipe.got[pipe.end : pipe.end + count] = data[at : at + count]
        pipe.end += count
        at += count
        while size := pipe.next():
            yield pipe.read(size)


@given(st.lists(packets, max_size=12), st.lists(st.integers(0, 5000), max_size=20))
def test_packets_come_out_whole_and_in_order(sent, cuts):
    pipe = Pipe(8)
    fitting = [each for each in sent if len(each) <= LONGEST]
    assert list(feed(pipe, b"".join(sent), cuts)) == fitting
    assert pipe.skipped == len(sent) - len(fitting)
    assert pipe.end == 0


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=20))
def test_any_bytes_give_packets_or_an_oserror(data, cuts):
    pipe = Pipe(8)
    came = []
    with suppress(OSError):
        came.extend(feed(pipe, data, cuts))
    assert data.startswith(b"".join(came)) or pipe.skipped
    assert 0 <= pipe.end <= LONGEST
