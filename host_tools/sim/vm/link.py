"""The board's end of the pipes to the supervisor, and the board's clock.

now is board time in us since the virtual board was first switched on. It moves when the firmware
waits, when it uses hardware (a bus transfer and a flash erase take their time), and, if asked for,
with the CPU time the firmware itself uses. Nothing here allocates on the heap: the file system may
call in from the garbage collector.
"""

import struct

import utime as _real
from ops import BREAK, EVENT, HEADER, HEADER_SIZE, REPL, RUNNING, STATE, TIME, WAIT

now = 0  # us of board time
value = 0  # of the last answer
state = 0
wall = 0  # what the RTC says minus now, in us of unix time
_head = bytearray(HEADER_SIZE)
_rx = _tx = None
_interrupted = False
on_event = None  # what fetches a device's events, as a scheduled interrupt handler does
_event = False  # there are some
_in_event = False
_cpu_factor = 0
_cpu_last = 0


def open_pipes(fd_in, fd_out, start_us, wall_us, cpu_factor):
    """Connect to the supervisor. The pipes are inherited; the host's files are still mounted."""
    global _rx, _tx, now, wall, _cpu_factor, _cpu_last
    _rx = open("/dev/fd/" + fd_in, "rb")
    _tx = open("/dev/fd/" + fd_out, "wb")
    now = start_us
    wall = wall_us
    _cpu_factor = cpu_factor
    _cpu_last = _real.clock() if cpu_factor else 0


def spend(us):
    """Let board time pass without anybody noticing: what an instruction or a bus transfer costs."""
    global now
    now += us


def _spend_cpu():
    global now, _cpu_last
    cpu = _real.clock()
    now += int((cpu - _cpu_last) * 1000000 * _cpu_factor)
    _cpu_last = cpu


def _read(buf, count):
    got = _rx.readinto(buf, count)
    while got and got < count:  # a long answer can come in pieces
        got += _rx.readinto(memoryview(buf)[got:count])
    if not got:
        raise SystemExit  # the supervisor is gone: so is the board


def request(op, a=0, b=0, val=0, data=None):
    """One exchange without a Ctrl-C: returns (errno, payload length) packed as errno << 32 |
    length.
    """
    global now, value, _interrupted, _event
    if _cpu_factor:
        _spend_cpu()
    count = 0 if data is None else len(data)
    struct.pack_into(HEADER, _head, 0, op, a, b, count, now, val)
    _tx.write(_head)
    if count:
        _tx.write(data)
    _read(_head, HEADER_SIZE)
    _op, flag, error, count, now, value = struct.unpack(HEADER, _head)
    if flag & BREAK:
        _interrupted = True
    if flag & EVENT:
        _event = True
    return error << 32 | count


def call(op, a=0, b=0, val=0, data=None):
    """One exchange: returns the answer's payload (None without one). OSError, KeyboardInterrupt."""
    global _interrupted, value
    answer = request(op, a, b, val, data)
    payload = None
    count = answer & 0xFFFFFFFF
    if count:
        payload = bytearray(count)
        _read(payload, count)
    if _event and not _in_event:
        answered = value
        _handle_events()
        value = answered
    if _interrupted and state == RUNNING and not _in_event:  # a handler is not interrupted
        _interrupted = False
        raise KeyboardInterrupt
    if answer >> 32:
        raise OSError(answer >> 32)
    return payload


def _handle_events():
    # As MicroPython's scheduler does: between two operations of the firmware, one at a time.
    global _event, _in_event
    _in_event = True
    try:
        while _event:
            _event = False
            if on_event:
                on_event()
    finally:
        _in_event = False


def wait(until_us, mask=0, sockets=None, holding=False):
    """Sleep until board time until_us (-1: for ever), until one of the UARTs and sockets in the
    mask has something, or until a device's events have been handled. Returns which are ready.
    holding: this is no wait of the firmware's loop but an operation that holds it up.
    """
    call(WAIT, 1 if holding else 0, mask, until_us, sockets)
    return value


def sync():
    """At the REPL board time goes on while nobody asks: ask."""
    if state == REPL:
        call(TIME)


def set_state(new):
    """Tell the supervisor what runs: start-up, main.py or the REPL."""
    global state, _interrupted
    state = new
    _interrupted = False
    call(STATE, new)


def halt():
    """The supervisor ends this process: nothing may run until it does."""
    while True:
        _read(_head, HEADER_SIZE)
