"""The rows on the display, character by character: values and pages."""

from a_screen import FULL, boat, garage, pack_of, pages_of, rows_of, text_of, unknown

from screen.pages import Screen
from screen.state import Health

# A pack on a 20x4


def test_wide_page():
    health = Health()
    health.frames = 12345
    assert rows_of(Screen(20, 4), [garage()], health) == [
        "SoC  91% [" + FULL * 8 + "\x00]",
        "13.28V  +22.8A +303W",
        "\x06 3:3.301  \x07 4:3.330",
        " 13.1\x05C log12345  1s",
    ]


def test_wide_page_at_the_limits():
    pack = pack_of((4165,) * 23 + (4166,), 99960, -999900, 100, -223)
    health = Health()
    health.frames = 123456
    assert rows_of(Screen(20, 4), [pack], health) == [
        "SoC 100% [" + FULL * 9 + "]",
        "99.96V -999.9A-100kW",
        "\x06 1:4.165  \x0724:4.166",
        "-22.3\x05C log 123k  1s",
    ]


def test_unknown_values_are_dashes():
    assert rows_of(Screen(20, 4), [unknown()]) == [
        "SoC  --% [         ]",
        "   --V     --A   --W",
        "\x06--:   --  \x07--:   --",
        "   --\x05C log    0  0s",
    ]
    assert pages_of(Screen(16, 2), [unknown()]) == [
        [" --%[       ] 0s", "    --A      --V"],
        ["\x06--:   --    --W", "\x07--:   --   --\x05C"],
    ]


def counted(energy_in, energy_out, cycles=1234, efficiency=951, to_full=None, to_empty=None):
    """A pack of which energy was counted: Wh, 0.1 cycles, 0.1 %, min."""
    pack = garage()
    pack.energy = (energy_in, energy_out, 0, 0, cycles, efficiency, to_full, to_empty)
    return pack


def test_wide_page_of_the_energy():
    screen = Screen(20, 4)
    first, second = pages_of(screen, [counted(1234567, 1200321, to_full=725)])
    assert first == rows_of(Screen(20, 4), [garage()])
    assert second == [
        "Energy  in 1234.6kWh",
        "       out 1200.3kWh",
        "Cycles  123.4  95.1%",
        "Full in 12h05m      ",
    ]
    page = rows_of(screen, [counted(99999999, 0, 0, None, to_empty=59)], None, 1)
    assert page == [
        "Energy  in 100000kWh",
        "       out    0.0kWh",
        "Cycles    0.0    --%",
        "Empty in 59 min     ",
    ]
    assert rows_of(screen, [counted(1000, 0)], None, 1)[3] == " " * 20


def test_as_good_as_nothing_counted_has_no_page():
    assert len(pages_of(Screen(20, 4), [counted(99, 100)])) == 2
    for columns, rows in ((20, 4), (16, 2)):
        same = pages_of(Screen(columns, rows), [garage()])
        assert pages_of(Screen(columns, rows), [counted(99, 99, 0, None)]) == same


def test_energy_of_several_packs_has_their_names():
    other = boat()
    other.energy = counted(5000, 4000).energy
    pages = pages_of(Screen(20, 4), [counted(1000, 0), other])
    assert [page[0] for page in pages if "kWh" in page[0]] == [
        "Garage  in    1.0kWh",
        "Boat    in    5.0kWh",
    ]
    assert len(pages) == 4


def test_a_protection_takes_turns_with_the_pages():
    """It stands on the first page's last row, not on the energy's."""
    pack = counted(1000, 0)
    pack.sample.flags = 1
    pages = pages_of(Screen(20, 4), [pack])
    assert [page[3] for page in pages] == [
        " 13.1\x05C log    0  1s",
        " " * 20,
        "BMS: charge off     ",
    ]
    assert pages[2][0] == pages[0][0]


# A pack on a 16x2


def test_small_page_of_the_energy():
    screen = Screen(16, 2)
    pages = pages_of(screen, [counted(123456, 98765, to_empty=5940)])
    assert pages[:2] == pages_of(Screen(16, 2), [garage()])
    assert pages[2:] == [["Empty in 4d03h  ", " 123.5  -98.8kWh"]]
    pages = pages_of(screen, [counted(99999999, 99999999)])
    assert pages[2:] == [["Cycles 123.4 95%", "100000-100000kWh"]]


