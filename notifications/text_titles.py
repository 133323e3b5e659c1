"""What each text is for, in the words of those who answer for it: the order and headings of the page of wordings."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linzhu.notifications.texts import TEXTS, Audience

READERS: dict[str, Promise] = {
    Audience.VOLUNTEER: _("volunteers read it"),
    Audience.ELDER: _("elders read it"),
    Audience.FAMILY: _("families read it"),
    Audience.UNKNOWN: _("whoever writes reads it"),
}

GROUPS: dict[Promise, dict[str, Promise]] = {
    _("Offers"): {
        "offer": _("Asks for help"),
        "offer_standby": _("Asks again: the place is free once more"),
        "offer_again": _("Asks once more: nobody has been found yet"),
        "which_one": _("Asks which offer a bare yes or no means"),
        "no_thanks": _("Thanks for a no"),
        "late_taken": _("Somebody was quicker"),
        "late_standby": _("Somebody was quicker; they stand by"),
        "offer_cancelled": _("No longer needed"),
        "offer_expired": _("Answered too late"),
        "nothing_open": _("Nothing waits for their answer"),
    },
    _("Visits"): {
        "visit_yours": _("The visit is theirs: who, where, when"),
        "already_yours": _("A second yes: it is theirs already"),
        "reminder_evening": _("Reminder the evening before"),
        "reminder_soon": _("Reminder shortly before"),
        "on_my_way_thanks": _("They have set off"),
        "ask_arrival": _("Not at the door yet?"),
        "arrived_thanks": _("They have arrived"),
        "no_answer_ack": _("Nobody opens the door"),
        "late_thanks": _("They come later"),
        "ask_end": _("Not finished yet?"),
        "done_thanks": _("Done: thank you"),
        "done_cash": _("Done: thank you, and the money?"),
        "ask_cash": _("The figures of the money are missing"),
        "cash_thanks": _("Thanks for the figures of the money"),
        "cash_look": _("The figures of the money do not agree"),
        "cannot_thanks": _("They cannot come after all"),
        "visit_off": _("The visit is called off"),
        "visit_off_gently": _("The visit is called off; the office calls to say why"),
    },
    _("Families"): {
        "family_logged": _("Logged; the link to their page"),
        "family_assigned": _("Who comes and when"),
        "family_late": _("The neighbour comes later"),
        "family_searching": _("We look for somebody else"),
        "family_off": _("It does not take place"),
    },
    _("Elders"): {
        "elder_assigned": _("Who comes and when, with the door word"),
        "elder_off": _("It does not take place"),
    },
    _("Emergencies"): {
        "roll_call_heat": _("Are you safe? Heat"),
        "roll_call_cold": _("Are you safe? Cold wave"),
        "roll_call_storm": _("Are you safe? Storm or typhoon"),
        "roll_call_flood": _("Are you safe? Flood"),
        "roll_call_earthquake": _("Are you safe? Earthquake"),
        "roll_call_power_cut": _("Are you safe? Power cut"),
        "roll_call_epidemic": _("Are you safe? Epidemic"),
        "roll_call_other": _("Are you safe? Another emergency"),
        "roll_call_safe": _("Thanks for “safe”"),
        "roll_call_help": _("Help was asked for, and comes"),
        "family_safe": _("The elder is safe"),
        "call_up": _("Can you help today?"),
        "call_up_yes": _("Thanks for helping"),
    },
    _("Answers to what people write"): {
        "unclear_ack": _("A person will read it"),
        "help_ack": _("They ask for help"),
        "danger": _("It sounds dangerous"),
        "paused": _("They take a pause"),
        "cap_changed": _("More or fewer offers"),
        "volunteer_link": _("Link to a volunteer's own page"),
        "unknown_sender": _("Nobody knows the number"),
        "opt_out_done": _("They want no more texts"),
        "opt_in_done": _("They want texts again"),
    },
    _("Others"): {
        "self_test": _("Linzhu tests its own texting"),
    },
}


def grouped() -> dict[Promise, dict[str, str | Promise]]:
    """Return every text by group; one that nobody has described yet stands under its key, at the end."""
    groups: dict[Promise, dict[str, str | Promise]] = {title: {**texts} for title, texts in GROUPS.items()}
    described = {key for texts in GROUPS.values() for key in texts}
    groups[[*groups][-1]].update({key: key for key in TEXTS if key not in described})
    return groups


def title_of(key: str) -> str:
    return next((str(texts[key]) for texts in GROUPS.values() if key in texts), key)
