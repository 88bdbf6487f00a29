"""Texts to whole numbers of a unit. What is no number, or beyond what a BMS can mean, is BAD."""

import math
import re

EMPTY, BAD = 1 << 40, 1 << 41  # instead of a number: there is nothing, there is none
_MEMO = 1 << 16  # texts whose number is remembered
_TEXT = re.compile(r"(.*?\d[.,]?)\s*(mv|ma|v|a|%|°?\s?c)?", re.I)  # 53.2 V, as Grafana writes it
_SMALL = {"mv", "ma"}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[.,\u00a0\u202f' ]\d{3})+")


class Numbers(dict):
    """scale: how many of the unit are 1 of the CSV's, where zero is 0; lowest and highest in the
    CSV's. factor and shift: of the column's own unit. comma: before the decimals.

    mv: numbers from there on, where the column has no unit, are thousandths.
    """

    def __init__(self, limits: tuple, factor=1.0, shift=0.0, comma=False, mv=math.inf):
        self._scale, self._lowest, self._highest, self._zero = limits
        self._factor, self._shift, self._comma, self._mv = factor, shift, comma, mv

    def __missing__(self, text: str) -> int:
        if len(self) >= _MEMO:
            self.clear()
        found = self[text] = self._number(text.strip().replace("\u2212", "-"))  # a minus
        return found

    def _number(self, text: str) -> int:
        if not text:
            return EMPTY
        try:
            value = self._value(text)
        except ValueError:
            return BAD
        if not self._lowest <= value <= self._highest:  # NaN is not within either
            return BAD
        return math.floor(value * self._scale + 0.5) - self._zero

    def _value(self, text: str) -> float:
        try:
            value = float(self._point(text))
        except ValueError:
            found = _TEXT.fullmatch(text)
            if not found or not found[2]:
                raise
            value = float(self._point(found[1]))
            if found[2].lower() in _SMALL:
                return value / 1000
        if abs(value) >= self._mv:
            return value / 1000
        return value * self._factor + self._shift if self._factor != 1 or self._shift else value

    def _point(self, text: str) -> str:
        """With a point before the decimals, and nothing between thousands."""
        if not self._comma:
            if "," in text and not _THOUSANDS.fullmatch(text.partition(".")[0]):
                raise ValueError("a comma")
            return text.replace(",", "")
        if "." in text and not _THOUSANDS.fullmatch(text.partition(",")[0]):
            raise ValueError("a point")
        return text.replace(".", "").replace(",", ".")
