"""What was made once is not made again, unless something that went into it has changed."""

import time

import pytest
from host_tools.build import cache

MADE = [{"m": "x = 1\n"}, {"m": {"globals": {"x": ["längliches"]}}}]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """make(asked): the answer; make.times: how often it had to be worked out."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")

    def work():
        asked.times += 1
        return MADE

    def asked(what):
        return cache.kept_json("made", what, work)

    asked.times = 0
    asked.files = lambda: sorted((tmp_path / "packlog/made").iterdir())
    return asked


def test_the_same_is_made_once(make):
    assert make(("a", 1)) == MADE and make(("a", 1)) == MADE
    assert make.times == 1


@pytest.mark.parametrize("changed", ["own_sources", "sys.version"])
def test_other_sources_or_tools_are_something_else(make, monkeypatch, changed):
    make("a")
    make("b")
    assert make.times == 2
    if changed == "own_sources":
        monkeypatch.setattr(cache, "own_sources", lambda: "other")
    else:
        monkeypatch.setattr("sys.version", "other")
    assert make("a") == MADE and make.times == 3


@pytest.mark.parametrize("left", [b"", b"no zlib", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_file_is_made_again(make, left):
    make("a")
    (path,) = make.files()
    path.write_bytes(left)
    assert make("a") == MADE and make.times == 2
    assert make("a") == MADE and make.times == 2


def test_only_what_was_asked_for_last_is_kept(make, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 3)
    for number in range(5):
        make(number)
        time.sleep(0.01)  # clocks of file systems are coarse
        make(0)
        time.sleep(0.01)
    assert len(make.files()) == 3
    assert make.times == 5  # the first one stayed


def test_without_a_folder_it_is_made_each_time(tmp_path, make, monkeypatch):
    (tmp_path / "packlog").write_text("in the way")
    assert make("a") == MADE and make("a") == MADE
    assert make.times == 2
