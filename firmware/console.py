"""The status line on the serial console: for `packlog watch` and for anyone with a terminal
program.

packlog NAME key=value ...: V, A, degC, %, V#cell; unknown is --. A reading that is older than the
BMS's time-out is not printed: its values are unknown then. Pure: what it is given, it formats.
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


def health_line(values):
    """How the logger is doing: (key, number, text or None) pairs."""
    return " ".join([HEALTH] + [key + "=" + _word(value) for key, value in values])


def extras_line(name, sample):
    """What only this kind of BMS tells, and what else a reading has; None if it is nothing."""
    words = [key + "=" + _word(sample.texts[key]) for key in sample.texts]
    words += [key + "=" + _word(sample.extras[key]) for key in sample.extras]
    words += [key + "=" + _word(getattr(sample, key)) for key in MORE]
    words.append("temperatures=" + _list(sample.temperatures, len(sample.temperatures)))
    words.append("cell_temperatures=" + _list(sample.cell_temperatures, sample.cell_count))
    words.append("impedances=" + _list(sample.impedances, sample.impedance_count))
    words = [word for word in words if not word.endswith("=--")]
    return " ".join([EXTRA, name] + words) if words else None


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


def status_line(name, sample, fresh, age_ms, counts):
    """sample's values if fresh; counts: (key, number or None) pairs that go on the line as they
    are.
    """
    words = ["packlog", name, "age=" + decimal(age_ms // 100, 1)]
    if fresh:
        words += (
            "voltage=" + decimal(sample.voltage, 3),
            "current=" + decimal(sample.current, 3),
            "soc=" + _word(sample.soc),
            "temperature=" + decimal(sample.temperature, 1),
            "min=" + _cell(sample, sample.min_cell),
            "max=" + _cell(sample, sample.max_cell),
        )
    else:
        words.append("voltage=-- current=-- soc=-- temperature=-- min=-- max=--")
    for key, number in counts:
        words.append(key + "=" + _word(number))
    return " ".join(words)
