"""The volunteer's page: what it shows and hides, and a whole visit on it."""

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.dispatch.assignments import assign, finish
from linzhu.dispatch.decisions import cancel
from linzhu.dispatch.models import Assignment, Offer
from linzhu.dispatch.offers import decline
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from tests import factories
from tests.factories import window
from tests.volunteer_phone import ask, fresh, opened, path_of, press, promise, said, text, texts_to, words

pytestmark = pytest.mark.django_db


# --- what it shows ------------------------------------------------------------------------------------------------


def test_offer_shows_service_area_and_window_and_nothing_of_the_elder(phone, mine, volunteer, community):
    place = factories.PlaceFactory(community=community, name="桂花里")
    elder = factories.ElderFactory(community=community, name="张秀英", place=place, notes="喜欢听戏")
    help_request = log_request(elder, "groceries", actor=SYSTEM, details="牛奶两盒", **window(2))
    start_wave(help_request)
    page = words(phone.get(mine))
    secrets = [elder.name, elder.address, elder.phone, "牛奶两盒", "喜欢听戏", help_request.ref]
    assert ("Groceries" in page, "桂花里" in page) == (True, True)
    assert [secret for secret in secrets if secret in page] == []


def test_visit_shows_what_it_needs(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer, details="牛奶两盒", cash_limit_fen=8000)
    page = words(phone.get(mine))
    needed = [elder.name, elder.address, f"tel:{elder.phone}", visit.door_word, "牛奶两盒", "¥80"]
    assert [part for part in needed if part not in page] == []
    assert "喜欢听戏" not in page


@pytest.mark.parametrize(("hours", "tempts"), [(1, True), (26, False)])
def test_setting_out_is_the_first_thing_to_press_only_when_it_is_time(phone, mine, volunteer, elder, hours, tempts):
    promise(elder, volunteer, hours=hours)
    page = words(phone.get(mine))
    assert ('<button class="btn main">I am on my way' in page, "I am on my way" in page) == (tempts, True)


def test_elder_is_hidden_two_hours_after_the_visit(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer, hours=-0.5, details="牛奶两盒")
    finish(visit, actor=SYSTEM, minutes=45)
    secrets = [elder.name, elder.address, elder.phone, "牛奶两盒", visit.door_word]
    Assignment.objects.update(finished_at=now() - timedelta(minutes=119))
    just_after = words(phone.get(mine))
    Assignment.objects.update(finished_at=now() - timedelta(minutes=121))
    later = words(phone.get(mine))
    assert (elder.name in just_after, elder.address in just_after) == (True, False)
    assert [secret for secret in secrets if secret in later] == []
    assert "45 min" in later


