"""How `packlog encode` is to log: what a board reads out of config.json, and what only a PC has."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.board import config_file
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.words import there_are
from host_tools.trial.record import Readings

import config
from store import frame

NAME = "pack"
_GAP_FACTOR = 3
# A host's flush waits for its disk. What is written does not depend on when, so it is done seldom.
_WINDOW_S = 1 << 30
_CAPACITY = 2048
LONGEST_GAP_S = 60000  # a frame's timestamp ends at 65535 s
# Keys of the section store that are no matter of tolerances, and what to do instead
_NOT_SET = {
    "window_s": "when a frame is written makes no difference to what it says",
    "gap_s": "that is --gap-s",
    "budget_kb": "that is --budget-kb",
}
TO_SET = [key for key in config.STORE if key not in _NOT_SET]


@dataclass(frozen=True)
class Plan:
    """How to log: the keys of config.json that matter here, None for their defaults."""

    name: str = NAME
    every: bool = False  # keep every reading
    capacity_ah: int | None = None
    cells: int | None = None  # how many the pack has; None: as many as the readings show
    gap_s: int | None = None  # None: as in store, more if the readings are far apart
    budget_kb: int | None = None  # None: nothing is ever deleted
    store: Mapping[str, float] = field(
        default_factory=dict
    )  # of the section store; the rest default


def of_config(path: Path, name: str | None) -> Plan:
    """As a board with that config.json logs its pack of that name, None: its first."""
    settings = config.parse(config_file.read_file(path, with_hidden=True).decode())
    packs = {pack["name"]: pack for pack in settings["packs"]}
    name = name or next(iter(packs))
    if name not in packs:
        raise PacklogError(f"{path} has no pack {name}: {there_are(packs)}")
    return Plan(name, capacity_ah=packs[name]["capacity_ah"], store=settings["store"])


def with_keys(plan: Plan, words: list[str]) -> Plan:
    """The plan with words such as current_percent=0.5; PacklogError for what is no such key."""
    if words and plan.every:
        raise UsageError("--set: with --all every reading is a frame, whatever the tolerances")
    store = dict(plan.store)
    for word in words:
        key, _, value = word.removeprefix("store.").partition("=")
        if key in _NOT_SET:
            raise UsageError(f"--set {key}: {_NOT_SET[key]}")
        if key not in TO_SET:
            raise UsageError(f"--set {word!r}: KEY=VALUE with one of {', '.join(TO_SET)}")
        store[key] = _number(value)
    plan = dataclasses.replace(plan, store=store)
    if words:
        try:
            _settings(plan)
        except config.ConfigError as error:
            raise UsageError(str(error).replace("config.json: store.", "--set ", 1)) from None
    return plan


def _number(value: str) -> int | float | str:
    """A value as config.json would have it; the text itself where it is not a plain number."""
    if value.isdecimal():
        return int(value)
    whole, _, decimals = value.partition(".")
    return float(value) if whole.isdecimal() and decimals.isdecimal() else value


def options(found: Readings, plan: Plan) -> dict:
    """What the History is told, as main.py would tell it by config.json."""
    settings = _settings(plan)
    keys = settings["store"]
    bounds = None if plan.every else settings["packs"][0]["tolerances"]
    left_out = {"budget_kb", *config.TOLERANCES}
    keys = {key: value for key, value in keys.items() if key not in left_out}
    widest = found.cells or (found.highest_cell if found.highest_cell > frame.CELLS[1] else 0)
    own = {
        "cell_count": widest if plan.cells is None else plan.cells,
        "window_s": _WINDOW_S,
        "gap_s": gap_s(found, keys["gap_s"]) if plan.gap_s is None else plan.gap_s,
        "budget": None if plan.budget_kb is None else plan.budget_kb * 1024,
        "reserve": 0,
        "capacity": _CAPACITY,
        "tolerances": bounds,
    }
    return {**keys, **own, **({"interval_s": 1} if plan.every else {})}


def gap_s(found: Readings, usual: int) -> int:
    """From how many seconds on a pause in the readings is silence.

    A CSV may be of another rhythm than a BMS: frames have up to a quarter of an hour between them.
    """
    return min(max(usual, int(_GAP_FACTOR * found.spacing_s) + 1), LONGEST_GAP_S)


def _settings(plan: Plan) -> dict:
    pack = {"name": plan.name, "bms": config.things("bms")[0][0]}
    if plan.capacity_ah is not None:
        pack["capacity_ah"] = plan.capacity_ah
    return config.parse(json.dumps({"packs": [pack], "store": dict(plan.store)}))
