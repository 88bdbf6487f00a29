"""Draws the figures of docs/wiring.md: python docs/figures/make.py writes them beside this file.

Pins come from host_tools/install/families.py. SVG as text, on a white ground so that dark pages
show it as well; units are pixels. A test compares the files with what this makes.
"""

from html import escape
from pathlib import Path

from host_tools.install.families import USUAL, WIRES

HERE = Path(__file__).resolve().parent
PITCH = 36  # between two pins
HEAD = 40  # of a part, above its first pin
INK, FAINT, GROUND = "#1f2933", "#7b8794", "#ffffff"
COLOURS = {
    "5V": "#c62828",
    "3V3": "#e07b00",
    "pack": "#8e24aa",
    "GND": "#222222",
    "RS232": "#00695c",
    "data": "#1565c0",
    "wrong": "#d50000",
}


class Sheet:
    """One figure, drawn piece by piece."""

    def __init__(self, width, height, title):
        self.size = width, height
        self.title = title
        self._parts = []
        self.text(width / 2, 30, title, 18, "middle", bold=True)

    def text(self, x, y, words, size=13, anchor="start", colour=INK, bold=False):
        """One line; y is its base line."""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}"{weight}>{escape(words)}</text>'
        )

    def lines(self, x, y, lines, size=13, anchor="start", colour=INK):
        """Several lines, one below the other."""
        for i, words in enumerate(lines):
            self.text(x, y + i * (size + 5), words, size, anchor, colour)

    def rectangle(self, x, y, width, height, fill="#f4f7fa", edge=INK, dashed=False):
        """A box without anything in it."""
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" '
            f'fill="{fill}" stroke="{edge}" stroke-width="1.5"{dash}/>'
        )

    def part(self, x, y, width, name, left=(), right=(), rows=0):
        """A box with pins on its sides, None for a free place; {label of a pin: (x, y)}."""
        rows = rows or max(len(left), len(right))
        self.rectangle(x, y, width, HEAD + PITCH * rows)
        self.text(x + width / 2, y + 22, name, 14, "middle", bold=True)
        pins = {}
        for labels, edge, inside, anchor in (
            (left, x, 10, "start"),
            (right, x + width, -10, "end"),
        ):
            for row, label in enumerate(labels):
                if label is None:
                    continue
                at = edge, y + HEAD + PITCH * row + PITCH / 2
                pins[label] = at
                self.dot(at, INK)
                self.text(at[0] + inside, at[1] + 4, label, 13, anchor)
        return pins

    def dot(self, at, colour):
        """A pin or a joint."""
        self._parts.append(f'<circle cx="{at[0]:g}" cy="{at[1]:g}" r="4" fill="{colour}"/>')

    def wire(self, kind, *points, dashed=False):
        """A line through the points; between two that are not in line it goes across first."""
        path = [points[0]]
        for point in points[1:]:
            if path[-1][0] != point[0] and path[-1][1] != point[1]:
                path.append((point[0], path[-1][1]))
            path.append(point)
        dash = ' stroke-dasharray="5 5"' if dashed else ""
        corners = " ".join(f"{x:g},{y:g}" for x, y in path)
        self._parts.append(
            f'<polyline points="{corners}" fill="none" stroke="{COLOURS[kind]}" '
            f'stroke-width="2.5" stroke-linejoin="round"{dash}/>'
        )

    def joint(self, kind, at):
        """Where wires that meet are connected; wires that cross without one are not."""
        self.dot(at, COLOURS[kind])

    def cross(self, at, size=11):
        """What must not be."""
        x, y = at
        for slope in (1, -1):
            self._parts.append(
                f'<line x1="{x - size:g}" y1="{y - slope * size:g}" x2="{x + size:g}" '
                f'y2="{y + slope * size:g}" stroke="{COLOURS["wrong"]}" stroke-width="4"/>'
            )

    def between(self, a, b, name, value):
        """A fuse or resistor in a wire that runs across; returns its two ends."""
        (left, y), (right, _) = a, b
        self.rectangle(left, y - 9, right - left, 18, GROUND)
        self.text((left + right) / 2, y - 16, name, 12, "middle", bold=True)
        self.text((left + right) / 2, y + 26, value, 12, "middle")

    def levels(self, x, y, high, low, bits, kind):
        """The voltage on a wire over time: True is high; its two levels are written beside it."""
        step, tall = 16, 30
        points = []
        for i, bit in enumerate(bits):
            level = y if bit else y + tall
            points += [(x + i * step, level), (x + (i + 1) * step, level)]
        self.wire(kind, *points)
        self.text(x - 8, y + 5, high, 12, "end", FAINT)
        self.text(x - 8, y + tall + 5, low, 12, "end", FAINT)

    def svg(self):
        """The file's text."""
        width, height = self.size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif">'
        )
        ground = f'<rect width="{width}" height="{height}" fill="{GROUND}"/>'
        title = f"<title>{escape(self.title)}</title>"
        return "\n".join([head, title, ground, *self._parts, "</svg>"]) + "\n"


