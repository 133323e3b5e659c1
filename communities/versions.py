"""Two staff edit one thing: the second sees both versions, and nothing is lost.

A form carries what its page showed (the hidden field ``seen``). When it comes back and the row says something else by
now, nothing is saved: the page is shown again with what was typed, with what is stored now beside it and who stored it
when. That page has seen the newer version, so sending it once more saves. Between the comparison and the writing one
conditional UPDATE decides (:meth:`BothVersions.claim`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.db import models
from django.db.models import F
from django.forms.widgets import CheckboxInput, ChoiceWidget
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import QueryDict

    _Form = forms.ModelForm[Any]
else:
    _Form = object

OVERTAKEN_AT_MOST = 3
"""So often in a row a form may be overtaken while it is being saved."""
LOOKS_BACK = 20
"""How many versions of a row are searched for the one in which a field changed."""

Plain = str | list[str]
"""What a field shows, as it travels in ``seen``."""


class Overtaken(Exception):  # noqa: N818 (an event, not a fault)
    """Somebody has stored another version in this very moment: the form must be compared anew."""


class BothVersions(_Form):
    """For a ModelForm that several people may have open; the template shows ``{{ form.seen_input }}``."""

    stored_in: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Which columns a form field is stored in, where the names differ."""
    written_too: ClassVar[tuple[str, ...]] = ()
    """Columns that no field shows and saving writes all the same."""

    _row_as_read: dict[str, Any]

    is_overtaken = False
    """What the page showed is no longer what is stored: both versions stand beside each other now."""

    @property
    def seen_input(self) -> SafeString | str:
        """The hidden field that names the version which this page shows."""
        if not self.instance.pk:
            return ""
        seen = {name: self._stored(name) for name in self._compared()}
        return format_html('<input type="hidden" name="{}" value="{}">', self.add_prefix("seen"), json.dumps(seen))

    def full_clean(self) -> None:
        notes = self._compare() if self.is_bound and self.instance.pk else {}
        super().full_clean()
        if notes:
            self.is_overtaken = True
            self.add_error(None, _("Somebody has changed this since you opened it. Nothing is saved yet: see both."))
        for name, note in notes.items():
            self.add_error(name, note)

    def claim(self) -> None:
        """Hold the row for writing; call it inside the transaction that saves. A new row needs no claim.

        Raises Overtaken if any column that this form writes was changed after the form was compared.
        """
        if not self.instance.pk:
            return
        rows = self._meta.model._default_manager  # noqa: SLF001 (a manager by any name)
        unchanged = rows.filter(pk=self.instance.pk, **self._row_as_read)
        if not unchanged.update(**{name: F(name) for name in [*self._row_as_read][:1]}):
            raise Overtaken

    # --- comparing ------------------------------------------------------------------------------------------------

    def _compare(self) -> dict[str, str]:
        """Return a note for each field that somebody else has changed meanwhile.

        A field that this reader has not touched takes over what is stored; one that both have changed keeps what
        was typed.
        """
        self._row_as_read = {name: getattr(self.instance, name) for name in self._columns()}
        seen, notes = self._seen(), {}
        for name in self._compared():
            stored, typed = self._stored(name), self._typed(name)
            if name not in seen or seen[name] == stored or typed == stored:
                continue
            untouched = typed == seen[name]
            notes[name] = self._note(name, seen[name] if untouched else stored, taken_over=untouched)
            if untouched:
                self._put(name, stored)
        return notes

    def _compared(self) -> list[str]:
        return [name for name, field in self.fields.items() if not field.disabled and name not in ("id", "DELETE")]

    def _columns(self) -> list[str]:
        shown = [column for name in self._compared() for column in self.stored_in.get(name, (name,))]
        concrete = self._meta.model._meta.concrete_fields  # noqa: SLF001 (Django's documented way to a model's fields)
        known = {field.name for field in concrete if not field.primary_key}
        return [column for column in dict.fromkeys([*shown, *self.written_too]) if column in known]

    def _seen(self) -> dict[str, Plain]:
        """What the page showed; nothing where it does not say, and then there is nothing to compare."""
        try:
            seen = json.loads(self.data.get(self.add_prefix("seen"), ""))
        except ValueError:
            return {}
        return seen if isinstance(seen, dict) else {}

    def _stored(self, name: str) -> Plain:
        return self._plain(name, self.get_initial_for_field(self.fields[name], name))

    def _typed(self, name: str) -> Plain:
        widget = self.fields[name].widget
        return self._plain(name, widget.value_from_datadict(self.data, self.files, self.add_prefix(name)))

    def _plain(self, name: str, value: Any) -> Plain:
        """A field's value as text, alike whether it comes from the row or from the browser."""
        field = self.fields[name]
        value, widget = field.prepare_value(value), field.widget
        if isinstance(widget, CheckboxInput):
            return "on" if value else ""
        if isinstance(widget, ChoiceWidget):
            if widget.allow_multiple_selected:
                return sorted(str(item) for item in value or ())
            return "" if value is None else str(value)
        shown = widget.format_value(value)
        return "" if shown is None else str(shown).replace("\r\n", "\n").strip()

    def _put(self, name: str, stored: Plain) -> None:
        data, key = cast("QueryDict", self.data).copy(), self.add_prefix(name)
        if isinstance(stored, list):
            data.setlist(key, stored)
        elif stored or not isinstance(self.fields[name].widget, CheckboxInput):
            data[key] = stored
        else:
            data.pop(key, None)
        self.data = data

    # --- in words -------------------------------------------------------------------------------------------------

    def _note(self, name: str, version: Plain, *, taken_over: bool) -> str:
        told = {"value": self._in_words(name, version) or _("nothing"), **self._who_and_when(name)}
        if taken_over:
            return (
                _("%(who)s has changed this meanwhile, %(when)s. Before, it said: %(value)s")
                if told["who"]
                else _("Changed meanwhile. Before, it said: %(value)s")
            ) % told
        return (
            _("%(who)s has stored meanwhile, %(when)s: %(value)s") if told["who"] else _("Stored meanwhile: %(value)s")
        ) % told

    def _in_words(self, name: str, version: Plain) -> str:
        field = self.fields[name]
        if isinstance(field.widget, CheckboxInput):
            return _("ticked") if version else _("not ticked")
        if not isinstance(field.widget, ChoiceWidget):
            return str(version)
        labels = {str(value): str(label) for value, label in field.choices}  # type: ignore[attr-defined]
        values = version if isinstance(version, list) else [version]
        return " · ".join(labels.get(value, value) for value in values)

    def _who_and_when(self, name: str) -> dict[str, str]:
        """Who changed that field last, and when, if the row has a history that knows."""
        change = last_change(self.instance, self.stored_in.get(name, (name,)))
        if change is None or change.history_user is None:
            return {"who": "", "when": ""}
        local = timezone.localtime(change.history_date)
        return {"who": str(change.history_user), "when": date_format(local, _("j M H:i"))}


def last_change(row: models.Model, columns: Iterable[str]) -> Any:
    """Return the version of the row (of simple_history) in which one of these columns got its value, or None."""
    if not hasattr(row, "history"):
        return None
    columns = list(columns)
    newest_first = row.history.select_related("history_user").order_by("-history_date", "-history_id")[:LOOKS_BACK]
    for newer, older in pairwise(newest_first):
        if any(getattr(newer, column, None) != getattr(older, column, None) for column in columns):
            return newer
    return None


def compare_anew(view: Callable[..., Any]) -> Callable[..., Any]:
    """Run a view once more when its form was overtaken while it was being saved: the next run shows both versions."""

    @wraps(view)
    def again(*args: Any, **kwargs: Any) -> Any:
        for _try in range(OVERTAKEN_AT_MOST):
            with suppress(Overtaken):
                return view(*args, **kwargs)
        return view(*args, **kwargs)

    return again
