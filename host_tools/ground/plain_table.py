"""Tables on the terminal whose cells are plain text. text.py has both by these names."""

from host_tools.ground.text import plain
from rich.console import Console
from rich.table import Table


class PlainTable(Table):
    """A table whose cells are plain text."""

    def __init__(self, title: str = "", caption: str | None = None, **options):
        super().__init__(title=plain(title), caption=caption and plain(caption), **options)

    def add_row(self, *cells: str | None, **options) -> None:
        super().add_row(*(plain(cell or "") for cell in cells), **options)

    def add_column(self, header: str = "", **options) -> None:
        super().add_column(plain(header), **options)


def console() -> Console:
    """Stdout for tables: what is in them is not markup."""
    return Console(markup=False, emoji=False, highlight=False)
