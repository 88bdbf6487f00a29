"""What a capture shows of a JK's frames (bms/jk.py, bms/jk_pb.py): cells as they are; of the device
what stands before its passcodes; nothing of settings and others. The sum is right again.
"""

from bms import covered

PASSING = True

LENGTH = 300
CELLS, DEVICE = 2, 3
SHOWN = {CELLS: LENGTH - 1, DEVICE: 38}  # bytes from the begin
ACKNOWLEDGED, ACKNOWLEDGES = 8, b"\x10\x16"  # a PB: behind the frame, from the second byte on


class Cover(covered.Cover):
    HEAD = b"\x55\xaa\xeb\x90"
    _is_behind = False  # a frame

    def _begin(self, have):
        if self._is_behind and (have[1:3] == ACKNOWLEDGES or len(have) < 3):
            return 0
        self._is_behind = False
        return super()._begin(have)

    def length(self, have):
        return ACKNOWLEDGED if self._is_behind else LENGTH

    def overwritten(self, frame):
        if self._is_behind:
            self._is_behind = False
            return frame
        if sum(frame[:-1]) & 0xFF != frame[-1]:
            return b""
        self._is_behind = True
        shown = frame[: SHOWN.get(frame[4], 6)]
        shown += bytes(LENGTH - 1 - len(shown))
        return shown + bytes((sum(shown) & 0xFF,))
