"""Hex dumps with offsets, line by line: xxd, hexdump -C and plain, od, Format-Hex,
Wireshark and tshark.

A line is its offset, up to 16 bytes, and mostly the same as text, which is left out. The offset has
to be that of the bytes so far, or 0 where the next packet begins.
"""

import contextlib
import re

WIDTH = 16  # bytes of a line; of xxd as many as one likes
MOST = 256
LONGEST = 1 << 20  # bytes that a line of * may stand for
BASES = (16, 8, 10)
_LINE = re.compile(
    r"\s*(?:0x)?([0-9A-Fa-f]{3,8}|[0-9A-Fa-f]{16})(:\s+|\s+)((?:[0-9A-Fa-f]{2,8}(?:\s{1,2}|$)).*)"
)
_WORD = re.compile(r"(?:[0-9A-Fa-f]{2}){1,4}(?=\s|$|\|)")


class Dump:
    """take() each line of a text. has_taken: it was one of a dump."""

    def __init__(self):
        self._data = bytearray()
        self._row = b""  # the line before, as * repeats it
        self._repeats = False
        self._open = False
        self._bases = BASES  # of its offsets, as far as they tell
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
        row = _row(rest, gap, len(offset) == 7)
        if self._open and self._fill(offset):
            done = b""
        elif int(offset, 16) == 0 and (
            len(offset) in (6, 7) or len(gap) > 1 or _is_wide(offset, rest)
        ):
            done = self.finish()
            self._open = True
            if len(offset) == 7 and len(rest.split()[0]) == 2:
                self._bases = (8, 10)  # od with single bytes: xxd and hexdump write another width
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
        self._bases = BASES
        return data

    def _ends(self, line: str) -> bool:
        """hexdump and od end with the size."""
        text = line.strip()
        return len(text) in (7, 8) and len(self._data) in self._meant(text).values()

    def _fill(self, offset: str) -> bool:
        """Is the line's offset the next one, or does the line before stand for what is between?"""
        have = len(self._data)
        meant = self._meant(offset)
        for at in meant.values():
            between = at - have if self._repeats and len(self._row) == WIDTH else 0
            if at == have or (0 < between <= LONGEST and not between % WIDTH):
                self._data += self._row * (between // WIDTH)
                self._bases = tuple(each for each in meant if meant[each] == at)
                self._repeats = False
                return True
        return False

    def _meant(self, offset: str) -> dict[int, int]:
        """What an offset may be, by its base: od writes octal, Wireshark and xxd hex."""
        found = {}
        for base in self._bases:
            with contextlib.suppress(ValueError):
                found[base] = int(offset, base)
        return found


def _is_wide(offset: str, rest: str) -> bool:
    """Is it an offset as PowerShell 7 writes it, before single bytes?"""
    return len(offset) == 16 and len(rest.split()[0]) == 2


def _row(text: str, gap: str, is_seven: bool) -> bytes:
    """The bytes of a line, up to its text, which two blanks part from them where the offset has a
    colon. is_seven: the offset has that many digits, and words of two bytes are low byte first.
    """
    data = bytearray()
    has_colon = gap[0] == ":"
    text = re.split(r"\s{2,}" if has_colon else r"\s{3,}|\s*\|", text)[0]
    for word in text.split():
        if not _WORD.fullmatch(word) or len(data) + len(word) // 2 > (MOST if has_colon else WIDTH):
            break
        piece = bytes.fromhex(word)
        data += piece[::-1] if is_seven and not has_colon and len(piece) == 2 else piece
    return bytes(data)