def test_visit_that_is_called_off_is_hidden_at_once(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    cancel(visit.help_request, actor=SYSTEM, reason="by-elder")
    page = words(phone.get(mine))
    assert [secret for secret in (elder.name, elder.address, elder.phone, visit.door_word) if secret in page] == []


def test_door_word_is_hidden_after_the_arrival(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    press(phone, mine, f"visits/{visit.pk}/arrived")
    assert visit.door_word not in words(phone.get(mine))


def test_visits_of_others_are_not_shown(phone, mine, elder, community):
    promise(elder, factories.VolunteerFactory(community=community))
    assert elder.name not in words(phone.get(mine))


def test_hours_are_counted_by_month_without_names(phone, mine, volunteer, elder, stopped_clock):
    opened(phone, volunteer)
    at = timezone.localtime()
    for months_ago, minutes in ((0, 45), (0, 30), (1, 60), (11, 20), (12, 999)):
        month = at.month - 1 - months_ago
        when = at.replace(year=at.year + month // 12, month=month % 12 + 1, day=2)
        factories.AssignmentFactory(
            help_request__elder=elder, volunteer=volunteer, status="finished", minutes=minutes, finished_at=when
        )
    page = words(phone.get(mine))
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert rows.count("<tr>") == 3
    assert '<th scope="row">November 2026</th><td>2</td><td>1 h 15 min</td>' in rows
    assert '<th scope="row">October 2026</th><td>1</td><td>1 h 0 min</td>' in rows
    assert ("<dd>4</dd>" in page, "2 h 35 min" in page, elder.name in page) == (True, True, False)


def test_page_speaks_the_language_of_the_texts_until_another_is_chosen(phone, mine, volunteer):
    assert 'lang="en"' in words(phone.get(mine))
    response = phone.get(f"{mine}?lang=zh-hans", follow=True)
    assert (response.redirect_chain, 'lang="zh-Hans"' in words(response)) == ([(mine, 302)], True)
    assert (response["Content-Language"], fresh(volunteer).text_language) == ("zh-hans", "en")


def test_language_of_the_page_is_not_that_of_the_office(phone, mine):
    phone.get(f"{mine}?lang=zh-hans")
    assert django_settings.LANGUAGE_COOKIE_NAME not in phone.cookies


def test_page_with_all_it_loads_is_under_50_kilobytes(phone, mine, volunteer, elder):
    ask(elder, volunteer)
    for hours in (26, 50, 74):
        promise(elder, volunteer, hours=hours)
    page = phone.get(mine).content
    files = {
        "css/linzhu.css", "css/link.css", "css/volunteer.css", "js/volunteer.js", "img/mark.svg",
    }  # fmt: skip
    static = Path(django_settings.BASE_DIR) / "static"
    size = len(page) + sum(len(gzip.compress((static / file).read_bytes())) for file in files)
    assert set(re.findall(r"/static/([a-z0-9./-]+)", page.decode())) == files
    assert size < 50_000


def test_page_has_nothing_that_the_content_policy_forbids(phone, mine, volunteer, elder):
    promise(elder, volunteer)
    pages = phone.get(mine).content.decode() + phone.get(f"{mine}week/").content.decode()
    assert [part for part in ("style=", "<script>", " onclick") if part in pages] == []


def test_queries_do_not_grow_with_the_visits(phone, mine, volunteer, elder, community):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert phone.get(mine).status_code == 200
        return len(captured)

    ask(elder, volunteer)
    promise(elder, volunteer, hours=26)
    few = queries()
    for number in range(9):
        own = factories.ElderFactory(community=community, place=factories.PlaceFactory(community=community))
        promise(own, volunteer, hours=50 + 24 * number)
        factories.OfferFactory(
            help_request__elder=own, volunteer=volunteer, expires_at=now() + timedelta(hours=1), code=str(800 + number)
        )
        factories.AssignmentFactory(
            help_request__elder=own, volunteer=volunteer, status="finished", finished_at=now(), place=1
        )
    assert phone.get(mine).content.decode().count("<summary>") > 30
    assert queries() == few


# --- the story ----------------------------------------------------------------------------------------------------


def test_volunteer_does_the_whole_visit_on_the_page(phone, volunteer, elder, desk):
    text(volunteer, "link")
    mine = phone.get(path_of(Message.objects.get().params["link"])).url
    offer = ask(elder, volunteer)

    assert elder.name not in words(phone.get(mine))
    press(phone, mine, f"offers/{offer.pk}/yes")
    visit = Assignment.objects.get()
    page = words(phone.get(mine))
    assert (elder.address in page, visit.door_word in page) == (True, True)
    press(phone, mine, f"visits/{visit.pk}/late", minutes="10")
    press(phone, mine, f"visits/{visit.pk}/on-my-way")
    press(phone, mine, f"visits/{visit.pk}/arrived")
    press(phone, mine, f"visits/{visit.pk}/done", minutes="40")

    visit, help_request = fresh(visit), HelpRequest.objects.get()
    assert (visit.outcome, visit.minutes, visit.late_minutes) == (Assignment.Outcome.DONE, 40, 10)
    assert [change.to_status for change in help_request.changes.all()] == ["open", "assigned", "underway", "done"]
    assert {change.name for change in help_request.changes.filter(who="volunteer")} == {"陈磊"}
    assert texts_to(volunteer) == ["volunteer_link", "offer", "visit_yours"]
    Assignment.objects.update(finished_at=now() - timedelta(hours=3))
    assert (elder.name in words(phone.get(mine)), "40 min" in words(phone.get(mine))) == (False, True)


# --- a no that was a slip -----------------------------------------------------------------------------------------


def refused(elder, volunteer):
    """The volunteer has pressed no."""
    offer = ask(elder, volunteer)
    decline(offer, actor=SYSTEM)
    return offer


def test_no_becomes_a_yes_while_somebody_is_looked_for(phone, mine, volunteer, elder):
    offer = refused(elder, volunteer)
    assert f'action="{mine}offers/{offer.pk}/yes/"' in words(phone.get(mine))
    press(phone, mine, f"offers/{offer.pk}/yes")
    assert (fresh(offer).status, Assignment.objects.get().volunteer) == ("accepted", volunteer)


def test_no_shows_no_more_of_the_elder_than_the_offer_did(phone, mine, volunteer, elder):
    refused(elder, volunteer)
    page = words(phone.get(mine))
    assert [secret for secret in (elder.name, elder.address, elder.phone) if secret in page] == []


def test_no_stands_once_somebody_else_goes(phone, mine, volunteer, elder, community):
    offer = refused(elder, volunteer)
    assign(offer.help_request, factories.VolunteerFactory(community=community), actor=SYSTEM)
    assert "offers/" not in words(phone.get(mine))
    assert "A neighbour was quicker" in said(press(phone, mine, f"offers/{offer.pk}/yes"))
    assert Assignment.objects.count() == 1


def test_no_stands_once_it_is_cancelled(phone, mine, volunteer, elder):
    offer = refused(elder, volunteer)
    cancel(offer.help_request, actor=SYSTEM, reason="by-elder")
    assert "offers/" not in words(phone.get(mine))
    assert "no longer needed" in said(press(phone, mine, f"offers/{offer.pk}/yes"))


def test_no_of_an_earlier_search_stands(phone, mine, volunteer, elder):
    offer = refused(elder, volunteer)
    HelpRequest.objects.update(round=2)
    assert "offers/" not in words(phone.get(mine))
    press(phone, mine, f"offers/{offer.pk}/yes")
    assert Assignment.objects.count() == 0


def test_no_to_what_has_begun_stands(phone, mine, volunteer, elder):
    offer = refused(elder, volunteer)
    Offer.objects.update(expires_at=now() - timedelta(seconds=1))
    assert "offers/" not in words(phone.get(mine))
    assert "The time to answer is past" in said(press(phone, mine, f"offers/{offer.pk}/yes"))