def test_small_pages_take_turns():
    screen = Screen(16, 2)
    first = [" 91%[" + FULL * 6 + "\x01] 1s", " +22.8A   13.28V"]
    second = ["\x06 3:3.301  +303W", "\x07 4:3.330   13\x05C"]
    assert [rows_of(screen, [garage()], None, page) for page in range(4)] == [
        first, second, first, second
    ]  # fmt: skip


def test_small_pages_at_the_limits():
    pack = pack_of((4165,) * 23 + (4166,), 99960, -999900, 100, -223)
    pack.age_ms = 9_999
    assert pages_of(Screen(16, 2), [pack]) == [
        ["100%[" + FULL * 7 + "] 9s", "-999.9A   99.96V"],
        ["\x06 1:4.165 -100kW", "\x0724:4.166  -22\x05C"],
    ]


# Several packs


def test_several_packs_take_turns():
    packs = [garage(), boat()]
    wide = Screen(20, 4)
    assert rows_of(wide, packs)[0] == "Garage    91% [" + FULL * 3 + "\x02]"
    assert rows_of(wide, packs, None, 1) == [
        "Boat      40% [" + FULL + "\x02  ]",
        "77.04V   -4.5A -347W",
        "\x06 1:3.210  \x07 1:3.210",
        " -4.5\x05C log    0  1s",
    ]
    assert rows_of(wide, packs, None, 2)[0][:6] == "Garage"
    assert pages_of(Screen(16, 2), packs) == [
        ["Garage   91%  1s", " +22.8A   13.28V"],
        ["\x06 3:3.301 Garage", "\x07 4:3.330   13\x05C"],
        ["Boat     40%  1s", "  -4.5A   77.04V"],
        ["\x06 1:3.210 Boat  ", "\x07 1:3.210   -5\x05C"],
    ]


def test_a_silent_pack_does_not_hide_the_other():
    packs = [garage(), boat()]
    packs[0].age_ms = 75_000
    wide = Screen(20, 4)
    assert rows_of(wide, packs)[:2] == ["Garage              ", "No data for 1m15s   "]
    assert rows_of(wide, packs, None, 1)[0][:4] == "Boat"
    firsts = [rows[1] for rows in pages_of(Screen(16, 2), packs)]
    assert firsts[:3] == ["Garage          ", "BMS LCD unit on?", "Check the cable "]
    assert firsts[3] == "  -4.5A   77.04V"


def test_message_pages():
    screen = Screen(16, 2)
    text = "lcd.columns: 17 is not possible, use 16 or 20"
    pages = []
    for second in (0, 3, 6, 9, 12):
        pages.append([text_of(row) for row in screen.message("Config error", text, second * 1000)])
    assert pages == [
        ["Config error 1/3", "lcd.columns: 17 "],
        ["Config error 2/3", "is not possible,"],
        ["Config error 3/3", "use 16 or 20    "],
        ["Config error 1/3", "lcd.columns: 17 "],
        ["Config error 2/3", "is not possible,"],
    ]
    rows = [text_of(row) for row in Screen(20, 4).message("packlog", "starting", 0)]
    assert rows == ["packlog             ", "starting            ", " " * 20, " " * 20]


def test_message_with_many_pages():
    rows = Screen(16, 2).message("E", " ".join(["a" * 16] * 12), 9 * 3000)
    assert [text_of(row) for row in rows] == ["E          10/12", "a" * 16]


def test_the_loggers_own_page_takes_its_turn():
    health = Health()
    health.lines = [b"Up 1d 2h 3m", b"Free RAM 90K/800K", b"WiFi -61 dBm", b"MQTT up"]
    first = [rows_of(Screen(20, 4), [garage()], health, page)[0] for page in range(18)]
    assert [row.startswith("Up") for row in first] == ([False] * 8 + [True]) * 2
    pages = pages_of(Screen(20, 4), [garage()], health, 9)
    assert len(pages) == 2
    assert [row.strip() for row in pages[1]] == [
        "Up 1d 2h 3m",
        "Free RAM 90K/800K",
        "WiFi -61 dBm",
        "MQTT up",
    ]
    pages = pages_of(Screen(16, 2), [garage()], health, 10)
    assert [row.strip() for row in pages[2]] == ["Up 1d 2h 3m", "Free RAM 90K/800"]
    assert [row.strip() for row in pages[3]] == ["WiFi -61 dBm", "MQTT up"]
