"""The examples of docs/python.md do what they show, on the history that the document names."""

import doctest
import re
import shutil

import pytest
from tests.helpers.documents import DOCS, ROOT, blocks

DOCUMENT = DOCS / "python.md"
OLD = ROOT / "tests/data/0.1.0"
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def examples():
    """All examples of the document, as one."""
    text = "\n".join(lines for language, lines in blocks(DOCUMENT.read_text()) if language)
    assert len(re.findall(">>>", text)) > 15
    return doctest.DocTestParser().get_doctest(text, {}, DOCUMENT.name, str(DOCUMENT), 0)


def test_the_examples_in_python_md(tmp_path, monkeypatch):
    for library in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(library)
    shutil.copytree(OLD / "house", tmp_path / "history/house")
    monkeypatch.chdir(tmp_path)
    said = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(examples(), out=said.append)
    assert not runner.failures, "".join(said)
