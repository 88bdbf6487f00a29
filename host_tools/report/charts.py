"""The charts of a report and of packlog plot, by matplotlib: SVG to stand in a page."""

import functools
import io
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
from host_tools.ground.errors import PacklogError

try:
    import matplotlib
except ImportError:
    raise PacklogError(
        "charts need matplotlib, which is not installed: pip install 'packlog[report]', "
        "or 'packlog[plot]' for packlog plot alone"
    ) from None

matplotlib.use("Agg")
from matplotlib import dates, pyplot
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure

INK, SOFT, GRID, GROUND = "#17212b", "#5b6875", "#e4e9ee", "#ffffff"
IN, OUT, SOC, WARM, CELLS = "#00805a", "#b85c00", "#0b66c3", "#c2211b", "#7a3fc4"
GAP, EVENT = "#eef1f4", "#c2211b"
WIDTH_IN = 9.6
_KILO = 1000
_EPOCH = datetime(1970, 1, 1)
_FLOW = LinearSegmentedColormap.from_list(
    "flow", [(0, OUT), (0.25, "#e9a35c"), (0.5, "#f7f7f5"), (0.75, "#6dbd9d"), (1, IN)]
)
STYLE = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": GRID,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.hashsalt": "packlog",  # the same report twice is the same bytes
    "savefig.facecolor": GROUND,
}


def figure(height: float, rows: int = 1, **options) -> tuple[Figure, list[Axes]]:
    """A figure with axes below each other; height in inches."""
    made, axes = pyplot.subplots(
        rows, 1, figsize=(WIDTH_IN, height), squeeze=False, layout="constrained", **options
    )
    return made, list(axes[:, 0])


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """That function with matplotlib's settings as STYLE has them, for its time only."""

    @functools.wraps(draw)
    def drawn(*arguments, **options) -> Figure:
        with pyplot.rc_context(STYLE):
            return draw(*arguments, **options)

    return drawn


def svg(made: Figure) -> str:
    """A figure as an element of HTML."""
    out = io.StringIO()
    with pyplot.rc_context(STYLE):
        made.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(made)
    text = out.getvalue()
    return text[text.index("<svg") :]


def of_days(day: np.ndarray) -> np.ndarray:
    """Days since 1970 as what matplotlib draws."""
    return np.asarray(day).astype("datetime64[D]")


def _dates(axes: Axes) -> None:
    locator = dates.AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))


@styled
def energy(labels, into, out, title: str) -> Figure:
    """kWh in, upwards, and out, downwards. labels: days since 1970, or texts."""
    made, (axes,) = figure(2.5)
    is_time = not isinstance(labels[0], str)
    x = of_days(labels) if is_time else np.arange(len(labels))
    width = np.timedelta64(20, "h") if is_time else 0.7
    axes.bar(x, into, width, color=IN, label="charged")
    axes.bar(x, -np.asarray(out), width, color=OUT, label="discharged")
    axes.axhline(0, color=SOFT, linewidth=0.8)
    axes.set_ylabel("kWh")
    axes.set_title(title)
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axes.grid(axis="x", visible=False)
    axes.legend(ncols=2, loc="upper right", bbox_to_anchor=(1, 1.16))
    if is_time:
        _dates(axes)
    else:
        axes.set_xticks(x, labels)
        axes.set_xlim(-0.6, max(len(x), 6) - 0.4)
    return made


@styled
def heat_map(first_day: int, power: np.ndarray) -> Figure:
    """kW by day and time of day."""
    made, (axes,) = figure(3.1)
    most = max(float(np.nanmax(np.abs(power), initial=0)), 1.0) / _KILO
    begin = _EPOCH + timedelta(first_day)
    extent = [*dates.date2num([begin, begin + timedelta(len(power))]), 0, 24]
    shown = np.ma.masked_invalid(power.T / _KILO)
    colours = _FLOW.with_extremes(bad="#d9dee3")
    image = axes.imshow(
        shown,
        cmap=colours,
        norm=TwoSlopeNorm(0, -most, most),
        extent=extent,
        origin="lower",
        aspect="auto",
        interpolation="none",
    )
    axes.xaxis_date()
    _dates(axes)
    axes.set_yticks(range(0, 25, 6), [f"{hour:02}:00" for hour in range(0, 25, 6)])
    axes.grid(False)
    axes.set_title("Power by day and time of day")
    bar = made.colorbar(image, ax=axes, pad=0.01, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label("kW, charge positive", color=SOFT)
    return made


@styled
def band(day, low, high, title: str, unit: str, colour: str) -> Figure:
    """A range by day, from low to high."""
    made, (axes,) = figure(2.1)
    x = of_days(day)
    axes.bar(x, np.asarray(high) - low, np.timedelta64(18, "h"), low, color=colour, alpha=0.85)
    axes.set_ylabel(unit)
    axes.set_title(title)
    axes.grid(axis="x", visible=False)
    if unit == "%":
        axes.set_ylim(0, 100)
    _dates(axes)
    return made


@styled
def spread(found) -> Figure:
    """How far the cells are apart, by day; and which of them are off the mean, and by how much."""
    made, (over_time, by_cell) = figure(4.4, 2)
    x = of_days(found.day)
    over_time.fill_between(x, found.median, found.highest, color=CELLS, alpha=0.18, linewidth=0)
    over_time.plot(x, found.highest, color=CELLS, linewidth=0.9, alpha=0.6, label="day's highest")
    over_time.plot(x, found.median, color=CELLS, linewidth=1.8, label="day's median")
    over_time.set_ylabel("mV")
    over_time.set_ylim(bottom=0)
    over_time.set_title("Highest less lowest cell")
    over_time.legend(ncols=2, loc="upper right", bbox_to_anchor=(1, 1.2))
    _dates(over_time)
    number = np.arange(1, len(found.deviation) + 1)
    by_cell.bar(number, found.deviation, 0.6, color=CELLS)
    by_cell.axhline(0, color=SOFT, linewidth=0.8)
    by_cell.set_xticks(number)
    by_cell.set_xlabel("cell")
    by_cell.set_ylabel("mV")
    by_cell.set_title("Typical deviation of each cell from the mean of all")
    by_cell.grid(axis="x", visible=False)
    return made


@styled
def resistances(months: list) -> Figure:
    """mOhm AFTER_S[0] after a load step by month, with the error. months: (name, Resistance)."""
    made, (axes,) = figure(2.1)
    x = np.arange(len(months))
    ohm, error = (
        np.array([getattr(each, name)[0] * _KILO for _, each in months])
        for name in ("ohm", "error")
    )
    axes.errorbar(x, ohm, error, fmt="o", color=SOC, capsize=4, linewidth=1.4, markersize=5)
    axes.set_xticks(x, [month for month, _ in months])
    axes.set_xlim(-0.6, max(len(x), 6) - 0.4)
    axes.set_ylim(0, max((ohm + error).max() * 1.2, 0.1))
    axes.set_ylabel("mOhm")
    axes.set_title("Resistance by month, and its error")
    return made
