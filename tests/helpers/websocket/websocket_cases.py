"""The cases of Autobahn's test suite for WebSocket clients, by its numbers (1 to 7, 9 and 10).

Each is what a server puts on the wire and what the client must answer. The suite wants messages
sent back; the link only feeds them, so here the judge is what was fed. Left out: 12 and 13, the
permessage-deflate extension, which the link never offers.
"""

from dataclasses import dataclass, field

from tests.helpers.websocket.websocket_frames import (
    BAD_TEXT,
    BINARY,
    CLOSE,
    NORMAL,
    PING,
    PONG,
    TEXT,
    TOO_BIG,
    VIOLATION,
    Chopped,
    Ponged,
    binary,
    close,
    frame,
    in_fragments,
    last,
    more,
    octets,
    ping,
    text,
)
from tests.helpers.websocket.websocket_utf8 import KOSME, UTF8_SEQUENCES, valid_part

HELLO = b"Hello, world!"
MICRO = "Hello-µ@ßöäüàá-UTF-8!!".encode()
BYTES = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
TOO_HIGH = b"\xf4\x90\x80\x80"  # U+110000: wrong at its second octet
SURROGATE = b"\xed\xa0\x80"
KIB, MIB = 1 << 10, 1 << 20
LIMIT = MIB  # of the link


@dataclass
class Case:
    """code is what the client's close frame says, None: nothing. The server begins the closing
    with 1000 after the script, unless that does it or breaks a rule. partial: what the link may
    have fed of a message that it refuses further on.
    """

    number: str
    what: str
    script: list
    fed: bytes = b""
    pongs: list = field(default_factory=list)
    code: int | None = NORMAL
    partial: bytes = b""
    closes: bool = False
    broken: bool | None = None  # does the server break a rule, as the code says otherwise?

    def __post_init__(self):
        if self.broken is None:
            self.broken = self.code in (VIOLATION, BAD_TEXT, TOO_BIG)


def sizes():
    for group, send, fill in ((1, text, b"*"), (2, binary, b"\xfe")):
        for i, size in enumerate((0, 125, 126, 127, 128, 65535, 65536, 65536), 1):
            wire = send(fill * size)
            script = [Chopped(wire, 997)] if i == 8 else [wire]
            yield Case(f"1.{group}.{i}", f"{size} octets", script, fill * size + b"\n")


PINGS = [b"payload-%d" % i for i in range(10)]
MANY_PINGS = [ping(each) for each in PINGS]
LONG_PING = b"\xfe" * 125
PING_CASES = [
    Case("2.1", "without payload", [ping()], pongs=[b""]),
    Case("2.2", "small text", [ping(HELLO)], pongs=[HELLO]),
    Case("2.3", "small binary", [ping(BYTES)], pongs=[BYTES]),
    Case("2.4", "125 octets", [ping(LONG_PING)], pongs=[LONG_PING]),
    Case("2.5", "126 octets", [ping(b"\xfe" * 126)], code=VIOLATION),
    Case("2.6", "125 octets, one by one", octets(ping(LONG_PING)), pongs=[LONG_PING]),
    Case("2.7", "pong unasked", [frame(PONG)]),
    Case("2.8", "pong unasked with payload", [frame(PONG, b"unsolicited pong")]),
    Case("2.9", "pong unasked, then a ping", [frame(PONG, b"x"), ping(HELLO)], pongs=[HELLO]),
    Case("2.10", "ten pings", MANY_PINGS, pongs=PINGS),
    Case("2.11", "ten pings, octet by octet", octets(*MANY_PINGS), pongs=PINGS),
]

FED = HELLO + b"\n"
RESERVED_BITS = [
    Case("3.1", "RSV 1", [text(HELLO, rsv=1)], code=VIOLATION),
    Case("3.2", "RSV 2", [text(HELLO), text(HELLO, rsv=2), ping()], FED, code=VIOLATION),
    Case(
        "3.3", "RSV 3", [b"".join((text(HELLO), text(HELLO, rsv=3), ping()))], FED, code=VIOLATION
    ),
    Case("3.4", "RSV 4", octets(text(HELLO), text(HELLO, rsv=4), ping()), FED, code=VIOLATION),
    Case("3.5", "RSV 5, binary", [binary(BYTES, rsv=5)], code=VIOLATION),
    Case("3.6", "RSV 6, ping", [frame(PING, HELLO, rsv=6)], code=VIOLATION),
    Case("3.7", "RSV 7, close", [frame(CLOSE, rsv=7)], code=VIOLATION, closes=True),
]


def reserved_opcodes():
    for group, first in ((1, 3), (2, 11)):
        for i in range(5):
            opcode = first + i
            payload = HELLO if i % 2 else b""
            before = [text(HELLO)] if i > 1 else []
            script = [*before, frame(opcode, payload), ping()]
            if i == 4:
                script = octets(*script)
            fed = FED if before else b""
            number = f"4.{group}.{i + 1}"
            yield Case(number, f"opcode {opcode}", script, fed, code=VIOLATION)


