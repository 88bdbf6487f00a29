"""The air between the board's radio and the units around it: bumble's virtual link in board time.

bumble carries every packet at once and lets a unit advertise forever. Here a packet waits for the
connection's next event, each of which takes a limited number of packets a direction; who is out of
range is gone when the supervision timeout has run off; and a unit sends its advertisements only
while somebody listens, which nobody else would notice.
"""

import asyncio
import logging
import math
import random
from collections import deque
from collections.abc import Callable
from typing import Protocol

from bumble import ll
from bumble.controller import Controller, LegacyAdvertiser
from bumble.core import PhysicalTransport
from bumble.hci import Address
from bumble.link import LocalLink
from host_tools.sim.board.world import World

SUPERVISION_S = 2.56  # what NimBLE asks for
ADVERTISING_SLOT_S = 0.000625
ADVERTISING_JITTER_S = 0.01  # a random delay of up to so much goes before each advertisement
REMOTE_USER, TIMED_OUT, NOT_ESTABLISHED = 0x13, 0x08, 0x3E  # why a connection ended
L2CAP_HEADER = "<HH"  # length, channel: what a packet of data begins with
UNANSWERED_EVENTS = 6  # a connection without its peer for that many events has failed

logging.getLogger("bumble").setLevel(logging.ERROR)  # it warns of every answer that says no


class Radio(Protocol):
    """The board's end of the air."""

    address: Address

    def listens(self) -> bool:
        """Does it scan, or try to connect?"""

    def hear(self, packet: ll.AdvInd, sender: Controller) -> None:
        """An advertisement has come by."""

    def link_to(self, unit: Controller) -> "Link | None":
        """The connection with that unit."""


class Air(LocalLink):
    """One board's radio and any number of units."""

    def __init__(self, world: World, seed: int = 0):
        super().__init__()
        self.world = world
        self.radio: Radio | None = None
        self.chance = random.Random(f"{seed}/air")
        self._waiting: list[Advertiser] = []

    def wait_for_listener(self, advertiser: "Advertiser") -> None:
        """Advertise when somebody listens again."""
        self._waiting.append(advertiser)

    def listen(self) -> None:
        """The board's radio begins to listen."""
        waiting, self._waiting = self._waiting, []
        for advertiser in waiting:
            advertiser.resume()

    def send_advertising_pdu(self, sender_controller: Controller, packet) -> None:
        """From a unit's controller: see LocalLink."""
        if isinstance(packet, ll.AdvInd):
            self.radio.hear(packet, sender_controller)

    def send_acl_data(self, sender_controller, destination_address, transport, data) -> None:
        """From a unit's controller: see LocalLink."""
        if link := self.radio.link_to(sender_controller):
            link.to_board(data)

    def send_ll_control_pdu(self, sender_address, receiver_address, packet) -> None:
        """From a unit's controller: see LocalLink."""
        sender = next(c for c in self.controllers if c.public_address == sender_address)
        link = self.radio.link_to(sender)
        if link and isinstance(packet, ll.TerminateInd):
            link.to_board(packet)


class Advertiser(LegacyAdvertiser):
    """bumble's advertiser with the interval that was asked for, and silent while nobody listens."""

    def _on_timer_fired(self) -> None:
        air = self.controller.link
        self.timer_handle = None
        if not air.radio.listens():
            air.wait_for_listener(self)
            return
        self.send_advertising_data()
        if self.enabled:
            self._wait(self.advertising_interval_min * ADVERTISING_SLOT_S)

    def resume(self) -> None:
        """Somebody listens: the next advertisement comes some time within an interval."""
        if self.enabled and self.timer_handle is None:
            self._wait(self.advertising_interval_min * ADVERTISING_SLOT_S * self._chance())

    def _wait(self, seconds: float) -> None:
        seconds += ADVERTISING_JITTER_S * self._chance()
        self.timer_handle = self.controller.link.world.call_later(seconds, self._on_timer_fired)

    def _chance(self) -> float:
        return self.controller.link.chance.random()


class Unit(Protocol):
    """What a link needs to know of the unit at its other end."""

    controller: Controller
    in_range: bool
    refuses: str  # "half-open": it does not take connections that it invites to
    hung: bool  # its radio keeps the connection, and nobody reads or writes what it carries
    per_event: int  # packets that fit into a connection event
    supervision_s: float  # after so long without a packet the board takes it for gone
    holds_s: float  # and it the board


