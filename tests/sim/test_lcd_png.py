"""The picture of the LCD module: it shows the dots that the display shows."""

import pytest
from host_tools.sim.lcd import lcd_png
from PIL import ImageChops
from tests.helpers.lcd_bench import Bench


def lit(image, box=None):
    """How many pixels are nearly white."""
    grey = image.convert("RGB").crop(box or (0, 0, *image.size)).convert("L")
    return sum(grey.histogram()[200:])


def dots(glass):
    return sum(row.bit_count() for cells in glass.pixels() for cell in cells for row in cell)


def test_picture_shows_the_dots():
    bench = Bench().start()
    image = lcd_png.picture(bench.glass)
    assert image.size == (980, 600)
    glass = (110, 170, 870, 430)
    area = 5 * 5  # whole pixels a dot, of 5.5
    assert lit(image, glass) == pytest.approx(dots(bench.glass) * area, rel=0.02)
    assert lcd_png.picture(Bench(16, 2).start().glass).size == (800, 360)


def test_picture_is_the_right_way_round():
    image = lcd_png.picture(Bench(16, 2).start([b"L"]).glass)
    left, right = (lit(image, (x, 120, x + 6, 180)) for x in (119, 143))
    assert (left, right) == (7 * 5 * 6, 5 * 6)  # columns of 7 dots and of 1


def test_picture_differs_when_the_text_does(tmp_path):
    bench = Bench(16, 2).start([b"1"])
    lcd_png.save(tmp_path / "1.png", bench.glass)
    lcd_png.save(tmp_path / "again.png", bench.glass)
    first = lcd_png.picture(bench.glass)
    bench.do(bench.show([b"2"]))
    lcd_png.save(tmp_path / "2.png", bench.glass)
    one, again, two = (
        tmp_path.joinpath(name).read_bytes() for name in ("1.png", "again.png", "2.png")
    )
    assert one == again != two
    left, top, right, bottom = ImageChops.difference(
        first.convert("RGB"), lcd_png.picture(bench.glass).convert("RGB")
    ).getbbox()
    assert right - left < 100 and bottom - top < 120  # the first character and its glow


@pytest.mark.parametrize("colour", ["blue", "green"])
def test_picture_is_dark_without_light_or_display(colour):
    bench = Bench().start()
    glass = (110, 170, 870, 430)

    def brightness(**options):
        image = lcd_png.picture(bench.glass, colour=colour, **options).convert("L").crop(glass)
        return sum(i * n for i, n in enumerate(image.histogram())) / (760 * 260)

    on = brightness()
    assert brightness(backlight=False) < on * 0.6
    bench.lcd._command(0x08)
    assert brightness() < on * 0.6


def test_backlight_follows_the_port():
    bench = Bench().start()
    assert bench.device.backlight
    bench.device.write(0x00, bench.us)
    assert not bench.device.backlight
