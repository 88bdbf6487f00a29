"""What an advertisement says of the kind of BMS: one match or none."""

import pytest
from host_tools.board import bluetooth
from host_tools.ground.firmware import declared, names


@pytest.mark.parametrize(
    ("name", "uuids", "address", "kind"),
    [
        ("JK-B2A24S", [0xFFE0], "c8:47:8c:00:00:01", "jk"),
        ("anything", [0x180F, 0xFFE0], "", "jk"),
        ("JBD-SP04S034", [0xFF00], "00:00:00:00:00:01", "jbd"),
        ("xiaoxiangBMS", [0xFF00], "", "jbd"),
        ("Boat", [0xFF00], "A4:C1:38:12:34:56", "jbd"),  # renamed: by its maker's address
        ("Boat", [0xFF00], "00:00:00:00:00:01", ""),
        ("JBD-SP04S034", [], "", ""),  # of whom nothing but a name is known
        ("DL-40D2120", [], "", "daly"),
        ("DL-40D2120", [0xFFF0], "", "daly"),
        ("R-12100BNNA70-A02402", [0xFFE0], "c8:47:80:15:25:01", "redodo"),
        ("P-24100BNN160-A00714", [0xFFE0], "", "redodo"),
        ("L-12230BNN150-B00756", [], "", ""),
        ("PC-9662", [], "", "pace"),
        ("SP05B2312190075", [0xFFF0], "", "seplos_v3"),
        ("BP02", [0xFF00], "", "seplos_v2"),
        ("ANT-BLE16BMA", [0xFFE0], "", "ant_old"),
        ("ANT-BLE24BHUB", [0xFFE0, 0xFEE7], "", "ant"),
        ("ANT@BLE30X", [0xFFE0], "", "ant"),
        ("", [], "", ""),
        ("TV", [0xFFF0], "", ""),
        ("DL-1", [0xFFE0], "", ""),  # two kinds fit
    ],
)
def test_the_kind_of_an_advertisement(name, uuids, address, kind):
    assert bluetooth.kind_of(name, uuids, address) == kind


def test_what_the_kinds_say_of_it_is_complete():
    for kind in names("bms"):
        seen_as = declared("bms", kind).get("SEEN_AS", {})
        assert seen_as.keys() <= {"service", "name", "address"}
        assert all(isinstance(seen_as.get(key, ()), tuple) for key in ("name", "address")), kind
        assert all(each == each.lower() for each in seen_as.get("address", ())), kind


def test_alarms_of_a_module_beside_it_are_found():
    assert declared("bms", "daly")["ALARMS"] == declared("bms", "daly_old")["ALARMS"]
    assert declared("bms", "jk_pb")["ALARMS"] == declared("bms", "jk")["ALARMS"]
