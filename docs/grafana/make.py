"""Writes the dashboards of this folder: python docs/grafana/make.py

They are for VictoriaMetrics, filled by `packlog sync` or `packlog export`. Grafana asks it as it
asks Prometheus; some of the language is VictoriaMetrics' own (MetricsQL).
"""

import json
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = {"type": "prometheus", "uid": "packlog"}
PACK = '{pack=~"$pack"}'
LONGEST = "1h"  # of a frame: store.interval_s is 15 minutes by default
WIDTH, HEIGHT = 24, 8
BLUE, GREEN, ORANGE, RED, PURPLE = "#3274D9", "#299C46", "#FF780A", "#C4162A", "#8F3BB8"


def frame(name: str) -> str:
    """What a frame says of each moment that it covers, nothing in silence.

    A frame stands for the time before its own: for a moment it is the next one, if that had begun.
    """
    following = f"{PACK}[{LONGEST}] offset -{LONGEST}"
    return (
        f"first_over_time(packlog_frames_{name}{following}) if "
        f"(tfirst_over_time(packlog_frames_{name}{following}) - "
        f"first_over_time(packlog_frames_seconds{following}) <= time())"
    )


def newest(name: str) -> str:
    return f"last_over_time(packlog_frames_{name}{PACK}[30d])"


def cells(more: str) -> str:
    """Every cell, with its number as the label cell."""
    every = '{__name__=~"packlog_cells_cell_[0-9]+", pack=~"$pack"}'
    held = f"last_over_time({every}[3h]) keep_metric_names"
    return f'label_replace({held}, "cell", "$1", "__name__", ".*_([0-9]+)"){more}'


def period(series: str, name: str) -> str:
    return f"packlog_{series}_{name}{PACK}"


