"""Passwords: none in the repository but for plain examples, none in what a command says.

What the board itself says, shows, publishes and stores: HomeBoard.no_secrets().
"""

import re
import subprocess

import pytest
from host_tools.board.pull import pull
from host_tools.board.watch import watch
from host_tools.export import decode as decoding
from host_tools.history import loading
from host_tools.sim.workshop import port_of
from tests.helpers.command_line import ROOT
from tests.helpers.home_bench import SECRETS

EXAMPLES = {
    "",
    "...",
    "change-me",
    "change-me-too",
    "correct horse",
    "green barn",
    "green barn door",
}
PASSWORD = re.compile(r'"password"\s*:\s*"([^"]*)"')


def committed(*patterns):
    """The text files in the repository of these names, outside tests/."""
    command = ["git", "-C", str(ROOT), "ls-files", "--", *patterns, ":!tests"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git, or not a clone")
    return {name: (ROOT / name).read_text() for name in done.stdout.split() if _there(name)}


def _there(name):
    return (ROOT / name).is_file() and not name.endswith((".png", ".gz"))


def test_no_config_with_a_password_is_committed():
    configs = committed("*.json")
    assert "firmware/config.json" in configs
    assert {name for name, text in configs.items() if any(PASSWORD.findall(text))} == set()


def test_passwords_in_the_docs_are_plainly_examples():
    found = {value for text in committed().values() for value in PASSWORD.findall(text)}
    assert "correct horse" in found and found <= EXAMPLES


def test_no_command_prints_a_password(at_home, tmp_path, capsys):
    seen = at_home()
    house = tmp_path / "history" / "house"
    with port_of(seen.board) as port:
        watch(port, 3)
        pull(port, house.parent, print)
    for series in sorted(loading.SERIES.keys() - {"hours", "days"}):  # none has ended yet
        decoding.decode([house], series=series)
    said = capsys.readouterr()
    texts = said.out + said.err
    assert "house age=" in texts and (house / "pack" / "00000001.seg").exists()
    assert "time,voltage," in texts and "reboot" in texts
    files = b"".join(path.read_bytes() for path in house.rglob("*") if path.is_file())
    assert not [s for s in SECRETS if s in texts or s.encode() in files]
