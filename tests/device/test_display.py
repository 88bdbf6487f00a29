"""The rows on the display, character by character: values, silence, faults, pages."""

from bms.jk import ERRORS
from display.screen import Screen
from display.state import HINTS, Health, PackView
from sample import CHARGE_STOPPED, DISCHARGE_STOPPED, Sample

# The custom characters as they stand in a row: full bar, 1 to 4 dots of it, degree, triangles
FULL = "\x04"
PAGE_MS = 4_000


def pack_of(cells, voltage, current, soc, temperature, name="Garage", bms="chargery"):
    sample = Sample()
    sample.voltage = voltage
    sample.current = current
    sample.soc = soc
    sample.temperatures[0] = temperature
    sample.cell_count = len(cells)
    for i in range(len(cells)):
        sample.cells[i] = cells[i]
    sample.find_extremes()
    pack = PackView(name, sample, bms)
    pack.heard = True
    pack.age_ms = 1_400
    return pack


def garage():
    return pack_of((3325, 3324, 3301, 3330), 13280, 22800, 91, 131)


def boat():
    return pack_of((3210,) * 24, 77040, -4500, 40, -45, "Boat", "")


def unknown():
    pack = PackView("Garage", Sample(), "chargery")
    pack.heard = True
    return pack


def rows_of(screen, packs, health=None, page=0):
    rows = screen.render(packs, health or Health(), page * PAGE_MS)
    for row in rows:
        assert len(row) == len(rows[0])
    return [text_of(row) for row in rows]


def pages_of(screen, packs, health=None, count=8):
    """Each different page once, in order."""
    seen = []
    for page in range(count):
        rows = rows_of(screen, packs, health, page)
        if rows not in seen:
            seen.append(rows)
    return seen


def text_of(row):
    return bytes(row).decode()


def field(width, put, *args):
    row = bytearray(b" " * width)
    put(row, 0, width, *args)
    return text_of(row)


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


# A pack on a 16x2


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


# Silence


def test_values_vanish_past_the_limit():
    pack = garage()
    screen = Screen(20, 4)
    pack.age_ms = 10_000
    assert rows_of(screen, [pack])[1] == "13.28V  +22.8A +303W"
    pack.age_ms = 10_001
    assert rows_of(screen, [pack]) == [
        "Garage              ",
        "No data for 10s     ",
        "BMS LCD unit on?    ",
        "Check the cable     ",
    ]
    pack.stale_ms = 30_000
    assert rows_of(screen, [pack])[1] == "13.28V  +22.8A +303W"


def test_silence_says_for_how_long():
    pack = garage()
    screen = Screen(16, 2)
    for ms, text in (
        (59_999, "No data 59s     "),
        (60_000, "No data 1m00s   "),
        (192_000, "No data 3m12s   "),
        (3_599_999, "No data 59m59s  "),
        (7_500_000, "No data 2h05m   "),
        (442_800_000, "No data 5d03h   "),
        (31_536_000_000, "No data 365d00h "),
    ):
        pack.age_ms = ms
        assert rows_of(screen, [pack])[0] == text


def test_silence_with_damaged_packets():
    pack = garage()
    pack.age_ms = 20_000
    pack.rejected = 12345
    assert pages_of(Screen(16, 2), [pack]) == [
        ["No data 20s     ", "BMS LCD unit on?"],
        ["No data 20s     ", "Check the cable "],
        ["No data 20s     ", "Bad packets  12k"],
    ]


def test_before_the_first_reading():
    pack = garage()
    pack.heard = False
    pack.age_ms = 10_000
    assert rows_of(Screen(16, 2), [pack]) == ["packlog starting", "Waiting for BMS "]
    assert rows_of(Screen(20, 4), [pack])[:3] == [
        "packlog starting    ",
        "Waiting for BMS     ",
        "Garage              ",
    ]
    pack.age_ms = 12_000
    assert rows_of(Screen(16, 2), [pack])[0] == "No data 12s     "


# What is wrong