def panel(kind: str, title: str, unit: str, *lines: tuple[str, str], **more) -> dict:
    """lines: (query, legend) of each. more: decimals, width, height, colours, bars, stacked."""
    colours = more.get("colours", ())
    defaults = {"unit": unit, "decimals": more.get("decimals")}
    if kind == "timeseries":
        bars = more.get("bars", False)
        defaults["custom"] = {
            "drawStyle": "bars" if bars else "line",
            "lineInterpolation": "stepAfter",
            "fillOpacity": 70 if bars else 10,
            "lineWidth": 0 if bars else 1,
            "spanNulls": False,
        }
    overrides = [
        {
            "matcher": {"id": "byFrameRefID", "options": chr(65 + number)},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for number, colour in enumerate(colours)
    ]
    targets = [
        {"refId": chr(65 + i), "datasource": SOURCE, "expr": query, "legendFormat": legend}
        | ({"instant": True} if kind == "stat" else {"interval": more.get("interval", "1m")})
        for i, (query, legend) in enumerate(lines)
    ]
    made = {
        "type": kind,
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"w": more.get("width", WIDTH // 2), "h": more.get("height", HEIGHT)},
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
        "targets": targets,
    }
    if kind == "timeseries":
        made["options"] = {"tooltip": {"mode": "multi"}, "legend": {"displayMode": "list"}}
    else:
        made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value"}
    return made


def stat(title: str, unit: str, query: str, **more) -> dict:
    more = {"width": 4, "height": 4} | more
    return panel("stat", title, unit, (query, "{{pack}}"), **more)


def placed(panels: list[dict]) -> list[dict]:
    """With their places: from left to right, row by row."""
    x = y = height = 0
    for number, each in enumerate(panels):
        where = each["gridPos"]
        if x + where["w"] > WIDTH:
            x, y = 0, y + height
        where["x"], where["y"], height = x, y, where["h"]
        x += where["w"]
        each["id"] = number + 1
    return panels


def dashboard(uid: str, title: str, since: str, panels: list[dict]) -> dict:
    variable = {
        "name": "pack",
        "type": "query",
        "label": "Pack",
        "datasource": SOURCE,
        "query": "label_values(packlog_frames_voltage, pack)",
        "definition": "label_values(packlog_frames_voltage, pack)",
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "current": {"text": "All", "value": "$__all"},
    }
    events = {
        "name": "Events",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": ORANGE,
        "expr": f"count_over_time(packlog_events_code{PACK}[$__interval])",
        "step": "1m",
        "titleFormat": "{{event}}",
        "textFormat": "{{pack}}",
    }
    return {
        "uid": uid,
        "title": title,
        "tags": ["packlog"],
        "editable": True,
        "schemaVersion": 39,
        "version": 1,
        "refresh": "5m",
        "time": {"from": since, "to": "now"},
        "templating": {"list": [variable]},
        "annotations": {"list": [events]},
        "panels": placed(panels),
    }


def hours() -> dict:
    power = f"({frame('voltage')}) * ({frame('current')})"
    mean = f" - on(pack) group_left() avg by (pack) ({cells('')})"
    return dashboard(
        "packlog-pack",
        "packlog: the pack",
        "now-24h",
        [
            stat("State of charge", "percent", newest("soc"), decimals=0),
            stat("Power", "watt", f"{newest('voltage')} * {newest('current')}", decimals=0),
            stat("Voltage", "volt", newest("voltage"), decimals=2),
            stat("Temperature", "celsius", newest("temperature"), decimals=1),
            stat(
                "Cells apart",
                "volt",
                f"{newest('max_cell_voltage')} - {newest('min_cell_voltage')}",
                decimals=3,
            ),
            stat(
                "Age of the newest frame",
                "s",
                f"time() - tlast_over_time(packlog_frames_voltage{PACK}[30d])",
                decimals=0,
            ),
            panel("timeseries", "Power", "watt", (power, "{{pack}}"), colours=[BLUE]),
            panel("timeseries", "State of charge", "percent", (frame("soc"), "{{pack}}"),
                  colours=[GREEN]),
            panel("timeseries", "Current", "amp", (frame("current"), "{{pack}}"), decimals=1),
            panel("timeseries", "Voltage", "volt", (frame("voltage"), "{{pack}}"), decimals=2,
                  colours=[PURPLE]),
            panel(
                "timeseries",
                "Lowest and highest cell",
                "volt",
                (frame("max_cell_voltage"), "{{pack}} highest"),
                (frame("min_cell_voltage"), "{{pack}} lowest"),
                decimals=3,
                colours=[ORANGE, BLUE],
            ),
            panel("timeseries", "Temperature", "celsius", (frame("temperature"), "{{pack}}"),
                  colours=[RED]),
            panel("timeseries", "Every cell", "volt", (cells(""), "{{pack}} {{cell}}"), decimals=3),
            panel("timeseries", "Cells from their mean", "volt",
                  (cells(mean), "{{pack}} {{cell}}"), decimals=3),
            panel(
                "timeseries",
                "Energy of each hour",
                "watth",
                (period("hours", "energy_in"), "{{pack}} in"),
                (f"-{period('hours', 'energy_out')}", "{{pack}} out"),
                bars=True,
                interval="1h",
                colours=[GREEN, ORANGE],
                width=WIDTH,
            ),
        ],
    )  # fmt: skip


def years() -> dict:
    def day(title, unit, *lines, **more):
        return panel("timeseries", title, unit, *lines, interval="1d", **more)

    def total(name):
        return f"sum_over_time(packlog_days_{name}{PACK}[$__range])"

    energy_in, energy_out = total("energy_in"), total("energy_out")
    return dashboard(
        "packlog-years",
        "packlog: months and years",
        "now-90d",
        [
            stat("Energy in", "watth", energy_in),
            stat("Energy out", "watth", energy_out),
            stat("Out of in", "percentunit", f"{energy_out} / {energy_in}", decimals=3),
            stat("Full cycles", "none", total("cycles"), decimals=1),
            stat("Lowest cell", "volt",
                 f"min_over_time(packlog_days_min_cell_voltage_min{PACK}[$__range])", decimals=3),
            stat("Highest cell", "volt",
                 f"max_over_time(packlog_days_max_cell_voltage_max{PACK}[$__range])", decimals=3),
            day(
                "Energy of each day",
                "watth",
                (period("days", "energy_in"), "{{pack}} in"),
                (f"-{period('days', 'energy_out')}", "{{pack}} out"),
                bars=True,
                colours=[GREEN, ORANGE],
                width=WIDTH,
            ),
            day(
                "State of charge: lowest, mean, highest",
                "percent",
                *((period("days", name), f"{{{{pack}}}} {name}")
                  for name in ("soc_min", "soc", "soc_max")),
                colours=[RED, BLUE, GREEN],
            ),
            day(
                "Cells: lowest and highest of the day",
                "volt",
                (period("days", "min_cell_voltage_min"), "{{pack}} lowest"),
                (period("days", "max_cell_voltage_max"), "{{pack}} highest"),
                decimals=3,
                colours=[BLUE, ORANGE],
            ),
            day(
                "Temperature: lowest, mean, highest",
                "celsius",
                *((period("days", name), f"{{{{pack}}}} {name}")
                  for name in ("temperature_min", "temperature", "temperature_max")),
                colours=[BLUE, PURPLE, RED],
            ),
            day(
                "Current: most in, most out",
                "amp",
                (period("days", "current_max"), "{{pack}} in"),
                (period("days", "current_min"), "{{pack}} out"),
                colours=[GREEN, ORANGE],
            ),
            day(
                "Share of the day with readings",
                "percentunit",
                (f"{period('days', 'seconds')} / 86400", "{{pack}}"),
                width=WIDTH,
                height=5,
            ),
        ],
    )  # fmt: skip


DASHBOARDS = {"pack.json": hours, "years.json": years}

if __name__ == "__main__":
    for name, make in DASHBOARDS.items():
        text = json.dumps(make(), indent=2) + "\n"
        (HERE / "dashboards" / name).write_text(text, encoding="utf8")
