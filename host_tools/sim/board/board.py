"""The virtual board: the firmware on the MicroPython unix port, its power, its time, its serial
port.

One thread calls step() over and over: it serves what the VM asks for, moves board time on, and
keeps the serial port going. Board time is in us since the board was first switched on; it moves at
`speed` times real time, with speed 0 as fast as it can; at the REPL it is real time.
"""

import heapq
import itertools
import select
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.sim.board.console import Console
from host_tools.sim.board.flash import Flash, PowerCut
from host_tools.sim.board.memory import Memory
from host_tools.sim.board.pace import Pace
from host_tools.sim.board.peripherals import Answer, Peripherals, Wiring
from host_tools.sim.board.process import Process, Request
from host_tools.sim.board.received import Received
from host_tools.sim.units.line import BAUD
from host_tools.sim.vm import ops

EPOCH_2000_US = 946_684_800_000_000
POWER_ON, HARD_RESET, WATCHDOG, SOFT_RESET = 1, 2, 3, 5  # machine.reset_cause()
CTRL_C_PATIENCE_S = 2.0  # a main.py that does nothing with hardware for so long is interrupted hard
TICK_S = 0.005  # how long the loop sleeps at most
FAR_US = 3_600_000_000
CHIP_HEAP = "600K"  # of the VM: the ballast of vm/memory.py makes it the chip's


@dataclass
class Settings:
    """How the board is built."""

    flash: Path
    link: Path | None = None  # symlink to the serial port
    blocks: int = 512  # of 4 KB
    file_system: str = "littlefs"  # what an empty flash is formatted with; or "fat"
    speed: float = 1.0
    chip: str | None = None  # whose memory it has, of vm/chips.py; None: as much as it wants
    micropython: str = "1.28"  # that it is taken for, where versions differ in their use of memory
    heap: str = "512K"  # without a chip; the board's own modules are in it
    cpu_factor: int = 0  # how many times as long as a PC the board computes; 0: no time at all
    baudrate: int = BAUD  # of the console; 0: what is said takes no board time
    start_us: int = 0  # board time and ticks to start at: to see ticks wrap
    wiring: Wiring = field(default_factory=Wiring)