A, B, C, D, E = (b"fragment%d" % i for i in range(1, 6))
STRAY = b"non-continuation payload"
PONG_1, PONG_2 = b"pongme 1!", b"pongme 2!"
PINGED = [text(A, False), ping(PONG_1), last(B)]
TWICE_PINGED = [
    text(A, False),
    more(B),
    ping(PONG_1),
    Ponged(PONG_1),  # at once, not when the message is complete
    more(C),
    more(D),
    ping(PONG_2),
    last(E),
]
STRAY_LAST = [last(STRAY), text(HELLO)]
STRAY_MORE = [more(STRAY), text(HELLO)]
FRAGMENTS = [
    Case("5.1", "ping in fragments", [frame(PING, A, False), last(B)], code=VIOLATION),
    Case("5.2", "pong in fragments", [frame(PONG, A, False), last(B)], code=VIOLATION),
    Case("5.3", "two fragments", [text(A, False), last(B)], A + B + b"\n"),
    Case("5.4", "in one piece", [text(A, False) + last(B)], A + B + b"\n"),
    Case("5.5", "octet by octet", octets(text(A, False), last(B)), A + B + b"\n"),
    Case("5.6", "a ping between", PINGED, A + B + b"\n", [PONG_1]),
    Case("5.7", "in one piece", [b"".join(PINGED)], A + B + b"\n", [PONG_1]),
    Case("5.8", "octet by octet", octets(*PINGED), A + B + b"\n", [PONG_1]),
    Case("5.9", "last fragment of nothing", STRAY_LAST, code=VIOLATION),
    Case("5.10", "in one piece", [b"".join(STRAY_LAST)], code=VIOLATION),
    Case("5.11", "octet by octet", octets(*STRAY_LAST), code=VIOLATION),
    Case("5.12", "fragment of nothing", STRAY_MORE, code=VIOLATION),
    Case("5.13", "in one piece", [b"".join(STRAY_MORE)], code=VIOLATION),
    Case("5.14", "octet by octet", octets(*STRAY_MORE), code=VIOLATION),
    Case(
        "5.15",
        "fragment after the last one",
        [text(A, False), last(B), more(C), text(D)],
        A + B + b"\n",
        code=VIOLATION,
    ),
    Case("5.16", "begins with a fragment", [more(A), text(B, False), last(C)] * 2, code=VIOLATION),
    Case("5.17", "begins with a last one", [last(A), text(B, False), last(C)] * 2, code=VIOLATION),
    Case("5.18", "text twice", [text(A, False), text(B)], code=VIOLATION, partial=A),
    Case("5.19", "pings between", TWICE_PINGED, A + B + C + D + E + b"\n", [PONG_1, PONG_2]),
    Case(
        "5.20",
        "pings between, octet by octet",
        [Chopped(each) if isinstance(each, bytes) else each for each in TWICE_PINGED],
        A + B + C + D + E + b"\n",
        [PONG_1, PONG_2],
    ),
]

MIDDLE = b"middle frame payload"
FIRST_HALF = "Hello-µ@ßöä".encode()
EDITED = KOSME + SURROGATE + b"edited"
# What is wrong must be told before the rest comes: the rest never does.
FAIL_FAST = KOSME + TOO_HIGH + b"edited"
HEADER = text(FAIL_FAST)[:2]
UTF8 = [
    Case("6.1.1", "empty", [text()], b"\n"),
    Case("6.1.2", "three empty fragments", [text(fin=False), more(), last()], b"\n"),
    Case("6.1.3", "only the middle", [text(fin=False), more(MIDDLE), last()], MIDDLE + b"\n"),
    Case("6.2.1", "one frame", [text(MICRO)], MICRO + b"\n"),
    Case(
        "6.2.2",
        "between characters",
        [text(FIRST_HALF, False), last(MICRO[len(FIRST_HALF) :])],
        MICRO + b"\n",
    ),
    Case("6.2.3", "fragments of one octet", [in_fragments(TEXT, MICRO, 1)], MICRO + b"\n"),
    Case("6.2.4", "fragments of one octet", [in_fragments(TEXT, KOSME, 1)], KOSME + b"\n"),
    Case("6.3.1", "a surrogate", [text(EDITED)], code=BAD_TEXT, partial=EDITED[:12]),
    Case(
        "6.3.2",
        "in fragments",
        [in_fragments(TEXT, EDITED, 1)],
        code=BAD_TEXT,
        partial=EDITED[:12],
    ),
    Case(
        "6.4.1",
        "second fragment",
        [text(KOSME, False), more(TOO_HIGH)],
        code=BAD_TEXT,
        partial=KOSME + b"\xf4",
    ),
    Case(
        "6.4.2",
        "its first wrong octet",
        [text(FAIL_FAST[:12], False), more(FAIL_FAST[12:13])],
        code=BAD_TEXT,
        partial=FAIL_FAST[:12],
    ),
    Case(
        "6.4.3",
        "within a frame",
        [HEADER + KOSME, TOO_HIGH],
        code=BAD_TEXT,
        partial=KOSME + b"\xf4",
    ),
    Case(
        "6.4.4",
        "within a frame, its first wrong octet",
        [HEADER + FAIL_FAST[:12], FAIL_FAST[12:13]],
        code=BAD_TEXT,
        partial=FAIL_FAST[:12],
    ),
]


