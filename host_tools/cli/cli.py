"""The command line: one function per command, each thin over a module of its own.

Exit codes: 0 success, 1 failure (one line on stderr says what to do), 2 wrong usage.
"""

import dataclasses
import enum
import sys
from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli import cli_config, edge
from host_tools.cli.cli_options import (
    BmsKind,
    Output,
    Port,
    at_network,
    bounds,
    check_terminals,
    connected,
)
from host_tools.ground.errors import UsageError
from host_tools.ground.firmware import names
from host_tools.ground.progress import say
from host_tools.ground.text import show

from version import VERSION


class DateOrder(str, enum.Enum):
    """What the dates of a CSV begin with."""

    day = "day-first"
    month = "month-first"


app = typer.Typer(
    help="packlog: a logger on a $2 ESP32 that sits beside a home battery for years.",
    epilog="--debug, with any command: show the traceback of an unexpected error.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_config.app, name="config")


def _show_version(wanted: bool) -> None:
    if wanted:
        show(f"packlog {VERSION}")
        raise typer.Exit


@app.callback()
def _packlog(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """The options of packlog itself."""


@app.command()
def install(
    port: Port = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Your config.json. By default the board keeps its own; a new board gets one from "
            "your answers to some questions, or the example if there is no terminal.",
        ),
    ] = None,
    micropython: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="First flash MicroPython itself: the .bin for the chip."),
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="With --micropython only: erase the whole flash first.")
    ] = False,
    make_littlefs: Annotated[
        bool,
        typer.Option("--format", help="Replace a FAT file system by littlefs: erases its files."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    bluetooth: Annotated[
        bool,
        typer.Option("--bluetooth", help="Install aioble even if no pack of the config needs it."),
    ] = False,
    loose: Annotated[
        bool,
        typer.Option(
            "--loose", help="Copy single modules instead of one file, to edit them on the board."
        ),
    ] = False,
    lib: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Take third-party packages (DIR/aioble/, DIR/umqtt/) from here, not the internet.",
        ),
    ] = None,
) -> None:
    """Put the firmware on a board and start it. Copies only what differs; the history stays.

    Run it again after a cut cable or a power cut: it goes on where it was.
    """
    from host_tools.board.find import find_port
    from host_tools.install.answers import file_for
    from host_tools.install.install import Options
    from host_tools.install.install import install as run
    from host_tools.install.questions import which_port

    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    options = Options(terminal, yes, micropython, erase, make_littlefs, bluetooth, lib, loose)
    port = port or find_port(which_port if terminal else None)
    options.answers = file_for(port)
    run(port, config, say, options)


@app.command()
def pull(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[http://HOST] DIR",
            help="Target: DIR/PACK/ is created. In front of it, a board in the network.",
        ),
    ],
    port: Port = None,
    join: Annotated[
        bool,
        typer.Option(
            "--join",
            help="DIR/PACK/ holds the history of another board, or of this one before its flash "
            "was erased, and it is of the same battery: add to it.",
        ),
    ] = False,
) -> None:
    """Copy new history files from a board, and set its clock.

    The logger goes on meanwhile. One of an older packlog pauses and is restarted. Nothing on the
    board is changed or deleted. Two boards with packs of the same name need a folder each.
    """
    from host_tools.board.pull import pull as run

    port, folder = at_network(words, port)
    if len(folder) != 1:
        raise UsageError("pull takes one folder, and in front of it http://HOST or nothing")
    run(connected(port), Path(folder[0]), say, join)


