"""The pipe under umqtt.simple: packets in whatever pieces, too long ones, and what are none."""

from net.pipe import LONGEST, Pipe, Waiting

CONNACK = b"\x20\x02\x00\x00"
PUBACK = b"\x40\x02\x12\x34"
SUBACK = b"\x90\x03\x00\x01\x00"
PINGRESP = b"\xd0\x00"


def message(payload):
    """A PUBLISH with an empty topic."""
    size = 2 + len(payload)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return b"\x30" + length + b"\x00\x00" + payload


def receive(pipe, data, piece=LONGEST):
    """Let the data come in, that much at a time; the packets that could be read."""
    found = []
    for at in range(0, len(data), piece):
        part = data[at : at + piece]
        while part:
            count = min(len(part), len(pipe.got) - pipe.end)
            assert count, "no room for what comes"
            pipe.got[pipe.end : pipe.end + count] = part[:count]
            pipe.end += count
            part = part[count:]
            while pipe.next():
                found.append(pipe.read(pipe._stop))
    return found


def raises(kind, action, *arguments):
    try:
        action(*arguments)
    except kind:
        return True
    return False


def test_packets_in_pieces_of_every_size():
    sent = [CONNACK, SUBACK, message(b""), PINGRESP, message(b"x" * 200), PUBACK, PINGRESP]
    for piece in range(1, 40):
        assert receive(Pipe(64), b"".join(sent), piece) == sent, piece


def test_the_longest_packet_and_one_that_is_longer():
    fits, too_long = message(bytes(LONGEST - 5)), message(bytes(LONGEST - 4))
    assert (len(fits), len(too_long)) == (LONGEST, LONGEST + 1)
    for piece in (1, 7, 256):
        pipe = Pipe(64)
        assert receive(pipe, fits + too_long + PINGRESP + too_long + PUBACK, piece) == [
            fits,
            PINGRESP,
            PUBACK,
        ]
        assert pipe.skipped == 2


def test_a_megabyte_is_skipped_to_the_byte():
    pipe = Pipe(64)
    head = b"\x30\xff\xff\x3f"  # 1,048,575 bytes follow
    assert receive(pipe, head) == []
    rest = 1048575
    block = b"\xd0" * LONGEST
    while rest:
        count = min(rest, LONGEST)
        assert receive(pipe, block[:count]) == []
        rest -= count
    assert receive(pipe, PINGRESP) == [PINGRESP]
    assert pipe.skipped == 1


def test_what_is_no_packet():
    for garbage in (
        b"\x00\x00",
        b"\x10\x00",  # CONNECT: brokers don't
        b"\x20\x03",
        b"\x40\x00",
        b"\x41\x02",
        b"\xd0\x01",
        b"\xe0\x00",
        b"\xff\xff\xff\xff\xff",
        b"\x30\xff\xff\xff\xff",
        b"HTTP/1.1 400 Bad Request",
    ):
        for piece in (1, 256):
            assert raises(OSError, receive, Pipe(64), garbage, piece), garbage


def test_reading_within_a_packet_only():
    pipe = Pipe(64)
    assert raises(Waiting, pipe.read, 1)
    pipe.got[:5] = PUBACK + b"\xd0"
    pipe.end = 5
    assert pipe.next()
    assert pipe.read(1) == b"\x40"
    assert pipe.read(3) == b"\x02\x12\x34"
    assert raises(OSError, pipe.read, 1)  # the next byte is another packet's
    pipe.got[:4] = PUBACK
    pipe = Pipe(64)
    receive(pipe, PUBACK[:1])
    assert raises(Waiting, pipe.read, 1)


def test_a_negative_count_is_garbage_and_not_the_rest():
    pipe = Pipe(64)
    pipe.got[:4] = PUBACK
    pipe.end = 4
    pipe.next()
    assert raises(OSError, pipe.read, -1)


def test_what_is_written_waits_and_has_an_end():
    pipe = Pipe(8)
    pipe.write(b"\x30\x05\x00\x00", 2)
    pipe.write(memoryview(b"abc"))
    assert bytes(pipe.out[: pipe.size]) == b"\x30\x05abc"
    pipe.write(b"def")
    assert raises(OSError, pipe.write, b"g")
    assert bytes(pipe.out[: pipe.size]) == b"\x30\x05abcdef"


def test_a_new_socket_knows_nothing_of_the_old_connection():
    pipe = Pipe(64)
    receive(pipe, b"\x30\xff\xff\x3f" + bytes(10))  # in the middle of a long one
    pipe.write(b"abc")
    assert pipe.socket() is pipe
    assert pipe.size == 0
    assert receive(pipe, CONNACK) == [CONNACK]
