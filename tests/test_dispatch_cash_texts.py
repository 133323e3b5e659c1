"""Cash reports by text: what is read in them, which visit they mean, what is answered."""

import pytest

from linzhu.dispatch.answers import answer
from linzhu.dispatch.assignments import arrive, assign
from linzhu.dispatch.cash import hear
from linzhu.dispatch.models import Assignment, CashJob, Todo
from linzhu.dispatch.reading.money import Figures, read_sum
from linzhu.dispatch.replies import Kind, Reply, read_reply
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from tests import factories
from tests.cash import AGREES, EVEN, job_of, report, shop
from tests.factories import window
from tests.test_dispatch_reply_corpus import HALVES, rows

# --- reading ------------------------------------------------------------------------------------------------------

SAME = [
    "收100 花86.5 还13.5", "收100花86.5还13.5", "收了100，花了86.5，找回13.5", "收一百，花八十六块五，还十三块五",
    "花86.5 还13.5 收100", "收到100块钱，一共花了86块5毛，退13块5毛", "收100元 花86元5角 还13元5角。小票给阿姨了",
    "阿姨给了100，买菜花了86.5，找给阿姨13.5，谢谢", "收１００ 花８６．５ 还１３．５", "收:100/花:86.50/还:13.50",
    "收100、花86.5、還13.5",
    "got 100 spent 86.50 back 13.50", "GOT 100, SPENT 86.5, BACK 13.5", "Got ¥100 spent ¥86.50 returned ¥13.50",
    "i got 100, i spent 86.50 and gave back 13.50", "received 100 paid 86.5 change 13.5 thanks",
]  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_report_is_read_as_people_write_it(text):
    assert read_reply(text) == Reply(Kind.CASH, figures=EVEN)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("收100 花100 正好", Figures(100_00, 100_00, 0)),
        ("收50 花49块5 还5毛", Figures(50_00, 49_50, 50)),
        ("收200花199.99还0.01", Figures(200_00, 199_99, 1)),
        ("收100 花0 还100", Figures(100_00, 0, 100_00)),
        ("收100 花86 还13", Figures(100_00, 86_00, 13_00)),
    ],
)
def test_sums_are_whole_fen_and_kept_as_they_were_said(text, figures):
    assert read_reply(text).figures == figures


@pytest.mark.parametrize(
    "text",
    [
        "花86.5", "收100 花86.5", "花86.5 还13.5", "got 100 spent 86.5", "收100 收100 花20", "收100 花86.5 剩13.5",
        "收100 花86.5 还13.5 还5", "收100 花86.5 还13.5？", "收100.555 花86 还14", "收1000000 花86 还14",
        "收一百二 花一百 还二十",
        "收100 花86 还14 明天再去可以吗", "没收100 花86 还14",
        "收100 花86 还14，不接47", "收100 花86,5 还13,5", "100 86.5 13.5",
        "got 100 spent 86 back 14 but she wanted more",
    ],
)  # fmt: skip
def test_doubtful_report_is_for_a_person(text):
    assert read_reply(text).kind == Kind.UNCLEAR


def test_danger_beside_the_money_is_danger():
    assert read_reply("收100 花86 还14，老人摔倒了起不来").kind == Kind.DANGER


@pytest.mark.parametrize("text", ["47 收100 花86.5 还13.5", "收100 花86.5 还13.5 47"])
def test_code_says_which_visit_is_meant(text):
    assert read_reply(text) == Reply(Kind.CASH, "47", figures=EVEN)


@pytest.mark.parametrize("text", ["完成45 收100 花86.5 还13.5", "done 45, got 100 spent 86.50 back 13.50"])
def test_done_and_the_money_may_stand_in_one_text(text):
    assert read_reply(text) == Reply(Kind.DONE, minutes=45, figures=EVEN)


def test_no_other_text_of_the_corpus_is_taken_for_a_report():
    texts = [row["text"] for half in HALVES for row in rows(half)]
    assert [text for text in texts if read_reply(text).figures] == []


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("86.5", 86_50),
        ("86.50", 86_50),
        ("¥86", 86_00),
        ("86元", 86_00),
        ("0", 0),
        (" 100 ", 100_00),
        ("８６．５", 86_50),
    ],
)
def test_typed_sum_is_read(typed, fen):
    assert read_sum(typed) == fen


@pytest.mark.parametrize("typed", ["", "-1", "86.555", "1e3", "abc", "100000", "86.5.1", "1 2", "٨٦"])
def test_what_is_no_sum_is_not_read(typed):
    assert read_sum(typed) is None


# --- what it sets in motion ---------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community, name="陈磊")


def text(volunteer, words):
    """The volunteer texts; returns the name of what is answered."""
    before = set(Message.objects.values_list("pk", flat=True))
    inbound = factories.InboundMessageFactory(sender=volunteer.phone, text=words)
    answer(inbound)
    inbound.save()
    return list(Message.objects.exclude(pk__in=before).values_list("template", flat=True))


