"""TLS of the virtual board: MicroPython's own, on the board's sockets.

The part written in C wants a stream with C's stream protocol below it, and cannot be asked by
this board's select: something stands on both sides of it.
"""

import io
import select as _select  # C's: this module is imported before the board's own takes its place

import chips
import memory
import network_words as words
import ops
import tls as _real

_made = 0  # connections since the start
_POLL, _CLOSE = 3, 4  # MP_STREAM_POLL, MP_STREAM_CLOSE

for _name in dir(_real):  # its constants; what is defined below takes its place
    globals()[_name] = getattr(_real, _name)


class _Carrier(io.IOBase):
    """Below it: the socket as C wants it, errors as negative numbers."""

    def __init__(self, sock):
        self.sock = sock
        self.looking = False  # only find out what it would wait for
        self.asked = 0

    def readinto(self, buf):
        try:
            return self._one(buf)
        except OSError as error:
            return None if error.errno == words.EAGAIN else -error.errno

    def _one(self, buf):
        data = self.sock.recv(len(buf))
        buf[: len(data)] = data
        return len(data)

    def write(self, data):
        try:
            return self.sock.send(data)
        except OSError as error:
            return None if error.errno == words.EAGAIN else -error.errno

    def ioctl(self, request, argument):
        if request == _POLL:
            self.asked = argument
            return 0 if self.looking else self.sock.poll_events(argument)
        if request == _CLOSE:
            self.sock.close()
            return 0
        return -words.EINVAL

    def setblocking(self, flag):
        self.sock.setblocking(flag)


class SSLSocket:
    """Above it: what the board's select asks for."""

    def __init__(self, tls, carrier, share):
        self._tls = tls
        self._share = share
        self._carrier = carrier
        self._poll = _select.poll()
        self._poll.register(tls, words.POLLIN)
        for name in ("read", "readinto", "readline", "write", "setblocking", "cipher"):
            setattr(self, name, getattr(tls, name))

    def close(self):
        memory.give(self._share)
        self._tls.close()

    def poll_bit(self):
        return ops.SOCKETS

    def fileno(self):
        return self._carrier.sock.fileno()

    def poll_events(self, events):
        self._poll.modify(self._tls, events)
        found = self._poll.poll(0)
        return found[0][1] if found else 0

    def wants(self, events):
        """What the socket below has to be ready for; 0 if data has been decoded already."""
        self._carrier.looking = True
        self._carrier.asked = events
        try:
            return 0 if self.poll_events(events) else self._carrier.asked
        finally:
            self._carrier.looking = False


def _take_memory():
    global _made
    _made += 1
    share = "tls " + str(_made)
    if not memory.take(share, chips.TLS):
        raise OSError(words.ENOMEM)
    return share


class SSLContext:
    def __init__(self, *arguments):
        self._context = _real.SSLContext(*arguments)

    def __getattr__(self, name):
        return getattr(self._context, name)

    @property
    def verify_mode(self):
        return self._context.verify_mode

    @verify_mode.setter
    def verify_mode(self, value):
        self._context.verify_mode = value

    def wrap_socket(self, sock, **options):
        share = _take_memory()
        carrier = _Carrier(sock)
        try:
            return SSLSocket(self._context.wrap_socket(carrier, **options), carrier, share)
        except BaseException:
            memory.give(share)
            raise
