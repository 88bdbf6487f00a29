"""Where builds and answers are kept: in a folder that nobody else can write to."""

import stat
import sys
from pathlib import Path

import pytest
from host_tools.build import cache


@pytest.fixture
def homeless(monkeypatch):
    """A user without a home folder."""

    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    cache._home.cache_clear()
    yield
    cache._home.cache_clear()


def test_a_user_without_a_home_gets_a_folder_that_is_private(homeless):
    folder = cache.cache_folder("mpy")
    assert folder == cache.cache_folder("mpy")
    base = cache._home()
    assert folder.is_relative_to(base) and not folder.exists()
    assert sys.platform == "win32" or stat.S_IMODE(base.stat().st_mode) == 0o700


def test_the_environment_says_where(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_folder("mpy") == tmp_path / "packlog" / "mpy"
