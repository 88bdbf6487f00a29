"""Residuals of a shard back to its columns, with numpy: the inverse of plans_plain.py and
planes_plain.py in firmware/store.

All is modulo 2**16, and summed in int32: a prediction stays below 2**28, and an overflow would not
change the low 16 bits. What depends on 16 bits alone is looked up. No Python runs per row.
"""

from functools import lru_cache

import numpy as np

from store import planes, plans
from store.columns import BITS, EARLIER, HALF, KIND, OF_HALF, OFFSET, RAW, SHIFT
from store.planes_plain import DIGITS, NARROW, WIDE
from store.plans_plain import LARGEST_STEP

_ALL = np.arange(65536)


def unzigzag(values):
    """0, 1, 2, 3 ... to 0, -1, 1, -2 ...; of uint8 and uint16 modulo 2**8 and 2**16."""
    return values >> 1 ^ -(values & 1)


def _pairs() -> np.ndarray:
    """What the two digits of each byte mean, as two int8 in a uint16, the low digit first."""
    byte = np.arange(256, dtype=np.uint8)
    return np.stack([unzigzag(byte & 15), unzigzag(byte >> 4)], axis=1).view("<u2")[:, 0]


_PAIRS = _pairs()
_WIDE_STEP = unzigzag(NARROW)  # stands for a wide one


def split(reader, all_plans, rows: int) -> list[np.ndarray]:
    """What the residuals of each column mean, int32, from the planes in their order; of a RAW
    column the values, uint8.

    reader.take(size) gives the next bytes as uint8.
    """
    out = {}
    for i, how in planes.in_order(all_plans):
        if how == DIGITS:
            out[i] = _PAIRS.take(reader.take((rows + 1) // 2)).view(np.int8)[:rows]
        elif how == WIDE:
            wide = np.flatnonzero(out[i] == _WIDE_STEP)
            out[i] = out[i].astype(np.int32)
            if len(wide):
                out[i][wide] = unzigzag(reader.take(2 * len(wide)).view("<u2")).view(np.int16)
        elif how:
            both = np.empty((rows, 2), np.uint8)
            both[:, 0], both[:, 1] = out[i], reader.take(rows)
            out[i] = unzigzag(both.view("<u2")[:, 0]).view(np.int16).astype(np.int32)
        elif all_plans[i].column[KIND] == RAW:
            out[i] = reader.take(rows)
        elif all_plans[i].column[BITS] > 8:
            out[i] = reader.take(rows)  # the low bytes
        else:
            out[i] = unzigzag(reader.take(rows)).view(np.int8).astype(np.int32)
    return [out[i] for i in range(len(all_plans))]


class Restored:
    """The records of a shard, filled column by column, each by those before it."""

    def __init__(self, rows: int, record_size: int):
        self.records = np.zeros((rows, record_size), np.uint8)
        self._halves: dict[int, np.ndarray] = {}  # their bits, by their offset
        self._steps: dict[int, np.ndarray] = {}  # as EARLIER names them

    def add(self, plan, steps: np.ndarray, rests: np.ndarray | None) -> None:
        """Fill a column in. steps: as split() has them. rests: what its unit has left of halves."""
        column = plan.column
        kind, offset, shift, bits = column[KIND], column[OFFSET], column[SHIFT], column[BITS]
        values = steps
        if kind != RAW:
            if any(plan.weights):
                values += self._prediction(column[EARLIER:], plan.weights)
            if kind != HALF and bits == 16:
                self._steps[offset] = values.astype(np.int16)
            np.add.accumulate(values, out=values)
        if kind == HALF:
            values = self._halves[offset] = _halves(values.astype(np.uint16), plan.unit, rests)
        if bits == 16 and shift == 0:
            self._field(offset, "<u2")[:] = values
        elif bits == 8 and shift == 0:
            self._field(offset, "u1")[:] = values
        else:
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
        return total

    def _steps_of(self, which: int) -> np.ndarray:
        """What a column, as EARLIER names it, differs from row to row; before the first is 0."""
        steps = self._steps.get(which)
        if steps is None:
            values = self._halves.get(which - OF_HALF)
            if values is None:
                values = self._field(which & ~OF_HALF, "<u2")
            if which & OF_HALF:
                values = _multiples(plans.STEPS).take(values)
            steps = values.astype(np.int16)
            steps[1:] -= steps[:-1]
        if steps.dtype != np.int32:
            if max(steps.max(initial=0), -int(steps.min(initial=0))) > LARGEST_STEP:
                steps[np.abs(steps.astype(np.int32)) > LARGEST_STEP] = 0
            steps = self._steps[which] = steps.astype(np.int32)
        return steps


def _halves(values: np.ndarray, unit: int, rests: np.ndarray | None) -> np.ndarray:
    """The bits of halves: of places in their order, counted from that of 0, or of multiples of
    1 / unit and what those leave.
    """
    if not unit:
        return _OF_PLACE.take(values + _ZERO_PLACE)
    places = _places(unit).take(values)
    places += rests.astype(np.uint16)
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
