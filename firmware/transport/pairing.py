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

import bluetooth
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

ble = bluetooth.BLE()
_path = None
_secrets = {}  # (type, key): value
_changed = False
_handle = None  # the connection that is being encrypted
_outcome = None  # of that: 0 it failed, 1 encrypted, 3 with a passkey
_keyless = set()  # addresses of units that did not ask for the passkey that there is


def load(path):
    """Read the keys, which are kept in that file, before the radio is switched on."""
    global _path
    _path = path
    try:
        with open(path) as file:
            for kind, key, value in json.load(file):
                _secrets[kind, binascii.a2b_base64(key)] = binascii.a2b_base64(value)
    except (OSError, ValueError, TypeError):
        pass  # none yet, or damaged: units are paired anew


def save():
    """Write the keys if they have changed. Without room they last until the next start."""
    global _changed
    if not _changed:
        return
    _changed = False  # first: the radio can bring another one meanwhile
    try:
        entries = [(kind, _text(key), _text(_secrets[kind, key])) for kind, key in _secrets]
        with open(_path + ".new", "w") as file:
            json.dump(entries, file)
        os.rename(_path + ".new", _path)
    except OSError:
        _changed = True


def _text(data):
    return binascii.b2a_base64(data).decode().strip()


def irq(event, data):
    """What the radio says and asks of keys; runs on its thread. Returns the answer."""
    global _outcome
    if event == _ENCRYPTION:
        if data[0] == _handle:
            _outcome = (data[1] and 1) | (data[1] and data[2] and 2)
    elif event == _GET:
        return _find(*data)
    elif event == _SET:
        return _keep(*data)


def _find(kind, index, key):
    if key is not None:
        return _secrets.get((kind, bytes(key)))
    values = [value for (its, _), value in _secrets.items() if its == kind]
    return values[index] if index < len(values) else None


def _keep(kind, key, value):
    global _changed
    entry = kind, bytes(key)
    if not value:
        known = _secrets.pop(entry, None) is not None
        _changed = _changed or known
        return known
    if entry not in _secrets and len(_secrets) >= _MOST:
        _drop(b"")
    _secrets[entry] = bytes(value)
    _changed = True
    return True


def has(address):
    """Is there a bond with the unit?"""
    return any(_is_of(entry, address) for entry in _secrets)


def _is_of(entry, address):
    kind, key = entry
    return _OURS <= kind <= _THEIRS and key.endswith(bytes(reversed(address)))


def _drop(address):
    """Forget the bond with that unit; with b"" all bonds."""
    global _changed
    for entry in [each for each in _secrets if _is_of(each, address)]:
        del _secrets[entry]
        _changed = True


def prepare(pin):
    """Set how a unit is paired with, before connecting to it."""
    ble.config(bond=True, mitm=bool(pin), le_secure=True, io=_KEYBOARD if pin else _NOTHING)


async def pair(handle, address, pin):
    """Encrypt a connection; pin: "" for bonding without. Returns None if it is encrypted, or else
    what the unit makes of a link that is not has to be seen; AGAIN if it is worth another
    connection, WRONG if the unit did not take the pin.
    """
    global _handle, _outcome
    had = has(address)
    _outcome, _handle = None, handle
    try:
        prepare(pin)
        try:
            ble.gap_pair(handle)
        except OSError:
            pass  # the unit has begun by itself
        offered = await _wait(handle, pin)
    finally:
        _handle = None
    return _judge(_outcome, had, offered, bytes(address), pin)


async def _wait(handle, pin):
    """Until it is encrypted, or is not; returns whether the unit took a passkey to compare."""
    offered = False
    for _ in range(PATIENCE_MS // OFFER_MS):
        if _outcome is not None:
            break
        if pin and not offered:
            offered = _offer(handle, pin)
        await asyncio.sleep_ms(OFFER_MS)
    return offered


def _offer(handle, pin):
    try:
        ble.gap_passkey(handle, _INPUT, int(pin))
        return True
    except OSError:
        return False  # EINVAL: not yet; ENOENT: there is nothing to pair, with a bond


def _judge(outcome, had, offered, address, pin):
    if outcome == 1 and pin:
        if had and address not in _keyless:
            _drop(address)  # made without the passkey
            return AGAIN
        _keyless.add(address)
    if outcome != 0:
        return None  # with None, too: it can be encrypted though nothing says so
    if had:
        _drop(address)  # the unit has forgotten it
        return AGAIN
    return WRONG if offered else None
