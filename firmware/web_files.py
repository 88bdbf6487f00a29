"""Which files of the history there are, for browsers and packlog pull, and what the console says.
out is a connection's Peer.
"""

import asyncio
import os
import sys

from console import TROUBLE, lines
from net.http_peer import identity, times
from store import segment
from store.files import DATA

PASSING = True


async def answer(http, out, path, body):
    """Answer a request that is allowed."""
    if path == "/api/history":
        await out.compose("application/json", history, http)
    elif path == "/api/console":
        await out.compose("text/plain", said, http)
    elif path == "/api/files":
        await out.compose("text/plain", _files, http)
    elif path[:9] == "/api/crc/":
        out.path = path[9:]
        await out.compose("text/plain", _crc, http)
    else:
        await out.say(404)


async def history(http, out):
    """Which files there are."""
    board = http.board
    boot = board.packs[0].history.boot if board.packs else 0
    await out.text('{"board":"%s","boot":%d%s,"files":[' % (identity(), boot, times(board)))
    comma = ""
    row = '%s{"pack":"%s","series":"%s","name":"%s","size":%d}'
    for pack, series in _folders():
        for sequence, suffix, size in segment.scan(DATA + "/" + pack + "/" + series):
            if suffix != segment.UNFINISHED:
                name = segment.file_name(sequence, suffix)
                await out.text(row % (comma, pack, series, name, size))
                comma = ","
                await asyncio.sleep_ms(0)
        try:
            size = os.stat(DATA + "/" + pack + "/" + series + "/draft")[6]
        except OSError:
            continue
        await out.text(row % (comma, pack, series, "draft", size))
        comma = ","
    await out.text("]}\n")


def _folders():
    """(pack, series) of each; also of packs that are not in the config any more."""
    for pack in _names(""):
        for series in _names("/" + pack):
            try:
                yield segment.check_name(pack), segment.check_name(series)
            except ValueError:
                pass


def _names(path):
    try:
        return sorted(os.listdir(DATA + path))
    except OSError:
        return ()


async def said(http, out):
    """The lines that the logger prints on its console: for packlog watch and info."""
    board = http.board
    for complaint in board.complaints:
        await out.text(TROUBLE + complaint + "\n")
    for words in lines(board):
        line = " ".join(words)
        if line:
            await out.text(line + "\n")


async def _files(http, out):
    """What the console answers: a line for each file."""
    await _console().files(_Answer(http, out))


async def _crc(http, out):
    """What the console answers: the CRC-32 of so many bytes of a file."""
    path, _, count = out.path.rpartition("/")
    try:
        await _console().crc(_Answer(http, out), path, count)
    except (OSError, ValueError):
        await out.text("gone\n")


def _console():
    import answers  # as long as this is asked

    del sys.modules["answers"]
    return answers


class _Answer:
    """As answers.py takes it."""

    def __init__(self, http, out):
        self.board = http.board
        self.room = memoryview(bytearray(480))
        self.put = out.text
