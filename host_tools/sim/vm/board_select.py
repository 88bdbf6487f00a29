"""The select module of the virtual board: waiting happens in board time.

What can be waited for: the board's own streams (poll_bit() says which bit of the wait is theirs),
sockets (poll_bit(), fileno(), wants() and poll_events()), and streams written in Python (ioctl(),
as asyncio's ThreadSafeFlag).
"""

import link
import ops

POLLIN = 1
POLLOUT = 4
POLLERR = 8
POLLHUP = 16
_POLL = 3  # MP_STREAM_POLL


class poll:
    def __init__(self):
        self._entries = []  # [stream, events, bit of the wait; 0: a stream written in Python]
        self._ready = []

    def _find(self, stream):
        for entry in self._entries:
            if entry[0] is stream:
                return entry
        return None

    def register(self, stream, events=POLLIN | POLLOUT):
        entry = self._find(stream)
        if entry:
            entry[1] = events
            return
        bit = stream.poll_bit() if hasattr(stream, "poll_bit") else 0
        if not bit and not hasattr(stream, "ioctl"):
            raise OSError(22)
        self._entries.append([stream, events, bit])

    def modify(self, stream, events):
        entry = self._find(stream)
        if not entry:
            raise OSError(2)
        entry[1] = events

    def unregister(self, stream):
        entry = self._find(stream)
        if entry:
            self._entries.remove(entry)

    def poll(self, timeout_ms=-1, flags=0):
        return list(self.ipoll(timeout_ms, flags))

    def ipoll(self, timeout_ms=-1, flags=0):
        until = link.now + timeout_ms * 1000 if timeout_ms >= 0 else -1
        while True:  # an interrupt handler ends a wait, and may have had nothing for this one
            mask, sockets, at_once = self._interests()
            found = link.wait(link.now if at_once else until, mask, sockets)
            ready = self._collect(found | (mask & ops.SOCKETS if at_once else 0))
            if ready or at_once or 0 <= until <= link.now:
                return ready

    def _interests(self):
        """The wait's mask, the bytes that list the sockets, and whether one is ready already."""
        mask = 0
        sockets = []
        at_once = False
        for stream, events, bit in self._entries:
            if not bit:
                at_once = at_once or stream.ioctl(_POLL, events)
            elif bit == ops.SOCKETS:
                mask |= bit
                wanted = stream.wants(events)
                sockets += (stream.fileno(), wanted)
                at_once = at_once or not wanted
            else:
                mask |= bit if events & POLLIN else 0
                at_once = at_once or events & POLLOUT  # a UART takes all that is written
        return mask, bytes(sockets) if sockets else None, at_once

    def _collect(self, mask):
        ready = self._ready
        ready.clear()
        for stream, events, bit in self._entries:
            if not bit:
                event = stream.ioctl(_POLL, events)
            elif bit == ops.SOCKETS:
                event = stream.poll_events(events) if mask & bit else 0
            else:
                event = events & POLLOUT
                if events & POLLIN and mask & bit:
                    event |= POLLIN
            if event:
                ready.append((stream, event))
        return ready
