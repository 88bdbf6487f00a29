"""Hex dumps with offsets, line by line: xxd, hexdump -C and plain, od, Wireshark and tshark.

A line is its offset, up to 16 bytes, and mostly the same as text, which is left out. The offset has
to be that of the bytes so far, or 0 where the next packet begins.
"""

import re

WIDTH = 16  # bytes of a line
LONGEST = 1 << 20  # bytes that a line of * may stand for
_LINE = re.compile(r"\s*(?:0x)?([0-9A-Fa-f]{3,8})(:\s+|\s+)((?:[0-9A-Fa-f]{2,8}(?:\s{1,2}|$)).*)")
_WORD = re.compile(r"(?:[0-9A-Fa-f]{2}){1,4}(?=\s|$|\|)")


class Dump:
    """take() each line of a text. has_taken: it was one of a dump."""

    def __init__(self):
        self._data = bytearray()
        self._row = b""  # the line before, as * repeats it
        self._repeats = False
        self._open = False
        self.has_taken = False

    def take(self, line: str) -> bytes:
        """The bytes of a dump that ends before this line, b"" while it goes on."""
        found = _LINE.match(line)
        self.has_taken = False
        if self._open and line.strip() == "*":
            self._repeats = self.has_taken = True
            return b""
        if self._open and self._ends(line):
            self.has_taken = True
            return self.finish()
        if not found:
            return self.finish()
        offset, gap, rest = found.groups()
        row = _row(rest, len(offset) == 7 and gap == " ")
        goes_on = self._open and any(at >= len(self._data) for at in _meant(offset))
        if goes_on and self._fill(offset):
            done = b""
        elif int(offset, 16) == 0 and (len(offset) == 7 or len(gap) > 1):
            done = self.finish()
            self._open = True
        else:
            return self.finish()
        self.has_taken = True
        self._data += row
        self._row = row
        return done

    def finish(self) -> bytes:
        """The bytes of the dump under way."""
        data = bytes(self._data)
        self._data.clear()
        self._open = self._repeats = False
        return data

    def _ends(self, line: str) -> bool:
        """hexdump and od end with the size."""
        text = line.strip()
        return len(text) in (7, 8) and text.isalnum() and len(self._data) in _meant(text)

    def _fill(self, offset: str) -> bool:
        """Repeat the line before up to the offset, where a * stood; False if there it is not."""
        have = len(self._data)
        if have in _meant(offset):
            return True
        ends = [at for at in _meant(offset) if have < at <= have + LONGEST and not at % WIDTH]
        if not self._repeats or not ends or len(self._row) != WIDTH:
            return False
        self._data += self._row * ((ends[0] - have) // WIDTH)
        self._repeats = False
        return True


def _meant(offset: str) -> list[int]:
    """What an offset may be: od writes octal, Wireshark and xxd hex."""
    try:
        found = [int(offset, 16)]
        if not set(offset) - set("01234567"):
            found.append(int(offset, 8))
    except ValueError:
        return []
    return found


def _row(text: str, is_plain: bool) -> bytes:
    """The bytes of a line, up to its text. is_plain: hexdump's words may be low byte first."""
    data = bytearray()
    text = re.split(r"\s{3,}|\s*\|", text)[0]
    for word in text.split():
        if not _WORD.fullmatch(word) or len(data) + len(word) // 2 > WIDTH:
            break
        piece = bytes.fromhex(word)
        data += piece[::-1] if is_plain and len(piece) == 2 else piece
    return bytes(data)
