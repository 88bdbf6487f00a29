"""setup.sh: the packages that are pinned by their hashes, and what happens where they are not to be
had. With a python3 that only notes what it is asked for.
"""

import re
import subprocess
from pathlib import Path

import pytest
from host_tools.install import packages
from packaging.requirements import Requirement

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ("requirements/build.txt", "requirements/install.txt")
PYTHON = """#!/bin/sh
case "$*" in
    "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    *"pip install"*)
        echo "$*" >> asked
        case "$FAKE $*" in
            changed*requirements/install.txt*)
                echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM x"; exit 1 ;;
            missing*--require-hashes*) echo "ERROR: No matching distribution found"; exit 1 ;;
            offline*) echo "ERROR: no route"; exit 1 ;;
        esac ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    """A folder with setup.sh in it and such a python3."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").write_text(PYTHON)
    (tmp_path / "bin/python3").chmod(0o755)
    (tmp_path / "requirements").mkdir()
    for name in ("setup.sh", "pyproject.toml", *LOCKS):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


def set_up(folder: Path, fake: str = "", kind: str = "install", **environment):
    """(exit code, what it said, what pip was asked for)."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f". ./setup.sh; packlog_setup . {kind}"],
        cwd=folder,
        env={"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "FAKE": fake, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    asked = folder / "asked"
    lines = asked.read_text().splitlines() if asked.exists() else []
    asked.unlink(missing_ok=True)
    return done.returncode, done.stderr, lines


def test_an_install_takes_what_is_pinned_by_its_hash(checkout):
    code, _, asked = set_up(checkout)
    assert code == 0 and len(asked) == 3
    assert all("--require-hashes" in line for line in asked[:2])
    assert asked[2].endswith("--no-deps --no-build-isolation -e .")
    assert set_up(checkout)[2] == []  # once
    (checkout / LOCKS[1]).write_text("newer")
    assert len(set_up(checkout)[2]) == 3


def test_versions_that_are_not_to_be_had_are_replaced_with_a_word(checkout):
    code, said, asked = set_up(checkout, "missing")
    assert code == 0 and "taking others that pyproject.toml allows" in said
    assert asked[-1].endswith("-e .") and "--no-deps" not in asked[-1]


def test_a_package_that_is_another_file_is_refused(checkout):
    code, said, asked = set_up(checkout, "changed")
    assert code == 1 and "do not go on unless you know why" in said
    assert not any("-e" in line.split() for line in asked)
    assert set_up(checkout, "changed", PACKLOG_UNPINNED="1")[0] == 0


def test_without_a_network_it_says_so(checkout):
    code, said, _ = set_up(checkout, "offline")
    assert code == 1 and "is there a network?" in said
    assert set_up(checkout)[0] == 0


def test_the_tests_take_what_pyproject_allows(checkout):
    code, _, asked = set_up(checkout, kind="test")
    assert code == 0 and len(asked) == 1 and "--require-hashes" not in asked[0]


def locked(name: str) -> list[tuple[Requirement, list[str]]]:
    """The requirements of a lock file, each with its hashes."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [
        (Requirement(line.split(" --hash")[0].strip()), re.findall(r"--hash=(\S+)", line))
        for line in lines
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_to_files(name):
    found = locked(name)
    assert len(found) > 5
    for requirement, hashes in found:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert hashes and all(re.fullmatch("sha256:[0-9a-f]{64}", it) for it in hashes)
    text = (ROOT / name).read_text()
    assert "://" not in text and "index" not in text  # any mirror has them


def test_the_pinned_versions_are_some_that_pyproject_allows():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = {}
    for name in LOCKS:
        for requirement, _ in locked(name):
            pinned.setdefault(requirement.name, []).append(requirement)
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for requirement in map(Requirement, wanted):
        versions = [str(it.specifier).removeprefix("==") for it in pinned[requirement.name]]
        assert versions and all(map(requirement.specifier.contains, versions)), requirement
    for older in ("3.10", "3.11", "3.12", "3.13"):
        environment = {
            **{"python_version": older, "python_full_version": f"{older}.1"},
            **{"platform_system": "Linux", "sys_platform": "linux", "platform_machine": "x86_64"},
            **{"platform_python_implementation": "CPython", "implementation_name": "cpython"},
        }
        for name, found in pinned.items():
            fitting = [it for it in found if not it.marker or it.marker.evaluate(environment)]
            assert len({str(it.specifier) for it in fitting}) <= 1, (name, older)
        for requirement in map(Requirement, project["project"]["dependencies"]):
            found = pinned[requirement.name]
            assert any(not it.marker or it.marker.evaluate(environment) for it in found)


def test_the_licence_of_every_package_is_listed():
    said = (ROOT / "docs/licences.md").read_text()
    names = {requirement.name for name in LOCKS for requirement, _ in locked(name)}
    missing = {name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", said)}
    assert not missing
    for package in packages.PACKAGES:
        assert f"| {package.name} | {package.version} |" in said
        assert re.fullmatch(r"\d+\.\d+\.\d+", package.version)  # pinned
