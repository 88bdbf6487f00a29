"""The names in the running text of the documents are the program's: config keys, options, paths,
environment variables, and whatever else stands in backquotes.
"""

import fnmatch
import itertools
import re

from host_tools.cli import edge
from tests.helpers.documents import (
    DOCUMENTS,
    ROOT,
    SECTIONS,
    blocks,
    commands,
    options_of,
    own_options,
    spans,
)
from tests.helpers.source_names import WORD, attributes, file_names, script_options, texts, words

FOREIGN = {
    "Cnn": "a cell's number in a line of a BlueNova",
    "ESP32_GENERIC": "MicroPython's downloads",
    "ESP32_GENERIC_C3": "MicroPython's downloads",
    "ESP32_GENERIC_C6": "MicroPython's downloads",
    "ESP32_GENERIC_S3": "MicroPython's downloads",
    "R2IN": "a pin of the MAX3232",
    "R2OUT": "a pin of the MAX3232",
    **dict.fromkeys(("T1", "T2", "T3", "T4", "T5"), "sensors, as a JK's app calls them"),
    "py3": "of a wheel's name",
    **dict.fromkeys(("cu", "usbmodem101", "usbserial"), "ports of macOS"),
    **dict.fromkeys(("Restart", "WatchdogSec", "oneshot"), "in a unit of systemd"),
    "my": "my.json, a config of the user's",
    "stty": "a command of the PC",
    "vX": "vX.Y.Z, a version to be filled in",
    "wifi_err_reason_t": "ESP-IDF",
}
FOREIGN_OPTIONS = {"--target": "mpremote mip install", "--wheel": "uv build"}
FOREIGN_FILES = {"simple.py": "of umqtt.simple"}

FILE_ENDS = (
    *("bin", "csv", "gz", "json", "lp", "md", "parquet", "py", "seg", "sh", "shard", "tmp", "txt"),
)
DOTTED = rf'(?<![\w./"-])[a-z_]\w*(?:\[\w*\])*(?:\.{WORD}(?:\[\w*\])*)+'
OPTION = r"(?<![\w-])--[a-z][\w-]*"
PATH = r"(?<![\w./-])(?:docs|firmware|host_tools|tests)/[\w./*-]*\b\*?"
KEYS = {
    heading.split(".")[-1]: {key for table in tables for key in table}
    for heading, tables in SECTIONS.items()
}
KEYS["wifi"].add("networks")
OPTIONS = {name: options_of(command) | {"--help"} for name, command in commands().items()}


def is_known(word):
    """Is it a word of the sources? NAME_link and adc_... stand for several, AA for a byte."""
    if word.endswith("..."):
        return any(each.startswith(word[:-3]) for each in words())
    byte = re.fullmatch("[0-9A-F]{2}", word)
    return byte or word in FOREIGN or word.removeprefix("NAME_") in words()


def unknown_words(span):
    """The words of a span that neither the program nor its tests have."""
    plain = re.sub(rf"{PATH}|{OPTION}", "", span)
    found = re.findall(rf"\b{WORD}(?:\.\.\.)?", plain)
    return [word for word in found if not is_known(word)]


def wrong_names(span):
    """The dotted names of a span that are no config key, file or attribute, and JSON's keys."""
    for dotted in re.findall(DOTTED, span):
        names = re.sub(r"\[\w*\]", "", dotted).split(".")
        links = list(itertools.pairwise(names))
        if names[0] in KEYS:
            known = all(name in KEYS.get(of, ()) for of, name in links)
        else:
            known = all({(of, name), ("self", name)} & attributes() for of, name in links)
            known |= names[0] in FOREIGN or dotted in texts()
        if not known and names[-1] not in FILE_ENDS:
            yield dotted
    for key in re.findall(r'"(\w+)":', span):
        if key not in set().union(*KEYS.values()):
            yield key


def wrong_options(text):
    """Options that none of the commands has that are named in the same paragraph."""
    for paragraph in re.split(r"\n\s*\n|\n(?=[|-] ?)", text):
        named = [name for name in OPTIONS if re.search(rf"\bpacklog {name}\b", paragraph)]
        taken = script_options().union(
            FOREIGN_OPTIONS,
            {edge.DEBUG},
            own_options(),
            *(OPTIONS[name] for name in named or OPTIONS),
        )
        for option in re.findall(OPTION, paragraph):
            if option not in taken:
                yield option


def wrong_files(text):
    """Paths into the repository, and names of its kinds of files, that are not there."""
    for path in re.findall(PATH, text):
        if not any(ROOT.glob(path.replace("NAME", "*"))):
            yield path
    for name in re.findall(r"[\w.*-]+\.(?:py|md|sh)\b", text):
        files = file_names() | set(FOREIGN_FILES)
        if not fnmatch.filter(files, name.replace("NAME", "*")):
            yield name


def stale(text):
    """Every name in a document that is none of the program's."""
    code = spans(text)
    found = [word for span in code for word in [*unknown_words(span), *wrong_names(span)]]
    found += [*wrong_options(text), *wrong_files(text)]
    found += [each for each in re.findall(r"\bPACKLOG_\w+", text) if each not in words()]
    for language, lines in blocks(text):
        if language == "json":
            found += [key for key in re.findall(r'"(\w+)":', lines) if key not in words()]
    return found


def test_every_name_in_a_document_is_one_of_the_program():
    found = {path.name: stale(path.read_text()) for path in DOCUMENTS}
    assert not any(found.values()), found


def test_what_counts_as_stale():
    for text, wrong in (
        ("`store.window_s`, `wifi.networks[0].ssid` and `packs[1].capacity_ah`", []),
        ("`store.windows`", ["store.windows", "windows"]),
        ("`stored.window_s`", ["stored.window_s"]),
        ("`wifi.ssid`", ["wifi.ssid"]),
        ('`"windows_s": 3`', ["windows_s"]),
        ("`cell_differences`", ["cell_differences"]),
        ("`packlog/housewife/state`", ["housewife"]),
        ("`rig.unplugged_lcd`", ["rig.unplugged_lcd", "unplugged_lcd"]),
        ("with `--epoch`", []),
        ("`packlog decode`, with `--epoch`", []),
        ("`packlog pull`, with `--epoch`", ["--epoch"]),
        ("`--epochs`", ["--epochs"]),
        ("firmware/store/ and `docs/config.md`", []),
        (
            "firmware/stored/ and `docs/configs.md`",
            ["configs.md", "docs/configs.md", "firmware/stored"],
        ),
        ("see `bootstrap.py`", ["bootstrap", "bootstrap.py"]),
        ("```\nPACKLOG_LIBS=DIR ./install.sh\n```", ["PACKLOG_LIBS"]),
        ('```json\n{"cell_differences": 0.011}\n```', ["cell_differences"]),
    ):
        assert sorted(set(stale(text))) == sorted(wrong), text


def test_what_is_let_pass_as_foreign_is_in_the_documents_and_not_ours():
    said = "".join(path.read_text() for path in DOCUMENTS)
    for name in [*FOREIGN, *FOREIGN_OPTIONS, *FOREIGN_FILES]:
        assert re.search(rf"(?<!\w){name}(?!\w)", said), name
    assert not set(FOREIGN) & words()
    assert not set(FOREIGN_OPTIONS) & set().union(*OPTIONS.values())
    assert not set(FOREIGN_FILES) & file_names()
