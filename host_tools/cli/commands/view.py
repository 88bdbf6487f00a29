"""packlog view."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.ground.errors import UsageError
from host_tools.ground.progress import say


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
    from host_tools.page import view as page

    if save:
        page.save(save)
    elif not folder:
        raise UsageError("name a folder that packlog pull has made, or --save FILE")
    else:
        page.view(folder, say, not no_browser, web_port)
