"""The option for a kind of BMS, which lists them: they are read from the firmware's files."""

from typing import Annotated

import typer
from host_tools.ground.firmware import names

BmsKind = Annotated[
    str | None,
    typer.Option(
        "--bms",
        metavar="KIND",
        help=f"Kind of BMS: {', '.join(sorted(names('bms')))}. Default: {names('bms')[0]}.",
    ),
]
