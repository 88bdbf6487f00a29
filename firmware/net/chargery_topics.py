"""The topics of Chargery users' dashboards. Imported once a Chargery has a reading."""

from fields import LISTS, value_of
from net.payload import count_of, decimal, element

# Chargery's topics, with the decimals that those who listen to them know: topic, key, decimals
CHARGERY = (
    ("watthour", "energy", 3),
    ("amphour", "charge", 3),
    ("batteryvolt", "voltage", 3),
    ("cellhigh", "max_cell_voltage", 3),
    ("celllow", "min_cell_voltage", 3),
    ("maxvolt", "full_cell_voltage", 3),
    ("current", "current", 3),
    ("modename", "mode", 0),
    ("modeint", "modeint", 0),
    ("temp1", "temp1", 1),
    ("temp2", "temp2", 1),
    ("soc", "soc", 0),
    ("aggimped", "impedance", 1),
)


def chargery(payload, sample, cells):
    """Compose what a Chargery user's dashboards listen to, one after the other; yields the topics.

    What is not known is not published. cells: those of the single cells too.
    """
    for topic, key, places in CHARGERY:
        value = sample.mode if key == "modeint" else value_of(sample, key)
        if value is not None:
            payload.clear().add(value if key == "mode" else decimal(value, places))
            yield topic
    for key, _, unit, decimals in LISTS[:2] if cells else ():
        topic = "cellvolt" if unit == "V" else "cellimped"
        for i in range(count_of(sample, key)):
            text = element(getattr(sample, key)[i], key, decimals)
            if text:
                payload.clear().add(text)
                yield topic + str(i + 1)
