"""Translations: complete, none left as a guess, and compiled from what is written (bare machines have no gettext)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parent.parent
CODE = [path for app in ("linzhu", "communities", "requests", "volunteers", "notifications", "dispatch")
        for path in sorted((ROOT / app).rglob("*.py"))]  # fmt: skip
MARKS_TEXTS = re.compile(r"_|n?p?gettext(_lazy)?")
LOCALES = sorted((Path(__file__).parent.parent / "locale").glob("*/LC_MESSAGES/django*.po"))


def test_there_are_translations():
    assert [path for path in LOCALES if path.parts[-3] == "zh_Hans"]


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.parts[-3])
def test_compiled_file_is_fresh(path):
    written = {
        (entry.msgctxt, entry.msgid): _translation(entry) for entry in polib.pofile(str(path)).translated_entries()
    }
    compiled = {
        (entry.msgctxt, entry.msgid): _translation(entry) for entry in polib.mofile(str(path.with_suffix(".mo")))
    }
    assert compiled == written, "run `make messages`"


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.parts[-3])
def test_every_text_is_translated(path):
    catalogue = polib.pofile(str(path))
    assert [entry.msgid for entry in catalogue.untranslated_entries() + catalogue.fuzzy_entries()] == []


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.parts[-3])
def test_translation_keeps_every_placeholder_and_mark(path):
    assert [entry.msgid for entry in polib.pofile(str(path)) if not _kept(entry)] == []


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.parts[-3])
def test_translation_has_no_space_at_its_ends(path):
    ends = [(entry.msgid, text) for entry in polib.pofile(str(path)) for text in _texts(entry) if text != text.strip()]
    assert ends == []


def test_chinese_uses_full_width_marks_after_chinese():
    """A half-width comma or bracket beside a Chinese character is what a hurried keyboard leaves."""
    catalogue = polib.pofile(str(next(path for path in LOCALES if path.parts[-3] == "zh_Hans")))
    hurried = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;?!()][\u4e00-\u9fff]")
    assert [text for entry in catalogue for text in _texts(entry) if hurried.search(text)] == []


def test_no_text_hides_in_an_f_string():
    """gettext's tools do not read these: such a text stays English, and no list of missing translations tells."""
    assert [f"{path.relative_to(ROOT)}:{line}" for path in CODE for line in _hidden(ast.parse(path.read_text()))] == []


def test_text_in_an_f_string_is_found():
    assert [*_hidden(ast.parse('a = _("seen")\nb = f"{_(\'hidden\')}!"'))] == [2]


def _hidden(tree: ast.AST) -> Iterator[int]:
    for string in ast.walk(tree):
        for part in ast.walk(string) if isinstance(string, ast.JoinedStr) else ():
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and MARKS_TEXTS.fullmatch(part.func.id):
                yield part.lineno


_HOLDERS = re.compile(r"%\(\w+\)(?:\.\d+)?[sdf]|%[sd]|</?\w+[^>]*>")


def _kept(entry: polib.POEntry) -> bool:
    """The last form of the original counts: one that says “one more” needs no number."""
    wanted = sorted(_HOLDERS.findall(entry.msgid_plural or entry.msgid))
    return all(sorted(_HOLDERS.findall(text)) == wanted for text in _texts(entry))


def _texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


def _translation(entry: polib.POEntry | polib.MOEntry) -> object:
    return entry.msgstr_plural or entry.msgstr
