"""Lists of people and help requests: filters stay in the address, names and numbers never get there."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests import factories

LISTS = ["/requests/", "/volunteers/", "/elders/"]


def query(response):
    return parse_qs(urlsplit(response.headers["Location"]).query)


@pytest.mark.parametrize(
    ("path", "filters"),
    [
        ("/requests/", {"status": "looking", "day": "2026-11-21"}),
        ("/volunteers/", {"skill": "rides", "state": "today"}),
        ("/elders/", {"page": "2"}),
    ],
)
def test_search_that_names_nobody_leads_to_an_address(desk, path, filters):
    response = desk.post(path, {"q": " ", "service": "", **filters})
    assert (response.status_code, urlsplit(response.headers["Location"]).path) == (302, path)
    assert query(response) == {name: [value] for name, value in filters.items()}


@pytest.mark.parametrize("path", LISTS)
def test_name_or_number_is_answered_without_an_address(desk, path):
    response = desk.post(path, {"q": "张秀英", "status": "live"})
    assert (response.status_code, "Location" in response.headers) == (200, False)


@pytest.mark.parametrize("path", LISTS)
def test_emptied_search_leads_back_to_everything(desk, path):
    assert desk.post(path, {"q": ""}).headers["Location"] == path


def test_volunteers_of_an_address_are_filtered(desk, community):
    driver = factories.VolunteerFactory(community=community, skills=["rides"])
    factories.VolunteerFactory(community=community, skills=["company"])
    assert [*desk.get("/volunteers/?skill=rides").context["page"]] == [driver]
