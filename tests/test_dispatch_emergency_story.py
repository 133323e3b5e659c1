"""An emergency from its declaration to its end, told by HTTP with the phones of the demo."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django_q.models import OrmQ

from linzhu.dispatch import clock
from linzhu.dispatch.models import Emergency, RollCallEntry
from linzhu.notifications.models import Message
from linzhu.requests.models import HelpRequest
from tests import factories
from tests.emergencies import mobile_elder
from tests.test_story import TASKS

State = RollCallEntry.State

pytestmark = pytest.mark.django_db(transaction=True)


def work(looks: int = 3) -> None:
    """Be the worker and the clock."""
    for _look in range(looks):
        while rows := list(OrmQ.objects.order_by("pk")):
            for row in rows:
                TASKS[row.task["func"]](*row.task["args"])
                row.delete()
        clock.tick()


def figures(desk: Client, emergency: Emergency) -> list[int]:
    """Safe, needs help, not reached yet, as the page shows them."""
    page = desk.get(f"/emergencies/{emergency.pk}/", headers={"hx-request": "true"}).content.decode()
    return [int(number) for number in re.findall(r"<dd>(\d+)</dd>", page)[:3]]


def last_text(phone: str) -> Message:
    return Message.objects.filter(to=phone).latest("pk")


def test_flood_from_declaration_to_end(desk, community):
    by_text, in_need, landline, alone = (
        mobile_elder(community, name="文秀"),
        mobile_elder(community, name="需秀"),
        factories.ElderFactory(community=community, name="座秀"),
        factories.ElderFactory(community=community, name="独秀", phone=""),
    )
    daughter = factories.FamilyContactFactory(elder=by_text)
    neighbour = factories.VolunteerFactory(community=community)

    # The dispatcher reads what would be sent, and confirms it twice.
    page = desk.get("/emergencies/new/").content.decode()
    form = {
        "key": re.search(r'name="key" value="([^"]+)"', page)[1], "kind": "flood", "where": "below",
        "nodes": [community.pk], "radius_m": 500, "call_up": "on",
    }  # fmt: skip
    assert "<dd>4</dd>" in desk.post("/emergencies/new/", form).content.decode()
    answer = desk.post("/emergencies/new/confirm/", {**form, "read": "on", "number": "4"})
    emergency = Emergency.objects.get()
    assert answer.headers["Location"] == f"/emergencies/{emergency.pk}/"
    assert figures(desk, emergency) == [0, 0, 4]

    # Everybody is asked, each in their way; the neighbour is called up.
    work()
    assert "洪水" in last_text(by_text.phone).text
    code = re.search(r"YES (\d+)", Message.objects.get(template="call_up").text)[1]
    desk.post("/phones/text/", {"phone": neighbour.phone, "text": f"yes {code}"})

    # They answer by text; the family of the one who is safe is told so.
    desk.post("/phones/text/", {"phone": by_text.phone, "text": "平安"})
    desk.post("/phones/text/", {"phone": in_need.phone, "text": "需要帮助"})
    assert figures(desk, emergency) == [1, 1, 2]
    assert last_text(daughter.phone).template == "family_safe"

    # A dispatcher telephones with the landline, by one key.
    desk.post(f"/emergencies/{emergency.pk}/next/")
    entry = RollCallEntry.objects.get(elder=landline)
    desk.post(f"/emergencies/{emergency.pk}/elders/{entry.pk}/safe/")
    assert figures(desk, emergency) == [2, 1, 1]

    # The neighbour who was called up looks in on the one without a phone.
    work()
    check = HelpRequest.objects.get(elder=alone)
    offer = check.offers.get(volunteer=neighbour)
    desk.post("/phones/text/", {"phone": neighbour.phone, "text": f"yes {offer.code}"})
    for words in ("arrived", "done 20"):
        desk.post("/phones/text/", {"phone": neighbour.phone, "text": words})
    assert figures(desk, emergency) == [3, 1, 0]

    # Whoever needed help has got it; then the dispatcher ends it.
    entry = RollCallEntry.objects.get(elder=in_need)
    desk.post(f"/emergencies/{emergency.pk}/elders/{entry.pk}/helped/")
    desk.post(f"/emergencies/{emergency.pk}/end/")
    work()
    emergency.refresh_from_db()
    assert emergency.summary | {"safe_after": None} == {
        "asked": 4, "safe": 3, "needs_help": 0, "helped": 1, "visits": 0, "owed": 0, "called_up": 1, "ready": 1,
        "not_reached": 0, "safe_after": None,
    }  # fmt: skip
    assert not emergency.entries.exclude(step="").exists()
