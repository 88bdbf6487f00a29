"""JK (Jikong) BMS of the PB series on its RS485 port, up to 15 on one line.

A question is a Modbus frame that writes 0 to a register of the unit's, which it takes as a request:
1620 for the cells, 161C for the device. The answer is the frame that a JK sends by Bluetooth
(jk.py), and behind it the unit's acknowledgement: its number, 10 16 20 00 01, CRC. That tells whose
frame it is, and with its CRC that nothing is lost between. What others say is skipped.
"""

from bms import jk
from bms.crc import crc16
from bms.jk_frame import LENGTH
from lib import once

NUMBER = 7  # in the events
LINKS = {"serial": {"baudrate": 115200, "quiet_ms": 120}}
KEYS = {"timeout_s": ("number", (3, 3600), 15), "unit": ("number", (1, 15), 1)}
LEAVES_OUT = True  # a sensor says nothing for a moment: see hold.py
SECRETS = "jk_secrets"  # what keeps its passcodes out of a capture
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = jk.ALARMS
HINTS = ("Address, protocol?", "Check the cable")  # what to check when it is silent

REGISTERS = {jk.CELLS: 0x20, jk.DEVICE: 0x1C}  # of 16xx
DEVICE_S = 180  # until it is asked for the device again
ACKNOWLEDGED = 8  # bytes


class Decoder(jk.Decoder):
    """As that of jk.py. What counts is a frame with the acknowledgement of this unit behind it."""

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live)
        self._unit = 1
        self._questions = {}
        self._device_s = 0
        self.configure({})

    @once.packs
    def configure(self, settings):
        """Take the unit's number."""
        self._unit = settings.get("unit", self._unit)
        for kind, register in REGISTERS.items():
            body = bytes((self._unit, 0x10, 0x16, register, 0, 1, 2, 0, 0))
            crc = crc16(body, 0, len(body))
            self._questions[kind] = body + bytes((crc & 0xFF, crc >> 8))

    def request(self):
        """The question to send now."""
        self._quiet_s += 1
        self._device_s += 1
        if self._due or (self._layout is None and self._device_s > 4) or self._device_s > DEVICE_S:
            self._due = self._device_s = 0
            return self._questions[jk.DEVICE]
        return self._questions[jk.CELLS]

    def _length(self):
        length = super()._length()
        return length and length + ACKNOWLEDGED

    def _take(self, length):
        return self._is_acknowledged() and super()._take(length - ACKNOWLEDGED)

    def _is_wanted(self):
        """It was asked for: some units' counters stand still here."""
        self._quiet_s = 0
        return True

    def _is_acknowledged(self):
        at = self._start + LENGTH
        buf = self._buf
        register = REGISTERS.get(self._number(4, 1), 0x1E)
        if buf[at] != self._unit or buf[at + 1] != 0x10 or buf[at + 3] != register:
            return False
        crc = crc16(buf, at, ACKNOWLEDGED - 2)
        return buf[at + 6] | buf[at + 7] << 8 == crc
