"""The console of the virtual board: sys.stdin, sys.stdout and print as an ESP32 has them.

Text goes out with its newlines as CR LF, sys.stdout.buffer sends bytes as they are. Both take board
time: a byte leaves after ten bits at the line's speed, FIFO bytes wait for that in the chip, and
who has more to say is held up. Reading waits until as much has come as was asked for.
"""

import builtins
import sys

import link
import ops

FIFO = 128  # bytes of the UART's own memory
_print = builtins.print
_symbol_us = 0  # that a byte takes on the line; 0: no time
_empty_us = 0  # board time when all that was said has left the chip


def _hold(count):
    """Let the time pass that so many more bytes take to find room in the FIFO."""
    global _empty_us
    if _symbol_us:
        _empty_us = max(_empty_us, link.now) + count * _symbol_us
        late = _empty_us - link.now - FIFO * _symbol_us
        if late > 0:
            link.spend(late)


def _say(*values, sep=" ", end="\n", file=None):
    if file is not None:
        _print(*values, sep=sep, end=end, file=file)
        return
    text = sep.join([value if isinstance(value, str) else str(value) for value in values]) + end
    _out.write(text)


class _Raw:
    """The bytes go as they are: the supervisor is told how many they are."""

    def write(self, data):
        count = len(data)
        _hold(count)
        raw = _out.real.buffer
        raw.write(ops.RAW + bytes((count & 255, count >> 8)))
        raw.write(data)
        return count


class _Out:
    def __init__(self, real):
        self.real = real
        self.buffer = _Raw()

    def write(self, text):
        _hold(len(text) + text.count("\n" if isinstance(text, str) else b"\n"))
        return self.real.write(text)


class _In:
    """What has come waits in the chip as long as main.py runs; at the REPL it is the terminal."""

    def __init__(self, real):
        self.real = real
        self.buffer = self

    def poll_bit(self):
        return ops.CONSOLE

    def readinto(self, buf):
        if link.state == ops.REPL:
            return self.real.buffer.readinto(buf)
        done = 0
        while done < len(buf):
            found = link.call(ops.CONSOLE_READ, 0, 0, len(buf) - done) or b""
            buf[done : done + len(found)] = found
            done += len(found)
            if done < len(buf):
                link.wait(-1, ops.CONSOLE)
        return done

    def read(self, count=1):
        if link.state == ops.REPL:
            return self.real.read(count)
        data = bytearray(count)
        self.readinto(data)
        return bytes(data)


class _Sys:
    """The module sys, whose own streams cannot be replaced."""

    def __init__(self, real):
        self._real = real
        self.stdin = _in
        self.stdout = _out

    def __getattr__(self, name):
        return getattr(self._real, name)


_out = _Out(sys.stdout)
_in = _In(sys.stdin)


def start(baudrate):
    """Be the console of a line of that speed; 0: it takes no time."""
    global _symbol_us
    _symbol_us = 10000000 // baudrate if baudrate else 0
    builtins.print = _say
    sys.modules["sys"] = _Sys(sys)
