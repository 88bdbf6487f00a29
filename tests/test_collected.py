"""Every test file is one that pytest looks into: by itself it leaves out folders of some names."""

from fnmatch import fnmatch
from pathlib import Path

TESTS = Path(__file__).parent


def test_no_folder_with_tests_is_left_out(request):
    left_out = request.config.getini("norecursedirs")
    folders = {part for path in TESTS.rglob("test_*.py") for part in path.relative_to(TESTS).parts}
    assert "build" in folders
    assert [name for name in folders if any(fnmatch(name, each) for each in left_out)] == []