@app.command()
def decode(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="A pulled folder, or files from it.")
    ],
    output: Output = None,
    epoch: Annotated[
        bool, typer.Option("--epoch", help="Time as seconds since 1970 instead of ISO 8601.")
    ] = False,
    series: Annotated[
        str,
        typer.Option(
            metavar="SERIES",
            help="pack: the frames. cells: all cell voltages. events: what happened, in words. "
            "hours, days: what the board has added up of each.",
        ),
    ] = "pack",
    every: Annotated[
        str | None,
        typer.Option(
            "--every",
            metavar="SPAN",
            help="Rows of one length, 10s, 5min, 1h or 1d, computed from the frames or the cells.",
        ),
    ] = None,
    values: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="With --every: mean, min and max, or some of them. Default: mean.",
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --every 1d: days of this time zone, such as Europe/Berlin. Default: UTC.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="What to write: a module of host_tools/export. Default: by FILE's extension, "
            "or csv.",
        ),
    ] = None,
    decimals: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=6,
            help="Decimals of all values in V and A. Default: those that a value has, 52.81.",
        ),
    ] = None,
    guess: Annotated[
        bool,
        typer.Option(
            "--guess",
            help="Date rows without a date by what can be guessed; two more columns, guessed and "
            "error_s, mark them.",
        ),
    ] = False,
) -> None:
    """Turn pulled files into CSV: time,voltage,current,temperature,soc and the extreme cells.

    Where the time is unknown, its column is empty, and the columns boot, uptime, not_before and
    not_after are added.
    """
    from host_tools.export.decode import How
    from host_tools.export.decode import decode as run
    from host_tools.history.load import Every

    if every is None and (values or zone):
        raise UsageError(f"--{'values' if values else 'zone'} goes with --every")
    rows = Every.of(every, zone, values or "mean") if every else None
    run(paths, output, epoch, series, How(form, decimals, guess, rows))


@app.command()
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


@app.command()
def info(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[http://HOST | PATH...]",
            help="A pulled folder, or files from it; or a board in the network.",
        ),
    ] = None,
    port: Port = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    days: Annotated[
        bool,
        typer.Option(
            "--days", help="A row a day: energy, peaks, extreme cells, SoC, temperatures, gaps."
        ),
    ] = False,
    last: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="With --days: only the last N days.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --days: the time zone of days that the board has not added up, such as "
            "Europe/Berlin. Default: as the other days show it, or UTC.",
        ),
    ] = None,
) -> None:
    """Show what pulled files contain: span, gaps, boots, frames, sizes, charge, events, damage.

    Without files: show the state of a running board and its packs, without interrupting it.
    """
    port, words = at_network(paths or [], port)
    files = list(map(Path, words))
    if not days and (last or zone):
        raise UsageError(f"--{'last' if last else 'zone'} goes with --days")
    if days and files:
        from host_tools.history.info_days import info as run

        run(files, as_json, last, zone)
    elif days:
        from host_tools.board.days import days as run

        run(connected(port), as_json, last, zone)
    elif files:
        from host_tools.history.info import info as run

        run(files, as_json)
    else:
        from host_tools.board.live import live
        from host_tools.build.explain import follow

        live(connected(port), as_json, follow)


@app.command()
def view(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="What packlog pull copied: DIR or DIR/PACK."),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, do not open it.")
    ] = False,
    web_port: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=65535, help="The port. Default: any free one."),
    ] = 0,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the page itself to FILE, .html: it opens without packlog and takes pulled "
            "files by drag and drop.",
        ),
    ] = None,
) -> None:
    """Show a pulled history in the browser: charts from years to seconds, events, CSV.

    It is served to this computer only, until Ctrl-C.
    """
    from host_tools.ground.errors import UsageError
    from host_tools.page import view as page

    if save:
        page.save(save)
    elif not folder:
        raise UsageError("name a folder that packlog pull has made, or --save FILE")
    else:
        page.view(folder, say, not no_browser, web_port)


@app.command()
def scan(
    port: Port = None,
    seconds: Annotated[int, typer.Option(metavar="N", min=1, max=60, help="Duration.")] = 8,
) -> None:
    """List Bluetooth devices in reach of the board: names and addresses for config.json.

    The logger pauses meanwhile and is restarted.
    """
    from host_tools.board.bluetooth import scan as run

    run(connected(port), seconds, say)