class Board:
    """A virtual board. power_on(), then run() or background()."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.flash = Flash(settings.flash, settings.blocks)
        self.hardware = Peripherals(self.flash, settings.wiring)
        if settings.wiring.world:
            settings.wiring.world.go_by(lambda: self.now)
        self.memory = Memory()
        self.rtc_memory = b""  # kept over resets
        self.console = Console(settings.link)
        self.console.on_break = lambda: self._vm and self._vm.signal(signal.SIGINT)
        self.now = settings.start_us
        self.state = ops.BOOTING
        self.up = False  # main.py has begun, or the REPL is there without
        self.starts = self.watchdog_resets = 0
        # Between two waits of a running main.py, without and with what the flash took in it
        self.longest_stall_us = self.longest_stall_with_flash_us = 0
        self._flash_us = 0  # what the flash took since the last wait
        self.error: BaseException | None = None  # what ended the background thread
        self._vm: Process | None = None
        self._wall = self._boot_us = 0
        self._waiting: tuple[int, int] | None = None  # (until, UARTs) of a VM that sleeps
        self._ctrl_c_at: float | None = None
        self._watchdog: tuple[int, int] | None = None  # (timeout in us, when it bites)
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._made = time.monotonic()
        self._pace = Pace(settings.speed, lambda: self.now)
        self._woke_us = 0
        self._holding = False  # the wait is an operation that holds the firmware's loop up
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._poller: tuple[tuple[int, ...], select.poll] = ((), select.poll())

    # Power

    @property
    def powered(self) -> bool:
        return self._vm is not None

    def power_on(self) -> None:
        """Switch on: the clock has forgotten the time, main.py runs."""
        self._wall = EPOCH_2000_US - self.now
        self.rtc_memory = b""
        self._reset(POWER_ON)

    def power_off(self) -> None:
        """Cut the power, in the middle of whatever it is doing."""
        self._kill()
        self.console.running = self.console.raw = False

    def close(self) -> None:
        """Take the board apart. The flash image stays."""
        self.stop()
        self.power_off()
        self.console.close()
        self.flash.close()
        if self.settings.wiring.world:
            self.settings.wiring.world.close()

    def _kill(self) -> None:
        if self._vm:
            self._vm.kill()
            self.console.close_terminal()
        self.state, self.up = ops.BOOTING, False
        self._vm = self._waiting = self._ctrl_c_at = self._watchdog = None
        self.hardware.reset()

    def _reset(self, cause: int) -> None:
        self.console.raw = False
        self._boot_us = self.now if self.starts else 0
        self._start("main", cause)

    def _soft_reset(self) -> None:
        # A raw REPL stays raw over a soft reset, and main.py does not run then.
        self.console.say(b"MPY: soft reboot\r\n")
        if self.console.raw:
            self._start("repl", SOFT_RESET)
            self.console.type(b"\x01")
        else:
            self._start("main", SOFT_RESET)

    def _start(self, mode: str, cause: int) -> None:
        self._kill()
        self.starts += 1
        self.console.running = False
        self.console.interrupted = False
        self.console.input = Received(self.settings.baudrate)
        settings = self.settings
        clock = (self.now, self._boot_us, self._wall, cause, settings.cpu_factor)
        clock += (settings.baudrate,)
        chip = (settings.chip or "-", settings.micropython)
        image = (self.flash.image.resolve(), self.flash.blocks, settings.file_system)
        heap = CHIP_HEAP if settings.chip else settings.heap
        self._vm = Process(self.console.new_terminal(), heap, mode, clock + chip + image)
        self._pace.begin()

    # Time

    def go_at(self, speed: float) -> None:
        """From now on at that speed; not while it runs in the background."""
        self._pace.speed = speed
        self._pace.begin()

    def _real_age(self) -> float:
        return time.monotonic() - self._made

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        """Let something happen at a board time."""
        heapq.heappush(self._events, (int(seconds * 1e6), next(self._order), action))

    def _pass_time(self) -> None:
        """What is due by now: events, and the watchdog's bite."""
        while self._events and self._events[0][0] <= self.now:
            heapq.heappop(self._events)[2]()
        if self._watchdog and self.now >= self._watchdog[1]:
            self.watchdog_resets += 1
            self._reset(WATCHDOG)
        self.hardware.settle()

    # Running

    def run_until(self, seconds: float) -> None:
        """Run until that board time; ends early if the power goes."""
        limit = int(seconds * 1e6)
        self.console.look_again()
        while self.now < limit and self._vm:
            self.step(limit)

    def run(self, seconds: float) -> None:
        """Run for that many board seconds."""
        self.run_until(self.now / 1e6 + seconds)

    def background(self, until: float | None = None) -> None:
        """Run in a thread of its own until stop(), or until that board time in s."""
        self._stop.clear()
        limit = None if until is None else int(until * 1e6)
        self._thread = threading.Thread(target=self._serve, args=(limit,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background thread."""
        self._stop.set()
        if self._thread:
            self._thread.join()
        self._thread = None

    @property
    def in_background(self) -> bool:
        """Does the background thread still run?"""
        return self._thread is not None and self._thread.is_alive()

    def _serve(self, limit_us: int | None) -> None:
        try:
            while not self._stop.is_set() and (limit_us is None or self.now < limit_us):
                if self._vm:
                    self.step(limit_us)
                else:
                    time.sleep(TICK_S)
        except BaseException as error:
            self.error = error
            raise

    def step(self, limit_us: int | None = None) -> None:
        """Wait a little for the VM or the PC, and do what they ask for."""
        pause = self._wake(limit_us) if self._waiting else TICK_S
        if not self._vm:  # an event or the watchdog can end it
            return
        if not self._waiting and (limit_us is None or self.now < limit_us):
            pause = TICK_S  # it goes on, and will ask for something at once
        ready = self._poll(min(pause, TICK_S))
        if self.console.inner in ready:
            self.console.from_board()
        if self.console.outer in ready:
            self._hear_pc()
        self._deliver_interrupt()
        if self._vm.requests in ready:
            self._serve_request()
        elif self.state == ops.REPL and not self._waiting:
            self._follow_real_time()
        if self._vm and not ready and self._vm.ended():  # its pipe has nothing more, then
            self.console.from_board()
            self._soft_reset()

    def _hear_pc(self) -> None:
        if self.console.from_pc(self.now) and self.state == ops.RUNNING:
            self._pace.talked()
            self._tell_ahead()

    def _tell_ahead(self) -> None:
        self.console.tell_ahead((self.now - self.settings.start_us) / 1e6 - self._real_age())

    def _poll(self, seconds: float) -> set[int]:
        watched = (self._vm.requests, self.console.inner)
        if self.console.listens():
            watched += (self.console.outer,)
        if self._poller[0] != watched:
            self._poller = (watched, select.poll())
            for fd in watched:
                self._poller[1].register(fd, select.POLLIN)
        return {fd for fd, event in self._poller[1].poll(seconds * 1000) if event & select.POLLIN}

    def _wake(self, limit_us: int | None) -> float:
        """Let a sleeping VM go on if its time has come; returns for how long the loop may sleep."""
        until, mask = self._waiting
        if self.hardware.serves():
            self._pace.talked()
        wake = self._next_us(until, mask)
        if limit_us is not None and wake > limit_us:
            wake = limit_us
        pause = self._pace.real_until(wake)
        if pause > TICK_S:
            return TICK_S
        if pause > 0:
            time.sleep(pause)
        self.now = wake
        self._pass_time()
        if self._waiting:
            ready = self._ready(mask)
            if ready or 0 <= until <= self.now or self.hardware.has_events():
                self._resume(ready)
        return 0

    def _next_us(self, until: int, mask: int) -> int:
        """When a VM that sleeps until then (-1: forever) has something to do, or the board has."""
        wake = until if until >= 0 else self.now + FAR_US
        due = self.hardware.next_us(mask, self.now)
        if due is not None and due < wake:
            wake = due
        due = self.console.input.next_us(self.now) if mask & ops.CONSOLE else None
        if due is not None and due < wake:
            wake = due
        if self._events and self._events[0][0] < wake:
            wake = self._events[0][0]
        if self._watchdog and self._watchdog[1] < wake:
            wake = self._watchdog[1]
        return max(self.now, wake)

    def _ready(self, mask: int) -> int:
        ready = self.hardware.ready(mask, self.now)
        if mask & ops.CONSOLE and self.console.input.waiting(self.now):
            ready |= ops.CONSOLE
        return ready

    def _resume(self, ready: int = 0) -> None:
        self._waiting = None
        if not self._holding:
            self._woke_us, self._flash_us = self.now, 0
        self._answer(Answer(value=ready))

    def _follow_real_time(self) -> None:
        self.now = max(self.now, self._pace.board_us())
        self._pass_time()
        self.hardware.next_us(0, self.now)  # packets move on while nobody waits for them

    def _deliver_interrupt(self) -> None:
        """Ctrl-C for main.py: with the next answer, or hard if it asks for nothing."""
        if not self.console.interrupted:
            self._ctrl_c_at = None
        elif self._waiting:
            self._resume()
        elif self._ctrl_c_at is None:
            self._ctrl_c_at = time.monotonic()
        elif time.monotonic() - self._ctrl_c_at > CTRL_C_PATIENCE_S:
            self.console.interrupted = False
            self._vm.signal(signal.SIGINT)

    # Requests

    def _serve_request(self) -> None:
        request = self._vm.read()
        if request is None:
            return
        vm = self._vm
        self.now = max(self.now, request.now)
        self._pass_time()
        if self._vm is not vm:
            return
        if request.op == ops.WAIT:
            self._wait(request)
        elif request.op == ops.RESET:
            self._reset(HARD_RESET) if request.a else self._soft_reset()
        elif request.op >= ops.HARDWARE:
            self._use_hardware(request)
        else:
            self._answer(self._simple(request))

    def _wait(self, request: Request) -> None:
        self._holding = request.a == 1
        if self.state == ops.RUNNING and not self._holding:
            stall = self.now - self._woke_us
            self.longest_stall_with_flash_us = max(self.longest_stall_with_flash_us, stall)
            self.longest_stall_us = max(self.longest_stall_us, stall - self._flash_us)
        self._waiting = (request.value, request.b)
        self.hardware.watch(request.b, request.data)

    def _use_hardware(self, request: Request) -> None:
        try:
            answer = self.hardware.handle(request, self.now)
        except PowerCut:
            self.power_off()
            return
        self.now += answer.took
        if request.op in (ops.ERASE, ops.PROGRAM):
            self._flash_us += answer.took
        self._answer(answer)

    def _simple(self, request: Request) -> Answer:
        op, value = request.op, request.value
        if op == ops.TIME:
            self._follow_real_time()
        elif op == ops.STATE:
            self._enter(request.a, request.b == 1)
        elif op == ops.RTC_MEMORY:
            if request.a:
                self.rtc_memory = request.data
            return Answer(data=self.rtc_memory)
        elif op == ops.MEMORY:
            self.memory.note(request, self.now, self.starts)
        elif op == ops.CONSOLE_READ:
            return Answer(data=self.console.input.read(value, self.now))
        elif op == ops.RTC_SET:
            self._wall = value - self.now
            return Answer(value=self._wall)
        elif op == ops.WDT_START:
            self._watchdog = (value * 1000, self.now + value * 1000)
        elif op == ops.WDT_FEED:
            self._watchdog = (self._watchdog[0], self.now + self._watchdog[0])
        return Answer()

    def _enter(self, state: int, up: bool) -> None:
        self.state = state
        self.up = up
        self.console.running = state == ops.RUNNING
        self.console.prompted = False
        self._woke_us, self._flash_us = self.now, 0
        self._pace.begin()
        if state == ops.REPL:
            self.console.to_repl()
            self._tell_ahead()

    def _answer(self, answer: Answer) -> None:
        also = ops.BREAK if self.console.interrupted else 0
        also |= ops.EVENT if self.hardware.has_events() else 0
        self.console.interrupted = False
        self._vm.answer(self.now, also, answer.value, answer.data, answer.errno)
