"""What the display says when something is wrong: silence, faults, errors, links."""

from a_screen import FULL, garage, pages_of, rows_of

from bms.jk import ALARMS, HINTS
from sample import CHARGE_STOPPED, DISCHARGE_STOPPED, Sample
from screen.pages import Screen
from screen.state import Health, PackView


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
    pack = PackView("Van", Sample(), HINTS, 15_000, (), "Link up, no data")
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
    pack = PackView("Van", Sample(), HINTS, 15_000, (), "Link up, no data")
    pack.tell_link("Not heard: app open?")
    pack.heard, pack.age_ms = True, 20_000
    screen = Screen(16, 2, page_ms=4_000)
    shown = [bytes(screen.render([pack], Health(), ms)[1]).decode() for ms in (0, 2_000)]
    assert shown == ["Not heard: app o", "heard: app open?"]
    sample = garage().sample
    sample.errors = 1 << 4 | 1 << 5
    pack = PackView("Van", sample, HINTS, 15_000, ALARMS)
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
