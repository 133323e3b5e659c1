"""How people are found: by names and their pinyin, by digits of phones, through an index that is never behind."""

import pytest
from django.apps import apps
from django.db import connection

from linzhu.communities.pinyin import readings
from linzhu.communities.search import LONGEST_WORD, MOST_WORDS, beginnings, words_of
from linzhu.communities.search_field import index_name, refill
from linzhu.communities.search_indexes import build_missing, take_away
from linzhu.requests.models import Elder, FamilyContact
from linzhu.volunteers.models import Volunteer
from tests.factories import ElderFactory, FamilyContactFactory, VolunteerFactory


def meant(text):
    return sorted(Elder.objects.all().meant_by(text).values_list("name", flat=True))


def found(text, model=Volunteer):
    return sorted(model.objects.filter(search_words__find=text).values_list("name", flat=True))


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "王秀兰", "秀兰", "兰", "王", "wangxiulan", "wang xiulan", "WANG Xiu Lan", "ｗａｎｇ", "xiulan wang", "lan",
        "wxl", "w x l", "xl", "wangxl", "wang xl", "王 xiulan", "王xiulan", "wang·xiulan", "xiul",
    ],
)  # fmt: skip
def test_name_is_found_in_all_ways_of_writing(db, text):
    ElderFactory(name="王秀兰")
    ElderFactory(name="李国强")
    assert meant(text) == ["王秀兰"]


@pytest.mark.parametrize("text", ["王兰", "angxiulan", "iulan", "wlx", "li wang", "，", "·", "%", "_", '"', "*"])
def test_what_nobody_is_called_finds_nobody(db, text):
    ElderFactory(name="王秀兰")
    ElderFactory(name="李国强")
    assert meant(text) == []


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("单秀英", "shanxiuying"), ("曾国强", "zengguoqiang"), ("仇英", "qiuying"), ("解晓东", "xiexiaodong"),
        ("区桂英", "ouguiying"), ("朴槿", "piaojin"), ("查良镛", "zhaliangyong"), ("缪荣", "miaorong"),
        ("任志强", "renzhiqiang"), ("尉迟恭", "yuchigong"), ("万俟卨", "moqixie"), ("长孙无忌", "zhangsunwuji"),
        ("覃冬梅", "qindongmei"), ("覃冬梅", "tandongmei"), ("盖叫天", "gejiaotian"), ("王长贵", "wangchanggui"),
        ("张行", "zhanghang"), ("张行", "zhangxing"), ("吕洞宾", "lüdongbin"), ("吕洞宾", "lvdongbin"),
        ("吕洞宾", "ludongbin"), ("欧阳修文", "ouyangxw"), ("欧阳修文", "oyxw"),
    ],
)  # fmt: skip
def test_name_is_read_as_people_read_it(name, read):
    (alternative,) = beginnings(read)
    assert all(any(word.startswith(part) for word in words_of(name).split()) for part in alternative)


@pytest.mark.parametrize(("name", "read"), [("单秀英", "dan"), ("曾国强", "ceng"), ("仇英", "chou")])
def test_surname_is_not_read_like_the_word(name, read):
    assert [word for word in words_of(name).split() if word.startswith(read)] == []


def test_name_of_many_readings_keeps_a_few():
    assert len(readings("覃乐长行")) == 4


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("阿依古丽·买买提", "买买提"), ("阿依古丽·买买提", "ayiguli mai"), ("阿依古丽·买买提", "阿依古丽买买提"),
        ("བསོད་ནམས་སྒྲོལ་མ", "ནམས"), ("ئايگۈل مەمەت", "مەمەت"), ("Anna Müller", "muller"), ("Anna Müller", "am"),
        ("𬭎秀", "𬭎"), ("张秀英（楼长）", "张秀英"),
    ],
)  # fmt: skip
def test_name_of_any_script_is_found(db, name, text):
    VolunteerFactory(name=name)
    VolunteerFactory(name="李国强")
    assert found(text) == [name]


def test_long_name_is_cut_between_its_parts():
    words = words_of("王" * 80).split()
    assert max(len(word) for word in words) == len("wang") * 16


# --- phones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [4, 5, 8, 11])
def test_any_run_of_digits_is_found(db, length):
    national = "13805791234"
    VolunteerFactory(name="陈磊", phone=f"+86{national}")
    VolunteerFactory(name="马晓", phone="+8615900002222")
    runs = [national[start : start + length] for start in range(len(national) - length + 1)]
    assert {run: found(run) for run in runs} == {run: ["陈磊"] for run in runs}


