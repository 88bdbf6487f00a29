"""packlog replay."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import Output
from host_tools.ground.firmware import names


def replay(
    capture: Annotated[
        Path,
        typer.Argument(
            metavar="CAPTURE",
            help="The bytes as the BMS sent them (Bluetooth: of its notifications, concatenated; "
            "bluenova: the console's lines as text), raw or as hex, also in a log or a dump; or a "
            "phone's Bluetooth log (btsnoop, pklg), pcap or pcapng.",
        ),
    ],
    bms: Annotated[
        str | None,
        typer.Option(
            "--bms",
            metavar="KIND",
            help=f"Kind of BMS: {', '.join(sorted(names('bms')))}. Default: as the capture shows.",
        ),
    ] = None,
    hexadecimal: Annotated[
        bool,
        typer.Option("--hex", help="CAPTURE has nothing but bytes as hex: say what is not."),
    ] = False,
    output: Output = None,
    stats: Annotated[
        bool, typer.Option("--stats", help="Print packet counters as JSON on stderr.")
    ] = False,
) -> None:
    """Decode a captured byte stream of a BMS into CSV, with the firmware's own decoder."""
    from host_tools.capture.replay import replay as run

    run(bms, capture, hexadecimal, output, stats)
