"""What NimBLE does when the board pairs with a unit, as a central: its calls, errors and events.

The exchange of keys itself is left out: what counts is who wants what, and how long it takes. The
passkey is never asked for by an event; a failure is told, and the connection goes on; a bond that
the unit does not know any more is a failure, too. Without an answer it fails after 30 s.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bumble.att import Attribute
from bumble.gatt import Characteristic
from host_tools.sim.radio.ble_air import Link
from host_tools.sim.vm import bluetooth_words as words

if TYPE_CHECKING:
    from host_tools.sim.radio.ble_unit import Module

STEPS, COMPARING = 4, 40  # connection events; twenty rounds of two for a passkey
TIMEOUT_S = 30.0
KEY_SIZE = 16
INPUT, KEYBOARD = 2, 2  # an action of gap_passkey, a capability
OURS, THEIRS = 1, 2  # types of secrets
OPEN, ENCRYPTED, AUTHENTICATED = 0, 1, 3  # how a connection is


@dataclass
class Settings:
    """Those of the whole radio: bluetooth.BLE.config."""

    bond: bool = False
    mitm: bool = False
    le_secure: bool = True
    io: int = 3  # neither display nor keyboard


class Unit(Protocol):
    """The unit's part: what it wants, and what it makes of a connection."""

    wants: str  # "", "bond", or "pin": a passkey
    passkey: int
    refuses_pairing: bool
    hides_encryption: bool  # of which the board is not told
    in_range: bool
    hung: bool
    bond: bytes | None

    def encrypt(self, level: int) -> None:
        """The connection is so now."""


class Security:
    """Of one connection. key: what the unit's secrets go by."""

    def __init__(self, link: Link, key: bytes, emit: Callable[[int, bytes], None]):
        self.key = key
        self._link, self._emit = link, emit
        self._unit: Unit = link.unit
        self._stage: Callable | None = None  # what comes next
        self._asks = False  # for the passkey
        self._settings = Settings()
        self._begun_s = 0.0

    def pair(self, settings: Settings, bond: bytes) -> None:
        """Encrypt with the bond that there is, or pair."""
        if self._stage:
            raise OSError(words.EALREADY, "pairing")
        self._settings = Settings(**vars(settings))
        self._begun_s = self._link.air.world.time()
        if bond:
            self._after(STEPS, lambda: self._end(_level(bond) if bond == self._unit.bond else OPEN))
        else:
            self._after(STEPS, self._choose)

    def passkey(self, action: int, number: int) -> None:
        """A passkey that somebody has typed."""
        if self._stage == self._wait and action == INPUT:
            right = number == self._unit.passkey
            self._after(
                COMPARING, lambda: self._paired(AUTHENTICATED) if right else self._end(OPEN)
            )
            return
        fresh = self._stage in (self._choose, self._wait)
        raise OSError(words.EINVAL if fresh else words.ENOENT, "passkey")

    def _choose(self) -> None:
        settings, unit = self._settings, self._unit
        if unit.refuses_pairing:
            self._end(OPEN)
        elif unit.wants == "pin" and settings.mitm and settings.io == KEYBOARD:
            self._after(1, self._wait)
        else:
            self._paired(ENCRYPTED)

    def _wait(self) -> None:
        """For the passkey."""
        self._after(1, self._wait)

    def _after(self, events: int, stage: Callable[[], None]) -> None:
        self._stage = stage
        self._link.air.world.call_later(events * self._link.interval_s, self._go_on, stage)

    def _go_on(self, stage: Callable[[], None]) -> None:
        if self._link.ended or self._stage != stage:
            return
        if self._link.air.world.time() - self._begun_s > TIMEOUT_S:
            self._end(OPEN)
        elif self._unit.in_range and not self._unit.hung:
            stage()
        else:
            self._after(1, stage)

    def _paired(self, level: int) -> None:
        self._end(level)
        if self._settings.bond:
            made = struct.pack("<BQ", level, self._link.air.chance.getrandbits(64))
            self._unit.bond = made
            for kind in (OURS, THEIRS):
                self._emit(words.SET_SECRET, bytes((kind,)) + self.key + made)

    def _end(self, level: int) -> None:
        self._stage = None
        self._unit.encrypt(level)
        if not self._unit.hides_encryption:
            is_on, is_sure = bool(level), level == AUTHENTICATED
            numbers = (self._link.handle, is_on, is_sure, is_on, KEY_SIZE * is_on)
            self._emit(words.ENCRYPTION, struct.pack("<HBBBB", *numbers))


def protect(attributes: list, notifies: Characteristic, values: list, module: "Module") -> None:
    """Let nobody write to a unit's characteristics, or subscribe, but whom it wants."""
    allowed = {
        "": Attribute.Permissions(0),
        "bond": Attribute.WRITE_REQUIRES_ENCRYPTION,
        "pin": Attribute.WRITE_REQUIRES_ENCRYPTION | Attribute.WRITE_REQUIRES_AUTHENTICATION,
    }[module.wants]
    for each in attributes:
        is_cccd = notifies.handle < each.handle <= notifies.end_group_handle
        if each in values or (is_cccd and not module.lets_subscribe):
            each.permissions |= allowed


def _level(bond: bytes) -> int:
    return bond[0]
