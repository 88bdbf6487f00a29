"""packlog report: a page of HTML about a pack, for the screen and for paper; it fetches nothing."""

from collections.abc import Iterable
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.ground.output import open_output, spare_inputs
from host_tools.history import records
from host_tools.history.ranges import EVER, Range
from host_tools.report.facts import Facts, gather

from version import VERSION

_TEMPLATE = Path(__file__).with_name("report.html")


def report(
    paths: Iterable[Path | str], out: Path | str, span: Range = EVER, zone: str | None = None
) -> None:
    """Write the report on the pack in paths to out. PacklogError if there is nothing to say, or,
    once it is written, if files are damaged.
    """
    paths = list(paths)
    spare_inputs(out, records.find(paths))
    _template()  # before anything is read
    facts = gather(paths, span, zone)
    if not facts.days:
        raise PacklogError("nothing was logged in that time: leave --from and --to out")
    text = html(facts)
    with open_output(Path(out)) as file:
        file.write(text)
    if facts.problems:
        raise records.damage(len(facts.problems))


def html(facts: Facts) -> str:
    """The page."""
    from host_tools.report import sections

    first, last = facts.days[0].day, facts.days[-1].day
    return _template().render(
        title=f"{facts.pack}: {first} to {last}",
        subtitle=f"The battery's history as its logger has it, in local time ({facts.zone}).",
        tiles=sections.tiles(facts),
        sections=sections.sections(facts),
        problems=facts.problems,
        footer=f"Made by packlog {VERSION}. docs/report.md says how each number comes about.",
    )


def _template():
    try:
        from jinja2 import Environment
    except ImportError:
        raise PacklogError(
            "a report needs jinja2 and matplotlib: pip install 'packlog[report]'"
        ) from None
    made = Environment(autoescape=True, trim_blocks=False)
    return made.from_string(_TEMPLATE.read_text(encoding="utf8"))
