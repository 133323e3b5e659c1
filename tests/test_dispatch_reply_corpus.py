"""Reading of replies, measured on a corpus written for the purpose, and what an opt-out ends.

``tests/corpus/test.tsv`` is frozen: no rule may be changed to suit it (docs/replies.md). A wrong label is corrected
with a new checksum and a word in the docs.
"""

import csv
from collections import Counter
from datetime import date
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from django.utils import timezone

from linzhu.dispatch.clock import tick
from linzhu.dispatch.management.commands.read_replies import values_of
from linzhu.dispatch.replies import Kind, read_reply
from linzhu.dispatch.waves import start_wave
from linzhu.notifications import outbox
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.factories import window

CORPUS = Path(__file__).parent / "corpus"
HALVES = ["development", "test"]
FROZEN = "1a4be8c62a65e8875a4b796251fafeee3754fd7105db7c3ee8d321ac21e07178"
LANGUAGES = {"zh": 900, "en": 600, "bo": 90, "ug": 90}
"""The least number of texts of each language in each half."""

_refs = count()


@cache
def rows(half):
    with (CORPUS / f"{half}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def misread(half):
    """The rows whose kind, code, minutes or date is read otherwise than it was meant."""
    return [row for row in rows(half) if (read_reply(row["text"]).kind, carried(row["text"])) != meant(row)]


def carried(text):
    return " ".join(values_of(read_reply(text)))


def meant(row):
    return row["label"], row["value"]


def test_test_half_is_frozen():
    assert sha256((CORPUS / "test.tsv").read_bytes()).hexdigest() == FROZEN


@pytest.mark.parametrize("half", HALVES)
def test_corpus_is_large_and_in_four_languages(half):
    languages = Counter(row["tags"].split(",")[0] for row in rows(half))
    assert sum(languages.values()) >= 2000
    assert [language for language, least in LANGUAGES.items() if languages[language] < least] == []


def test_no_text_stands_in_both_halves():
    development, test = ({row["text"] for row in rows(half)} for half in HALVES)
    assert development & test == set()


@pytest.mark.parametrize("half", HALVES)
def test_nothing_else_is_read_as_a_yes(half):
    strays = [row for row in rows(half) if row["label"] != Kind.YES and read_reply(row["text"]).kind == Kind.YES]
    assert strays == []


@pytest.mark.parametrize("half", HALVES)
def test_no_yes_is_read_with_another_code(half):
    strays = [row for row in rows(half) if row["label"] == Kind.YES and carried(row["text"]) not in ("", row["value"])]
    assert strays == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("half", HALVES)
def test_98_of_100_texts_are_read_as_meant(half, language):
    wrong = [row for row in misread(half) if row["tags"].split(",")[0] == language]
    all_of_it = [row for row in rows(half) if row["tags"].split(",")[0] == language]
    assert len(wrong) <= 0.02 * len(all_of_it), wrong


@pytest.mark.parametrize("kind", [Kind.OPT_OUT, Kind.DANGER])
@pytest.mark.parametrize("half", HALVES)
def test_no_opt_out_and_no_danger_is_missed(half, kind):
    strays = [row for row in rows(half) if row["label"] == kind and read_reply(row["text"]).kind != kind]
    assert strays == []


# --- the whole way ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "STOP",
        "please stop texting me",
        "退订",
        "我搬走了，别再给我发短信了",
        "འཕྲིན་མ་གཏོང་།",
        "ماڭا ئۇچۇر ئەۋەتمەڭ",
        "不接，別再發了",
    ],
)
def test_no_text_is_queued_after_an_opt_out(community, words):
    volunteer = factories.VolunteerFactory(community=community)
    elder = factories.ElderFactory(community=community)
    start_wave(log_request(elder, "groceries", actor=SYSTEM, **window(2)))
    send(volunteer, words)
    before = set(Message.objects.filter(to=volunteer.phone).values_list("pk", flat=True))
    for reply in ("yes", "谢谢", "下午三点行不行？"):
        send(volunteer, reply)
    start_wave(log_request(elder, "parcel", actor=SYSTEM, **window(5)))
    outbox.queue(volunteer.phone, "no_thanks", {}, community=community, language="en")
    tick()
    later = Message.objects.filter(to=volunteer.phone).exclude(pk__in=before)
    assert set(later.values_list("state", flat=True)) <= {Message.State.SUPPRESSED}
    assert Volunteer.objects.get(pk=volunteer.pk).opted_out_at is not None


@pytest.mark.parametrize(
    ("words", "back_on"),
    [
        ("休息到周五", date(2026, 11, 27)),
        ("pause until Monday", date(2026, 11, 30)),
        ("暂停到下周三", date(2026, 12, 2)),
        ("暂停两周", date(2026, 12, 7)),
        ("出差到月底", date(2026, 12, 1)),
        ("暂停", date(2026, 11, 30)),
    ],
)
def test_pause_ends_on_the_day_that_was_said(community, stopped_clock, words, back_on):
    volunteer = factories.VolunteerFactory(community=community)
    send(volunteer, words)
    volunteer.refresh_from_db()
    assert timezone.localdate(volunteer.paused_until) == back_on


def send(volunteer, words):
    receive(gateway(), Inbound(gateway_ref=f"corpus-{next(_refs)}", sender=volunteer.phone, text=words))