def utf8_sequences():
    for group, sequences in UTF8_SEQUENCES.items():
        for i, sequence in enumerate(sequences.split(), 1):
            payload = bytes.fromhex(sequence)
            part = valid_part(payload)
            try:
                payload.decode()
                yield Case(f"6.{group}.{i}", sequence[:40], [text(payload)], payload + b"\n")
            except UnicodeDecodeError:
                yield Case(
                    f"6.{group}.{i}", sequence[:40], [text(payload)], code=BAD_TEXT, partial=part
                )


BIG = text(b"BAsd7&jh23" * (256 * KIB // 10))
AFTER_CLOSE = close(NORMAL)
CLOSING = [
    Case("7.1.1", "after a message", [text(HELLO), close(NORMAL)], FED, closes=True),
    Case("7.1.2", "close twice", [AFTER_CLOSE + close()], closes=True),
    Case("7.1.3", "a ping after it", [AFTER_CLOSE + ping()], closes=True),
    Case("7.1.4", "a message after it", [AFTER_CLOSE + text(HELLO)], closes=True),
    Case("7.1.5", "in a message", [text(A, False) + AFTER_CLOSE + last(B)], A, closes=True),
    Case(
        "7.1.6",
        "after 256 KiB",
        [BIG, text(HELLO) + AFTER_CLOSE + ping()],
        BIG[10:] + b"\n" + FED,
        closes=True,
    ),
    Case("7.3.1", "no payload", [close()], code=None, closes=True),
    Case("7.3.2", "1 octet", [frame(CLOSE, b"a")], code=VIOLATION, closes=True),
    Case("7.3.3", "a code", [close(NORMAL)], closes=True),
    Case("7.3.4", "a code and a reason", [close(NORMAL, b"Hello World!")], closes=True),
    Case("7.3.5", "the longest reason", [close(NORMAL, b"*" * 123)], closes=True),
    Case("7.3.6", "126 octets", [close(NORMAL, b"*" * 124)], code=VIOLATION, closes=True),
    Case("7.5.1", "a bad reason", [close(NORMAL, EDITED)], code=BAD_TEXT, closes=True),
]


def closing_codes():
    right = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    wrong = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
    for group, codes in ((7, right), (9, wrong), (13, (5000, 65535))):
        for i, code in enumerate(codes, 1):
            broken = group != 7
            answer = VIOLATION if broken else code
            script = [close(code)]
            number = f"7.{group}.{i}"
            yield Case(number, f"code {code}", script, code=answer, closes=True, broken=broken)


def too_big(number, what, script, partial):
    return Case(number, what, script, code=TOO_BIG, partial=partial)


def large():
    """Up to the link's limit; above it, 1009 has to come."""
    for group, opcode in ((1, TEXT), (2, BINARY)):
        for i, size in enumerate((64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB), 1):
            number, what = f"9.{group}.{i}", f"{size // KIB} KiB"
            if size > LIMIT:
                # The header is enough to tell, and the rest does not come.
                yield too_big(number, what, [frame(opcode, bytes(size))[:10]], b"")
            else:
                payload = b"*" * size
                yield Case(number, what, [frame(opcode, payload)], payload + b"\n")
    for group, opcode in ((3, TEXT), (4, BINARY)):
        for i in range(9):
            size = 64 << (2 * i)  # 64 octets to 4 MiB: the first one that is too much is a header
            wire = in_fragments(opcode, b"*" * (LIMIT + size), size) if size < MIB else b""
            wire = wire or in_fragments(opcode, b"*" * (4 * MIB), size)[: LIMIT + 24]
            yield too_big(f"9.{group}.{i + 1}", f"fragments of {size}", [wire], b"*" * LIMIT)
    for group, opcode in ((5, TEXT), (6, BINARY)):
        for i in range(6):
            payload = b"BAsd7&jh23abcdef" * (MIB // 16)
            size = 64 << i
            script = [Chopped(frame(opcode, payload), size)]
            yield Case(f"9.{group}.{i + 1}", f"1 MiB, {size} at a time", script, payload + b"\n")
    for group, opcode in ((7, TEXT), (8, BINARY)):
        for i, size in enumerate((0, 16, 64, 256, KIB, 4 * KIB), 1):
            message = b"*" * size
            wire = frame(opcode, message) * 1000
            yield Case(f"9.{group}.{i}", f"1000 x {size}", [wire], (message + b"\n") * 1000)


FRAGMENTED = [Case("10.1.1", "fragments of 1300", [in_fragments(TEXT, b"*" * 65536, 1300)])]
FRAGMENTED[0].fed = b"*" * 65536 + b"\n"

CASES = [
    *sizes(),
    *PING_CASES,
    *RESERVED_BITS,
    *reserved_opcodes(),
    *FRAGMENTS,
    *UTF8,
    *utf8_sequences(),
    *CLOSING,
    *closing_codes(),
    *large(),
    *FRAGMENTED,
]
