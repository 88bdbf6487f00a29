"""packlog export."""

from typing import Annotated

import typer
from host_tools.ground.errors import UsageError


def export(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH... TARGET",
            help="Pulled folders or files, and at the end where to: a file (.parquet, .csv.gz, "
            ".lp), DIR/ for Parquet by pack and month, or an address: sqlite:///house.db, "
            "postgresql://me@host/db, mysql://me@host/db, influx://host:8086/db, "
            "influx2://host:8086/org/bucket, victoria://host:8428, questdb://host:9000, "
            "emoncms://host, homeassistant://host:8123. Passwords and tokens: "
            "PACKLOG_TARGET_PASSWORD, or ?password_file=FILE behind the address.",
        ),
    ],
    series: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="frames, cells, events, hours, days: some of them, with commas. Default: all that "
            "the target takes; of .parquet and .csv.gz, which take one, frames.",
        ),
    ] = None,
    schema: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="packlog: its own tables. battery_pack: as the BlueNova listener fills it. "
            "rrd_upload: the three tables of chargery2PERL.",
        ),
    ] = "packlog",
    every: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN",
            help="How long a row of these is. Default: 10s of battery_pack, 5min of rrd_upload.",
        ),
    ] = None,
) -> None:
    """Send what is new of a pulled history to a database, Home Assistant or a file.

    A row is sent once, whenever an export is interrupted; rows that no clock has dated wait.
    """
    from host_tools.sync.export import Wanted
    from host_tools.sync.export import export as run

    if len(words) < 2:
        raise UsageError("export takes a pulled folder or files, and at the end where to")
    *paths, target = words
    run(paths, target, Wanted(schema, tuple(series.split(",")) if series else None, every))
