"""The board's end of the pipes to the supervisor, and the board's clock.

now is board time in us since the virtual board was first switched on. It moves when the firmware
waits, when it uses hardware (a bus transfer and a flash erase take their time), and, if asked for,
with the CPU time the firmware itself uses. Nothing here allocates on the heap: the file system may
call in from the garbage collector.
"""

import select
import struct

import utime as _real
from ops import BREAK, EVENT, HEADER, HEADER_SIZE, REPL, RUNNING, STATE, TIME, WAIT

now = 0  # us of board time
value = 0  # of the last answer
state = 0
wall = 0  # what the RTC says minus now, in us of unix time
_ROOM = 4096  # bytes of a request's payload
_out = bytearray(HEADER_SIZE + _ROOM)
_only_head = memoryview(_out)[:HEADER_SIZE]
_head = bytearray(HEADER_SIZE)  # of the answer
_rx = _tx = None
_more = select.poll()  # is there something in _rx?
_number = 0  # of the request
_sent = False
_left = 0  # bytes of the payload that are to come, -1: not known yet
_payload = None
_interrupted = False  # by a Ctrl-C that came with an answer
_signalled = False  # by one that came as a signal, while an answer was waited for
on_event = None  # what fetches a device's events, as a scheduled interrupt handler does
_event = False  # there are some
_in_event = False
on_pause = None  # looks at the memory; not in an exchange
on_read = None  # the same, from the file system
on_full = None  # makes room for a request; False if it cannot
_cpu_factor = 0  # as it is asked for; 0: none
_cpu_rate = 0.0  # board us that a us of this machine takes
_cpu_last = 0
_cpu_due = 0  # CPU seconds at which the machine is measured again

# ns that a turn of _yardstick takes on a PC; a board takes cpu_factor times as long. The machine at
# hand is measured against it: one that is slow, or has other work, makes no slower board.
_PC_NS = 160
_TURNS = 60000  # 10 ms: the system's clock of CPU time has a grain of 1 ms here and there
_EVERY = 0.25  # CPU seconds
_FRESH_US = 20  # what a wait has found holds for so long: asking for the time twice takes 10
_rested = False  # the last exchange was a wait, with what follows; nothing was asked for since
_rested_at = _rested_mask = _rested_value = 0
_rested_sockets = None


def open_pipes(fd_in, fd_out, start_us, wall_us, cpu_factor):
    """Connect to the supervisor. The pipes are inherited; the host's files are still mounted."""
    global _rx, _tx, now, wall, _cpu_factor
    _rx = open("/dev/fd/" + fd_in, "rb")
    _tx = open("/dev/fd/" + fd_out, "wb")
    _more.register(_rx, select.POLLIN)
    now = start_us
    wall = wall_us
    _cpu_factor = cpu_factor
    if cpu_factor:
        _measure()


def _yardstick(turns):
    buffer = bytearray(64)
    x = 0
    for i in range(turns):
        buffer[i & 63] = x & 255
        x = (x * 5 + i) & 0xFFFFFF


def _measure():
    """See how fast this machine is at this moment: other work on it slows it down by half."""
    global _cpu_rate, _cpu_last, _cpu_due
    begun = _real.clock()
    _yardstick(_TURNS)
    _cpu_last = _real.clock()
    rate = _cpu_factor * _PC_NS * _TURNS / 1e9 / max(_cpu_last - begun, 0.001)
    _cpu_rate = (3 * _cpu_rate + rate) / 4 if _cpu_rate else rate
    _cpu_due = _cpu_last + _EVERY


def spend(us):
    """Let board time pass without anybody noticing: what an instruction or a bus transfer costs."""
    global now
    now += us
    if on_read:
        on_read()


def _spend_cpu():
    global now, _cpu_last
    cpu = _real.clock()
    now += int((cpu - _cpu_last) * 1000000 * _cpu_rate)
    _cpu_last = cpu
    if cpu >= _cpu_due:
        _measure()


