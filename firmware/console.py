"""The status line on the serial console: for `packlog watch` and for anyone with a terminal
program.

packlog NAME key=value ...: V, A, degC, %, V#cell; unknown is --. A reading that is older than the
BMS's timeout is not printed: its values are unknown then. A line is a generator of its words: put
together it would take heap in one piece.
"""

from sample import MORE

STARTING = "packlog starting"
# How lines begin; the PC looks for it
TROUBLE = "packlog! "  # and then what is wrong, in words
HEALTH = "packlog health"
EXTRA = "packlog extra"
UNKNOWN = "--"


def decimal(value, places):
    """An integer count of 10**-places as text: decimal(-1205, 3) is -1.205; None is --."""
    if value is None:
        return UNKNOWN
    unit = 10**places
    sign = "-" if value < 0 else ""
    value = abs(value)
    return sign + str(value // unit) + "." + str(unit + value % unit)[1:]


def say(words):
    """Print a line of words; nothing if there are none."""
    blank = None
    for word in words:
        if blank:
            print(end=blank)
        print(word, end="")
        blank = " "
    if blank:
        print()


def health_words(values):
    """How the logger is doing: (key, number, text or None) pairs."""
    yield HEALTH
    for key, value in values:
        yield key + "=" + _word(value)


def extras_words(name, sample):
    """What only this kind of BMS tells, and what else a reading has; no words if it is nothing."""
    return _more(name, _extras(sample))


def energy_words(name, pairs):
    """What a pack took in and gave, and how long it lasts: (key, number or None) pairs."""
    return _more(name, (key + "=" + _word(value) for key, value in pairs))


def _more(name, words):
    """An extra line of those words whose value is known."""
    begin = EXTRA, name
    for word in words:
        if not word.endswith("=--"):
            yield from begin
            begin = ()
            yield word


def _extras(sample):
    for values in (sample.texts, sample.extras):
        for key in values:
            yield key + "=" + _word(values[key])
    for key in MORE:
        yield key + "=" + _word(getattr(sample, key))
    yield "temperatures=" + _list(sample.temperatures, len(sample.temperatures))
    yield "cell_temperatures=" + _list(sample.cell_temperatures, sample.cell_count)
    name = "wire_resistances=" if sample.wires else "impedances="
    yield name + _list(sample.impedances, sample.impedance_count)


def _list(values, count):
    """Values with one decimal, unknown ones as --; -- alone if none is known."""
    known = any(values[i] is not None for i in range(count))
    return ",".join([decimal(values[i], 1) for i in range(count)]) if known else UNKNOWN


def _word(value):
    """A value without blanks: they end it."""
    return UNKNOWN if value is None else str(value).replace(" ", "_")


def _cell(sample, index):
    if index is None:
        return UNKNOWN
    return decimal(sample.cells[index], 3) + "#" + str(index + 1)


def status_words(name, sample, fresh, age_ms, counts):
    """sample's values if fresh; counts: (key, number, text or None) pairs that go on the line
    as they are.
    """
    yield "packlog"
    yield name
    yield "age=" + decimal(age_ms // 100, 1)
    if fresh:
        yield "voltage=" + decimal(sample.voltage, 3)
        yield "current=" + decimal(sample.current, 3)
        yield "soc=" + _word(sample.soc)
        yield "temperature=" + decimal(sample.temperature, 1)
        yield "min=" + _cell(sample, sample.min_cell)
        yield "max=" + _cell(sample, sample.max_cell)
    else:
        yield "voltage=-- current=-- soc=-- temperature=-- min=-- max=--"
    for key, number in counts:
        yield key + "=" + _word(number)


def lines(board):
    """What is printed every few seconds, a generator of words for each line."""
    counts = (
        ("uptime", board.uptime.seconds),
        ("unix", board.clock.unix()),
        ("heap", dict(board.values).get("heap_free")),
        ("lcd", int(board.shown)),
    )
    for pack in board.packs:
        for words in pack.lines(counts):
            yield words
    yield health_words(board.values)
