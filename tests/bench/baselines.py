"""What packlog is measured against: a comparable logger's thresholds, and other ways to compress.

Frames are arrays of host_tools.history.frames.RAW, 13 bytes each; sizes are in bytes.
"""

import lzma
import zlib

import numpy as np
import tamp
from host_tools.history.frames import RAW

from store import frame

FRAMES_A_SEGMENT = 5037
_XZ = {"preset": 9 | lzma.PRESET_EXTREME, "format": lzma.FORMAT_XZ}
_WINDOW = 12  # bits: tamp with 4 KB


def threshold_frames(found, capacity_ah):
    """(frames, the reading that each ends with) by the comparable logger's plain thresholds.

    A frame is stored when the current differs from the last stored mean by over 25 % of capacity
    (in A per Ah), after 16 readings when the running mean does by over 5 %, when SoC changed by 1
    (2 from 99 % up) or voltage by over 0.5 %, and else after 256 readings if the mean is above
    0.5 % of capacity, after 1024 if it is not.
    """
    records = found.records
    current, voltage = records["current"].tolist(), records["voltage"].tolist()
    soc = records["soc"].tolist()
    capacity = capacity_ah * 1000
    far, off, idle = capacity * 25 // 100, capacity * 5 // 100, capacity * 5 // 1000
    ends = []
    stored_mean, stored_mv, stored_soc = 0.0, voltage[0], soc[0]
    total = count = 0
    for i, ma in enumerate(current):
        total += ma
        count += 1
        mean = total / count
        if (
            abs(ma - stored_mean) > far
            or (count >= 16 and abs(mean - stored_mean) > off)
            or abs(soc[i] - stored_soc) >= (2 if soc[i] >= 99 else 1)
            or abs(voltage[i] - stored_mv) > stored_mv / 200
            or count >= (256 if abs(mean) > idle else 1024)
        ):
            ends.append(i)
            stored_mean, stored_mv, stored_soc = mean, voltage[i], soc[i]
            total = count = 0
    return frames_ending(found, np.array(ends)), np.array(ends)


def frames_ending(found, ends):
    """Frames of layout 1, each with the mean current since the one before."""
    records = found.records
    total = np.concatenate(([0], np.cumsum(records["current"].astype(np.int64))))
    first = np.concatenate(([0], ends[:-1] + 1))
    mean = (total[ends + 1] - total[first]) / (ends + 1 - first)
    last = records[ends]
    made = np.zeros(len(ends), RAW)
    made["timestamp"] = last["seconds"] & 0xFFFF
    made["voltage"] = _half(last["voltage"] / 1000)
    made["current"] = _half(mean / 1000)
    temperature = np.clip((last["temperature"].astype(int) + 402) // 5, 0, 254)
    made["packed16"] = temperature | last["soc"].astype(int) * 2 << 8
    made["min_cell_voltage"], made["max_cell_voltage"] = last["min_mv"], last["max_mv"]
    made["packed8"] = last["max_cell"] * 16 + last["min_cell"]
    return made


def _half(values):
    return np.asarray(values).astype(np.float16).view(np.uint16)


def segments(frames):
    """The frames, cut as into segments of 64 KB."""
    return [frames[i : i + FRAMES_A_SEGMENT] for i in range(0, len(frames), FRAMES_A_SEGMENT)]


def columns(frames):
    """The eight columns of a frame as integers, float16 as its bits."""
    packed = frames["packed16"].astype(np.int64) | frames["packed8"].astype(np.int64) << 16
    names = ("timestamp", "voltage", "current", "min_cell_voltage", "max_cell_voltage")
    found = {name: frames[name].astype(np.int64) for name in names}
    for name, shift, bits, *_ in frame.LAYOUTS[1]:
        found[name] = packed >> shift & ((1 << bits) - 1)
    return found


def rows_zlib(frames):
    """The frames as they are, zlib -9."""
    return len(zlib.compress(frames.tobytes(), 9))


def varint_tamp(frames):
    """Column by column: difference, zigzag, varint; all of it through tamp."""
    return len(tamp.compress(_column_varints(frames), window=_WINDOW))


def plain_planes(frames):
    """Column by column: difference, zigzag, low bytes and high bytes apart; float16 in the order of
    what they mean, the highest cell as what it is above the lowest.
    """
    found = columns(frames)
    found["max_cell_voltage"] -= found["min_cell_voltage"]
    planes = b""
    for name, values in found.items():
        if name in ("voltage", "current"):
            values = np.where(values & 0x8000, 0xFFFF - values, values | 0x8000)
        bits = 8 if name in ("temperature", "soc", "index") else 16
        steps = _zigzag(np.diff(values, prepend=0), bits)
        planes += (steps & 255).astype(np.uint8).tobytes()
        planes += (steps >> 8).astype(np.uint8).tobytes() if bits > 8 else b""
    return planes


def zlib_size(data):
    """zlib -9."""
    return len(zlib.compress(data, 9))


def xz_size(data):
    """xz -9e."""
    return len(lzma.compress(data, **_XZ))


def _zigzag(values, bits):
    half = 1 << bits - 1
    values = (values + half) % (2 * half) - half
    return np.where(values >= 0, 2 * values, -2 * values - 1)


def _column_varints(frames):
    out = bytearray()
    for values in columns(frames).values():
        for value in _zigzag(np.diff(values, prepend=0), 32).tolist():
            while value > 127:
                out.append(value & 127 | 128)
                value >>= 7
            out.append(value)
    return bytes(out)
