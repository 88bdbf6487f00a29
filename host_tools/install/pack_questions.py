"""What a first install asks of a pack: its BMS, and what the BMS's link asks for (ASK)."""

from collections.abc import Callable
from dataclasses import dataclass

import typer
from host_tools.board.port import Restarted
from host_tools.ground import asking
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import declared, names
from host_tools.ground.progress import say
from host_tools.install.asker import Asker, checked

import config

SCAN_S = 8

Heard = list[tuple[str, str | None, int, str]]  # address, name, signal in dBm, kind of BMS or ""


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

    def __init__(self, asker: Asker, before: list[dict], hear: Callable[[int], Heard] | None):
        self._asker, self._before = asker, before
        self._hear = hear if asker.family.bluetooth else None
        self._where = f"packs[{len(before)}]."

    def ask(self) -> dict:
        """The pack."""
        kinds = self._kinds()
        kind = self._asker.choice(self._where + "bms", "Kind of BMS", kinds, kinds[0])
        name = self._name()
        row = config.PACK["KEYS"]["capacity_ah"]
        capacity = self._asker.value(self._where + "capacity_ah", "Its capacity in Ah", row, row[2])
        return {"name": name, "bms": kind, "capacity_ah": capacity, **self._link(kind)}

    def _kinds(self) -> list[str]:
        """Those that the board has a link for."""
        kinds = names("bms")
        if self._uart() is not None:
            return kinds
        say(f"An {self._asker.family.name} has no UART left for another BMS by wire.")
        return [kind for kind in kinds if any(not _is_wired(link) for link in links_of(kind))]

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
        return found

    def _value(self, asked: _Asked) -> dict:
        return {asked.name: self._asker.value(asked.key, asked.words, asked.row, asked.usual)}

    def _pin(self, asked: _Asked) -> dict:
        return {asked.name: self._asker.pin(asked.key, asked.words, asked.usual)}

    def _look_for(self, asked: _Asked) -> dict:
        """A unit by what the board hears, or by what is typed."""
        answers, key = self._asker.answers, asked.key + " scan"
        question = "Look for it now? (it must be on, and no phone connected)"
        while self._hear and self._asker.confirm(key, question, True):
            answers.note(key, "n")  # a board that a scan resets is not asked to scan again
            if found := _pick(tried(lambda: self._hear(SCAN_S))):
                answers.note(asked.key, next(iter(found.values())))
                return found
            question = "Look again?"

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
_ASK = {"pin": PackQuestions._pin, "mac": PackQuestions._look_for}


def _is_wired(link: str) -> bool:
    return "uart" in declared("transport", link)["KEYS"]


def _pick(heard: Heard) -> dict | None:
    """Let the user choose among what was heard, BMSs first, then the strongest."""
    heard = sorted(heard, key=lambda entry: (not entry[3], -entry[2]))[:15]
    for i, (address, name, rssi, kind) in enumerate(heard, 1):
        shown = f"{i:3} {name or '(no name)'}  {address}  {rssi} dBm  {kind.upper()}"
        say(shown.rstrip())
    if not heard:
        say("Nothing was heard.")
        return None
    default = 1 if heard[0][3] else 0
    number = asking.number("Which one? 0: none of them", default, 0, len(heard))
    if not number:
        return None
    address, name, _, _ = heard[number - 1]
    # A name that another unit has, too, says nothing; an address may change with some radios.
    alone = name and sum(entry[1] == name for entry in heard) == 1 and len(name) <= 20
    return {"device": name} if alone else {"address": address}
