"""Captures that are text: bytes in hex, and the lines of a console.

Hex comes with any white space, colons, dots, commas, dashes, 0x or \\x; as a dump with offsets
(xxd, hexdump -C, od, Wireshark) or without (bluetoothctl); and behind the words of a log (ESPHome,
nRF Connect), there also as Python writes bytes; in a column of a table (tshark). A console's lines
come as they are, or behind the time and RX: of a listener. Texts are UTF-8 or UTF-16, with or
without a byte order mark.

What a line says is never shown: it may be a frame with a passcode.
"""

import ast
import codecs
import contextlib
import re
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from host_tools.capture.att import Notifications, is_acl
from host_tools.capture.dump import Dump
from host_tools.ground.errors import PacklogError

LINE = 64 * 1024  # characters that are taken for a line at most
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
LOOK = 200  # lines that show what a text is
FEWEST = 8  # bytes in a row behind a log's words: less may be a time or an address

_BYTE = r"(?:0x|\\x)?[0-9A-Fa-f]{2}"
_RUN = re.compile(
    rf"(?<![0-9A-Za-z]){_BYTE}(?:[ ,:.\-]{{0,2}}{_BYTE}){{{FEWEST - 1},}}(?![0-9A-Za-z])"
)
_HEX = re.compile(
    r"[0-9A-Fa-fxX\\\s,:;.\-|_\[\](){}\"']*"
)  # a class alone: a group would take memory
_ROW = re.compile(r"\s*((?:[0-9A-Fa-f]{2} ){1,16}) +(.*)")  # bytes, and the same as text
_FIELDS = re.compile(r'\t|"[,;]"')
_NO_BYTES = re.compile(
    r'[\s"]*(?:\d+\.\d{3,9}|0x\w{4}|\d|\d{3}|\d{5})[\s"]*'
)  # times, handles, lines
_BEFORE = re.compile(r"(?:0|\\)x(?=[0-9A-Fa-f])", re.I)
_PYTHON = re.compile(r"\bb(['\"])(?:\\.|(?!\1).)+\1")  # b'U\xaa\xeb\x90'
_NUMBER = re.compile(r"(?:0x|\\x)?([0-9A-Fa-f]+)", re.I)
_GLUED = re.compile(r"(?<=[0-9A-Fa-f])(?=0x[0-9A-Fa-f]{2})", re.I)  # 0x550xAA
_SECONDS = re.compile(r"^\s*[\[(]?\d+\.\d{3,9}[\])]?[\s,;|]+")  # a line's time
_COMMENT = re.compile(r"\s*(?:#|//|;|--)")
# Behind the words of a log that are digits, too
_TIME = re.compile(
    r"(?<![\w.-])\d{4}[-/.]\d\d[-/.]\d\d(?![.-])"
    r"|(?<![\w:])\d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?![\d:])"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|(?<![\w:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:])",
    re.I,
)
_SENT = re.compile(r">>>|\b(?:TX|sen[dt]|sending|writ(?:e|ing|ten))\b", re.I)
_DATE = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|[A-Z][a-z]{2} +\d{1,2})"
_CLOCK = r"\d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d\d:?\d\d)?"
# The host and the program of a system's log; the name and the level of Python's
_SAYS = r"(?: [\w.-]+ [\w.-]+\[\d+\]:| - [\w.-]+ - [A-Z]+ -| (?:DEBUG|INFO|WARNING)(?= ))?"
_PREFIX = re.compile(
    rf"\s*(?:[\[(]?(?:{_DATE}[ T,]+)?{_CLOCK}{_SAYS}[\])]?[ \t,;|]*"
    r"|[\[(]? *\d+\.\d{3,9}[\])]?[ \t,;|]+|[\[(]?\d{10,13}[\])]?[ \t,;|]+)?"
    r"(?:(TX\b\s*:?|->|>+)|(?:RX|recv|received)\b\s*:?|<-+|<+)?[ \t]*",
    re.I,
)


def is_text(head: bytes) -> bool:
    """Is it text, by its beginning? Raw bytes of a BMS have zeros and others that text has not."""
    if any(head.startswith(mark) for mark in MARKS):
        return True
    common = sum(32 <= byte < 127 or byte in b"\t\r\n\f\v" for byte in head)
    return common > 0 and b"\0" not in head and common >= 0.95 * len(head)


def streams(path: Path, pieces: Iterator[bytes], hex: bool | None) -> Iterator[tuple[str, bytes]]:
    """(stream, bytes) of a text. hex: there must be bytes in hex, or PacklogError says where not;
    without it the text shows whether it is hex, or a console's.
    """
    lines = _lines(pieces)
    begun, size = [], 0
    for line in lines:
        begun.append(line)
        size += len(line[1])
        if len(begun) == LOOK or size > LINE:
            break
    words = [text for _, text, _ in begun if text.strip() and not _COMMENT.match(text)]
    only = all(_only_hex(_bare(text)) for text in words)
    is_log = not only and (_is_dump(words) or any(_in_row(text) or _in_log(text) for text in words))
    if not only and not hex:
        is_log = is_log or any(map(_is_hex_line, words))
    lines = chain(begun, lines)
    if is_log or (only and words) or hex:
        yield from _hex(path, lines, is_log)
    else:
        yield from _console(lines)