# Idle, a start bit, six bits and the stop bit
_BITS = (1, 1, 0, 1, 0, 0, 1, 0, 1, 1)


def chargery():
    """COM3 by way of a MAX3232 to the UART."""
    rx = f"GPIO {USUAL.rx} (RX)"
    sheet = Sheet(940, 500, "Chargery COM3 to an ESP32")
    bms = sheet.part(30, 60, 170, "Chargery, COM3", right=("TX (red)", "GND (black)"))
    chip = sheet.part(
        370, 60, 200, "MAX3232 module", ("R1IN", "GND"), ("R1OUT", "GND ", "VCC"), rows=3
    )
    esp = sheet.part(740, 60, 170, USUAL.name, left=(rx, "GND", "3V3"))
    sheet.wire("RS232", bms["TX (red)"], chip["R1IN"])
    sheet.wire("GND", bms["GND (black)"], chip["GND"])
    sheet.wire("data", chip["R1OUT"], esp[rx])
    sheet.wire("GND", chip["GND "], esp["GND"])
    sheet.wire("3V3", esp["3V3"], chip["VCC"])
    sheet.text(285, 112, "RS232 levels", 12, "middle", COLOURS["RS232"])
    sheet.text(655, 112, "3.3 V logic", 12, "middle", COLOURS["data"])
    sheet.text(655, 208, "3.3 V, not 5 V", 12, "middle", COLOURS["3V3"])
    sheet.text(30, 250, "What a meter or a scope shows against GND, the BMS's LCD unit on:", 13)
    sheet.levels(180, 272, "+5 V", "at rest: -5 V", [not bit for bit in _BITS], "RS232")
    sheet.levels(600, 272, "at rest: 3.3 V", "0 V", _BITS, "data")
    sheet.rectangle(30, 340, 880, 140, "#fff4f4", COLOURS["wrong"])
    sheet.text(50, 366, "Never tie this GND to the negative pole of the battery", 15, bold=True)
    battery = sheet.part(50, 385, 170, "Battery", right=("negative pole",))
    sheet.wire("wrong", battery["negative pole"], (360, 443), dashed=True)
    sheet.cross((290, 443))
    sheet.text(372, 448, "GND of COM3, MAX3232, ESP32", 13)
    sheet.lines(
        600,
        404,
        (
            "The BMS's ground is another one. Through",
            "the supply of the ESP32 the two would meet:",
            "take an isolated converter (figure 3), or a",
            "USB supply on mains.",
        ),
    )
    return sheet


