"""What an advertisement says of the kind of BMS: recognised, or possible, or neither.

Names, makers' numbers and addresses are those of real units, as aiobmsble's test data and the
reports in it list them.
"""

import pytest
from host_tools.board import bluetooth
from host_tools.ground.firmware import declared, names, seen_as

import recognise

# Bluetooth's own services, that of Tencent, and one of Bluegiga's
GENERIC, TENCENT, OWN = (0x1800, 0x1801, 0x180A), 0xFEE7, 0x0001
REAL = [
    # name, services, maker, address, kind
    ("BatteryOben-00", [0xFFE0], 0x0B65, "", "jk"),
    ("JK_B2A8S20P", [*GENERIC, 0x180F, TENCENT, 0xFFE0], 0x0B65, "", "jk"),
    ("506036N46002293-00", [0xFFE0, TENCENT], 0x0B65, "a4:c1:38:00:00:00", "jk"),  # JBD's OUI
    ("JK-BD4A8S-4P", [0xFFE0], 0x4B4A, "20:25:03:32:09:75", "jk"),
    ("GJ-25.6V200AH-0006", [0xFF00], None, "A4:C1:37:00:00:00", "jbd"),
    ("SX100P-B230201", [0xFF00], 0x7B00, "e1:24:50:00:00:00", "jbd"),
    ("DP04S007L4S100A", [0xFF00], 0x1852, "a5:c2:37:00:00:00", "jbd"),
    ("", [0xFF00], 0x3E70, "70:3e:97:00:00:00", "jbd"),
    ("ECO-LFP48100-3U-8EC7", [0xFF00], 0xC2AA, "aa:c2:37:00:00:00", "jbd"),
    ("OGR-48100-123456789", [0xFF00, OWN], 0x3638, "38:36:13:00:00:00", "jbd"),
    ("JBD-SP16S020-L8S", [*GENERIC, 0xFF00], 0x3638, "", "jbd"),
    ("SBL-12330BLH1-242055", [0xFF00], 0x007B, "f9:56:0b:00:00:00", "jbd"),
    ("xiaoxiangBMS", [0xFF00], None, "", "jbd"),
    ("DL-46640102XXXX", [0xFFF0], 0x6446, "", "daly"),
    ("DL-401710015C9B", [], 0x0302, "", "daly"),
    ("JHB-501812XXXXXX", [], 0x0104, "", "daly"),
    ("BT270-2", [], 0x0302, "", "daly"),
    ("DL-FB4C2E0000000", [], 0x0303, "", "daly"),
    ("JHB-D2190701C66E", [], 0x0402, "", "daly"),
    ("DL-40160901534C", [], 0x0102, "", "daly"),
    ("R-24100BNN160-A00643", [0xFFE0], 0x585A, "", "redodo"),
    ("P-24050BNNA70-A01152", [0xFFE0], 0x585A, "", "redodo"),
    ("PQ-24100B-A00292", [0xFFE0], 0x585A, "", "redodo"),
    ("L-51030GBNGC2-A00263", [0xFFE0], 0x585A, "", "redodo"),
    ("LT-51230BGC-A00229", [0xFFE0], 0x585A, "", "redodo"),
    ("LT-12100BG-A07700", [0xFFE0], 0x585A, "", "redodo"),
    ("LT-24100B-A00473", [0xFFE0], 0x585A, "", "redodo"),
    ("SS-12100BGH-A00102", [0xFFE0], 0x585A, "c8:47:80:00:00:00", "redodo"),
    ("ANT-BLE24C-001", [0xFFE0], 0x2313, "", "ant"),
    ("ANT-BLE22AACB-0489", [0xFFE0, TENCENT], 0x279B, "22:dd:65:01:04:89", "ant"),
    ("ANT@BLE24CBUB-1231?", [0xFFE0], 0x1388, "64:9b:f8:2e:a6:6a", "ant"),
    ("ANT-BLE16S", [0xFFE0, TENCENT], 0x0657, "", "ant_old"),
    ("SP05B2312190075", [0xFFF0], None, "", "seplos_v3"),
    ("SP47B-A2410230006", [0xFFF0], None, "", "seplos_v3"),
    ("SP112B2409100524", [0xFFF0], None, "", "seplos_v3"),
    ("CSY012405290042", [0xFFF0], None, "", "seplos_v3"),
    ("XZHXLD012404120010", [0xFFF0], None, "c0:d6:3c:00:00:00", "seplos_v3"),
    ("BP02", [0xFF00], None, "", "seplos_v2"),
    ("BP21", [*GENERIC, 0xFF00], None, "", "seplos_v2"),
    ("PC-9662", [], 0x0001, "", "pace"),
    ("Z122002264", [0x1000], 0x6F80, "80:6f:b0:00:00:00", "eg4"),
    ("BT-TH-66EDFC11", [0xFFD0], 0x9860, "60:98:66:00:00:00", "renogy"),
    ("BT-TH-E3383D0E", [0xFFD0], 0x64C4, "c4:64:e3:00:00:00", "renogy"),
    ("RNGRBP1228000830", [], 0xE14C, "", "renogy_pro"),
    ("RNGC122BAT28000194", [], 0xE14C, "", "renogy_pro"),
    ("SOK-24V1127", [0xFFF0], None, "", "sok"),
    ("SOK-AA02120", [*GENERIC, 0x180F, 0xFFE0, 0xFFF0], None, "", "sok"),
    ("XDZN_001_EF2F", [0xFFF0], 0xD6C0, "c0:d6:3c:4f:ac:50", "tdt"),
    ("WTbFcBG2621080", [0xFFF0], None, "", "tdt"),
    ("", [], 0xD6C0, "", "tdt"),
    ("170R000121", [*GENERIC, 0xFFD0, 0xFFE0, 0xFFE5, 0xFFF0], 0x5352, "", "cbt"),
    ("140R000288", [0xFFF0], 0, "38:ab:41:00:00:00", "cbt"),
    ("Bat1", [], 0x45CC, "cc:45:a5:00:00:00", "eg4"),  # a SunGoldPower
]
# Those of other makers: no kind is recognised
STRANGERS = [
    ("BT-ROCC2440", [0xFFE0], 0x585A, ""),  # a Bluetooth module of the maker of LiTime's
    ("LT-12100BG-A06359", [0xFFE0], 0x585A, ""),  # an E&J in a LiTime
    ("LT-24100B-A00249", [], 0x585A, ""),
    ("HSKS-25A-118", [0xFF00], 0x007B, "24:19:72:00:00:00"),
    ("DCHOUSE 01_4F9F", [0xFFF0], 0xE0E2, ""),
    ("12150EG00040", [0xFF06], 0x0873, "a5:c2:37:00:00:00"),  # an Eleksol: JBD's OUI
    ("HS30A3", [0xFF00, OWN], 0xC213, "13:c2:a7:00:00:00"),
    ("Li3-061322094", [*GENERIC[:2], 0xB000, 0xFFE0], 0x4D48, "6c:79:b8:00:00:00"),
    ("GW-24Srenamed1", [0xFFE0, TENCENT], 0x8888, ""),
    (" B12100A 220600016 ", [0xFFE0, 0xFFE7], 0x01A8, "12:6c:14:00:00:00"),
    ("SmartBat-B15051", [0xFFF0], None, ""),
    ("NWJ20221223010330?", [0xFFE0], 0xFFFF, ""),
    ("TP_123456", [], None, "90:a6:bf:00:00:00"),
    ("Power-1", [0xFFF0], 0x6E60, "60:6e:41:00:00:00"),
    ("BMS-SMART_708BFC", [], None, ""),
    ("SmartShunt HQ2133", [], 0x02E1, ""),
    ("", [], 0x004C, "5c:11:22:33:44:55"),  # a phone
    ("JBD-SP04S034", [], None, ""),  # of whom nothing but a name is known
    ("Boat", [0xFF00], None, "00:00:00:00:00:01"),
    ("BP02-Speaker", [0xFF00], None, ""),
    ("PC-96621", [], None, ""),
    ("Z122002264", [0x1000], 0x6F80, "80:6f:b1:00:00:00"),
    ("XSP05B", [0xFFF0], None, ""),
    ("ANT-BLE4", [0xFFE0], None, ""),
]


