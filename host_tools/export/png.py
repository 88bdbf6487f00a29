"""A picture of the frames: current, voltage and SoC over time, one below the other.

Drawn with Pillow, which packlog has anyhow: matplotlib would be seven more packages, 17 MB, that
everybody installs for three lines. To analyse a history, draw the CSV.
"""

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np
from host_tools.ground.errors import PacklogError
from host_tools.history import between
from host_tools.history.frames import Frames
from host_tools.history.loading import Rows
from host_tools.history.timeline import UNKNOWN
from PIL import Image, ImageDraw, ImageFont

EXTENSION = ".png"
BINARY = True

# A column of Frames, what it is called, the height of its panel, the least that its axis spans
PANELS = (
    ("current", "Current, A", 250, 2),
    ("voltage", "Voltage, V", 160, 1),
    ("soc", "SoC, %", 110, 5),
)
WIDTH, LEFT, RIGHT, TOP, BETWEEN, BOTTOM = 960, 62, 14, 40, 16, 34
FINE = 2  # drawn so much larger, and then made smaller: smooth lines
GROUND, INK, GRID, LINE = "#ffffff", "#1f2933", "#dfe5eb", "#1565c0"
STEPS = (1, 2, 5, 10)
TIME_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_DAY_S = 86400


@dataclass(frozen=True)
class Axis:
    """Values from low to high on pixels from start to end."""

    low: float
    high: float
    start: int
    end: int

    def at(self, values):
        """Their pixels."""
        return self.start + (values - self.low) * (self.end - self.start) / (self.high - self.low)


def write(
    rows: Rows,
    put: Callable[[bytes], object],
    epoch: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Give a PNG to put(). PacklogError if the rows are no frames, or none has a date."""
    if not isinstance(rows, Frames):
        raise PacklogError(
            "a picture is of the frames: leave --series and --every out, or write a CSV"
        )
    dated = np.flatnonzero(rows.time != UNKNOWN)
    if not len(dated):
        raise PacklogError("no frame has a date, so there is nothing to draw: write a CSV")
    picture = io.BytesIO()
    _draw(rows, dated).save(picture, "PNG", optimize=True)
    put(picture.getvalue())
    progress(len(rows))


def _draw(rows: Frames, dated: np.ndarray) -> Image.Image:
    height = TOP + sum(panel[2] + BETWEEN for panel in PANELS) - BETWEEN + BOTTOM
    image = Image.new("RGB", (WIDTH * FINE, height * FINE), GROUND)
    pen = _Pen(ImageDraw.Draw(image))
    time = rows.time[dated]
    across = Axis(int(time.min()), max(int(time.max()), int(time.min()) + 60), LEFT, WIDTH - RIGHT)
    title = f"{rows.pack}, {_day(across.low)}: {len(dated) - int(rows.hole[dated].sum())} frames"
    pen.text((LEFT, 12), title, "la")
    drawn = between.lines(rows)
    drawn = drawn.taken(rows.time[drawn.row] != UNKNOWN)
    top = TOP
    for name, words, size, least in PANELS:
        values = getattr(rows, name)[dated]
        down = _axis(values, least, top, size)
        _panel(pen, across, down, words)
        for points in _lines(drawn, name):
            places = zip(across.at(points[0]), down.at(points[1]), strict=True)
            pen.line(list(places), LINE, 1.5)
        top += size + BETWEEN
    for moment, words in _times(across):
        pen.text((across.at(moment), height - BOTTOM + 6), words, "ma")
    pen.text((WIDTH - RIGHT, 12), "UTC", "ra")
    return image.resize((WIDTH, height), Image.Resampling.LANCZOS)


class _Pen:
    """Draws in the pixels of the finished picture."""

    def __init__(self, draw: ImageDraw.ImageDraw):
        self._draw = draw
        self._font = ImageFont.load_default(13 * FINE)

    def line(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        """Through all points."""
        fine = [(x * FINE, y * FINE) for x, y in points]
        self._draw.line(fine, colour, round(width * FINE), joint="curve")

    def text(self, at: tuple[float, float], words: str, anchor: str) -> None:
        """anchor: as Pillow has it."""
        place = at[0] * FINE, at[1] * FINE
        self._draw.text(place, words, INK, self._font, anchor)


def _axis(values: np.ndarray, least: float, top: int, size: int) -> Axis:
    """From the bottom of a panel to its top, some room above and below the values."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    room = max(least - (high - low), 0.1 * (high - low)) / 2
    return Axis(low - room, high + room, top + size, top)


def _panel(pen: _Pen, across: Axis, down: Axis, words: str) -> None:
    for value, said in _ticks(down):
        y = down.at(value)
        pen.line([(LEFT, y), (WIDTH - RIGHT, y)], GRID, 1)
        pen.text((LEFT - 6, y), said, "rm")
    for moment, _ in _times(across):
        pen.line([(across.at(moment), down.end), (across.at(moment), down.start)], GRID, 1)
    pen.line([(LEFT, down.end), (LEFT, down.start), (WIDTH - RIGHT, down.start)], INK, 1)
    pen.text((LEFT + 6, down.end + 2), words, "la")


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    """Some round values on an axis, and how they are written."""
    rough = (axis.high - axis.low) * 40 / (axis.start - axis.end)  # one in 40 pixels
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * each for each in STEPS if unit * each >= rough)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(axis.low / step), math.floor(axis.high / step)
    return [(i * step, f"{i * step:.{decimals}f}") for i in range(first, last + 1)]


def _times(axis: Axis) -> list[tuple[int, str]]:
    """Round times on the axis: hours and minutes, or days where a day is too short."""
    rough = (axis.high - axis.low) / 10
    step = next((each for each in TIME_STEPS if each >= rough), None)
    step = step or math.ceil(rough / _DAY_S) * _DAY_S
    form = "%H:%M" if axis.high - axis.low <= 2 * _DAY_S else "%m-%d"
    if form == "%m-%d":
        step = max(step, _DAY_S)
    moments = range(math.ceil(axis.low / step) * step, int(axis.high) + 1, step)
    return [(each, f"{datetime.fromtimestamp(each, timezone.utc):{form}}") for each in moments]


def _day(unix: float) -> str:
    return f"{datetime.fromtimestamp(unix, timezone.utc):%Y-%m-%d}"


def _lines(lines: between.Lines, name: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What lies between the frames, from gap to gap: times and values, two of each for a frame."""
    ends = [lines.current] * 2 if name == "current" else [lines.first[name], lines.last[name]]
    time = np.stack([lines.begin, lines.end], axis=1)
    values = np.stack(ends, axis=1)
    unknown = ~np.isfinite(values).all(axis=1)
    apart = (time[1:, 0] != time[:-1, 1]) | unknown[1:] | unknown[:-1]
    starts = np.flatnonzero(np.concatenate(([True], apart)))
    for first, last in zip(starts, [*starts[1:], len(time)], strict=True):
        if last > first and not unknown[first]:
            yield time[first:last].reshape(-1), values[first:last].reshape(-1)