def lcd_i2c():
    """The backpack at 5 V behind a level shifter."""
    scl, sda = f"GPIO {USUAL.scl} (SCL)", f"GPIO {USUAL.sda} (SDA)"
    sheet = Sheet(940, 350, "Display with an I2C backpack (PCF8574)")
    esp = sheet.part(30, 90, 190, USUAL.name, right=("5V (VIN)", "3V3", scl, sda, "GND"))
    shift = sheet.part(
        370,
        126,
        200,
        "Level shifter (BSS138)",
        ("LV", "LV1", "LV2", "GND"),
        ("HV", "HV1", "HV2", "GND "),
    )
    pack = sheet.part(730, 126, 180, "Backpack, LCD", left=("VCC", "SCL", "SDA", "GND"))
    sheet.wire("5V", esp["5V (VIN)"], (300, esp["5V (VIN)"][1]), (300, 70))
    sheet.wire("5V", (300, 70), (650, 70), (650, shift["HV"][1]))
    sheet.wire("5V", shift["HV"], pack["VCC"])
    sheet.joint("5V", (650, shift["HV"][1]))
    sheet.wire("3V3", esp["3V3"], shift["LV"])
    sheet.wire("data", esp[scl], shift["LV1"])
    sheet.wire("data", esp[sda], shift["LV2"])
    sheet.wire("data", shift["HV1"], pack["SCL"])
    sheet.wire("data", shift["HV2"], pack["SDA"])
    sheet.wire("GND", esp["GND"], shift["GND"])
    sheet.wire("GND", shift["GND "], pack["GND"])
    sheet.text(475, 62, "5 V", 12, "middle", COLOURS["5V"])
    sheet.text(295, 174, "3.3 V", 12, "middle", COLOURS["3V3"])
    sheet.text(295, 212, "0 / 3.3 V", 12, "middle", COLOURS["data"])
    sheet.text(650, 212, "0 / 5 V", 12, "middle", COLOURS["data"])
    return sheet


def power():
    """Two ways to feed the board from the pack."""
    sheet = Sheet(940, 600, "Power from the pack")
    _isolated(sheet, 50)
    _buck(sheet, 335)
    return sheet


def _feed(sheet, source, plus, minus):
    """Fuse and resistor in the plus of the source; returns where the feed's two wires end."""
    y = source[plus][1]
    sheet.wire("pack", source[plus], (250, y))
    sheet.between((250, y), (310, y), "F1", "1 A, DC")
    sheet.wire("pack", (310, y), (360, y))
    sheet.between((360, y), (410, y), "R1", "10 ohm, 1 W")
    return (410, y), source[minus]


def _isolated(sheet, top):
    sheet.text(
        30, top + 10, "a) Isolated: with a Chargery, and wherever else in doubt", 15, bold=True
    )
    pack = sheet.part(30, top + 30, 150, "Pack", right=("+", None, "-"))
    plus, minus = _feed(sheet, pack, "+", "-")
    box = sheet.part(
        490, top + 30, 190, "Isolated DC/DC", ("IN+", None, "IN-"), ("OUT+", None, "OUT-")
    )
    esp = sheet.part(770, top + 30, 140, "ESP32", ("5V (VIN)", None, "GND"))
    sheet.wire("pack", plus, box["IN+"])
    sheet.wire("GND", minus, box["IN-"])
    sheet.wire("5V", box["OUT+"], esp["5V (VIN)"])
    sheet.wire("GND", box["OUT-"], esp["GND"])
    sheet.wire("wrong", (585, top + 62), (585, top + 172), dashed=True)
    sheet.text(585, top + 196, "no connection across this line", 12, "middle", COLOURS["wrong"])
    sheet.text(725, top + 80, "5 V", 12, "middle", COLOURS["5V"])
    sheet.lines(
        30,
        top + 225,
        (
            "F1 as close to the pack as can be, behind the main fuse. Input range of the converter:"
            " the highest voltage of the pack and a reserve.",
        ),
        12,
    )


def _buck(sheet, top):
    words = "b) Buck: only if no other wire leaves the ESP32 (JK by Bluetooth, BlueNova by WiFi)"
    sheet.text(30, top, words, 15, bold=True)
    pack = sheet.part(30, top + 20, 150, "Pack and BMS", right=("+", None, "P-"))
    plus, minus = _feed(sheet, pack, "+", "P-")
    box = sheet.part(
        490, top + 20, 190, "Buck module", ("IN+", None, "IN-"), ("OUT+", None, "OUT-")
    )
    esp = sheet.part(770, top + 20, 140, "ESP32", ("5V (VIN)", None, "GND"))
    sheet.wire("pack", plus, box["IN+"])
    sheet.wire("GND", minus, box["IN-"])
    level = box["IN-"][1]
    sheet.wire("GND", (530, level), (630, level), dashed=True)
    sheet.wire("5V", box["OUT+"], esp["5V (VIN)"])
    sheet.wire("GND", box["OUT-"], esp["GND"])
    sheet.text(725, top + 70, "5 V", 12, "middle", COLOURS["5V"])
    sheet.text(585, top + 130, "one and the same", 12, "middle", FAINT)
    sheet.lines(
        30,
        top + 205,
        (
            "P- is the pack's negative behind the BMS, where the loads are: with it the logger goes"
            " off together with them.",
            "With B-, the cells' side, it stays on when the BMS has cut the loads off, and goes on"
            " discharging the cells.",
            "Whichever of the two it is, no wire may connect the ESP32 to the other one.",
        ),
        12,
    )


