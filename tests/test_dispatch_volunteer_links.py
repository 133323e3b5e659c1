"""The link to the volunteer's page: whom it lets in, when it closes, and how they get it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from linzhu.communities.clock import now
from linzhu.dispatch.links import volunteer_door, volunteer_url
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.volunteer_links import revoke_links
from linzhu.notifications.gateways.local import LocalGateway
from linzhu.notifications.models import Message
from linzhu.notifications.optout import opt_out
from linzhu.volunteers import lifecycle
from linzhu.volunteers.models import VolunteerLink
from tests import factories
from tests.volunteer_phone import ask, fresh, opened, path_of, press, promise, text, texts_to, words

pytestmark = pytest.mark.django_db


# --- whom it lets in ----------------------------------------------------------------------------------------------


def test_secret_is_exchanged_for_a_cookie_of_this_page_alone(phone, volunteer):
    response = phone.get(path_of(volunteer_url(volunteer)))
    given = phone.cookies[volunteer_door.cookie]
    assert (response.status_code, response.url) == (302, f"/my/{volunteer.pk}/")
    assert (given["path"], given["httponly"], given["samesite"]) == (f"/my/{volunteer.pk}/", True, "Lax")


def test_link_keeps_only_the_hash_of_its_secret(volunteer):
    secret = volunteer_url(volunteer).rstrip("/").rpartition("/")[2]
    assert (len(secret), secret in str(VolunteerLink.objects.values().get())) == (32, False)


def test_wrong_secret_and_missing_cookie_are_not_found(phone, volunteer):
    answers = [
        phone.get("/v/not-the-secret/"),
        phone.get(f"/my/{volunteer.pk}/"),
        phone.get(f"/my/{volunteer.pk}/week/"),
    ]
    assert [response.status_code for response in answers] == [404, 404, 404]
    assert [volunteer.community.name in words(response) for response in answers] == [False, False, False]


def test_forged_cookie_opens_nothing(phone, volunteer):
    link, _secret = VolunteerLink.issue(volunteer)
    phone.cookies[volunteer_door.cookie] = str(link.pk)
    assert phone.get(f"/my/{volunteer.pk}/").status_code == 404


def test_cookie_of_a_family_opens_no_volunteer_s_page(phone, volunteer):
    link, _secret = VolunteerLink.issue(volunteer)
    phone.cookies[volunteer_door.cookie] = replace(volunteer_door, kind="family").sign(link)
    assert phone.get(f"/my/{volunteer.pk}/").status_code == 404


def test_cookie_of_one_volunteer_opens_no_other_page(phone, mine, community):
    other = factories.VolunteerFactory(community=community)
    phone.cookies[volunteer_door.cookie]["path"] = "/"
    assert phone.get(f"/my/{other.pk}/").status_code == 404


def test_two_who_share_a_phone_keep_a_page_each(phone, mine, community, volunteer):
    other = factories.VolunteerFactory(community=community, phone=volunteer.phone)
    first, second = phone.cookies[volunteer_door.cookie].value, None
    opened(phone, other)
    second = phone.cookies[volunteer_door.cookie].value
    assert first != second
    phone.cookies[volunteer_door.cookie] = first
    assert phone.get(mine).status_code == 200


def test_revoked_link_closes_every_open_page_and_names_the_office(phone, mine, volunteer):
    assert revoke_links(volunteer) == 1
    pages = [phone.get(mine), phone.post(f"{mine}wish/more/")]
    assert [page.status_code for page in pages] == [410, 410]
    assert 'href="tel:+862220000001"' in words(pages[0])
    assert fresh(volunteer).weekly_cap is None


def test_revoked_link_cannot_be_opened_again(phone, volunteer):
    url = volunteer_url(volunteer)
    revoke_links(volunteer)
    assert phone.get(path_of(url)).status_code == 410


@pytest.mark.parametrize(("days", "status"), [(29.9, 200), (30.1, 410)])
def test_link_lives_a_month_unused(phone, mine, days, status):
    VolunteerLink.objects.update(expires_at=now() + timedelta(days=30 - days))
    assert phone.get(mine).status_code == status


def test_what_is_done_on_the_page_renews_the_link_and_looking_does_not(phone, mine):
    soon = now() + timedelta(days=1)
    VolunteerLink.objects.update(expires_at=soon)
    phone.get(mine)
    looked = VolunteerLink.objects.get().expires_at
    press(phone, mine, "wish/more")
    assert looked == soon
    assert VolunteerLink.objects.get().expires_at > now() + timedelta(days=29)


@pytest.mark.parametrize("move", [lifecycle.suspend, lifecycle.leave])
def test_page_of_who_may_not_help_closes_at_once(phone, mine, volunteer, dispatcher, elder, move):
    visit = promise(elder, volunteer)
    move(volunteer, user=dispatcher)
    answers = [phone.get(mine), phone.post(f"{mine}visits/{visit.pk}/arrived/"), phone.get(f"{mine}week/")]
    assert [response.status_code for response in answers] == [410, 410, 410]
    assert (fresh(visit).arrived_at, elder.name in words(answers[0])) == (None, False)


def test_opening_changes_nothing_in_the_database(phone, volunteer, elder):
    ask(elder, volunteer)
    promise(elder, volunteer, hours=26)
    path = path_of(volunteer_url(volunteer))
    with CaptureQueriesContext(connection) as queries:
        for address in (path, f"/my/{volunteer.pk}/", f"/my/{volunteer.pk}/week/", f"/my/{volunteer.pk}/?lang=en"):
            assert phone.get(address).status_code in {200, 302}
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_every_button_wants_a_post(phone, mine, volunteer, elder):
    offer, visit = ask(elder, volunteer), promise(elder, volunteer, hours=26)
    reports = ["on-my-way", "late", "arrived", "done", "cannot-come", "nobody-opens", "help"]
    addresses = [f"offers/{offer.pk}/yes/", f"offers/{offer.pk}/no/", *(f"visits/{visit.pk}/{act}/" for act in reports)]
    addresses += [f"wish/{name}/" for name in ("pause", "resume", "more", "fewer", "help")]
    assert {phone.get(mine + address).status_code for address in addresses} == {405}
    assert (fresh(offer).status, fresh(visit).status) == (Offer.Status.OPEN, Assignment.Status.STANDING)


def test_button_without_the_form_s_token_is_refused(volunteer, elder):
    offer = ask(elder, volunteer)
    phone = Client(enforce_csrf_checks=True)
    mine = opened(phone, volunteer)
    assert phone.post(f"{mine}offers/{offer.pk}/yes/").status_code == 403
    assert fresh(offer).status == Offer.Status.OPEN


@pytest.mark.parametrize("address", ["", "week/", "?lang=en"])
def test_page_is_neither_kept_nor_found_nor_passed_on(phone, mine, address):
    """``same-origin``: under ``no-referrer`` a browser's own forms would post with "Origin: null"."""
    response = phone.get(mine + address)
    kept = {name: response[name] for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")}
    assert kept == {
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }


def test_address_with_the_secret_sends_no_referrer_at_all(phone, volunteer):
    responses = [phone.get(path_of(volunteer_url(volunteer))), phone.get("/v/wrong/")]
    assert [response["Referrer-Policy"] for response in responses] == ["no-referrer", "no-referrer"]
    assert [response["Cache-Control"] for response in responses] == ["no-store", "no-store"]


# --- how they get it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["link", "Page please", "链接", "请发链接", "我的网页"])
def test_link_comes_by_text_to_who_asks(phone, volunteer, said):
    text(volunteer, said)
    message = Message.objects.get()
    link = message.params["link"]
    assert (message.to, message.template) == (volunteer.phone, "volunteer_link")
    assert phone.get(path_of(link), follow=True).status_code == 200


def test_each_of_two_on_one_phone_gets_a_link(community, volunteer):
    factories.VolunteerFactory(community=community, phone=volunteer.phone, name="王芳")
    text(volunteer, "link")
    assert {message.params["volunteer"] for message in Message.objects.all()} == {"陈磊", "王芳"}


def test_who_is_suspended_gets_no_link(volunteer, dispatcher):
    lifecycle.suspend(volunteer, user=dispatcher)
    text(volunteer, "link")
    assert (VolunteerLink.objects.count(), texts_to(volunteer)) == (0, ["unclear_ack"])


def test_who_wants_no_texts_gets_no_link_and_staff_are_told(desk, volunteer):
    opt_out(volunteer.phone)
    response = desk.post(f"/volunteers/{volunteer.pk}/link/send/", follow=True)
    assert (VolunteerLink.objects.count(), "No link was sent" in words(response)) == (0, True)


def test_gateway_without_links_leaves_the_wish_to_a_person(volunteer, monkeypatch):
    monkeypatch.setattr(LocalGateway, "capabilities", replace(LocalGateway.capabilities, links=False))
    text(volunteer, "link")
    assert (VolunteerLink.objects.count(), Todo.objects.get().kind) == (0, Todo.Kind.UNCLEAR_REPLY)


def test_staff_send_a_link_without_seeing_it(desk, volunteer):
    response = desk.post(f"/volunteers/{volunteer.pk}/link/send/", follow=True)
    card = desk.get(f"/volunteers/{volunteer.pk}/link/").content.decode()
    assert texts_to(volunteer) == ["volunteer_link"]
    assert "/v/" not in words(response) + card
    assert "1 link is open" in card


def test_staff_close_the_links_of_a_lost_phone(desk, phone, mine, volunteer):
    response = desk.post(f"/volunteers/{volunteer.pk}/link/revoke/", follow=True)
    assert ("1 link no longer opens anything." in words(response), phone.get(mine).status_code) == (True, 410)


def test_link_in_the_text_can_be_clicked_on_the_phones_page(desk, volunteer):
    text(volunteer, "link")
    Message.objects.update(state=Message.State.DELIVERED)
    link = Message.objects.get().params["link"]
    assert f'<a href="{link}" target="_blank"' in desk.get("/phones/").content.decode()
