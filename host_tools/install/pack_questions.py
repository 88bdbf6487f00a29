"""What a first install asks of a pack: its BMS, and what the BMS's link asks for (ASK)."""

from collections.abc import Callable
from dataclasses import dataclass

import typer
from host_tools.board.bluetooth import Heard
from host_tools.board.links import PIN
from host_tools.board.port import Restarted
from host_tools.ground import asking
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import declared, names
from host_tools.ground.progress import say
from host_tools.install.asker import Asker, checked

import config

SCAN_S = 8
WANTS_PIN = "It wants to be paired with. The board then needs the number that it asks a phone for."
MAY_WANT_PIN = "It did not answer. Does a phone need a PIN to be paired with it by Bluetooth?"
# Not what an app asks for before it changes settings: that one the board never needs
ITS_PIN = "Its Bluetooth pairing PIN, not the app's password (up to 6 digits, not shown; {})"


def tried(listen: Callable[[], list]) -> list:
    """What a scan brings; one that fails is said, and brings nothing."""
    try:
        return listen()
    except Restarted:
        raise  # the whole install is done again, with the answers up to here
    except PacklogError as error:
        say(str(error))
        return []


def links_of(kind: str) -> dict:
    """The links of a kind of BMS, the usual one first."""
    return declared("bms", kind)["LINKS"]


@dataclass
class _Asked:
    """A key of a link to ask for: key with its section, row as in the link's KEYS."""

    key: str
    words: str
    row: tuple
    usual: object

    @property
    def name(self) -> str:
        """The key in its section."""
        return self.key.rpartition(".")[2]


