"""The select module of the virtual board: waiting happens in board time.

The streams that can be waited for are the board's own (they have a method poll_bit()).
"""

import link

POLLIN = 1
POLLOUT = 4
POLLERR = 8
POLLHUP = 16


class poll:
    def __init__(self):
        self._entries = []  # [stream, events]
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
        else:
            stream.poll_bit()  # only a stream of the board will do
            self._entries.append([stream, events])

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
        mask = 0
        writable = False
        for stream, events in self._entries:
            if events & POLLIN:
                mask |= stream.poll_bit()
            writable = writable or events & POLLOUT
        until = link.now if writable else -1
        if timeout_ms >= 0 and not writable:
            until = link.now + timeout_ms * 1000
        ready_mask = link.wait(until, mask)
        ready = self._ready
        ready.clear()
        for stream, events in self._entries:
            event = events & POLLOUT
            if events & POLLIN and ready_mask & stream.poll_bit():
                event |= POLLIN
            if event:
                ready.append((stream, event))
        return ready
