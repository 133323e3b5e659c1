"""Translations: complete, none left as a guess, and compiled from what is written (bare machines have no gettext)."""

from pathlib import Path

import polib
import pytest

LOCALES = sorted((Path(__file__).parent.parent / "locale").glob("*/LC_MESSAGES/django*.po"))


def test_there_are_translations():
    assert [path for path in LOCALES if path.parts[-3] == "zh_Hans"]


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.parts[-3])
def test_compiled_file_is_fresh(path):
    written = {(entry.msgctxt, entry.msgid): _translation(entry) for entry in polib.pofile(str(path)).translated_entries()}
    compiled = {(entry.msgctxt, entry.msgid): _translation(entry) for entry in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled == written, "run `make messages`"


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.parts[-3])
def test_every_text_is_translated(path):
    catalogue = polib.pofile(str(path))
    assert [entry.msgid for entry in catalogue.untranslated_entries() + catalogue.fuzzy_entries()] == []


def _translation(entry: polib.POEntry | polib.MOEntry) -> object:
    return entry.msgstr_plural or entry.msgstr