@app.command()
def release(
    port: Port = None,
    minutes: Annotated[int, typer.Option(metavar="N", min=1, max=60, help="Duration.")] = 5,
) -> None:
    """Disconnect from the Bluetooth BMS for some minutes, so that the phone app can connect."""
    from host_tools.board.bluetooth import release as run

    run(connected(port), minutes, say)


@app.command()
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


@app.command()
def watch(
    address: Annotated[
        str | None, typer.Argument(metavar="[http://HOST]", help="A board in the network.")
    ] = None,
    port: Port = None,
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Stop after N status lines.")
    ] = None,
) -> None:
    """Follow a board's readings in the terminal, without interrupting it. Ctrl-C stops."""
    from host_tools.board.watch import watch as run
    from host_tools.build.explain import follow

    port, rest = at_network([address] if address else [], port)
    if rest:
        raise UsageError(f"{rest[0]!r} is not like http://packlog.local")
    run(connected(port), count, follow)


@app.command()
def explain(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Text with a traceback. Default: standard input."),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="A release's NAME.map.json."),
    ] = None,
) -> None:
    """Translate the short names in a traceback of the board to those of the source."""
    from host_tools.build.explain import explain as run

    run(path, names)


@app.command()
def sim(
    bms: BmsKind = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Run with this config.json: a simulated unit for each of its packs, its display, "
            "its WiFi.",
        ),
    ] = None,
    capture: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="CAPTURE",
            help="Play this capture (bytes or hex text) in a loop instead of simulating a BMS.",
        ),
    ] = None,
    flash: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="The flash image: created if missing, kept for the next run."
        ),
    ] = Path("packlog.img"),
    link: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Create a symlink to the serial port, to use as PORT."),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(metavar="N", min=0, help="Board seconds per second; 0: as fast as possible."),
    ] = 1.0,
    duration: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0, help="Stop after this board time.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another day.")] = 0,
    lcd: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="The display: 20x4 or 16x2. Default: 20x4."),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="At the end, save a picture of the display here."),
    ] = None,
    mqtt: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=65535,
            help="Port of an MQTT broker on this computer, to add to the board's network.",
        ),
    ] = None,
    http: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help="Let the board's web server be at this port of this computer; 0: any free one.",
        ),
    ] = None,
    chip: Annotated[
        str | None,
        typer.Option(metavar="CHIP", help="Simulate the memory of this chip: wroom, c3 or s3."),
    ] = None,
    ds3231: Annotated[
        bool,
        typer.Option(
            "--ds3231", help="Add a clock chip that keeps the time while the board is off."
        ),
    ] = False,
    blank: Annotated[
        bool, typer.Option("--blank", help="Do not install the firmware on an empty flash.")
    ] = False,
) -> None:
    """Run the virtual board: the real firmware, a simulated battery, a display, no hardware.

    An empty flash gets the firmware first, over the serial port like a real board. One that was
    used before has the BMSs, display and network that its config asks for. The port (--link)
    appears once the board is ready. Ctrl-C stops; the flash image stays.
    """
    check_terminals()
    from host_tools.sim.command import run
    from host_tools.sim.made_for import Asked, settle
    from host_tools.sim.rig import Plan

    plan = Plan(flash=flash, capture=capture, speed=speed, seed=seed, ds3231=ds3231)
    if chip:
        plan.settings["chip"] = chip
    run(settle(plan, Asked(bms, lcd, mqtt, config, http)), link, duration, png, blank)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the results.")] = Path(
        "demo"
    ),
    minutes: Annotated[int, typer.Option(metavar="N", min=5, help="Board time to simulate.")] = 90,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another day.")] = 0,
) -> None:
    """Run an end-to-end demo on the virtual board: install, log, display, pull, CSV."""
    check_terminals()
    from host_tools.sim.demo import demo as run

    run(folder, minutes, seed)


def main() -> None:
    """The console script."""
    edge.run(app)
