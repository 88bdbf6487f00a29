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
        assert found["checksum"] == binascii.crc32(TEXT.encode())
        assert sorted(os.listdir(folder)) == ["config.json", "config.ready"]


def test_the_next_start_does_not_import_the_checker():
    with Folder() as folder:
        put(folder, TEXT.encode())
        first = read(folder)
        with NoChecker():
            again = read(folder)
        assert json.loads(json.dumps(first)) == again


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


def test_a_wrong_config_is_said_and_the_old_form_is_not_used():
    with Folder() as folder:
        put(folder, TEXT.encode())
        read(folder)
        put(folder, TEXT.replace("chargery", "charjery").encode())
        found, wrong = settings.read(folder + "/")
        assert found is None and wrong.startswith("config.json: packs[0].bms: 'charjery'")


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
