import pytest

from linzhu.communities.gazetteer import Gazetteer
from linzhu.communities.import_places import PlaceImporter
from linzhu.communities.models import Place
from tests.factories import CommunityFactory, PlaceFactory
from tests.sheets import xlsx

HEADER = ["名称", "类型", "纬度", "经度", "所属小区"]


@pytest.fixture
def run(community):
    def run(*rows, header=HEADER, **options):
        return PlaceImporter(community).run(xlsx(header, *rows), **options)

    return run


def counts(report):
    return report.new, report.updated, report.unchanged


def errors(report):
    return [str(problem) for problem in report.errors]


def test_places_are_new_the_first_time(run, community):
    report = run(["新华里", "小区", 39.12, 117.2, ""], ["社区卫生站", "诊所", 39.13, 117.21, ""])
    assert counts(report) == (2, 0, 0)
    assert {(p.name, p.kind, p.community) for p in Place.objects.all()} == {
        ("新华里", "compound", community),
        ("社区卫生站", "clinic", community),
    }


def test_places_can_be_searched_by_pinyin(run):
    run(["新华里", "小区", 39.12, 117.2, ""])
    assert Place.objects.get().search_key == "新华里 xinhuali xhl"


def test_places_sent_again_are_unchanged(run):
    rows = [["7号楼", "", 39.12, 117.2, "新华里"], ["新华里", "小区", 39.12, 117.2, ""]]
    run(*rows)
    assert counts(run(*rows)) == (0, 0, 2)


def test_places_sent_again_with_other_coordinates_are_updated(run):
    run(["新华里", "小区", 39.12, 117.2, ""])
    assert counts(run(["新华里", "小区", 39.15, 117.2, ""])) == (0, 1, 0)
    assert Place.objects.get().lat == 39.15


def test_building_may_stand_above_its_compound(run):
    run(["7号楼", "", 39.12, 117.2, "新华里"], ["新华里", "小区", 39.12, 117.2, ""])
    building = Place.objects.get(name="7号楼")
    assert (building.parent.name, building.kind) == ("新华里", "building")


def test_building_may_lie_in_a_compound_that_exists(run, community):
    compound = PlaceFactory(community=community, name="新华里")
    run(["7号楼", "楼栋", 39.12, 117.2, "新华里"])
    assert Place.objects.get(name="7号楼").parent == compound


def test_same_building_number_in_two_compounds_is_two_places(run):
    run(
        *[[name, "", 39.12, 117.2, ""] for name in ("甲园", "乙园")],
        *[["1号楼", "", 39.1, 117.2, n] for n in ("甲园", "乙园")],
    )
    assert Place.objects.filter(name="1号楼").count() == 2


def test_compound_and_building_side_by_side_are_read(run):
    run(["新华里", "", 39.1, 117.2], ["新华里", 7, 39.12, 117.2], header=["小区", "楼号", "纬度", "经度"])
    assert sorted(map(str, Place.objects.all())) == ["新华里", "新华里 7号楼"]


def test_unknown_compound_is_an_error_with_its_row(run):
    report = run(["7号楼", "", 39.12, 117.2, "没有里"])
    assert errors(report) == ["Row 2, 所属小区: There is no place “没有里”, neither here nor in the gazetteer."]
    assert not Place.objects.exists()


@pytest.mark.parametrize(
    ("lat", "lng", "said"),
    [
        (117.2, 39.12, "纬度: 117.2 cannot be a latitude (−90 to 90). Are latitude and longitude swapped?"),
        (0, 0, "纬度: 0, 0 lies in the ocean. Leave both empty if they are not known."),
        (39.12, 217.2, "经度: 217.2 cannot be a longitude (−180 to 180)."),
        ("", 117.2, "纬度: This is missing."),
    ],
)
def test_impossible_coordinates_are_errors(run, lat, lng, said):
    assert errors(run(["新华里", "", lat, lng, ""])) == [f"Row 2, {said}"]


def test_place_twice_in_the_file_is_an_error(run):
    report = run(["新华里", "", 39.1, 117.2, ""], ["新华里", "", 39.2, 117.2, ""])
    assert errors(report) == ["Row 3, 名称: This is the same as row 2."]


def test_dry_run_stores_nothing(run):
    report = run(["7号楼", "", 39.12, 117.2, "新华里"], ["新华里", "", 39.12, 117.2, ""], dry_run=True)
    assert counts(report) == (2, 0, 0)
    assert not Place.objects.exists()


# --- The gazetteer that elders' and volunteers' rows are looked up in ----------------------------------------------


@pytest.fixture
def gazetteer(community):
    compound = PlaceFactory(community=community, name="新华里")
    PlaceFactory(community=community, name="新兴里")
    PlaceFactory(community=community, name="7号楼", parent=compound)
    PlaceFactory(community=CommunityFactory(), name="别处")
    return Gazetteer(community)


@pytest.mark.parametrize(
    "name", ["新华里7号楼", "新华里 7号楼", "新华里7栋", "新华里 7幢", "新华里７＃", "新华里-7号楼", "7号楼", "7栋"]
)
def test_gazetteer_finds_a_building_however_it_is_written(gazetteer, name):
    assert str(gazetteer.find(name)) == "新华里 7号楼"


@pytest.mark.parametrize("building", ["7", "7号楼", "7栋", "新华里7号楼"])
def test_gazetteer_finds_a_building_by_two_cells(gazetteer, building):
    assert str(gazetteer.find("新华里", building)) == "新华里 7号楼"


def test_gazetteer_names_what_is_near(gazetteer):
    with pytest.raises(ValueError, match=r"no place “新花里”\. Near it: .*新华里"):
        gazetteer.find("新花里")


def test_gazetteer_does_not_know_other_communities(gazetteer):
    with pytest.raises(ValueError, match="no place “别处”"):
        gazetteer.find("别处")


def test_gazetteer_finds_the_most_exact_place_in_an_address(gazetteer):
    assert str(gazetteer.within("天津市和平区新华里7号楼501")) == "新华里 7号楼"
    assert str(gazetteer.within("新华里17号楼501")) == "新华里"
    assert gazetteer.within("新民里7号楼") is None


def test_gazetteer_asks_which_of_two_buildings(community):
    for name in ("甲园", "乙园"):
        PlaceFactory(community=community, name="1号楼", parent=PlaceFactory(community=community, name=name))
    with pytest.raises(ValueError, match=r"Near it: .*甲园 1号楼"):
        Gazetteer(community).find("1号楼")
