"""Questions to the user at the terminal, on stderr. Ctrl-C at one ends the command as anywhere
else: as KeyboardInterrupt, not as the Abort that it is to typer. An answer that is refused is asked
for again; take(text) raises typer.BadParameter for it.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import typer
from host_tools.ground.progress import say

Value = TypeVar("Value")


@contextlib.contextmanager
def _interrupted() -> Iterator[None]:
    try:
        yield
    except typer.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise  # the end of the input


def confirm(question: str, default: bool) -> bool:
    """Yes or no."""
    with _interrupted():
        return typer.confirm(question, default, err=True)


def prompt(
    question: str,
    default: str | None,
    take: Callable[[str], Value] = str.strip,
    show_default: bool = True,
) -> Value:
    """What take makes of the answer. default: of Enter; None: there has to be an answer."""
    with _interrupted():
        return typer.prompt(
            question, default=default, value_proc=take, show_default=show_default, err=True
        )


def secret(question: str, default: str, take: Callable[[str], Value]) -> Value:
    """The same for what is not shown. typer would not say why it refuses a hidden answer."""
    while True:
        with _interrupted():
            typed = typer.prompt(
                question, default="", hide_input=True, show_default=False, err=True
            )
        try:
            return take(typed or default)
        except typer.BadParameter as error:
            say(f"Error: {error.message}")


def choice(question: str, choices: Iterable[str], default: str) -> str:
    """One of some words, in small letters."""
    choices = list(choices)

    def take(said: str) -> str:
        said = said.strip().lower()
        if said not in choices:
            raise typer.BadParameter(f"{said!r} is not one of {', '.join(choices)}")
        return said

    return prompt(f"{question} ({', '.join(choices)})", default, take)


def number(question: str, default: int, low: int, high: int) -> int:
    """A whole number."""

    def take(said: str) -> int:
        said = said.strip()
        if not (said.isascii() and said.isdigit() and low <= int(said) <= high):
            raise typer.BadParameter(f"{said!r} is not a whole number from {low} to {high}")
        return int(said)

    return prompt(question, str(default), take)