def begun(elder, volunteer, service="groceries", hours=2):
    visit = assign(log_request(elder, service, actor=SYSTEM, **window(hours)), volunteer, actor=SYSTEM)
    arrive(visit, actor=SYSTEM)
    return visit


def unclear():
    return Todo.objects.open().filter(kind=Todo.Kind.UNCLEAR_REPLY).count()


def test_report_is_noted_and_thanked_for_without_any_sum(elder, volunteer):
    visit = shop(elder, volunteer)
    assert text(volunteer, "收100 花86.5 还13.5") == ["cash_thanks"]
    assert (job_of(visit).figures, job_of(visit).status) == (EVEN, CashJob.Status.REPORTED)
    assert not any(char.isdigit() for char in Message.objects.get(template="cash_thanks").text)


def test_report_stands_beside_its_help_request(elder, volunteer):
    visit = shop(elder, volunteer)
    text(volunteer, "收100 花86.5 还13.5")
    inbound = InboundMessage.objects.get()
    assert (inbound.about, inbound.reading) == (visit.help_request.ref, Kind.CASH)


def test_report_that_does_not_add_up_is_looked_at(elder, volunteer):
    visit = shop(elder, volunteer)
    assert text(volunteer, "收100 花86.5 还10") == ["cash_look"]
    assert job_of(visit).status == CashJob.Status.GAP


def test_report_sent_again_puts_a_slip_right(elder, volunteer):
    visit = shop(elder, volunteer)
    text(volunteer, "收100 花86.5 还10")
    assert text(volunteer, "收100 花86.5 还13.5") == ["cash_thanks"]
    assert job_of(visit).status == CashJob.Status.REPORTED


def test_report_may_come_before_the_end_of_the_visit(elder, volunteer):
    visit = begun(elder, volunteer)
    assert text(volunteer, "收100 花86.5 还13.5") == ["cash_thanks"]
    assert text(volunteer, "完成45") == ["done_thanks"]
    assert job_of(visit).status == CashJob.Status.REPORTED


def test_done_asks_for_the_figures_of_a_visit_with_cash(elder, volunteer):
    begun(elder, volunteer)
    assert text(volunteer, "完成45") == ["done_cash"]


def test_done_of_a_visit_without_cash_asks_for_nothing(elder, volunteer):
    begun(elder, volunteer, "companionship")
    assert text(volunteer, "完成45") == ["done_thanks"]


def test_done_and_the_money_in_one_text_are_both_noted(elder, volunteer):
    visit = begun(elder, volunteer)
    assert text(volunteer, "完成45 收100 花86.5 还13.5") == ["cash_thanks"]
    visit.refresh_from_db()
    assert (visit.status, visit.minutes, job_of(visit).figures) == (Assignment.Status.FINISHED, 45, EVEN)


@pytest.mark.parametrize("words", ["收100 花86.5 还13.5", "完成45 收100 花86.5 还13.5"])
def test_money_where_none_was_agreed_is_for_a_person(elder, volunteer, words):
    visit = begun(elder, volunteer, "companionship")
    text(volunteer, words)
    visit.refresh_from_db()
    assert (unclear(), visit.status, CashJob.objects.count()) == (1, Assignment.Status.STANDING, 0)


def test_report_that_may_mean_two_visits_is_for_a_person(elder, volunteer):
    visits = [shop(elder, volunteer), shop(elder, volunteer)]
    assert text(volunteer, "收100 花86.5 还13.5") == ["unclear_ack"]
    assert (unclear(), [job_of(visit).figures for visit in visits]) == (1, [None, None])


def test_report_means_the_visit_whose_figures_are_missing(elder, volunteer):
    first, second = shop(elder, volunteer), shop(elder, volunteer)
    job = job_of(first)
    report(first)
    text(volunteer, "收50 花40 还10")
    job.refresh_from_db()
    assert (job.figures, job_of(second).figures) == (EVEN, Figures(50_00, 40_00, 10_00))


def test_report_means_the_visit_that_has_begun(elder, volunteer):
    here = begun(elder, volunteer)
    assign(log_request(elder, "meal", actor=SYSTEM, **window(9)), volunteer, actor=SYSTEM)
    text(volunteer, "收100 花86.5 还13.5")
    assert CashJob.objects.get().assignment == here


def test_correction_after_the_elder_was_asked_is_for_a_person(elder, volunteer, dispatcher):
    visit = shop(elder, volunteer)
    text(volunteer, "收100 花86.5 还10")
    hear(visit, AGREES, user=dispatcher)
    assert text(volunteer, "收100 花86.5 还13.5") == ["unclear_ack"]
    assert (unclear(), job_of(visit).returned_fen) == (1, 10_00)


def test_report_of_a_stranger_is_for_a_person(community):
    factories.RoleFactory(community=community)
    stranger = factories.VolunteerFactory.build(community=community, phone="+8619955550000")
    text(stranger, "收100 花86.5 还13.5")
    assert not CashJob.objects.exists()


def test_report_brought_twice_is_noted_once(elder, volunteer):
    visit = shop(elder, volunteer)
    for _time in range(2):
        text(volunteer, "收100 花86.5 还13.5")
    assert job_of(visit).figures == EVEN