@pytest.mark.parametrize("text", ["138 0579 1234", "138-0579", "+86 138", "0086138", "（138）0579", "０５７９", "1234"])
def test_number_is_found_however_it_is_typed(db, text):
    VolunteerFactory(name="陈磊", phone="+8613805791234")
    VolunteerFactory(name="马晓", phone="+8615900002222")
    assert found(text) == ["陈磊"]


@pytest.mark.parametrize("text", ["022-2731 8800", "02227318800", "2227318", "27318800", "8800"])
def test_landline_is_found_with_and_without_its_area_code(db, text):
    ElderFactory(name="王秀兰", phone="+862227318800")
    ElderFactory(name="李国强", phone="+861085551234")
    assert meant(text) == ["王秀兰"]


def test_zeros_at_the_beginning_of_a_run_are_meant(db):
    VolunteerFactory(name="陈磊", phone="+8613805790012")
    VolunteerFactory(name="马晓", phone="+8613812345678")
    assert found("0012") == ["陈磊"]


def test_elder_is_found_by_the_phones_of_the_family_once(db):
    elder = ElderFactory(name="王秀兰", phone="+862227314567")
    for end in "12":
        FamilyContactFactory(elder=elder, phone=f"+86139000456{end}0")
    assert meant("456") == ["王秀兰"]


def test_family_s_name_is_not_the_elder_s(db):
    FamilyContactFactory(elder=ElderFactory(name="王秀兰"), name="李建国")
    assert meant("李建国") == []


def test_name_and_digits_together_narrow_it_down(db):
    VolunteerFactory(name="陈磊", phone="+8613805791234")
    VolunteerFactory(name="陈磊", phone="+8613805795678")
    assert Volunteer.objects.get(search_words__find="chenlei 5678").phone == "+8613805795678"


def test_endless_input_is_cut():
    (alternative,) = beginnings("x" * 5000 + " y" * 5000)
    assert (len(alternative), len(alternative[0])) == (MOST_WORDS, LONGEST_WORD)


# --- the index ----------------------------------------------------------------------------------------------------


def test_index_follows_every_way_of_writing(db):
    chen = VolunteerFactory(name="陈磊", phone="+8613805791234")
    chen.name = "马晓"
    chen.save()
    assert (found("chenlei"), found("maxiao"), found("1234")) == ([], ["马晓"], ["马晓"])
    chen.phone = "+8615900005678"
    chen.save(update_fields=["phone", "search_words"])
    assert (found("1234"), found("5678")) == ([], ["马晓"])
    Volunteer.objects.bulk_create([VolunteerFactory.build(name="赵敏", community=chen.community)])
    assert found("zhaomin") == ["赵敏"]
    Volunteer.objects.all().delete()
    assert (found("maxiao"), found("zhaomin")) == ([], [])


def test_refill_writes_the_words_of_all_rows(db, monkeypatch):
    monkeypatch.setattr("linzhu.communities.search_field.BATCH", 2)
    for name in ("陈磊", "马晓", "赵敏", "孙丽", "周涛"):
        VolunteerFactory(name=name)
    Volunteer.objects.update(search_words="")
    assert found("马") == []
    refill(Volunteer)
    assert [found(text) for text in ("chenlei", "mx", "敏", "sunli", "zhout")] == [
        ["陈磊"], ["马晓"], ["赵敏"], ["孙丽"], ["周涛"],
    ]  # fmt: skip


def test_table_made_anew_by_a_migration_is_indexed_again(transactional_db):
    if connection.vendor != "sqlite":
        pytest.skip("Only SQLite makes tables anew.")
    ElderFactory(name="王秀兰")
    requests = apps.get_app_config("requests")
    take_away(requests, plan=["a migration"])
    with connection.schema_editor() as editor:
        editor._remake_table(Elder)
    ElderFactory(name="李国强")
    build_missing(requests)
    ElderFactory(name="赵敏")
    assert [meant(text) for text in ("wxl", "lgq", "zm")] == [["王秀兰"], ["李国强"], ["赵敏"]]


def test_index_stays_where_no_migration_is_applied(db):
    ElderFactory(name="王秀兰")
    take_away(apps.get_app_config("requests"), plan=[])
    assert meant("wxl") == ["王秀兰"]


@pytest.mark.parametrize(("model", "text"), [(Elder, "wang xiul"), (Volunteer, "0012"), (FamilyContact, "5678")])
def test_look_up_asks_the_index(db, model, text):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = model.objects.filter(search_words__find=text).explain()
    table = model._meta.db_table
    assert index_name(model) in plan if connection.vendor == "postgresql" else f"SCAN {table}\n" not in f"{plan}\n"
