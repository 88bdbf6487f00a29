"""What a server puts on the wire: frames, in one piece or in many, and when it goes on."""

from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NORMAL, VIOLATION, BAD_TEXT, TOO_BIG = 1000, 1002, 1007, 1009


def frame(opcode, payload=b"", fin=True, rsv=0):
    """A frame as a server sends it."""
    size = len(payload)
    if size < 126:
        head = bytes([size])
    elif size < 65536:
        head = b"\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x7f" + size.to_bytes(8, "big")
    return bytes([fin << 7 | rsv << 4 | opcode]) + head + payload


def text(payload=b"", fin=True, rsv=0):
    return frame(TEXT, payload, fin, rsv)


def binary(payload=b"", fin=True, rsv=0):
    return frame(BINARY, payload, fin, rsv)


def more(payload=b"", fin=False):
    return frame(CONTINUATION, payload, fin)


def last(payload=b""):
    return more(payload, True)


def ping(payload=b""):
    return frame(PING, payload)


def close(code=None, reason=b""):
    return frame(CLOSE, (code.to_bytes(2, "big") if code is not None else b"") + reason)


def in_fragments(opcode, payload, size):
    """A message in fragments of so many octets, as one piece of wire."""
    pieces = [payload[i : i + size] for i in range(0, len(payload), size)]
    ends = [i == len(pieces) - 1 for i in range(len(pieces))]
    return b"".join(
        frame(CONTINUATION if i else opcode, piece, end)
        for i, (piece, end) in enumerate(zip(pieces, ends, strict=True))
    )


@dataclass
class Chopped:
    """Octets written so many at a time."""

    wire: bytes
    size: int = 1


@dataclass
class Ponged:
    """The server goes on when it has got this pong."""

    payload: bytes


def octets(*frames):
    return [Chopped(b"".join(frames))]
