"""A capture of what a pack and its BMS say: the lines, and what must not stand in them."""

import asyncio

import tap
from bms import jk, jk_pb, jk_secrets, jk_ttl, jk_ttl_secrets
from bms.crc import crc16

PASSCODE = b"K7q2"


def jk_frame(kind, passcode=b"", at=62):
    """A frame as a JK sends it, with a text and a passcode in it."""
    data = bytearray(b"\x55\xaa\xeb\x90" + bytes((kind, 7)) + bytes(range(1, 200)) + bytes(95))
    if passcode:
        data[at : at + len(passcode)] = passcode
    data[-1] = sum(data[:-1]) & 0xFF
    assert len(data) == 300
    return bytes(data)


def covered(cover, stream, size):
    """What is shown of a stream that comes in pieces, and how much is withheld."""
    shown, withheld = b"", 0
    for at in range(0, len(stream), size):
        part, count = cover.take(stream[at : at + size])
        shown += part
        withheld += count
    return shown, withheld


def is_whole(frame):
    return sum(frame[:-1]) & 0xFF == frame[-1]


def test_of_a_jk_the_cells_are_shown_and_passcodes_are_not():
    cells = jk_frame(2)
    device, settings = jk_frame(3, PASSCODE), jk_frame(1, PASSCODE, 200)
    stream = b"AT\r\n" + cells + device + b"AT\r\n" + settings + cells
    for size in (1, 3, 20, 244, 2000):
        shown, withheld = covered(jk_secrets.Cover(), stream, size)
        assert (len(shown), withheld) == (1200, 8)
        assert shown[:300] == cells and shown[900:] == cells and PASSCODE not in shown
        assert shown[300:338] == device[:38] and shown[338:599] == bytes(261)
        assert shown[600:606] == settings[:6] and shown[606:899] == bytes(293)
        assert is_whole(shown[300:600]) and is_whole(shown[600:900])


def test_no_loss_of_bytes_brings_a_passcode_to_light():
    """Of a frame that lacks a notification nothing is shown, nor of one that has lost its head."""
    device, cells = jk_frame(3, PASSCODE), jk_frame(2)
    for at in range(0, 300, 20):
        for size in (20, 40):
            cut = device[:at] + device[at + size :]
            shown, withheld = covered(jk_secrets.Cover(), cells + cut + cells + cells, 20)
            assert PASSCODE not in shown and shown[:300] == cells
            assert shown[300:] in (cells, cells + cells), at
            assert withheld >= len(cut)


def test_of_a_pb_the_acknowledgement_is_shown_too():
    body = b"\x01\x10\x16\x20\x00\x01"
    crc = crc16(body, 0, len(body))
    answer = jk_frame(2) + body + bytes((crc & 0xFF, crc >> 8))
    for size in (1, 7, 500):
        assert covered(jk_secrets.Cover(), b"\0" + answer + answer, size) == (answer + answer, 1)
    assert jk.SECRETS == jk_pb.SECRETS == "jk_secrets"


def ttl_frame(tags):
    """A frame of a JK by TTL: three cells, then these tags."""
    data = b"NW\0\0" + bytes(4) + b"\x06\x01\x01\x79\x09" + b"\x01\x0d\x00\x02\x0d\x00\x03\x0d\x00"
    data += tags + bytes(4) + b"\x68\0\0"
    size = len(data)  # with the sum, without the head
    data = data[:2] + bytes((size >> 8, size & 0xFF)) + data[4:]
    total = sum(data[:-2]) & 0xFFFF
    return data + bytes((total >> 8, total & 0xFF))


def test_of_a_jk_by_ttl_all_is_shown_but_the_password():
    frame = ttl_frame(b"\x83\x14\x00" + b"\xb2" + b"s3cr3t\0\0\0\0" + b"\xb3\x01")
    without = ttl_frame(b"\x83\x14\x00" + b"\xb2" + bytes(10) + b"\xb3\x01")
    for size in (1, 16, 300):
        assert covered(jk_ttl_secrets.Cover(), b"\xff" + frame + frame, size) == (2 * without, 1)
    unknown = ttl_frame(b"\x83\x14\x00" + b"\x88" + b"\xb2s3cr3t\0\0\0\0")
    shown, _ = covered(jk_ttl_secrets.Cover(), unknown, 50)
    assert b"s3cr3t" not in shown and len(shown) == len(unknown)
    damaged = frame[:30] + b"x" + frame[31:]
    assert covered(jk_ttl_secrets.Cover(), damaged + frame, 50)[0] == without
    assert jk_ttl.SECRETS == "jk_ttl_secrets"


class Pack:
    """name, bms, decoder and link, as a tap knows them."""

    def __init__(self):
        self.name, self.bms = "van", "jbd"
        self.decoder = self.link = self
        self.got = b""
        self.anew = False

    def feed(self, data, count=None):
        self.got += bytes(data[:count])
        return True

    def request(self):
        return b"\xdd\xa5" if self.got else b""


class Clock:
    """What tap.py knows as time and asyncio: it goes on while somebody sleeps."""

    def __init__(self):
        self.now = 5000

    def ticks_ms(self):
        return self.now

    def ticks_diff(self, end, begin):
        return end - begin

    async def sleep_ms(self, ms):
        self.now += ms


class Answer:
    """Keeps what is sent; step() runs at each piece."""

    def __init__(self, step):
        self.text = b""
        self.pieces = 0
        self._step = step

    async def put(self, line):
        self.text += line

    async def flush(self):
        self.pieces += 1
        self._step(self)


def streamed(pack, step, seconds=1):
    answer = Answer(step)
    before = tap.time, tap.asyncio
    tap.time = tap.asyncio = Clock()
    try:
        asyncio.run(tap.capture(answer, [pack], seconds))
    finally:
        tap.time, tap.asyncio = before
    return answer


def words(answer):
    return [line.split(b" ", 1)[1] for line in answer.text.split(b"\n")[:-1]]


def test_both_ways_are_lines_and_the_pack_goes_on():
    import bms.jbd  # noqa: F401 - as the logger has loaded it

    pack = Pack()

    def step(answer):
        if answer.pieces == 1:
            assert pack.request() == b"" and pack.anew
            assert pack.feed(bytearray(b"\x01\x02\x03"), 2) is True
            assert pack.request() == b"\xdd\xa5"

    answer = streamed(pack, step)
    assert words(answer) == [b"van < 0102", b"van > dda5"] and pack.got == b"\x01\x02"
    pack.feed(b"x")
    assert len(words(answer)) == 2 and answer.pieces == 4  # one in 250 ms
    assert answer.text.startswith(b"0.000 van < 0102\n0.000 van > dda5\n")
    assert not {"feed", "request"} & set(pack.__dict__)


def test_what_finds_no_room_is_counted():
    pack = Pack()

    def step(answer):
        if answer.pieces == 1:
            for _ in range(10):
                pack.feed(bytes(1000))
            pack.feed(b"\x05")

    found = words(streamed(pack, step))
    assert found[0] == b"van < " + b"00" * 1000
    assert b"van ! 9000" in found or b"van ! 8000" in found
    assert found[-1] == b"van < 05" and sum(map(len, found)) < 2 * tap.MOST


def test_an_error_of_the_tap_costs_no_reading():
    pack = Pack()

    class Broken:
        def take(self, data):
            raise MemoryError

    def step(answer):
        if answer.pieces == 1:
            assert pack.feed(b"\x01") is True

    before = tap._cover_of
    tap._cover_of = lambda kind: Broken()
    try:
        assert words(streamed(pack, step)) == [b"van ! 1"] and pack.got == b"\x01"
    finally:
        tap._cover_of = before
