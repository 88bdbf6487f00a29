"""The LCD driver when the display is not there, goes and comes back, or is in a state unknown."""

from lcd_fake import GLYPHS, START, Bench, data

from drivers.hd44780 import LcdLost

# Losing it


def test_a_lost_display_comes_back_whole():
    bench = Bench()
    bench.lcd.show((b"Hello",))
    seen = []

    def change():
        bench.unplug()
        bench.lcd.show((b"World",))

    def look():
        seen.append((bench.lcd.online, bench.lcd.losses))
        bench.plug()
        del bench.log[:]

    bench.live((500, change), (1200, look), (5000, lambda: None))
    assert seen == [(False, 1)]
    assert bench.lcd.online and bench.lcd.losses == 1
    at = bench.log.index("c28")
    assert bench.log[at - 5 : at - 5 + len(START)] == START
    rest = bench.log[at - 5 + len(START) :]
    assert rest[:34] == ["c80"] + data("World" + " " * 11) + ["cc0"] + data(" " * 16)


def test_it_is_looked_for_less_and_less_often():
    bench = Bench(address=None)
    bench.live((20_000, lambda: None))
    assert [word for word in bench.log if word != "sleep 0"][:6] == [
        "sleep 1000", "sleep 2000", "sleep 4000", "sleep 5000", "sleep 5000", "sleep 5000"
    ]  # fmt: skip
    assert bench.lcd.losses == 0 and not bench.lcd.online


def test_a_power_cycle_is_seen_though_nothing_changes():
    bench = Bench()
    bench.lcd.show((b"Hello",))

    def cycle():
        bench.i2c.power_up()
        del bench.log[:]

    bench.live((3_000, cycle), (6_000, lambda: None))
    assert bench.lcd.losses == 1 and bench.lcd.online
    assert data("Hello") == bench.log[bench.log.index("d48") :][:5]


def test_an_unplugged_display_is_noticed_though_nothing_changes():
    bench = Bench()
    seen = []
    bench.live((3_000, bench.unplug), (4_200, lambda: seen.append(bench.lcd.losses)))
    assert seen == [1]


def test_a_port_that_reads_back_wrong_is_not_believed():
    bench = Bench()

    def read_ones(address, buf):
        buf[0] = 0xFF

    bench.i2c.readfrom_into = read_ones
    bench.live((30_000, lambda: None))
    assert bench.lcd.online and bench.lcd.losses == 0


def test_any_error_is_one_kind_of_error():
    for method in ("writeto", "readfrom_into"):
        bench = Bench().started()

        def fail(address, buf):
            raise OSError(116)

        setattr(bench.i2c, method, fail)
        bench.lcd.show((b"x",))
        try:
            bench.lcd.step() if method == "writeto" else bench.lcd._bus.alive()
        except LcdLost as error:
            assert isinstance(error, OSError) and error.args[0] == 116
        else:
            raise AssertionError("no error")


# Healing what no error tells of


def test_resync_writes_everything_and_clears_nothing():
    bench = Bench().started()
    bench.wrote(b"Hello")
    del bench.log[:]
    bench.do(bench.lcd.resync)
    bench.do(bench.lcd.refresh)
    glyphs = ["c40"] + ["d%02x" % code for code in GLYPHS]
    rows = ["c80"] + data("Hello" + " " * 11) + ["cc0"] + data(" " * 16)
    wake = ["3", "sleep 6", "3", "3", "2", "c28"]
    assert bench.log == wake + ["c02", "sleep 4", "c06"] + glyphs + ["c0c"] + rows


def test_resync_comes_once_a_minute():
    bench = Bench()
    bench.live((183_000, lambda: None))
    assert bench.log.count("c02") == 3 and bench.log.count("c01") == 1
