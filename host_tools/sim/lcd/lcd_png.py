"""A picture of the LCD module as it stands on a desk: board, bezel, glass, and every dot of it.

Measures are those of the common 1602A and 2004A modules, in mm; 10 pixels a mm. The glass is blue
with white dots or green with dark ones, and dark when the display or its light is off.
"""

from dataclasses import dataclass
from pathlib import Path

from host_tools.sim.lcd.hd44780 import Hd44780
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SCALE = 10  # pixels a mm
_FINE = 2  # drawn larger by this factor, then reduced: smooth edges

PCB, PCB_EDGE, SILK = (14, 84, 52), (8, 58, 36), (214, 226, 216)
GOLD, HOLE = (214, 178, 94), (24, 30, 26)
BEZEL, BEZEL_LIGHT, BEZEL_DARK = (26, 27, 30), (66, 68, 74), (10, 10, 12)


@dataclass(frozen=True)
class Module:
    """Sizes in mm."""

    board: tuple[float, float]
    bezel: tuple[float, float]
    view: tuple[float, float]
    pitch: tuple[float, float]  # from character to character
    dot_pitch: tuple[float, float]
    dot: tuple[float, float]
    inset: float  # of the mounting holes
    hole: float


MODULES = {
    (16, 2): Module((80, 36), (71.2, 25.2), (64.5, 15.4), (3.55, 5.95), (0.6, 0.7), (0.55, 0.65),
                    2.8, 2.9),
    (20, 4): Module((98, 60), (96.6, 40), (77, 26.5), (3.55, 5.35), (0.6, 0.6), (0.55, 0.55),
                    3.0, 3.4),
}  # fmt: skip


@dataclass(frozen=True)
class Glass:
    """Colours: the light's middle and rim, dots at rest (faint) and set, all without light."""

    middle: tuple[int, int, int]
    rim: tuple[int, int, int]
    rest: tuple[int, int, int]
    dot: tuple[int, int, int]
    glow: float
    dark: tuple[int, int, int]


GLASSES = {
    "blue": Glass((30, 72, 238), (12, 34, 176), (4, 14, 96), (236, 244, 255), 0.5, (9, 13, 38)),
    "green": Glass((176, 208, 40), (142, 176, 22), (84, 108, 8), (34, 42, 18), 0.0, (58, 66, 34)),
}


