"""The finished form of a config: written once, loaded without the checker, never a stale or damaged
one.
"""

import binascii
import json
import os
import sys

from temporary import Folder

import settings

PACK = {"name": "house", "bms": "chargery", "cells": 16}
TEXT = json.dumps({"packs": [PACK]})


def put(folder, text, name="config.json"):
    with open(folder + "/" + name, "wb") as file:
        file.write(text)


def get(folder, name="config.ready"):
    with open(folder + "/" + name, "rb") as file:
        return file.read()


class NoChecker:
    """Stands where config.py would be imported: asking it for anything fails."""

    def __enter__(self):
        self._before = sys.modules.get("config")
        sys.modules["config"] = None

    def __exit__(self, *_):
        del sys.modules["config"]
        if self._before:
            sys.modules["config"] = self._before


def read(folder):
    found, wrong = settings.read(folder + "/")
    assert wrong is None, wrong
    return found


def test_the_first_start_checks_and_writes_the_finished_form():
    with Folder() as folder:
        put(folder, TEXT.encode())
        found = read(folder)
        assert found["packs"][0]["rx"] == 16 and found["status_s"] == 5
        assert 0 < found["checksum"] < 1 << 32
        assert sorted(os.listdir(folder)) == ["config.json", "config.ready"]


def test_the_next_start_does_not_import_the_checker():
    with Folder() as folder:
        put(folder, TEXT.encode())
        first = read(folder)
        with NoChecker():
            again = read(folder)
        assert json.loads(json.dumps(first)) == again


def test_nothing_of_the_checker_stays_in_memory():
    there = [name for name in sys.modules if name.startswith("config")]
    before = {name: sys.modules.pop(name) for name in there if name != "config_keys"}
    try:
        with Folder() as folder:
            put(folder, TEXT.encode())
            read(folder)
        left = [name for name in sys.modules if name.startswith("config")]
        assert left in ([], ["config_keys"]), left  # settings.py has that from the sources
    finally:
        sys.modules.update(before)


def test_it_has_only_the_parts_that_are_in_use():
    with Folder() as folder:
        put(folder, TEXT.encode())
        found = read(folder)
        assert "lcd" in found["parts"] and "mqtt" not in found["parts"]
        assert "lcd" in found and "mqtt" not in found and "wifi" not in found


def test_a_change_of_the_config_is_checked_again():
    with Folder() as folder:
        put(folder, TEXT.encode())
        read(folder)
        put(folder, TEXT.replace("16", "15").encode())
        assert read(folder)["packs"][0]["cells"] == 15
        with NoChecker():
            assert read(folder)["packs"][0]["cells"] == 15


WRONG = (
    TEXT.replace("chargery", "charjery").encode(),
    b"{1: 2}",
    b"[" * 2000 + b"]" * 2000,
    b'{"packs": ' + b'{"a":' * 90 + b"1" + b"}" * 91,
    b" " * 70000,
    b"\xff\xfe{",
    b"",
    None,
)


def test_with_a_wrong_config_the_last_right_one_is_run_and_that_is_said():
    for text in WRONG:
        with Folder() as folder:
            put(folder, TEXT.encode())
            right = read(folder)
            form = get(folder)
            os.remove(folder + "/config.json")
            if text is not None:
                put(folder, text)
            found = read(folder)
            (said,) = found.pop("complaints")
            assert said.startswith(settings.LAST + "config.json: "), said
            assert "\n" not in said and len(said) < 400
            # Of all keys now, with those that config.json left to the defaults
            found["checksum"] = right["checksum"]
            assert found == right
            assert get(folder) == form


def test_of_another_version_the_last_right_one_is_checked_again():
    with Folder() as folder:
        put(folder, TEXT.encode())
        right = read(folder)
        form = json.loads(get(folder).split(b"\n", 1)[1])
        form["checksum"] = 77  # that of all of config.json, in version 0.1.0
        del form["packs"][0]["capacity_ah"], form["health_page"]
        text = json.dumps(form).encode()
        put(folder, b"1 2 %d\n" % binascii.crc32(text) + text, "config.ready")
        put(folder, b"{1: 2}")
        found = read(folder)
        assert found["packs"] == right["packs"] and found["health_page"] is True
        assert found["checksum"] != 77 and len(found["complaints"]) == 1
        form["packs"][0]["bms"] = "no longer known"
        text = json.dumps(form).encode()
        put(folder, b"1 2 %d\n" % binascii.crc32(text) + text, "config.ready")
        found, wrong = settings.read(folder + "/")
        assert found is None and wrong.startswith("config.json: ") and "known" not in wrong


def test_a_damaged_last_one_is_not_run():
    with Folder() as folder:
        put(folder, TEXT.encode())
        read(folder)
        whole = get(folder)
        put(folder, b"{1: 2}")
        for i in range(0, len(whole), 11):
            put(folder, whole[:i] + bytes([whole[i] ^ 4]) + whole[i + 1 :], "config.ready")
            found, wrong = settings.read(folder + "/")
            assert found is None or i < whole.index(b"\n"), i
        put(folder, whole, "config.ready")
        assert read(folder)["complaints"]


