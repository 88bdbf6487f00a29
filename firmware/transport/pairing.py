"""Encrypts a Bluetooth link for a unit that gives nothing without: bonding, or with a passkey.

Loaded only for a unit that wants it, one with a `pin`, or when there are keys on the flash. What
MicroPython's NimBLE does as a central was tried with simulated units: the event that asks for a
passkey (31) never comes, so the key is offered until it is taken; a failure (event 28 with zeros)
leaves the link up; a bond that the unit has forgotten fails likewise, and there is no call to drop
it. The settings are the radio's, not a connection's: a unit that asks for security by itself gets
those of that moment. Unproven on real units.

The keys are in a file of the format of aioble's security module. Whoever has them can pretend to be
this board: nothing copies that file.
"""

import asyncio
import binascii
import json
import os

from micropython import const

# What the display says
AGAIN = "Pairing anew"
WRONG = "Wrong PIN"
WANTED = "Wants a PIN"
# s before the next attempts: a PIN that is wrong stays so until somebody changes the config
DELAYS = {AGAIN: (1,), WRONG: (60,), WANTED: (60,)}

OFFER_MS = 30  # from one offer of the passkey to the next
PATIENCE_MS = 10000  # then it is tried without

# Events of bluetooth.BLE.irq
_ENCRYPTION = const(28)
_GET = const(29)
_SET = const(30)
_INPUT = const(2)  # an action of gap_passkey: the unit shows the passkey, or has it printed on it
_KEYBOARD, _NOTHING = const(2), const(3)  # what this board can do, as the unit is told
_OURS, _THEIRS = const(1), const(2)  # types of secrets: the keys of a bond
_MOST = const(24)  # secrets: eight units and more


class Keys:
    """The keys of all units, in that file, and how a connection gets them. ble: bluetooth.BLE()."""

    def __init__(self, ble, path):
        self._ble = ble
        self._path = path
        self._secrets = {}  # (type, key): value
        self._changed = False
        self._handle = None  # the connection that is being encrypted
        self._outcome = None  # of that: 0 it failed, 1 encrypted, 3 with a passkey
        self._keyless = set()  # addresses of units that did not ask for the passkey that there is
        self._load()

    def _load(self):
        try:
            with open(self._path) as file:
                for kind, key, value in json.load(file):
                    self._secrets[kind, binascii.a2b_base64(key)] = binascii.a2b_base64(value)
        except (OSError, ValueError, TypeError):
            pass  # none yet, or damaged: units are paired anew

    def save(self):
        """Write the keys if they have changed. Without room they last until the next start."""
        if not self._changed:
            return
        self._changed = False  # first: the radio can bring another one meanwhile
        try:
            entries = [(kind, _text(key), _text(its)) for (kind, key), its in self._secrets.items()]
            with open(self._path + ".new", "w") as file:
                json.dump(entries, file)
            os.rename(self._path + ".new", self._path)
        except OSError:
            self._changed = True

    def irq(self, event, data):
        """What the radio says and asks of keys; runs on its thread. Returns the answer."""
        if event == _ENCRYPTION:
            if data[0] == self._handle:
                self._outcome = (data[1] and 1) | (data[1] and data[2] and 2)
        elif event == _GET:
            return self._find(*data)
        elif event == _SET:
            return self._keep(*data)

    def _find(self, kind, index, key):
        if key is not None:
            return self._secrets.get((kind, bytes(key)))
        values = [value for (its, _), value in self._secrets.items() if its == kind]
        return values[index] if index < len(values) else None

    def _keep(self, kind, key, value):
        entry = kind, bytes(key)
        if not value:
            known = self._secrets.pop(entry, None) is not None
            self._changed = self._changed or known
            return known
        if entry not in self._secrets and len(self._secrets) >= _MOST:
            self._drop(b"")
        self._secrets[entry] = bytes(value)
        self._changed = True
        return True

    def has(self, address):
        """Is there a bond with the unit?"""
        return any(_is_of(entry, address) for entry in self._secrets)

    def _drop(self, address):
        """Forget the bond with that unit; with b"" all bonds."""
        for entry in [each for each in self._secrets if _is_of(each, address)]:
            del self._secrets[entry]
            self._changed = True

    def prepare(self, pin):
        """Set how a unit is paired with, before connecting to it."""
        io = _KEYBOARD if pin else _NOTHING
        self._ble.config(bond=True, mitm=bool(pin), le_secure=True, io=io)

    async def pair(self, handle, address, pin):
        """Encrypt a connection; pin: "" for bonding without. Returns None if that is done, or if
        it has to be seen what the unit makes of a link that is not; AGAIN if it is worth another
        connection, WRONG if the unit did not take the pin.
        """
        had = self.has(address)
        self._outcome, self._handle = None, handle
        try:
            self.prepare(pin)
            try:
                self._ble.gap_pair(handle)
            except OSError:
                pass  # the unit has begun by itself
            offered = await self._wait(handle, pin)
        finally:
            self._handle = None
        return self._judge(had, offered, bytes(address), pin)

    def refusal(self, pin):
        """What is said of a unit to which an encrypted link is not enough."""
        return WRONG if pin else WANTED

    def delays(self, words):
        """Of a link that has failed with these words."""
        return DELAYS[words]

    async def _wait(self, handle, pin):
        """Until it is encrypted, or is not; returns whether the unit took a passkey to compare."""
        offered = False
        for _ in range(PATIENCE_MS // OFFER_MS):
            if self._outcome is not None:
                break
            if pin and not offered:
                offered = self._offer(handle, pin)
            await asyncio.sleep_ms(OFFER_MS)
        return offered

    def _offer(self, handle, pin):
        try:
            self._ble.gap_passkey(handle, _INPUT, int(pin))
            return True
        except OSError:
            return False  # EINVAL: not yet; ENOENT: there is nothing to pair, with a bond

    def _judge(self, had, offered, address, pin):
        outcome = self._outcome
        if outcome == 1 and pin:
            if had and address not in self._keyless:
                self._drop(address)  # made without the passkey
                return AGAIN
            self._keyless.add(address)
        if outcome != 0:
            return None  # with None, too: it can be encrypted though nothing says so
        if had:
            self._drop(address)  # the unit has forgotten it
            return AGAIN
        return WRONG if offered else None


def _text(data):
    return binascii.b2a_base64(data).decode().strip()


def _is_of(entry, address):
    kind, key = entry
    return _OURS <= kind <= _THEIRS and key.endswith(bytes(reversed(address)))