def lcd_wires():
    """The display's own 16 pins on six GPIOs."""
    sheet = Sheet(940, 680, "Display with six wires")
    gpio = dict(zip(WIRES, USUAL.wires, strict=True))
    names = {key: f"GPIO {pin}" for key, pin in gpio.items()}
    rows = [None, None, None, "rs", None, "e", None, "d4", "d5", "d6", "d7"]
    labels = [row and names[row] for row in rows] + ["5V (VIN)", "GND"]
    esp = sheet.part(30, 130, 190, USUAL.name, right=labels)
    left = ("1 VSS", "2 VDD", "3 V0", "4 RS", "5 RW", "6 E", "7-10 D0-D3", "11 D4", "12 D5")
    lcd = sheet.part(
        700, 130, 210, "LCD, HD44780", (*left, "13 D6", "14 D7", "15 A (light +)", "16 K (light -)")
    )
    for key, pin in zip(WIRES, ("4 RS", "6 E", "11 D4", "12 D5", "13 D6", "14 D7"), strict=True):
        sheet.wire("data", esp[names[key]], lcd[pin])
        sheet.text(290, lcd[pin][1] - 6, key.upper(), 12, "middle", COLOURS["data"])
    _rails(sheet, esp, lcd)
    sheet.text(700, 656, "7 to 10 stay open", 12, colour=FAINT)
    return sheet


def _rails(sheet, esp, lcd):
    """5 V, ground and the trimmer between them."""
    five, ground, trimmer = 400, 560, 90
    sheet.wire("5V", (five, trimmer), (five, lcd["15 A (light +)"][1]))
    sheet.wire("5V", (five, lcd["2 VDD"][1]), lcd["2 VDD"])
    sheet.wire("5V", esp["5V (VIN)"], lcd["15 A (light +)"])
    sheet.wire("GND", (ground, trimmer), (ground, lcd["16 K (light -)"][1]))
    sheet.wire("GND", esp["GND"], lcd["16 K (light -)"])
    for pin in ("1 VSS", "5 RW"):
        sheet.wire("GND", (ground, lcd[pin][1]), lcd[pin])
        sheet.joint("GND", (ground, lcd[pin][1]))
    sheet.joint("5V", (five, lcd["2 VDD"][1]))
    sheet.joint("5V", (five, lcd["15 A (light +)"][1]))
    sheet.joint("GND", (ground, lcd["16 K (light -)"][1]))
    sheet.wire("5V", (five, trimmer), (440, trimmer))
    sheet.wire("GND", (520, trimmer), (ground, trimmer))
    sheet.rectangle(440, trimmer - 9, 80, 18, GROUND)
    sheet.text(480, trimmer - 18, "trimmer 10 kohm", 12, "middle", bold=True)
    wiper = (480, trimmer + 9)
    sheet.wire("data", wiper, (480, lcd["3 V0"][1]), lcd["3 V0"])
    sheet.text(620, lcd["3 V0"][1] - 6, "contrast", 12, "middle", COLOURS["data"])
    sheet.text(630, lcd["5 RW"][1] - 6, "to GND!", 12, "middle", COLOURS["GND"])
    sheet.text(290, lcd["15 A (light +)"][1] - 6, "5 V", 12, "middle", COLOURS["5V"])


FIGURES = {
    "chargery.svg": chargery,
    "lcd_i2c.svg": lcd_i2c,
    "power.svg": power,
    "lcd_wires.svg": lcd_wires,
}


def make():
    """{name of a file: its text}."""
    return {name: draw().svg() for name, draw in FIGURES.items()}


if __name__ == "__main__":
    for name, text in make().items():
        (HERE / name).write_text(text, encoding="utf8")
