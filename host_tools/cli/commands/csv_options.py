"""The options that say which rows of a history a CSV has, and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from host_tools.export.dialect import Dialect

_MOMENT = "2026-06-01, 2026-06-01T12:30, unix seconds, or -7d, -12h, -30min before now"
From = Annotated[
    str | None,
    typer.Option("--from", metavar="MOMENT", help=f"Only rows from that moment on: {_MOMENT}."),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="MOMENT", help="Only rows before that moment."),
]
Align = Annotated[
    bool,
    typer.Option(
        "--align", help="With --every: the first row is the one that --from is in, as a whole."
    ),
]
Share = Annotated[
    float | None,
    typer.Option(
        metavar="PERCENT",
        min=0,
        max=100,
        help="With --every: values of rows of which readings cover less are left empty. RRDs have "
        "50. Default: 0.",
    ),
]
MinKnown = Annotated[
    int | None,
    typer.Option(
        "--min-known",
        metavar="N",
        help="Only rows with N values that are known; -1: with all, -2: with all but one. "
        "Default: all rows, also those that say when silence begins.",
    ),
]
Time = Annotated[
    str | None,
    typer.Option(
        "--time",
        metavar="FORM",
        help="iso: 2026-06-01T12:00:00Z (the default). epoch: seconds since 1970. "
        "mysql: 2026-06-01 12:00:00. human: 01.06.2026-12:00:00.",
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The time zone of all times and of --every 1d, such as Europe/Berlin; local: that "
        "of this PC. Default: UTC.",
    ),
]
Separator = Annotated[
    str | None,
    typer.Option(metavar="C", help="Between two fields, such as ';' or tab. Default: a comma."),
]
Quote = Annotated[
    str | None, typer.Option(metavar="C", help="Around each field. Default: where it must be.")
]
Decimal = Annotated[
    str | None, typer.Option(metavar="C", help="The decimal point, such as ','. Default: a point.")
]
Excel = Annotated[
    str | None,
    typer.Option(
        metavar="SETTING",
        help="de or us: as Excel opens it by a double click in a German or an American setting.",
    ),
]
NoHeader = Annotated[
    bool, typer.Option("--no-header", help="Without the line that has the names of the columns.")
]
Columns = Annotated[
    str | None,
    typer.Option(metavar="LIST", help="Only these columns, in this order: time,soc,current."),
]


def dialect(texts: dict, times: dict, header: bool, excel: str | None) -> Dialect:
    """The Dialect of these options, by the names of its fields; None: the usual. UsageError."""
    from host_tools.export.dialect import SEPARATORS, Dialect
    from host_tools.ground.errors import UsageError

    if excel and (texts["separator"] or texts["decimal"]):
        raise UsageError("--excel says what --separator and --decimal are: leave those out")
    given = {name: value for name, value in (texts | times).items() if value is not None}
    if "separator" in given:
        given["separator"] = SEPARATORS.get(given["separator"], given["separator"])
    if "columns" in given:
        given["columns"] = tuple(given["columns"].split(","))
    made = Dialect(**given, header=header)
    return made.of_excel(excel) if excel else made
