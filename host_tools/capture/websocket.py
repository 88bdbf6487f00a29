"""IPv4 packets to the lines of a console behind a WebSocket: TCP segments in order (RFC 9293),
then the frames that a server sends, which are not masked (RFC 6455).

A stream is one direction of a connection. The capture may begin in the middle of one, and lack
packets: what is no frame is skipped.
"""

from collections.abc import Iterator

TCP = 6
FINAL, TEXT, CONTINUED = 0x80, 1, 0
FIRST = {0, 1, 2} | {FINAL | opcode for opcode in (0, 1, 2, 8, 9, 10)}  # bytes of a frame
WINDOW = 1 << 14  # bytes that wait for a segment before it counts as lost


class Consoles:
    """take() packets in their order."""

    def __init__(self):
        self._flows = {}

    def take(self, packet: bytes) -> Iterator[tuple[str, bytes]]:
        """(stream, text) of what a packet completes; each message ends in a line's end."""
        if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != TCP:
            return
        begin = 4 * (packet[0] & 15)
        segment = packet[begin : int.from_bytes(packet[2:4], "big") or None]
        if len(segment) < 20:
            return
        ends = packet[12:20] + segment[:4]
        flow = self._flows.setdefault(ends, _Flow())
        begun = bool(segment[13] & 2)
        number = int.from_bytes(segment[4:8], "big") + begun
        text = flow.take(number, segment[4 * (segment[12] >> 4) :], begun)
        if text:
            yield _name(ends), text

    def finish(self) -> Iterator[tuple[str, bytes]]:
        """The capture has ended: what is left."""
        for ends, flow in self._flows.items():
            if text := flow.finish():
                yield _name(ends), text


def _name(ends: bytes) -> str:
    address = ".".join(map(str, ends[:4]))
    return f"{address}:{int.from_bytes(ends[8:10], 'big')}, connection {ends[8:].hex()}"


class _Flow:
    def __init__(self):
        self._next = None  # the number of the byte that is to come
        self._early = {}  # segments by their numbers
        self._have = bytearray()
        self._is_text = False  # the message under way

    def finish(self) -> bytes:
        """What waits in vain."""
        self._put_in_order(0)
        return b"".join(self._messages())

    def take(self, number: int, data: bytes, begun: bool) -> bytes:
        if begun or self._next is None:
            self._next = number
            self._early.clear()
        if data:
            self._early[number] = data
        self._put_in_order(WINDOW)
        return b"".join(self._messages())

    def _put_in_order(self, window: int) -> None:
        while self._early:
            ahead = {(number - self._next) & 0xFFFFFFFF: number for number in self._early}
            behind = [number for step, number in ahead.items() if step >> 31]
            for number in behind:  # sent again, at least a part of it
                data = self._early.pop(number)
                new = data[(self._next - number) & 0xFFFFFFFF :]
                if new:
                    self._early[self._next] = new
            if behind:
                continue
            nearest = min(ahead)
            if nearest and sum(map(len, self._early.values())) < window:
                return
            data = self._early.pop(ahead[nearest])  # after a hole it goes on behind it
            self._have += data
            self._next = (ahead[nearest] + len(data)) & 0xFFFFFFFF

    def _messages(self) -> Iterator[bytes]:
        have = self._have
        at = 0
        while at + 2 <= len(have):
            size, begin = have[at + 1], at + 2
            if have[at] not in FIRST or size > 126:
                at += 1
                continue
            if size == 126:
                begin += 2
                size = int.from_bytes(have[at + 2 : begin], "big")
            if begin + size > len(have):
                break
            yield from self._frame(have[at], bytes(have[begin : begin + size]))
            at = begin + size
        del have[:at]

    def _frame(self, first: int, payload: bytes) -> Iterator[bytes]:
        if first & 15 > 2:
            return
        if first & 15 != CONTINUED:
            self._is_text = first & 15 == TEXT
        if self._is_text:
            yield payload + (b"\n" if first & FINAL else b"")
