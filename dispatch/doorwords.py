"""Door words: said by the volunteer at the door, known to the elder and the family, in no offer and no link."""

import secrets
import tomllib
from pathlib import Path

WORDS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("door_words.toml").read_text(encoding="utf-8"))


def new_door_word(language: str) -> str:
    """Return a random easy word in the elder's language (Chinese unless it is English)."""
    return secrets.choice(WORDS["en" if language == "en" else "zh"])
