"""The slip in large print for the elder's table."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from linzhu.requests.models import Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def help_request(community):
    return factories.HelpRequestFactory(
        elder__community=community, elder__name="张秀英", status=Status.ASSIGNED, people_needed=2, cash_limit_fen=8000
    )


@pytest.fixture
def slip(desk, help_request):
    """Print the slip; returns what stands on it."""

    def printed(language="en"):
        page = desk.get(reverse("slip", args=[help_request.ref]), {"language": language}).content.decode()
        return " ".join(page.partition("<article")[2].partition("</article>")[0].split())

    return printed


def test_each_who_comes_stands_in_a_line_with_the_word(help_request, slip):
    factories.AssignmentFactory(help_request=help_request, volunteer__name="陈磊", door_word="石榴")
    factories.AssignmentFactory(help_request=help_request, volunteer__name="马晓", door_word="月亮", place=2)
    rows = slip().partition("<tbody>")[2].partition("</tbody>")[0]
    assert rows == (
        '<tr><td>陈磊</td><td class="slip-word">石榴</td></tr><tr><td>马晓</td><td class="slip-word">月亮</td></tr>'
    )


def test_slip_has_the_office_s_phone_and_no_address(help_request, slip):
    factories.AssignmentFactory(help_request=help_request)
    elder = help_request.elder
    printed = slip()
    assert "022 2000 0001" in printed
    assert [secret for secret in (elder.address, elder.phone, elder.notes or "-") if secret in printed] == ["-"]


@pytest.mark.parametrize(
    ("spoken", "language"),
    [
        ({"zh", "ug"}, "zh-Hans"),
        ({"ug"}, "ug"),
        ({"bo", "dialect"}, "bo"),
        ({"en"}, "en"),
        ({"yue"}, "zh-Hans"),
        (set(), "zh-Hans"),
    ],
)
def test_slip_is_in_a_language_that_the_elder_reads(help_request, slip, spoken, language):
    factories.AssignmentFactory(help_request=help_request)
    help_request.elder.languages = frozenset(spoken)
    help_request.elder.save()
    assert f'lang="{language}"' in slip("")


@pytest.mark.parametrize("language", ["bo", "ug"])
def test_slip_in_tibetan_and_uyghur_is_whole(help_request, slip, language):
    type(help_request).objects.update(service_code="groceries")  # with money
    factories.AssignmentFactory(help_request=help_request, volunteer__name="乙", door_word="石榴")
    printed = re.sub("<[^>]*>", " ", slip(language).partition(">")[2])
    assert re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+", printed) == ["张秀英", "乙", "石榴"]


def test_uyghur_slip_runs_from_right_to_left(help_request, slip):
    factories.AssignmentFactory(help_request=help_request)
    start = timezone.localtime(help_request.window_start)
    assert ('dir="rtl"' in slip("ug"), f"\u2066{start:%H:%M}–" in slip("ug")) == (True, True)


def test_there_is_no_slip_while_nobody_comes(desk, help_request):
    assert desk.get(reverse("slip", args=[help_request.ref])).status_code == 404