@pytest.mark.parametrize(("name", "uuids", "maker", "address", "kind"), REAL)
def test_a_real_advertisement_is_of_one_kind(name, uuids, maker, address, kind):
    # Which of its two protocols a Daly speaks, its advertisement does not tell
    expected = ["daly", "daly_old"] if kind == "daly" else [kind]
    assert bluetooth.kinds_of(name, uuids, address, maker) == (expected, True)


@pytest.mark.parametrize(("name", "uuids", "maker", "address"), STRANGERS)
def test_an_advertisement_of_another_maker_is_not_recognised(name, uuids, maker, address):
    kinds, is_sure = bluetooth.kinds_of(name, uuids, address, maker)
    assert not is_sure
    services = {kind: link["service"] for kind, link, _ in seen_as()}
    assert kinds == [kind for kind, service in services.items() if service in uuids]


@pytest.mark.parametrize(
    ("uuids", "words"),
    [
        ([0xFFE0], "perhaps JK or REDODO or ANT or ANT_OLD or SOK"),
        ([0xFF00], "perhaps JBD or SEPLOS_V2"),
        ([0xFFF0], "perhaps DALY or DALY_OLD or SEPLOS_V3 or PACE or TDT"),
        ([0xFFD0], "perhaps RENOGY or RENOGY_PRO"),
        ([0xFFE5], "perhaps CBT"),
        ([0x180F], ""),
    ],
)
def test_by_the_service_alone_several_kinds_are_possible(uuids, words):
    unit = bluetooth.Heard("", "Boat", -50, *bluetooth.kinds_of("Boat", uuids))
    assert unit.words == words and unit.kind == ""