class Link:
    """A connection, seen from the board. Ends call on_end(reason) once; reason 0: by the board."""

    def __init__(self, air: Air, unit: Unit, handle: int, interval_s: float):
        self.air = air
        self.unit = unit
        self.handle = handle
        self.interval_s = interval_s
        self.on_data: Callable[[bytes], None] = lambda data: None
        self.on_end: Callable[[int], None] = lambda reason: None
        self.ended = False
        self._begun_s = air.world.time()
        self._up: deque = deque()
        self._down: deque = deque()
        self._next: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None

    def establish(self) -> None:
        """The connection request goes out. A unit that does not take it is found out soon."""
        world = self.air.world
        if self.unit.refuses == "half-open":
            world.call_later(UNANSWERED_EVENTS * self.interval_s, self._end, NOT_ESTABLISHED)
            return
        request = ll.ConnectInd(
            initiator_address=self.air.radio.address,
            advertiser_address=self.unit.controller.public_address,
            interval=round(self.interval_s / 0.00125),
            latency=0,
            timeout=round(self.unit.supervision_s / 0.01),
        )
        world.call_soon(self.unit.controller.on_ll_advertising_pdu, request)

    def to_board(self, packet) -> None:
        """Queue what the unit sends."""
        self._up.append(packet)
        self._arm()

    def to_unit(self, packet) -> None:
        """Queue what the board sends."""
        self._down.append(packet)
        self._arm()

    def close(self) -> None:
        """The board ends the connection: the unit is told at the next event."""
        self.to_unit(ll.TerminateInd(REMOTE_USER))

    def range_changed(self) -> None:
        """The unit has gone out of range, or is there again."""
        if self.ended:
            return
        if self.unit.in_range:
            if self._watch:
                self._watch.cancel()
            self._watch = None
            self._arm()
        elif not self._watch:
            self._watch = self.air.world.call_later(self.unit.supervision_s, self._lost)

    def abandon(self, told: bool = False) -> None:
        """The board's radio is off; unless it is told, the unit believes in it for some time."""
        self.ended = True
        self._stop()
        self._tell_later(self.interval_s if told else self.unit.holds_s)

    def _arm(self) -> None:
        if self._next or self.ended or not (self._up or self._down):
            return
        events = math.floor((self.air.world.time() - self._begun_s) / self.interval_s) + 1
        at_s = self._begun_s + events * self.interval_s
        self._next = self.air.world.call_at(at_s, self._event)

    def _event(self) -> None:
        self._next = None
        if not self.unit.in_range or self.ended:
            return
        for queue, deliver in ((self._down, self._deliver_down), (self._up, self._deliver_up)):
            for _ in range(min(len(queue), self.unit.per_event)):
                deliver(queue.popleft())
                if self.ended:
                    return
        self._arm()

    def _deliver_down(self, packet) -> None:
        if isinstance(packet, ll.TerminateInd):
            self._tell_unit(packet.error_code)
            self._end(0)
        elif not self.unit.hung:
            radio = self.air.radio
            self.unit.controller.on_link_acl_data(radio.address, PhysicalTransport.LE, packet)

    def _deliver_up(self, packet) -> None:
        if isinstance(packet, ll.TerminateInd):
            self._end(packet.error_code)
        else:
            self.on_data(packet)

    def _lost(self) -> None:
        self._watch = None
        self._tell_later(max(0.0, self.unit.holds_s - self.unit.supervision_s))
        self._end(TIMED_OUT)

    def _tell_later(self, after_s: float) -> None:
        self.air.world.call_later(after_s, self._tell_unit, TIMED_OUT)

    def _tell_unit(self, reason: int) -> None:
        controller, address = self.unit.controller, self.air.radio.address
        if address in controller.le_connections:
            controller.on_ll_control_pdu(address, ll.TerminateInd(reason))

    def _end(self, reason: int) -> None:
        if not self.ended:
            self.ended = True
            self._stop()
            self.on_end(reason)

    def _stop(self) -> None:
        for timer in (self._next, self._watch):
            if timer:
                timer.cancel()
        self._next = self._watch = None