class PackQuestions:
    """before: the packs that there are. hear(seconds) scans for Bluetooth, None: it cannot."""

    def __init__(self, asker: Asker, before: list[dict], hear: Callable[[int], list[Heard]] | None):
        self._asker, self._before = asker, before
        self._hear = hear if asker.family.bluetooth else None
        self._where = f"packs[{len(before)}]."
        self._picked: dict | None = None  # the unit, as config.json names it
        self._silence: str | None = None  # what its link said; None: it has answered, or not asked

    def ask(self) -> dict:
        """The pack."""
        kinds = self._kinds()
        usual = self._look(kinds)
        kind = self._asker.choice(self._where + "bms", "Kind of BMS", kinds, usual)
        name = self._name()
        row = config.PACK["KEYS"]["capacity_ah"]
        capacity = self._asker.value(self._where + "capacity_ah", "Its capacity in Ah", row, row[2])
        return {"name": name, "bms": kind, "capacity_ah": capacity, **self._link(kind)}

    def _kinds(self) -> list[str]:
        """Those that the board has a link for."""
        kinds = names("bms") + [config.FIND_OUT] * self._asker.family.bluetooth
        if self._uart() is not None:
            return kinds
        say(f"An {self._asker.family.name} has no UART left for another BMS by wire.")
        return [kind for kind in kinds if any(not _is_wired(link) for link in links_of(kind))]

    def _look(self, kinds: list[str]) -> str:
        """Let the user pick a unit that is heard; returns the kind that it most likely is."""
        answers, key = self._asker.answers, self._where + "scan"
        question = "Look for a BMS by Bluetooth now? (it must be on, and no phone connected)"
        self._picked = self._silence = None
        while self._hear and self._asker.confirm(key, question, True):
            answers.note(key, "n")  # a board that a scan resets is not asked to scan again
            if unit := _pick(tried(lambda: self._hear(SCAN_S))):
                self._picked, kind, self._silence = unit
                answers.note(self._where + "bms", kind or kinds[0])
                answers.note(self._where + "address", next(iter(self._picked.values())))
                break
            question = "Look again?"
        return kinds[0]

    def _uart(self) -> int | None:
        """One that no pack has, None if all are taken."""
        taken = [pack.get("uart") for pack in self._before]
        return next((it for it in self._asker.family.uarts if it not in taken), None)

    def _name(self) -> str:
        usual = f"pack{len(self._before) + 1}" if self._before else "house"
        words = "Name of the pack (letters, digits, - and _)"
        taken = {pack["name"].lower() for pack in self._before}
        taken |= {name for name, _ in config.things("parts")}
        while True:
            name = self._asker.value(self._where + "name", words, ("name", ()), usual)
            if name.lower() not in taken:
                return name
            say(f"Error: {name!r} is taken: choose another")

    def _link(self, kind: str) -> dict:
        """What the BMS's link asks for; what it does not ask for is the family's."""
        links = links_of(kind)
        usual = link = next(iter(links))
        if len(links) > 1:
            key = self._where + "link"
            link = self._asker.choice(key, "How is it reached?", links, usual)
        said = declared("transport", link)
        found = {} if link == usual else {"link": link}
        for key, row in said["KEYS"].items():
            own = self._uart() if key == "uart" else getattr(self._asker.family, key, None)
            if key in said.get("ASK", {}):
                default = links[link].get(key, row[2] if own is None and len(row) > 2 else own)
                asked = _Asked(self._where + key, said["ASK"][key], row, default)
                found |= _ASK.get(row[0], PackQuestions._value)(self, asked)
            elif own is not None:
                found[key] = own
            elif row[0] == "passkey":
                found |= self._passkey(key, row)
        return found

    def _passkey(self, name: str, row: tuple) -> dict:
        """The PIN of a unit that was picked and wants one, or may be silent for that."""
        if self._silence is None:
            return {}
        key = self._where + name
        if self._silence in PIN:
            say(WANTS_PIN)
        elif not self._asker.confirm(key + "?", MAY_WANT_PIN, False):
            return {}
        typed = self._asker.passkey(key, ITS_PIN, row)
        return {name: typed} if typed else {}

    def _value(self, asked: _Asked) -> dict:
        return {asked.name: self._asker.value(asked.key, asked.words, asked.row, asked.usual)}

    def _pin(self, asked: _Asked) -> dict:
        return {asked.name: self._asker.pin(asked.key, asked.words, asked.usual)}

    def _unit(self, asked: _Asked) -> dict:
        """The one that was picked, or that is typed."""
        if self._picked:
            return self._picked
        answers = self._asker.answers

        def take(typed: str) -> dict:
            typed = typed.strip()
            name = "address" if typed.count(":") == 5 else "device"
            if not typed:
                raise typer.BadParameter("one of the two is needed")
            found = {name: checked(typed, declared("transport", "ble")["KEYS"][name], name)}
            answers.note(asked.key, typed)
            return found

        return asking.prompt(asked.words, answers.get(asked.key), take)


# By the kind of value that a key takes; others are asked for as they are
_ASK = {"pin": PackQuestions._pin, "mac": PackQuestions._unit}


def _is_wired(link: str) -> bool:
    return "uart" in declared("transport", link)["KEYS"]


def _pick(heard: list[Heard]) -> tuple[dict, str, str | None] | None:
    """Let the user choose among what was heard, BMSs first, then the strongest. Returns what the
    config says of the unit, its kind, "" if nothing says which, and why it was silent, None if it
    was not.
    """
    heard = sorted(heard, key=lambda it: (not it.kind, not it.kinds, -it.rssi))[:15]
    for i, it in enumerate(heard, 1):
        shown = f"{i:3} {it.name or '(no name)'}  {it.address}  {it.rssi} dBm  {it.words}"
        say(shown.rstrip())
    if not heard:
        say("Nothing was heard.")
        return None
    default = 1 if heard[0].kind else 0
    number = asking.number("Which one? 0: none of them", default, 0, len(heard))
    if not number:
        return None
    unit = heard[number - 1]
    name = unit.name
    # A name that another unit has, too, says nothing; an address may change with some radios.
    alone = name and sum(it.name == name for it in heard) == 1 and len(name) <= 20
    is_known = unit.reading or len(unit.kinds) < 2  # of two generations an answer says which
    kind = (is_known and unit.kind) or (config.FIND_OUT if unit.kinds else "")
    silence = unit.silence if unit.reading == "" else None
    return {"device": name} if alone else {"address": unit.address}, kind, silence
