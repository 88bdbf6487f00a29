"""packlog encode."""

import dataclasses
import enum
from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import bounds


class DateOrder(str, enum.Enum):
    """What the dates of a CSV begin with."""

    day = "day-first"
    month = "month-first"


def encode(
    readings: Annotated[
        Path,
        typer.Argument(
            metavar="READINGS",
            help="CSV with a column time and the columns of decode or replay's cell_voltages; the "
            "output of replay has no time: add one. Also what spreadsheets, Home Assistant, "
            "InfluxDB and Grafana write. Missing columns and empty values are unknown.",
        ),
    ],
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Target: DIR/NAME/ is created.")
    ],
    every: Annotated[bool, typer.Option("--all", help="Keep every reading as a frame.")] = False,
    capacity: Annotated[
        int | None,
        typer.Option(
            "--capacity-ah",
            metavar="N",
            help="The pack's capacity: the sampler's tolerances are relative to it. Default: 280.",
            **bounds("capacity_ah"),
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A config.json: log as a board with it does, using its section store and the "
            "capacity of the pack NAME.",
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A key of config.json's section store, such as current_percent=0.5. Can be "
            "repeated; docs/config.md explains the keys.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The pack's name, as in config.json. Default: the config's first pack, or 'pack'.",
        ),
    ] = None,
    cells: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=32, help="Number of cells. Default: as in the readings."
        ),
    ] = None,
    gap: Annotated[
        int | None,
        typer.Option(
            "--gap-s",
            metavar="N",
            min=bounds("gap_s")["min"],
            max=60000,  # trial.plan.LONGEST_GAP_S
            help="A longer pause is a gap. Default: 15, more where readings are far apart.",
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget-kb",
            metavar="N",
            help="Delete the oldest files beyond this size. Default: keep all.",
            **bounds("budget_kb"),
        ),
    ] = None,
    dates: Annotated[
        DateOrder | None,
        typer.Option(help="What 5/1/2024 begins with. Default: as the file shows."),
    ] = None,
) -> None:
    """Turn a CSV of readings into the files that a board would have on its flash.

    The readings go through the board's own sampler and store: use it to try tolerances on past
    data. Rows that are not valid readings (not a number, out of range, time going backwards) are
    skipped and reported.
    """
    from host_tools.trial import plan
    from host_tools.trial.encode import encode as run

    chosen = plan.of_config(config, name) if config else plan.Plan(name or plan.NAME)
    said = {"capacity_ah": capacity, "cells": cells, "gap_s": gap, "budget_kb": budget}
    said = {key: value for key, value in said.items() if value is not None}
    chosen = dataclasses.replace(chosen, every=every, **said)
    run(readings, folder, plan.with_keys(chosen, changes or []), dates and dates == DateOrder.day)
