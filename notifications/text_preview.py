"""A text as its readers get it, with believable values and what it costs: for those who answer for the wording."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from linzhu.communities.models import Community
from linzhu.notifications.models import TextOverride
from linzhu.notifications.overrides import own_wordings, still_passes
from linzhu.notifications.placeholders import fill
from linzhu.notifications.text_titles import READERS, grouped, title_of
from linzhu.notifications.texts import REVIEW, SAMPLES, TEXTS, sample_params
from linzhu.notifications.wording import count_parts, count_units, fillings, find_template, finish, render

HTML_LANGUAGE = {"zh-hans": "zh-Hans"}


@dataclass(frozen=True)
class Preview:
    key: str
    title: str
    reader: str
    text: str
    language: str
    """The language it is written in: Chinese where the text is not translated yet."""
    own: TextOverride | None = None
    """The community's wording that is sent, or would be if the rules still allowed it."""
    is_refused: bool = False
    """The community's wording no longer keeps to the rules: the house's is sent."""

    @property
    def parts(self) -> int:
        return count_parts(self.text)

    @property
    def characters(self) -> int:
        return count_units(self.text)

    @property
    def html_language(self) -> str:
        return HTML_LANGUAGE.get(self.language, self.language)

    @property
    def awaits_review(self) -> bool:
        return self.language in REVIEW and not self.own


def preview(key: str, language: str, own: TextOverride | None = None) -> Preview:
    """Return one text as it is sent with these values, in this community's wording if it has one."""
    written_in = find_template(key, language)[1]
    fits = own is not None and still_passes(key, written_in, own.body)
    text = preview_of(key, written_in, own.body) if own and fits else render(key, SAMPLES[written_in], written_in)
    reader = str(READERS[TEXTS[key].audience])
    return Preview(key, title_of(key), reader, text, written_in, own, is_refused=own is not None and not fits)


def preview_of(key: str, language: str, body: str) -> str:
    """Return a wording as it would be sent; what is not known stays as it is typed."""
    values = fillings(key, sample_params(key, language), language)
    return finish(fill(body, _Typed(values)), language)


class _Typed(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{{ {name} }}}}"


@dataclass(frozen=True)
class Group:
    title: Promise
    texts: list[Preview]

    @property
    def reader(self) -> str:
        """Who reads them, if all of them have the same readers."""
        readers = {one.reader for one in self.texts}
        return readers.pop() if len(readers) == 1 else ""


def read_groups(community: Community | None, language: str) -> list[Group]:
    """Return all texts of one language in their groups, as this community sends them. One query."""
    own = own_wordings(community, language) if community else {}
    return [Group(title, [preview(key, language, own.get(key)) for key in texts]) for title, texts in grouped().items()]


def placeholders(key: str, language: str) -> list[tuple[str, str]]:
    """Return (placeholder, sample) of each value that this text may be filled with."""
    return [(f"{{{{ {name} }}}}", value) for name, value in sample_params(key, language).items()]