def _exchange(request):
    """Send the request and receive the answer.

    A Ctrl-C that comes as a signal can raise KeyboardInterrupt anywhere in here, and half an
    exchange would give every later request the answer of the one before. So all of it can be done
    again from any point: what has been done shows in the buffers, not in what a call returned.
    """
    global now, value, _sent, _payload, _left, _interrupted, _event
    if not _sent:
        _tx.write(request)  # twice is no harm: the supervisor knows it by its number
        _sent = True
    if _head[0]:  # no answer's
        _rx.readinto(_head)
    _op, flag, error, count, now, value, _number = struct.unpack(HEADER, _head)
    if flag & BREAK:
        _interrupted = True
    if flag & EVENT:
        _event = True
    if _left < 0:
        _left = count
    if _left:
        if _payload is None:
            _payload = bytearray(count)
        _rx.readinto(_payload, count)
        _left = 0
    return error << 32 | count


def request(op, a=0, b=0, val=0, data=None, into=None):
    """One exchange, which no Ctrl-C ends: returns (errno, payload length) as errno << 32 | length.

    into: a buffer for the payload.
    """
    global _sent, _payload, _left, _signalled, _number, _rested
    _rested = False
    if _cpu_factor:
        _spend_cpu()
    _number = _number + 1 & 255
    size = len(data) if data else 0
    struct.pack_into(HEADER, _out, 0, op, a, b, size, now, val, _number)
    out = _only_head
    if size > _ROOM:
        out = bytes(out) + data
    elif size:
        _out[HEADER_SIZE : HEADER_SIZE + size] = data
        out = memoryview(_out)[: HEADER_SIZE + size]
    _head[0] = 255
    _sent = False
    _payload = into
    _left = -1
    while True:
        try:
            return _exchange(out)
        except MemoryError:
            if not on_full or not on_full():
                raise
        except KeyboardInterrupt:
            _signalled = True
            if _left > 0 and not _more.poll(0):
                _left = 0  # the payload is here already


def call(op, a=0, b=0, val=0, data=None):
    """One exchange: returns the answer's payload (None without one). OSError, KeyboardInterrupt."""
    global _interrupted, _signalled, value
    error = request(op, a, b, val, data) >> 32
    payload = _payload
    if _event and not _in_event:
        answered = value
        _handle_events()
        value = answered
    if (_signalled or _interrupted and state == RUNNING) and not _in_event:
        _signalled = _interrupted = False  # a handler is not interrupted
        raise KeyboardInterrupt
    if error:
        raise OSError(error)
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
    """Sleep until board time until_us (-1: forever), until one of the UARTs and sockets in the
    mask has something, or until a device's events have been handled. Returns which are ready.
    holding: not a wait of the firmware's loop but an operation that holds it up.

    asyncio looks once more, for no time, after each wait, and between tasks that yield to each
    other. Where hardly any time has passed since the last wait and no hardware was used, nothing is
    new, and nobody need be asked.
    """
    global _rested, _rested_at, _rested_mask, _rested_sockets, _rested_value
    if on_pause:
        on_pause()
    if _rested and 0 <= until_us <= now <= _rested_at + _FRESH_US and mask == _rested_mask:
        if sockets == _rested_sockets and not (holding or _cpu_factor):
            return _rested_value
    call(WAIT, 1 if holding else 0, mask, until_us, sockets)
    _rested_at, _rested_mask, _rested_value = now, mask, value
    _rested_sockets = sockets
    _rested = True
    return value


def sync():
    """At the REPL board time goes on while nobody asks: ask."""
    if state == REPL:
        call(TIME)


def set_state(new, up=0):
    """Tell the supervisor what runs: start-up, boot.py and main.py, or the REPL.

    up: 1 if it is what the board has been started for.
    """
    global state, _interrupted, _signalled
    state = new
    _interrupted = False
    request(STATE, new, up)
    _signalled = False  # it was meant for what has just ended


def halt():
    """The supervisor ends this process: nothing may run until it does."""
    while True:
        _rx.readinto(_head)