def test_faults_take_turns_with_the_last_row():
    pack = garage()
    pack.sample.flags = CHARGE_STOPPED | DISCHARGE_STOPPED
    health = Health()
    health.storage_error = "flash full"
    health.note = "clock not set"
    pages = pages_of(Screen(20, 4), [pack], health)
    assert [rows[3] for rows in pages] == [
        " 13.1\x05C log    0  1s",
        "LOG: flash full     ",
        "clock not set       ",
        "BMS: charge off     ",
        "BMS: load off       ",
    ]
    for rows in pages:
        assert rows[1] == "13.28V  +22.8A +303W"


def test_faults_on_a_small_display():
    health = Health()
    health.storage_error = "flash error, format the flash"
    pages = pages_of(Screen(16, 2), [garage()], health)
    assert len(pages) == 5
    assert [rows[1] for rows in pages[2:]] == [
        "LOG: flash      ",
        "error, format   ",
        "the flash       ",
    ]
    for rows in pages[2:]:
        assert rows[0] == " 91%[" + FULL * 6 + "\x01] 1s"


def test_faults_come_and_go():
    screen = Screen(16, 2)
    health = Health()
    health.note = "x"
    assert len(pages_of(screen, [garage()], health)) == 3
    health.note = None
    assert len(pages_of(screen, [garage()], health)) == 2


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


def test_errors_of_the_bms_take_turns_with_the_last_row():
    pack = garage()
    pack.errors = (b"Cell overvoltage", b"", b"Charge overcurrent")
    pack.sample.errors = 0b101
    last = [rows[3].strip() for rows in pages_of(Screen(20, 4), [pack])]
    assert last[1:] == ["Cell overvoltage", "Charge overcurrent"]
    pack.sample.errors = 0
    assert len(pages_of(Screen(20, 4), [pack])) == 1


def test_errors_in_words():
    pack = garage()
    pack.sample.texts["errors"] = "Cell 3 low"
    assert [rows[3].strip() for rows in pages_of(Screen(20, 4), [pack])][1] == "Cell 3 low"


def test_what_the_link_does_comes_before_the_hints():
    pack = PackView("Van", Sample(), "jk", 15_000)
    pack.tell_link("Searching JK-B2A24S")
    rows = rows_of(Screen(20, 4), [pack])
    assert [row.strip() for row in rows[2:]] == ["Van", "Searching JK-B2A24S"]
    pack.age_ms = 20_000
    rows = rows_of(Screen(20, 4), [pack])
    assert [row.strip() for row in rows] == [
        "Van",
        "No data for 20s",
        "Searching JK-B2A24S",
        "BMS in reach?",
    ]
    pack.tell_link(None)
    rows = rows_of(Screen(20, 4), [pack])
    assert [row.strip() for row in rows[2:]] == ["Link up, no data", "BMS in reach?"]


def test_a_text_that_is_longer_than_its_row_shows_both_ends():
    pack = PackView("Van", Sample(), "jk", 15_000)
    pack.tell_link("Not heard: app open?")
    pack.heard, pack.age_ms = True, 20_000
    screen = Screen(16, 2, page_ms=4_000)
    shown = [bytes(screen.render([pack], Health(), ms)[1]).decode() for ms in (0, 2_000)]
    assert shown == ["Not heard: app o", "heard: app open?"]
    sample = garage().sample
    sample.errors = 1 << 4 | 1 << 5
    pack = PackView("Van", sample, "jk", 15_000, ERRORS)
    pack.heard, pack.age_ms = True, 500
    seen = {bytes(screen.render([pack], Health(), ms)[1]).decode() for ms in range(0, 40_000, 500)}
    assert {"cell overvoltage", "pack overvoltage"} <= seen
    sample.errors = 1 << 25
    seen = {bytes(screen.render([pack], Health(), ms)[1]).decode() for ms in range(0, 40_000, 500)}
    assert {"load overcurrent", "ad overcurrent 2"} <= seen


def test_packets_of_a_layout_that_is_not_known():
    pack = garage()
    pack.age_ms, pack.rejected, pack.strange = 20_000, 12, True
    assert pages_of(Screen(16, 2), [pack])[-1] == ["No data 20s     ", "New layout?   12"]


def test_hints_fit_the_large_display():
    for bms in HINTS:
        assert max(map(len, HINTS[bms])) <= 20


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