def picture(lcd: Hd44780, backlight: bool = True, colour: str = "blue") -> Image.Image:
    """The module as it looks now; transparent around the board's corners."""
    module, glass = MODULES[lcd.columns, lcd.rows], GLASSES[colour]
    width, height = (_px(mm) for mm in module.board)
    image = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(image)
    _draw_board(draw, module)
    bezel = _centred(module, module.bezel)
    _draw_bezel(draw, bezel)
    view = _centred(module, module.view)
    lit = backlight and lcd.on
    pane = _pane(lcd, module, glass) if lit else _dark_pane(module, glass)
    mask = Image.new("L", pane.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, pane.width, pane.height), _px(0.8), 255)
    image.paste(pane, view[:2], mask)
    draw.rounded_rectangle(view, _px(0.8), outline=BEZEL_DARK, width=_px(0.25))
    return image.resize((width // _FINE, height // _FINE), Image.Resampling.LANCZOS)


def save(path: Path | str, lcd: Hd44780, backlight: bool = True, colour: str = "blue") -> None:
    """Write the picture as a PNG."""
    picture(lcd, backlight, colour).save(path, "PNG", optimize=True)


def _px(mm: float) -> int:
    return round(mm * SCALE * _FINE)


def _centred(module: Module, size: tuple[float, float]) -> tuple[int, int, int, int]:
    """The box of that size in the middle of the board, in pixels."""
    left, top = ((whole - part) / 2 for whole, part in zip(module.board, size, strict=True))
    return _px(left), _px(top), _px(left + size[0]), _px(top + size[1])


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, diameter: float, fill) -> None:
    radius = diameter / 2
    box = (_px(x - radius), _px(y - radius), _px(x + radius), _px(y + radius))
    draw.ellipse(box, fill=fill)


def _draw_board(draw: ImageDraw.ImageDraw, module: Module) -> None:
    width, height = module.board
    box = (0, 0, _px(width) - 1, _px(height) - 1)
    draw.rounded_rectangle(box, _px(1.2), PCB, PCB_EDGE, _px(0.25))
    for x in (module.inset, width - module.inset):
        for y in (module.inset, height - module.inset):
            _disc(draw, x, y, module.hole + 1.4, GOLD)
            _disc(draw, x, y, module.hole, (0, 0, 0, 0))
    for pin in range(16):  # the row of solder pads along the upper edge, pin 1 left
        x = 8 + 2.54 * pin
        if pin == 0:
            box = (_px(x - 1.05), _px(1.45), _px(x + 1.05), _px(3.55))
            draw.rectangle(box, None, SILK, _px(0.15))
        _disc(draw, x, 2.5, 1.75, GOLD)
        _disc(draw, x, 2.5, 0.95, HOLE)


def _draw_bezel(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    step = _px(0.3)
    draw.rounded_rectangle((left, top + step, right, bottom + step), _px(0.9), PCB_EDGE)
    draw.rounded_rectangle(box, _px(0.9), BEZEL, BEZEL_DARK, _px(0.1))
    inner = (left + step, top + step, right - step, bottom - step)
    draw.rounded_rectangle(inner, _px(0.7), None, BEZEL_LIGHT, _px(0.12))


def _size(module: Module) -> tuple[int, int]:
    left, top, right, bottom = _centred(module, module.view)
    return right - left, bottom - top


def _dark_pane(module: Module, glass: Glass) -> Image.Image:
    """Without light: a dark glass with a faint reflection across it."""
    size = _size(module)
    shine = Image.linear_gradient("L").rotate(90).resize(size).point(lambda v: v // 9)
    return ImageChops.screen(Image.new("RGB", size, glass.dark), Image.merge("RGB", (shine,) * 3))


def _pane(lcd: Hd44780, module: Module, glass: Glass) -> Image.Image:
    """The lit glass with all of its dots."""
    size = _size(module)
    shade = Image.radial_gradient("L").resize(size)  # 0 in the middle
    pane = Image.composite(
        Image.new("RGB", size, glass.rim), Image.new("RGB", size, glass.middle), shade
    )
    at_rest, driven = Image.new("L", size), Image.new("L", size)
    _mark_dots(lcd, module, ImageDraw.Draw(at_rest), ImageDraw.Draw(driven))
    pane.paste(glass.rest, mask=at_rest.point(lambda v: v // 7))
    if glass.glow:
        halo = driven.filter(ImageFilter.GaussianBlur(_px(0.45)))
        pane.paste(glass.dot, mask=halo.point(lambda v: int(v * glass.glow)))
    pane.paste(glass.dot, mask=driven)
    return pane


def _mark_dots(lcd: Hd44780, module: Module, at_rest, driven) -> None:
    (dx, dy), (px, py) = module.dot_pitch, module.pitch
    width, height = module.dot
    left = (module.view[0] - (lcd.columns - 1) * px - 4 * dx - width) / 2
    top = (module.view[1] - (lcd.rows - 1) * py - 7 * dy - height) / 2
    for row, cells in enumerate(lcd.pixels()):
        for column, rows in enumerate(cells):
            for y in range(8):
                for x in range(5):
                    at_x, at_y = left + column * px + x * dx, top + row * py + y * dy
                    box = (_px(at_x), _px(at_y), _px(at_x + width) - 1, _px(at_y + height) - 1)
                    (driven if rows[y] >> (4 - x) & 1 else at_rest).rectangle(box, fill=255)
