"""Residuals of a shard back to its columns, with numpy: the inverse of plans_plain.py and
planes_plain.py in firmware/store.

All is modulo 2**16, so columns are uint16 and wrap around; a prediction stays below 2**28 and is
int32. What depends on 16 bits alone is looked up. No Python runs per row.
"""

from functools import lru_cache

import numpy as np

from store import planes, plans
from store.columns import BITS, EARLIER, HALF, KIND, OF_HALF, OFFSET, RAW, SHIFT
from store.planes_plain import DIGITS, NARROW, WIDE
from store.plans_plain import LARGEST_STEP

_BYTES = np.arange(256, dtype="<u2")
_PAIRS = _BYTES & 15 | _BYTES >> 4 << 8  # the two digits of a byte, as bytes, the low one first
_ALL = np.arange(65536)


def split(reader, all_plans, rows: int) -> list[np.ndarray]:
    """The residuals of each column, uint8 or uint16, from the planes in their order.

    reader.take(size) gives the next bytes as uint8.
    """
    out = {}
    for i, how in planes.in_order(all_plans):
        if how == DIGITS:
            out[i] = _PAIRS.take(reader.take((rows + 1) // 2)).view(np.uint8)[:rows]
        elif how == WIDE:
            wide = np.flatnonzero(out[i] == NARROW)
            pairs = reader.take(2 * len(wide))
            if len(wide):
                out[i] = out[i].astype(np.uint16)
                out[i][wide] = pairs[0::2] | pairs[1::2].astype(np.uint16) << 8
        elif how:
            out[i] = out[i] | reader.take(rows).astype(np.uint16) << how
        else:
            out[i] = reader.take(rows)
    return [out[i] for i in range(len(all_plans))]


class Restored:
    """The records of a shard, filled column by column, each by those before it."""

    def __init__(self, rows: int, record_size: int):
        self.records = np.zeros((rows, record_size), np.uint8)
        self._columns: dict[int, np.ndarray] = {}  # of 16 bits, by their offset
        self._steps: dict[int, np.ndarray] = {}

    def add(self, plan, residuals: np.ndarray, rests: np.ndarray | None) -> None:
        """Fill a column in. rests: what its unit has left of its halves."""
        column = plan.column
        kind, offset, shift, bits = column[KIND], column[OFFSET], column[SHIFT], column[BITS]
        values = residuals
        if kind != RAW:
            values = _steps(residuals)
            if any(plan.weights):
                values += self._prediction(column[EARLIER:], plan.weights)
            np.add.accumulate(values, out=values)
        if kind == HALF:
            values = _halves(values, plan.unit, rests)
        if bits == 16 and shift == 0:
            self._field(offset, "<u2")[:] = self._columns[offset] = values
            return
        values = (values & (1 << bits) - 1).astype(np.uint16) << shift
        self._field(offset, "u1")[:] |= (values & 255).astype(np.uint8)
        if shift + bits > 8:
            self._field(offset + 1, "u1")[:] |= (values >> 8).astype(np.uint8)

    def _field(self, offset: int, kind: str) -> np.ndarray:
        """A field of all records, to be written to."""
        rows, size = self.records.shape
        return np.ndarray(rows, kind, self.records, offset, (size,)) if rows else np.zeros(0, kind)

    def _prediction(self, earlier: bytes, weights: tuple[int, ...]) -> np.ndarray:
        total = np.full(len(self.records), 512, np.int32)  # rounds
        for each, weight in zip(earlier, weights, strict=True):
            if weight:
                total += self._steps_of(each) * np.int32(weight)
        total >>= 10
        return total.astype(np.uint16)

    def _steps_of(self, which: int) -> np.ndarray:
        """What a column, as EARLIER names it, differs from row to row; before the first is 0."""
        if which not in self._steps:
            offset = which & ~OF_HALF
            values = self._columns.get(offset)
            if values is None:
                values = self._field(offset, "<u2").astype(np.uint16)
            if which & OF_HALF:
                values = _multiples(plans.STEPS).take(values)
            steps = values.copy()
            steps[1:] -= values[:-1]
            too_large = steps + np.uint16(LARGEST_STEP) > 2 * LARGEST_STEP
            if too_large.any():
                steps[too_large] = 0
            self._steps[which] = steps.view(np.int16).astype(np.int32)
        return self._steps[which]


def unzigzag(values):
    """0, 1, 2, 3 ... to 0, -1, 1, -2 ...; of uint8 and uint16 modulo 2**8 and 2**16."""
    return values >> 1 ^ -(values & 1)


def _steps(residuals: np.ndarray) -> np.ndarray:
    """What residuals, uint8 or uint16, mean before the prediction, modulo 2**16."""
    steps = unzigzag(residuals)
    return steps.view(np.int8).astype(np.uint16) if steps.dtype == np.uint8 else steps


def _halves(steps: np.ndarray, unit: int, rests: np.ndarray | None) -> np.ndarray:
    """The bits of halves: of places in their order, counted from that of 0, or of multiples of
    1 / unit and what those leave.
    """
    if not unit:
        return _OF_PLACE.take(steps + _ZERO_PLACE)
    places = _places(unit).take(steps)
    places += _steps(rests)
    return _OF_PLACE.take(places)


def _in_order(bits: np.ndarray) -> np.ndarray:
    """The places of halves in the order of what they mean."""
    return np.where(bits & 0x8000, 0xFFFF - bits, bits | 0x8000)


_OF_PLACE = np.argsort(_in_order(_ALL)).astype(np.uint16)
_ZERO_PLACE = np.uint16(0x8000)


@lru_cache(maxsize=64)
def _places(unit: int) -> np.ndarray:
    """The places of the halves that are nearest to all multiples of 1 / unit that 16 bits hold."""
    near = (_ALL.astype(np.uint16).view(np.int16) / unit).astype(np.float16)
    return _in_order(near.view(np.uint16).astype(np.int64)).astype(np.uint16)


@lru_cache(maxsize=8)
def _multiples(unit: int) -> np.ndarray:
    """All halves as multiples of 1 / unit modulo 2**16, 0 if that is not in 16 bits."""
    exponent = _ALL >> 10 & 31
    mantissa = (_ALL & 1023) + np.where(exponent, 1024, 0)
    shift = 25 - np.maximum(exponent, 1)  # of a half's last bit, below 1; negative above
    down = np.maximum(shift, 0)
    value = (mantissa * unit << np.maximum(-shift, 0)) + (1 << down >> 1) >> down
    value[(exponent == 31) | (value > 32767)] = 0
    return np.where(_ALL & 0x8000, -value, value).astype(np.uint16)
