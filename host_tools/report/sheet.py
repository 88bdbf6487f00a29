"""The picture of packlog plot, by matplotlib: panels below each other with one axis of time."""

import io
from datetime import datetime, timezone, tzinfo

import numpy as np
from host_tools.report import charts
from host_tools.report.charts import GAP, INK, SOFT, styled
from host_tools.report.plot import CURVES, Curve, Sheet
from matplotlib import dates, pyplot
from matplotlib.figure import Figure

_COLOURS = {
    "current": ("#0b66c3",),
    "power": ("#00805a",),
    "voltage": ("#7a3fc4",),
    "soc": ("#00805a",),
    "cells": ("#0b66c3", "#b85c00"),
    "temperature": ("#c2211b",),
}
_HEIGHT_IN = 1.75
_DOTS = 150  # an inch
_MOST_WORDS = 8  # of events: more are marks without them


@styled
def draw(sheet: Sheet, zone: tzinfo | None) -> Figure:
    """The picture of a sheet, times in that zone (None: UTC)."""
    zone = zone or timezone.utc
    made, panels = charts.figure(
        0.8 + _HEIGHT_IN * len(sheet.curves), len(sheet.curves), sharex=True
    )
    for axes, (name, curves) in zip(panels, sheet.curves.items(), strict=True):
        words, unit, _ = CURVES[name]
        for colour, curve in zip(_COLOURS[name], curves, strict=True):
            _put(axes, curve, colour)
        for begin, end in sheet.silences:
            axes.axvspan(_date(begin), _date(end), color=GAP, linewidth=0, zorder=0)
        for time, _ in sheet.events:
            axes.axvline(_date(time), color=charts.EVENT, linewidth=0.7, alpha=0.6)
        if name in ("current", "power"):
            axes.axhline(0, color=SOFT, linewidth=0.7)
        axes.set_title(f"{words}, {unit}")
        axes.margins(x=0)
    panels[0].set_xlim(*map(_date, sheet.span))
    locator = dates.AutoDateLocator(tz=zone, minticks=5, maxticks=10)
    panels[-1].xaxis.set_major_locator(locator)
    panels[-1].xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone))
    _name_events(panels[0], sheet)
    begin, end = (datetime.fromtimestamp(each, zone) for each in sheet.span)
    what = "means, and from the lowest to the highest" if sheet.is_means else "tolerances as a band"
    made.suptitle(
        f"{sheet.title}   {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} ({end:%Z}); {what}",
        x=0.01, ha="left", fontsize=10, color=INK,
    )  # fmt: skip
    return made


def _put(axes, curve: Curve, colour: str) -> None:
    time = _dates(np.stack([curve.begin, curve.end], axis=1))
    known = np.isfinite(curve.first) & np.isfinite(curve.last)
    apart = np.ones(len(known), bool)
    apart[1:] = (curve.begin[1:] != curve.end[:-1]) | ~known[1:] | ~known[:-1]
    starts = np.flatnonzero(apart)
    for first, last in zip(starts, [*starts[1:], len(known)], strict=True):
        if last > first and known[first]:
            x = time[first:last].reshape(-1)
            low, high, middle = (
                np.stack([each[0][first:last], each[1][first:last]], axis=1).reshape(-1)
                for each in (curve.low, curve.high, (curve.first, curve.last))
            )
            axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(x, middle, color=colour, linewidth=1.1, solid_joinstyle="round")


def _name_events(axes, sheet: Sheet) -> None:
    for time, words in sheet.events if len(sheet.events) <= _MOST_WORDS else []:
        axes.annotate(
            words, (_date(time), 1), (2, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", fontsize=7, color=charts.EVENT, rotation=90,
        )  # fmt: skip


def _date(unix: float) -> float:
    return float(unix) / 86400


def _dates(unix: np.ndarray) -> np.ndarray:
    """Unix seconds as matplotlib has dates: days since 1970."""
    return unix / 86400


def encoded(made: Figure, form: str) -> bytes:
    """The bytes of a file."""
    out = io.BytesIO()
    with pyplot.rc_context(charts.STYLE):
        about = {"Date": None, "Creator": None} if form == "svg" else {}
        made.savefig(out, format=form, dpi=_DOTS, metadata=about)
    pyplot.close(made)
    return out.getvalue()
