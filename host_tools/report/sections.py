"""What a report says, section by section: plain words, charts and tables of the facts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from host_tools.history import resistance
from host_tools.history.info_days import Day
from host_tools.report import charts
from host_tools.report.facts import MOST_EVENTS, MOST_GAPS, Facts, day_number

_MILLI = 1000
_HOUR_S, _DAY_S = 3600, 86400
_MOST_DAYS = 92  # in the chart by day; all of them are in that by month
_FEW_KWH = 1.0  # an efficiency of less says nothing
_MOST_STORED = 0.2  # of what was charged, that may be in the pack now: it is known by SoC alone


@dataclass
class Tile:
    """A number that a person looks for first."""

    name: str
    value: str
    more: str = ""


@dataclass
class Chart:
    """words: for those who do not see it."""

    svg: str
    words: str


@dataclass
class Table:
    """kinds: by column the class of its cells: n for numbers, t for times, nothing for texts."""

    names: list[str]
    kinds: list[str]
    rows: list[list[str]]


@dataclass
class Section:
    """A part of a report."""

    title: str
    text: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def tiles(facts: Facts) -> list[Tile]:
    """The numbers at the top."""
    into, out = _kwh(facts.days)
    found = [
        Tile("charged", f"{into:,.0f} kWh", _a_day(into, facts)),
        Tile("discharged", f"{out:,.0f} kWh", _a_day(out, facts)),
    ]
    if efficiency := _efficiency(facts):
        found.append(Tile("efficiency", f"{efficiency:.0f} %", "of the energy came back"))
    low, high = _extremes(facts.days, "soc_lowest", "soc_highest")
    if low is not None:
        found.append(Tile("SoC", f"{low:.0f} to {high:.0f} %", "lowest and highest"))
    low, high = _extremes(facts.days, "lowest_cell_v", "highest_cell_v")
    if low is not None:
        found.append(Tile("cells", f"{low:.2f} to {high:.2f} V", "lowest and highest cell"))
    low, high = _extremes(facts.days, "temperature_lowest", "temperature_highest")
    if low is not None:
        found.append(Tile("temperature", f"{low:.0f} to {high:.0f} °C"))
    if facts.resistance:
        ohm, error = facts.resistance.ohm[0], facts.resistance.error[0]
        more = f"{resistance.AFTER_S[0]:g} s after a load step"
        found.append(Tile("resistance", f"{_milliohm(ohm, error)} mΩ", more))
    silent = sum(end - begin for begin, end in facts.silences)
    gaps = "1 gap" if len(facts.silences) == 1 else f"{len(facts.silences)} gaps"
    found.append(Tile("silence", _length(silent), gaps))
    return found


def sections(facts: Facts) -> list[Section]:
    """All that there is something to say of."""
    made = (_energy(facts), _heat_map(facts), _soc(facts), _cells(facts), _temperature(facts),
            _resistance(facts), _gaps(facts), _events(facts))  # fmt: skip
    return [section for section in made if section]


def _energy(facts: Facts) -> Section | None:
    if not facts.days:
        return None
    days = facts.days[-_MOST_DAYS:]
    numbers = [day_number(day.day) for day in days]
    title = "Energy by day"
    if len(facts.days) > len(days):
        title += f", the last {_MOST_DAYS} days"
    into, out = [day.kwh_in for day in days], [day.kwh_out for day in days]
    made = Section("Energy", ["Charged above the line, discharged below it."])
    made.charts.append(Chart(charts.svg(charts.energy(numbers, into, out, title)), title))
    months, years = _sums(facts.days, 7), _sums(facts.days, 4)
    if len(months) > 1:
        labels = [month for month, *_ in months][-24:]
        drawn = charts.energy(labels, *zip(*(row[1:3] for row in months[-24:]), strict=True),
                              "Energy by month")  # fmt: skip
        made.charts.append(Chart(charts.svg(drawn), "Energy by month"))
    for name, rows in (("month", months), ("year", years if len(years) > 1 else [])):
        if not rows:
            continue
        table = Table([name, "days", "charged", "discharged", "full cycles*"], ["t", *"nnnn"], [])
        for label, kwh_in, kwh_out, ah, count in rows:
            cycles = f"{ah / facts.cycle_ah:.1f}" if facts.cycle_ah else ""
            table.rows.append(
                [label, f"{count}", f"{kwh_in:.1f} kWh", f"{kwh_out:.1f} kWh", cycles]
            )
        if not facts.cycle_ah:
            table = Table(table.names[:-1], table.kinds[:-1], [row[:-1] for row in table.rows])
        made.tables.append(table)
    if facts.cycle_ah:
        made.text.append(
            f"* Full cycles: half of the charge that went in and out, by the capacity of "
            f"{facts.cycle_ah:.0f} Ah in the board's config."
        )
    return made


def _sums(days: Iterable[Day], length: int) -> list[tuple[str, float, float, float, int]]:
    """(month or year, kWh in, kWh out, Ah in and out halved, days), by so much of the date."""
    found: dict[str, list[Day]] = defaultdict(list)
    for day in days:
        found[day.day[:length]].append(day)
    return [
        (name, *_kwh(each), sum(day.ah_in + day.ah_out for day in each) / 2, len(each))
        for name, each in sorted(found.items())
    ]


def _heat_map(facts: Facts) -> Section | None:
    if not len(facts.power):
        return None
    words = (
        "When the battery is charged (green) and discharged (orange): a column a day, from "
        f"midnight below to midnight above, in local time ({facts.zone}). Grey: nothing was logged."
    )
    drawn = charts.svg(charts.heat_map(facts.first_day, facts.power))
    return Section("The day", [words], [Chart(drawn, "Power by day and time of day")])


def _soc(facts: Facts) -> Section | None:
    days = [day for day in facts.days if day.soc_lowest is not None]
    if not days:
        return None
    low, high = ([getattr(day, name) for day in days] for name in ("soc_lowest", "soc_highest"))
    full, empty = sum(each >= 99 for each in high), sum(each <= 20 for each in low)
    words = (
        f"The range that each day used: on average {np.mean(np.subtract(high, low)):.0f} %. The "
        f"battery was full (99 % or more) on {full} of {len(days)} days, and at 20 % or below on "
        f"{empty}."
    )
    numbers = [day_number(day.day) for day in days]
    drawn = charts.band(numbers, low, high, "SoC, lowest to highest of each day", "%", charts.SOC)
    return Section("State of charge", [words], [Chart(charts.svg(drawn), "SoC by day")])


def _cells(facts: Facts) -> Section | None:
    found = facts.spread
    if not found:
        return None
    first, last = _ends(found.median)
    worst = int(np.argmax(np.abs(found.deviation))) + 1
    words = (
        f"How far the highest cell is above the lowest: {np.median(found.median):.0f} mV on a "
        f"typical day, {found.highest.max():.0f} mV at most. The first days have {first:.0f} mV, "
        f"the last ones {last:.0f} mV. Cell {worst} is off the mean the most, by "
        f"{found.deviation[worst - 1]:+.1f} mV. A spread that grows over months asks for "
        "balancing, or for a look at the cell's terminals."
    )
    drawn = charts.svg(charts.spread(found))
    return Section("Cells", [words], [Chart(drawn, "Spread of the cells by day, and by cell")])


def _ends(values: np.ndarray) -> tuple[float, float]:
    few = max(1, min(7, len(values) // 4))
    return float(np.median(values[:few])), float(np.median(values[-few:]))


def _temperature(facts: Facts) -> Section | None:
    days = [day for day in facts.days if day.temperature_lowest is not None]
    if not days:
        return None
    low = [day.temperature_lowest for day in days]
    high = [day.temperature_highest for day in days]
    cold = sum(each < 0 for each in low)
    words = f"{min(low):.0f} °C at the lowest, {max(high):.0f} °C at the highest."
    if cold:
        words += f" Below 0 °C on {cold} days: LiFePO4 cells must not be charged then."
    numbers = [day_number(day.day) for day in days]
    title = "Temperature, lowest to highest of each day"
    drawn = charts.band(numbers, low, high, title, "°C", charts.WARM)
    return Section("Temperature", [words], [Chart(charts.svg(drawn), title)])


def _resistance(facts: Facts) -> Section | None:
    found = facts.resistance
    if not found:
        return None
    rows = [
        [f"{after:g} s", f"{_milliohm(ohm, error)} mΩ", f"{ohm * 100:.2f} V"]
        for after, ohm, error in zip(resistance.AFTER_S, found.ohm, found.error, strict=True)
    ]
    names = ["after a load step", "resistance", "drop at 100 A"]
    words = [
        f"When a load comes or goes, the pack's voltage follows. {found.steps} such steps on "
        f"{found.days} days give, in one regression, the resistance of cells, busbars and BMS "
        "together. The errors are at 95 %. It depends on temperature: cold cells have more. A "
        "value that rises over years is ageing; one that rises at once is a loose terminal."
    ]
    made = Section("Resistance", words, [], [Table(names, ["t", "n", "n"], rows)])
    if len(facts.resistances) > 1:
        drawn = charts.svg(charts.resistances(facts.resistances))
        made.charts.append(Chart(drawn, "Resistance by month"))
    return made


def _gaps(facts: Facts) -> Section:
    total = sum(end - begin for begin, end in facts.silences)
    if not facts.silences:
        return Section("Gaps", ["Nothing is missing between the first and the last reading."])
    longest = sorted(facts.silences, key=lambda each: each[0] - each[1])[:MOST_GAPS]
    rows = [
        [facts.local_text(begin), facts.local_text(end), _length(end - begin)]
        for begin, end in sorted(longest)
    ]
    count = len(facts.silences)
    words = f"{count} times no reading arrived for a while, {_length(total)} in all."
    if count == 1:
        words = f"Once no reading arrived for a while: {_length(total)}."
    if len(longest) < len(facts.silences):
        words += f" The {MOST_GAPS} longest:"
    return Section("Gaps", [words], [], [Table(["from", "to", "length"], ["t", "t", "n"], rows)])


def _events(facts: Facts) -> Section | None:
    if not facts.event_counts:
        return None
    counted = [[name.replace("_", " "), f"{count}"] for name, count in facts.event_counts]
    newest = facts.events[-MOST_EVENTS:][::-1]
    rows = [
        [facts.local_text(time), name.replace("_", " "), details] for time, name, details in newest
    ]
    words = []
    if len(newest) < len(facts.events):
        words.append(f"The newest {MOST_EVENTS}; packlog decode --series events has all of them.")
    tables = [Table(["time", "event", ""], ["t", "t", ""], rows)] if rows else []
    tables.append(Table(["event", "times"], ["", "n"], counted))
    return Section("Events", words, [], tables)


def _kwh(days: Iterable[Day]) -> tuple[float, float]:
    days = list(days)
    return sum(day.kwh_in for day in days), sum(day.kwh_out for day in days)


def _a_day(kwh: float, facts: Facts) -> str:
    logged = sum(day.logged_s for day in facts.days) / _DAY_S
    return f"{kwh / logged:.1f} kWh a day" if logged >= 1 else ""


def _efficiency(facts: Facts) -> float | None:
    """% of the energy that came back, without what is in the pack now; None if that is much."""
    into, out = _kwh(facts.days)
    flowed = sum(day.ah_in + day.ah_out for day in facts.days)
    if not facts.cycle_ah or facts.soc_change is None or into < _FEW_KWH:
        return None
    stored = facts.soc_change / 100 * facts.cycle_ah * (into + out) / flowed
    return 100 * out / (into - stored) if abs(stored) <= _MOST_STORED * into else None


def _extremes(days: list[Day], low: str, high: str) -> tuple[float | None, float | None]:
    lows = [getattr(day, low) for day in days if getattr(day, low) is not None]
    highs = [getattr(day, high) for day in days if getattr(day, high) is not None]
    return (min(lows), max(highs)) if lows and highs else (None, None)


def _milliohm(ohm: float, error: float) -> str:
    places = 2 if error < 0.0005 else 1
    return f"{ohm * _MILLI:.{places}f} ± {error * _MILLI:.{places}f}"


def _length(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    if seconds < _HOUR_S:
        return f"{seconds // 60} min"
    if seconds < 2 * _DAY_S:
        return f"{seconds // _HOUR_S} h {seconds % _HOUR_S // 60:02} min"
    return f"{seconds / _DAY_S:.1f} days"
