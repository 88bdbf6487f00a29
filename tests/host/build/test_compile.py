"""What mpy-cross makes of the firmware: how large it is, for whom, and that it is kept."""

import pytest
from host_tools.build import compile as compiling
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import FIRMWARE
from tests.helpers.installing import MINI, mini

XTENSAWIN = 6 | 3 << 8 | 10 << 10  # ESP32, S2, S3
RV32IMC = 6 | 3 << 8 | 11 << 10 | 1 << 16  # C3, C6; a flag of the C6's above


def test_a_traceback_names_the_module():
    files = compiling.build(FIRMWARE, XTENSAWIN)
    assert b"transport.ble" in files["transport/ble.mpy"]


def test_numbers_of_an_mpy():
    assert compiling.unpack(RV32IMC) == (6, 3, 11)
    assert compiling.unpack(2822) == (6, 3, 2)  # what the unix port says


def test_the_compiler_fits_a_current_micropython():
    for mpy in (XTENSAWIN, RV32IMC, 6):  # 6: bytecode only, the sub-version is of native code
        assert compiling.check_fit(mpy) is None


def test_what_was_compiled_is_kept_by_what_went_in(tmp_path, monkeypatch):
    compiling.names_in_rom()  # compiled once in a process, and not for a module
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = []
    compile_ = compiling._compile
    monkeypatch.setattr(
        compiling, "_compile", lambda path, *more: made.append(path) or compile_(path, *more)
    )
    folder = mini(tmp_path / "mini")
    apart = {"form": compiling.Form.APART}
    first = compiling.build(folder, XTENSAWIN, **apart)
    assert sorted(made) == [
        "greeting.py", "lib/words.py", "packlog.py", "settings.py", "store/a_viper.py",
    ]  # fmt: skip
    assert compiling.build(folder, XTENSAWIN, **apart) == first and len(made) == 5
    (folder / "greeting.py").write_text(MINI["greeting.py"].replace("hello", "bye"))
    changed = compiling.build(folder, XTENSAWIN, **apart)
    assert changed != first and made[5:] == ["greeting.py"]
    compiling.build(folder, RV32IMC, **apart)
    assert len(made) == 11


def test_a_cache_that_cannot_be_written_is_none(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert compiling.compiled("x.py", b"X = 1\n", "xtensawin").startswith(b"M\x06")


def test_a_module_that_does_not_compile_is_named(tmp_path):
    with pytest.raises(PacklogError, match=r"lib/x.py does not compile: SyntaxError"):
        compiling.compiled("lib/x.py", b"def (:\n", "")


def test_a_module_that_cannot_be_made_smaller_is_named(tmp_path):
    folder = mini(
        tmp_path, greeting="from lib import words\ndef text(words):\n    return words.text\n"
    )
    with pytest.raises(PacklogError, match=r"greeting, line 2: words is something else"):
        compiling.build(folder, XTENSAWIN)