def test_passwords_do_not_count_in_the_checksum_and_all_else_does():
    config = {
        "packs": [PACK],
        "wifi": {"networks": [{"ssid": "home", "password": "stable door"}]},
        "mqtt": {"host": "broker", "user": "me", "password": "old mill"},
    }
    with Folder() as folder:
        put(folder, json.dumps(config).encode())
        checksum = read(folder)["checksum"]
        put(folder, json.dumps(config).replace(" ", "").encode())
        other = read(folder)["checksum"]  # blanks are no change; the network has another name
        for key, value in (("password", "new mill"), ("password", "")):
            config["mqtt"][key] = value
            config["wifi"]["networks"][0][key] = "12345678"
            put(folder, json.dumps(config).encode())
            assert read(folder)["checksum"] == checksum
        seen = {checksum, other}
        for section, key, value in (
            ("mqtt", "user", "you"),
            ("mqtt", "host", "brokeruser"),
            ("wifi", "hostname", "x"),
        ):
            config[section][key] = value
            put(folder, json.dumps(config).encode())
            seen.add(read(folder)["checksum"])
        assert len(seen) == 4


def test_no_damaged_form_is_used():
    with Folder() as folder:
        put(folder, TEXT.encode())
        right = read(folder)
        whole = get(folder)
        for i in range(0, len(whole), 7):
            put(folder, whole[:i] + bytes([whole[i] ^ 4]) + whole[i + 1 :], "config.ready")
            assert read(folder)["packs"] == right["packs"], i
            assert get(folder) == whole, i
        for size in (0, 1, 20, len(whole) - 1):
            put(folder, whole[:size], "config.ready")
            assert read(folder)["packs"] == right["packs"], size


def test_a_form_by_another_checker_is_not_used():
    with Folder() as folder:
        put(folder, TEXT.encode())
        read(folder)
        whole = get(folder)
        put(folder, b"1" + whole, "config.ready")
        read(folder)
        assert get(folder) == whole


def test_without_room_for_it_the_board_starts_all_the_same():
    with Folder() as folder:
        put(folder, TEXT.encode())
        os.mkdir(folder + "/config.new")  # nothing can be written there
        assert read(folder)["packs"][0]["cells"] == 16
        assert "config.ready" not in os.listdir(folder)


def test_a_missing_or_strange_config_is_said():
    for text in (None, b"", b"\xff\xfe{", b"[1]", b'{"packs": 1}'):
        with Folder() as folder:
            if text is not None:
                put(folder, text)
            found, wrong = settings.read(folder + "/")
            assert found is None and wrong.startswith("config.json: "), (text, wrong)


AUTO = {"name": "van", "bms": "auto", "address": "C8:47:8C:00:00:01"}


def test_a_kind_that_was_found_is_taken_at_the_next_start():
    with Folder() as folder:
        put(folder, json.dumps({"packs": [AUTO]}).encode())
        assert read(folder)["packs"][0]["bms"] == "auto"
        put(folder, b'{"c8:47:8c:00:00:01": "daly_old", "JK-1": "jk"}', "auto.json")
        pack = read(folder)["packs"][0]
        assert (pack["bms"], pack["link"]) == ("daly_old", "ble")
        assert pack["parameters"] == {"service": 0xFFF0, "notify": 0xFFF1, "write": 0xFFF2}
        assert pack["invert_current"] is False
        with NoChecker():  # from then on without the checker
            assert read(folder)["packs"][0]["bms"] == "daly_old"


def test_a_kind_of_another_unit_is_not_taken():
    with Folder() as folder:
        put(folder, json.dumps({"packs": [AUTO]}).encode())
        read(folder)
        for text in (b'{"c8:47:8c:00:00:02": "jk"}', b"[1]", b"{", b""):
            put(folder, text, "auto.json")
            with NoChecker():
                assert read(folder)["packs"][0]["bms"] == "auto"


def test_a_kind_that_does_not_go_with_the_rest_is_complained_of():
    with Folder() as folder:
        pack = dict(AUTO, cells=20)
        put(folder, json.dumps({"packs": [pack]}).encode())
        read(folder)
        for kind, said in (
            ("redodo", "packs[0].cells: 20 is not"),
            ("lamp", "packs[0].bms: 'lamp'"),
        ):
            put(folder, json.dumps({AUTO["address"].lower(): kind}).encode(), "auto.json")
            try:
                os.remove(folder + "/config.ready")
            except OSError:
                pass
            for _ in range(2):
                found = read(folder)
                assert found["packs"][0]["bms"] == "auto"
                assert len(found["complaints"]) == 1 and said in found["complaints"][0]


def test_a_finished_form_with_a_complaint_is_still_the_last_that_was_right():
    with Folder() as folder:
        put(folder, json.dumps({"packs": [dict(AUTO, cells=20)]}).encode())
        put(folder, b'{"c8:47:8c:00:00:01": "redodo"}', "auto.json")
        read(folder)
        put(folder, b"{")
        found = read(folder)
        assert found["packs"][0]["cells"] == 20 and found["complaints"][0].startswith("Old config")
