"""`packlog demo`: an end-to-end run on the virtual board, from an empty flash to a CSV and a
picture.
"""

import shutil
from pathlib import Path

from host_tools.board import status
from host_tools.board.pull import pull
from host_tools.export.decode import write
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import COMMAND
from host_tools.ground.progress import Progress, say
from host_tools.history.loading import load
from host_tools.sim.board.flash import check_free
from host_tools.sim.lcd import lcd_png
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.workshop import make_ready, port_of

PAGES = 12  # of the display at most until the pack's comes
PACK = "house"  # as the example config.json calls it
STEP_S = 30
NEXT = f"""
What ran is the unmodified firmware, on a virtual board: nobody has run it on a real one yet
(docs/hardware.md says what was tested). If you have one, an ESP32 with MicroPython:
  {COMMAND} install   put packlog on the board that is plugged in
  {COMMAND} watch     follow its readings
  {COMMAND} pull history
  {COMMAND} info history/house
  {COMMAND} decode history/house -o pack.csv
The same picture of a board's history: {COMMAND} decode history/house -o day.png
What was just logged, in the browser: {COMMAND} view FOLDER
The page of a virtual board that runs, with live values: {COMMAND} sim --http 0
Wiring and parts: docs/wiring.md. The virtual board to play with: {COMMAND} sim --help
"""


def demo(folder: Path, minutes: int, seed: int) -> None:
    """Leave in folder: the pulled files in house/, pack.csv, lcd.png and day.png."""
    _clear(folder)
    rig = Rig(Plan(flash=folder / "flash.img", speed=0, seed=seed))
    try:
        rig.board.power_on()
        say("a new board, flash empty: installing packlog over its serial port ...")
        make_ready(rig.board, None, say)
        _run(rig, 60 * minutes)
        for _ in range(PAGES):  # the pack's page, not one of the logger's own
            if rig.lcd.text()[0].startswith("SoC"):
                break
            rig.board.run(4)
        lcd = rig.lcd.text()
        lcd_png.save(folder / "lcd.png", rig.lcd)
        last = _last_status(rig)
        say("pulling the history ...")
        with port_of(rig.board) as port:
            pull(port, folder, say)
    finally:
        rig.board.close()
    rows = load([folder / PACK])
    for name in ("pack.csv", "day.png"):
        write(rows, folder / name)
    _report(folder, lcd, last, minutes)


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left, and nothing else."""
    check_free(folder / "flash.img")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / PACK, ignore_errors=True)
        for name in ("flash.img", "flash.img.erases", "pack.csv", "lcd.png", "day.png"):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise PacklogError(f"{folder}: {error.strerror}: choose another folder") from None


def _run(rig: Rig, seconds: int) -> None:
    board = rig.board
    start = board.now / 1e6
    say(f"running {seconds // 60} minutes of board time ...")
    with Progress("logging", seconds, unit="s") as progress:
        for done in range(STEP_S, seconds + STEP_S, STEP_S):
            board.run_until(start + done)
            progress.at(done)


def _last_status(rig: Rig) -> status.Status:
    lines = rig.board.console.transcript.decode("utf8", "replace").splitlines()
    found = [found for line in lines if (found := status.parse(line))]
    if not found:
        raise PacklogError("the virtual board's logger does not run")
    return found[-1]


def _report(folder: Path, lcd: list[str], last: status.Status, minutes: int) -> None:
    edge = "+" + "-" * len(lcd[0]) + "+"
    print(edge, *(f"|{line}|" for line in lcd), edge, sep="\n")
    with (folder / "pack.csv").open() as file:
        rows = sum(1 for _ in file) - 1
    files = [path for path in (folder / PACK).rglob("*") if path.is_file()]
    size = sum(file.stat().st_size for file in files)
    print(f"{last.values['readings']} readings came in over {minutes} minutes of board time,")
    print(f"{last.values['frames']} frames were stored, each for as many readings as it can stand")
    print(f"for, with cells and events {size} bytes in {len(files)} files.")
    print(f"{rows} rows are in {folder / 'pack.csv'}. The display is in {folder / 'lcd.png'}.")
    print(f"A picture of what was logged: {folder / 'day.png'}")
    print(NEXT.replace("FOLDER", str(folder / PACK)))
