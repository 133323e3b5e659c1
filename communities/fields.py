"""Model fields that the apps share."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core import checks, exceptions
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from linzhu.communities.names import search_key

if TYPE_CHECKING:
    _SetInInteger = models.BigIntegerField[Iterable[str], frozenset[str]]
else:
    _SetInInteger = models.BigIntegerField


class ChoiceSetField(_SetInInteger):
    """A set of up to 62 choices in one integer column: a Python ``frozenset`` of values, one bit for each.

    A set that the database can search with plain arithmetic, on PostgreSQL and on SQLite, without a join:
    ``Volunteer.objects.filter(skills__has="escort")``. A choice's bit is its position in the enum, so new choices
    are added at the end and none is ever removed.
    """

    default_error_messages = {"invalid_choice": _("“%(value)s” is not one of the choices.")}

    def __init__(self, enum: type[models.TextChoices] | None = None, **kwargs: Any) -> None:
        self.enum = enum  # None only inside migrations, which need the column alone
        self.bits: dict[str, int] = {value: 1 << position for position, value in enumerate(enum.values if enum else ())}
        self._sets: dict[int, frozenset[str]] = {}  # lists of people hold the same few sets again and again
        kwargs.setdefault("default", frozenset)
        kwargs.setdefault("blank", True)
        super().__init__(**kwargs)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        errors = super().check(**kwargs)
        if len(self.bits) > 62:
            errors.append(checks.Error("More than 62 choices do not fit one column.", obj=self, id="linzhu.E010"))
        return errors

    def mask(self, values: str | Iterable[str]) -> int:
        """Return the column's number for these choices."""
        values = [values] if isinstance(values, str) else values
        return sum({self.bits[str(value)] for value in values})

    def from_db_value(self, value: int | None, *args: Any) -> frozenset[str]:
        number = value or 0
        if number not in self._sets:
            self._sets[number] = frozenset(choice for choice, bit in self.bits.items() if number & bit)
        return self._sets[number]

    def to_python(self, value: Any) -> frozenset[str]:
        if isinstance(value, int):
            return self.from_db_value(value)
        unknown = [item for item in value or () if str(item) not in self.bits]
        if unknown:
            raise exceptions.ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": unknown[0]}
            )
        return frozenset(str(item) for item in value or ())

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, int) or hasattr(value, "as_sql") else self.mask(value)

    def clean(self, value: Any, model_instance: models.Model | None) -> frozenset[str]:
        return self.to_python(value)

    def value_from_object(self, obj: models.Model) -> list[str]:  # type: ignore[override]
        """A list in the enum's order: Django's checkboxes take a frozenset for one single value."""
        return [choice for choice in self.bits if choice in getattr(obj, self.attname)]

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.mask(self.value_from_object(obj)))

    def formfield(self, **kwargs: Any) -> forms.Field:
        kwargs.pop("form_class", None)
        defaults = {
            "required": not self.blank,
            "label": capfirst(self.verbose_name),
            "help_text": self.help_text,
            "choices": self.enum.choices if self.enum else [],
            "widget": forms.CheckboxSelectMultiple,
        }
        return forms.MultipleChoiceField(**{**defaults, **kwargs})

    def labels(self, values: Iterable[str]) -> list[str]:
        """Return the choices' translated names, in the enum's order."""
        return [str(choice.label) for choice in self.enum or () if choice.value in values]


@ChoiceSetField.register_lookup
class HasLookup(models.Lookup):
    """``skills__has="escort"`` or ``skills__has=["escort", "rides"]``: all of these are in the set."""

    lookup_name = "has"

    def get_prep_lookup(self) -> int:
        return int(self.lhs.output_field.mask(self.rhs))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        return f"({lhs} & %s) = %s", (*params, self.rhs, self.rhs)


class SearchKeyField(models.CharField):
    """How a name is searched: written, in pinyin, by its pinyin initials. Filled from ``source`` at every save."""

    def __init__(self, source: str = "name", **kwargs: Any) -> None:
        self.source = source
        super().__init__(**{"max_length": 200, "editable": False, "default": "", **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = search_key(getattr(model_instance, self.source))[: self.max_length]
        setattr(model_instance, self.attname, key)
        return key
