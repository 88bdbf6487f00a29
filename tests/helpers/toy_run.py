"""Runs a virtual board with a new BMS, in a tree that has it: a program for tests/firmware/
test_new_things.py. Prints one JSON object: what the board says of the BMS, of the toy also the PC.

python toy_run.py FOLDER KIND [KEY=VALUE of the pack's entry in config.json ...]
"""

import csv
import json
import sys
from pathlib import Path

from host_tools.board import status
from host_tools.capture.replay import replay
from host_tools.history import events as naming
from host_tools.sim import config_of
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.workshop import make_ready

import config
from store import events

RUN_S = 30


def main(folder, kind, *keys):
    plan = Plan(flash=folder / "flash.img", bms=kind, speed=0)
    rig = Rig(plan)
    made = config_of.config_of(plan, rig)
    made["packs"][0].update(key.split("=") for key in keys)
    (folder / "config.json").write_text(json.dumps(made))
    rig.board.power_on()
    try:
        make_ready(rig.board, folder / "config.json", lambda line: None)
        rig.board.run(RUN_S)
    finally:
        rig.board.close()
    console = rig.board.console.transcript.decode("utf8", "replace")
    found = [each for line in console.splitlines() if (each := status.parse(line))]
    more = on_the_pc(folder) if kind == "toy" else {}
    print(json.dumps({"values": found[-1].values, "lcd": rig.lcd.text(), **more}))


def on_the_pc(folder):
    """What replay, the events and the config's checker make of it."""
    from host_tools.sim.units import toy

    capture, rows = folder / "capture.bin", folder / "rows.csv"
    capture.write_bytes(b"noise" + 3 * toy.packet((3301, 3302, 3303, 3304), 125, 2))
    replay("toy", capture, out=rows)
    said = naming.in_words(events.BMS_ERRORS, 99, 0b10, 0)
    return {"rows": list(csv.DictReader(rows.open())), "event": said, "complaint": complaint()}


def complaint():
    """What a key out of its bounds is answered with."""
    pack = {"name": "a", "bms": "toy", "cells": 5}
    try:
        config.parse(json.dumps({"packs": [pack]}))
    except config.ConfigError as error:
        return str(error)


main(Path(sys.argv[1]), *sys.argv[2:])
