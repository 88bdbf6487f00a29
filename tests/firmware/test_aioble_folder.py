"""Which aioble the tests run with: a wrong name must not leave them without any."""

import aioble_folder
import pytest


@pytest.fixture
def library(tmp_path):
    """As in micropython-lib: the package is in a folder of its own name."""
    package = tmp_path / "aioble" / "aioble"
    package.mkdir(parents=True)
    (package / "core.py").touch()
    return tmp_path


@pytest.mark.parametrize("named", ["aioble", "aioble/", "aioble/aioble", "aioble/aioble/"])
def test_the_package_or_the_folder_that_it_is_in(library, monkeypatch, named):
    monkeypatch.setenv("PACKLOG_AIOBLE", f"{library}/{named}")
    assert aioble_folder.parent() == f"{library}/aioble"


@pytest.mark.parametrize("named", ["", "nowhere", "aioble/aioble/core.py"])
def test_a_folder_without_it_is_refused(library, monkeypatch, named):
    monkeypatch.setenv("PACKLOG_AIOBLE", f"{library}/{named}")
    with pytest.raises(ValueError, match=r"no aioble/core\.py at"):
        aioble_folder.parent()


def test_the_stand_in_where_none_is_named(monkeypatch):
    monkeypatch.setenv("PACKLOG_AIOBLE", "")
    assert aioble_folder.parent() == aioble_folder.HERE
