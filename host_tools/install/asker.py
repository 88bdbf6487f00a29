"""Asks for single keys of a config.json: remembers what is answered, and refuses at once what
config.json does not take.
"""

from collections.abc import Iterable

import typer
from host_tools.board.keys import HIDDEN
from host_tools.ground import asking
from host_tools.install.answers import Answers
from host_tools.install.families import Family

import config
import config_rules


def words_of(error: config.ConfigError) -> str:
    """What is wrong, without the file's name."""
    return str(error).removeprefix("config.json: ")


def checked(value, row: tuple, key: str):
    """The value as the logger uses it; typer.BadParameter if its row does not take it."""
    try:
        return config_rules.right_value(value, row, key)
    except config.ConfigError as error:
        raise typer.BadParameter(words_of(error).removeprefix(f"{key}: ")) from None


class Asker:
    """Rows are those of the tables of config.py: (kind of value, its limits, default)."""

    def __init__(self, family: Family, answers: Answers):
        self.family, self.answers = family, answers
        self._pins: dict[str, int] = {}  # by the key that has it

    def begin(self, section: str) -> None:
        """Its keys are asked for anew: the pins that it had are free."""
        self._pins = {key: it for key, it in self._pins.items() if not key.startswith(section)}

    def value(self, key: str, words: str, row: tuple, usual=None, **more):
        """The value of a key. more: of asking.prompt."""

        def take(typed: str):
            typed = typed.strip()
            is_number = row[0] in ("number", "pin") and typed.isascii() and typed.isdigit()
            value = checked(int(typed) if is_number else typed, row, key)
            if row[0] == "pin":
                self._check_pin(value, key)
            self.answers.note(key, typed)
            return value

        default = self.answers.get(key, usual)
        return asking.prompt(words, None if default is None else str(default), take, **more)

    def choice(self, key: str, words: str, choices: Iterable[str], usual: str) -> str:
        """One of some words."""
        before = self.answers.get(key, usual)
        said = asking.choice(words, choices, before if before in choices else usual)
        self.answers.note(key, said)
        return said

    def confirm(self, key: str, words: str, usual: bool) -> bool:
        """Yes or no."""
        said = asking.confirm(words, self.answers.get(key, "y" if usual else "n") == "y")
        self.answers.note(key, "y" if said else "n")
        return said

    def secret(self, key: str, row: tuple, is_needed: bool) -> str:
        """A password."""
        before = self.answers.secret(key)

        def take(typed: str) -> str:
            if typed == HIDDEN:
                raise typer.BadParameter("that is what packlog shows instead of a password")
            if is_needed and not typed:
                raise typer.BadParameter("it has one")
            return checked(typed, row, "password")

        hint = "; Enter: as before" if before else "" if is_needed else "; empty: none"
        typed = asking.secret(f"Its password (not shown{hint})", before, take)
        self.answers.note_secret(key, typed)
        return typed

    def passkey(self, key: str, words: str, row: tuple) -> str:
        """A PIN; "" if there is none. words: with a place for what Enter means."""
        before = self.answers.secret(key)

        def take(typed: str) -> str:
            if typed.strip("0123456789") or len(typed) > row[1]:
                raise typer.BadParameter(f"a PIN has up to {row[1]} digits")
            return checked(typed, row, key)

        hint = "Enter: as before" if before else "Enter: none"
        typed = asking.secret(words.format(hint), before, take)
        self.answers.note_secret(key, typed)
        return typed

    def pin(self, key: str, words: str, usual: int) -> int:
        """A GPIO that nothing else has."""
        free = (usual, *self.family.free_pins)
        usual = next((pin for pin in free if pin not in self._pins.values()), usual)
        self._pins[key] = pin = self.value(key, f"GPIO of {words}", ("pin", ()), usual)
        return pin

    def _check_pin(self, pin: int, key: str) -> None:
        for other, its in self._pins.items():
            if other != key and pin == its:
                raise typer.BadParameter(f"{pin} is taken by {other}")