def _lines(pieces: Iterator[bytes]) -> Iterator[tuple[int, str, bool]]:
    """(number, line, whether it goes on): one that is very long comes in parts."""
    decoder, text, number, first = None, "", 1, b""
    for piece in pieces:
        if decoder is None:
            first += piece
            if len(first) < 3:
                continue
            decoder, piece = _decoder(first), first
        text += decoder.decode(piece)
        *whole, text = text.replace("\r\n", "\n").split("\n") if "\n" in text else [text]
        for line in whole:
            yield number, line, False
            number += 1
        while len(text) > LINE:
            cut = max(text.rfind(mark, 0, LINE) for mark in " ,:.-\t") + 1 or LINE
            yield number, text[:cut], True
            text = text[cut:]
    text += (decoder or _decoder(first)).decode(b"" if decoder else first, True)
    for line in text.split("\n") if text else ():
        yield number, line, False
        number += 1


def _decoder(head: bytes):
    kind = next((kind for mark, kind in MARKS.items() if head.startswith(mark)), "utf-8")
    return codecs.getincrementaldecoder(kind)(errors="replace")


def _console(lines) -> Iterator[tuple[str, bytes]]:
    for _, line, goes_on in lines:
        prefix = _PREFIX.match(line)
        if not prefix[1]:
            yield "", (line[prefix.end() :] + ("" if goes_on else "\n")).encode()


def _hex(path: Path, lines, is_log: bool) -> Iterator[tuple[str, bytes]]:
    """Bytes of each line; those of a dump with offsets when all of it is there."""
    notifications, dump = Notifications(), Dump()
    for number, line, _ in lines:
        done = dump.take(line)
        if done:
            yield from _unwrapped(notifications, done, "dump")
        if dump.has_taken or not line.strip() or _COMMENT.match(line):
            continue
        found = _in_row(line) if is_log else None
        if not found and _only_hex(bare := _bare(line)):
            try:
                found = "", _bytes(path, number, bare)
            except PacklogError:
                if not is_log:
                    raise  # in a log a number among the words
        found = found or _in_log(line)
        if found:
            yield from _unwrapped(notifications, found[1], found[0])
        elif not is_log:
            raise _not_hex(path, number, line)
    yield from _unwrapped(notifications, dump.finish(), "dump")


def _unwrapped(notifications: Notifications, data: bytes, stream: str):
    """A packet of the phone's log is copied with its heads around the BMS's bytes."""
    if data[:3] == b"\0\0\0" and is_acl(data[4:]):
        data = data[4:]  # a direction before it
    if is_acl(data):
        yield from notifications.take(data[0], data[1:])
    elif data:
        yield stream, data


def _only_hex(line: str) -> bool:
    return bool(_HEX.fullmatch(line)) and "x" not in _BEFORE.sub("", line).lower()


def _bare(line: str) -> str:
    """The line without seconds before its bytes, or of a table's line the one field with bytes."""
    line = _SECONDS.sub("", line, count=1)
    fields = _FIELDS.split(line)
    if not any(map(_NO_BYTES.fullmatch, fields)):
        return line
    found = [text for text in fields if _is_hex_line(text)]
    return found[0] if len(found) == 1 else line


def _in_row(line: str) -> tuple[str, bytes] | None:
    """(stream, bytes) of a line with bytes and, behind two blanks, the same as text."""
    if not (found := _ROW.fullmatch(line.rstrip() + " ")):
        return None
    data = bytes.fromhex(found[1])
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
    return ("", data) if found[2].strip() == text.strip() else None


def _is_hex_line(line: str) -> bool:
    return _only_hex(line) and len(_digits(line)) >= FEWEST


def _is_dump(lines: list[str]) -> bool:
    dump = Dump()
    for line in lines:
        dump.take(line)
        if dump.has_taken:
            return True
    return False


def _in_log(line: str) -> tuple[str, bytes] | None:
    """(stream, bytes) behind a log's words; None if there are none, or they went to the BMS.

    Some logs say a notification twice in other words: each kind of line is a stream.
    """
    if found := _PYTHON.search(line):
        with contextlib.suppress(ValueError, SyntaxError):
            return _stream(line[: found.start()]), ast.literal_eval(found[0])
    line = _TIME.sub(" | ", _SECONDS.sub(" | ", line, count=1))
    found = max(_RUN.finditer(line), key=lambda run: len(run[0]), default=None)
    words = line[: found.start()] if found else ""
    if not words.strip(" |\t") or _SENT.search(words):
        return None
    return _stream(words), bytes.fromhex("".join(_digits(found[0])))


def _stream(words: str) -> str:
    """The stream of the lines of a log that begin with these words, whatever their numbers."""
    return f"log {zlib.crc32(re.sub(r'[0-9a-f]*[0-9][0-9a-f]*', '', words).encode()):08x}"


def _digits(text: str) -> list[str]:
    return re.findall("[0-9A-Fa-f]{2}", re.sub(r"0x|\\x", " ", text, flags=re.I))


def _bytes(path: Path, number: int, line: str) -> bytes:
    """The bytes of a line that has nothing but hex."""
    line = re.sub(r"\(\d+\)\s*$", "", line)  # how many they are, as ESPHome adds it
    line = _GLUED.sub(" ", line)
    digits = []
    for word in _NUMBER.finditer(line):
        text = word[1]
        if len(text) & 1 and (len(text) > 1 or word[0] == text):
            shown = f"{text!r} has" if len(text) == 1 else "a number has"
            raise PacklogError(
                f"{path}, line {number}: {shown} an odd number of digits: a byte is two"
            )
        digits.append(text.rjust(2, "0") if len(text) == 1 else text)
    return bytes.fromhex("".join(digits))


def _not_hex(path: Path, number: int, line: str) -> PacklogError:
    wrong = re.search(r"[^0-9A-Fa-f\s,:;.\-|_\[\](){}\"']{1,20}", line)
    shown = wrong[0].encode("ascii", "backslashreplace").decode()[:20]
    return PacklogError(f"{path}, line {number}: {shown!r} is not hex: mend it, or leave it out")
