"""How an action that waits is spoken of: before it happens, and in the story if it never does."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linzhu.dispatch.models import Assignment, DeferredAct

ABOUT_TO: dict[str, Promise] = {
    "cancel": gettext_lazy("This is about to be cancelled, and everybody who knows of it told."),
    "give-up": gettext_lazy("This is about to be ended without help, and the family told."),
    "release": gettext_lazy("%(name)s is about to be told not to come, and somebody else looked for."),
    "settle": gettext_lazy("The search for more people is about to end."),
    "close": gettext_lazy("This is about to be closed."),
}
NAMES: dict[str, Promise] = {
    "cancel": gettext_lazy("Cancel"),
    "give-up": gettext_lazy("It cannot be met"),
    "release": gettext_lazy("Somebody else must come"),
    "settle": gettext_lazy("Look for nobody else"),
    "close": gettext_lazy("Close"),
}


def about_to(act: DeferredAct) -> str:
    """What happens when its time has come."""
    visit = Assignment.objects.select_related("volunteer").filter(pk=act.form.get("assignment")).first()
    return str(ABOUT_TO[act.action]) % {"name": visit.volunteer.name if visit else _("The volunteer")}


def never_happened(act: DeferredAct) -> str:
    """Why it was not done after all."""
    if act.fate == DeferredAct.Fate.UNDONE:
        return _("Took back: “%(what)s”") % {"what": NAMES[act.action]}
    return _("“%(what)s” was not done: meanwhile this had changed") % {"what": NAMES[act.action]}
