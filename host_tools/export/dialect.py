"""How a CSV is written: what separates and encloses fields, how numbers and times look."""

from dataclasses import dataclass, replace
from datetime import timezone, tzinfo

from host_tools.ground.errors import UsageError
from host_tools.ground.words import there_are

ISO, EPOCH, MYSQL, HUMAN = "iso", "epoch", "mysql", "human"
TIMES = (ISO, EPOCH, MYSQL, HUMAN)
SEPARATORS = {"tab": "\t", r"\t": "\t", "space": " "}


@dataclass(frozen=True)
class Dialect:
    """separator: between two fields; quote: around each, "" for none; decimal: the decimal point.

    columns: which, in this order; None: all. times: one of TIMES, in the zone. least_known: so
    many columns besides time must have a value in a row; negative: counted from the number of
    those columns, -1 for all of them. None: also rows that only say when silence begins.
    """

    separator: str = ","
    quote: str = ""
    decimal: str = "."
    header: bool = True
    columns: tuple[str, ...] | None = None
    times: str = ISO
    zone: tzinfo = timezone.utc
    least_known: int | None = None
    mark: bool = False  # begins with a byte order mark, by which Excel knows UTF-8

    def __post_init__(self):
        for name, text in (("separator", self.separator), ("decimal", self.decimal)):
            if len(text) != 1 or text in "\"'\n\r\0" or text.isalnum() or not text.isascii():
                raise UsageError(f"--{name} {text!r}: one character, such as ; or tab")
        if (
            len(self.quote) > 1
            or self.quote in (self.separator, self.decimal)
            or (self.quote and (self.quote.isalnum() or not self.quote.isprintable()))
        ):
            raise UsageError(f"--quote {self.quote!r}: one character, other than those between")
        if self.separator == self.decimal and not self.quote:
            raise UsageError(
                f"--separator and --decimal are both {self.decimal!r}: take --separator ';'"
            )
        if self.times not in TIMES:
            raise UsageError(f"--time {self.times!r}: {there_are(TIMES)}")

    def of_excel(self, setting: str) -> "Dialect":
        """The same as Excel opens it by a double click with the settings of a country."""
        if setting not in EXCEL:
            raise UsageError(f"--excel {setting!r}: {there_are(EXCEL)}")
        separator, decimal = EXCEL[setting]
        times = MYSQL if self.times == ISO else self.times
        return replace(self, separator=separator, decimal=decimal, times=times, mark=True)

    def limit(self, count: int) -> int:
        """How many of count columns must have a value in a row."""
        least = self.least_known or 0
        return least if least >= 0 else count + least + 1

    def field(self, text: str) -> str:
        """A text as a field: enclosed if that is asked for or needed."""
        quote = self.quote or '"'
        if self.quote or any(c in text for c in (self.separator, quote, "\n", "\r")):
            return quote + text.replace(quote, 2 * quote) + quote
        return text


# By what Excel takes for granted in a country's settings: what separates fields, the decimal point
EXCEL = {"de": (";", ","), "us": (",", ".")}
PLAIN = Dialect()
EXCEL_ROWS = 1_048_576