def test_every_kind_has_real_advertisements():
    assert {kind for *_, kind in REAL} | {"daly_old"} == {kind for kind, _, _ in seen_as()}


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("SP??B*", ("SP05B", "SP05B23"), ("SP05", "SP5B23", "sp05B", "SP055B")),
        ("PC-????", ("PC-9662",), ("PC-966", "PC-96622", "")),
        ("LT-12???BG-A0[7-9]*", ("LT-12100BG-A07", "LT-12100BG-A099"), ("LT-12100BG-A06359",)),
        ("", ("",), ("x",)),
        ("*", ("", "x"), ()),
    ],
)
def test_patterns_of_names(pattern, fits, does_not):
    assert all(recognise.matches(pattern, text) for text in fits)
    assert not any(recognise.matches(pattern, text) for text in does_not)


def test_what_the_kinds_say_of_it_is_complete():
    for kind in names("bms"):
        said = declared("bms", kind)
        assert ("SEEN_AS" in said) == ("ble" in said["LINKS"]), kind
        for row in said.get("SEEN_AS", ()):
            assert row and row.keys() <= {"service", "maker", "name", "address"}, kind
            lists = [row[key] for key in ("maker", "name", "address") if key in row]
            assert lists and all(isinstance(each, tuple) and each for each in lists), kind
            assert all(each == each.lower() for each in row.get("address", ())), kind
            for pattern in row.get("name", ()):
                assert "*" not in pattern[:-1] and pattern.count("[") == pattern.count("]"), kind


def test_alarms_of_a_module_beside_it_are_found():
    assert declared("bms", "daly")["ALARMS"] == declared("bms", "daly_old")["ALARMS"]
    assert declared("bms", "jk_pb")["ALARMS"] == declared("bms", "jk")["ALARMS"]
