"""Where staff land after signing in, and the page of figures."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.models import Community, Role
from linzhu.dispatch.figures import read_figures, show_count
from linzhu.dispatch.figures_charts import Chart
from linzhu.dispatch.figures_office import OfficeFigures, Sums, read_office_figures


@require_safe
@staff_required(Role.ANY)
def home(request: StaffRequest) -> HttpResponse:
    """The board for those who work with people, the figures for those who oversee."""
    return redirect("board" if may(request.user, Role.HANDLES_PEOPLE) else "figures")


@require_safe
@staff_required(Role.ANY)
def figures(request: StaffRequest) -> HttpResponse:
    """Today and this month in numbers and charts, then a row for each community.

    Who works with all these people sees exact numbers: they know them anyway. Who oversees sees no number that could
    point at one person, and so no chart that has a small one.
    """
    communities = list(Community.objects.overseen_by(request.user))
    asked = request.GET.get("community")
    community = next((community for community in communities if community.code == asked), None)
    known = set(Community.objects.visible_to(request.user).values_list("pk", flat=True))
    is_exact = known.issuperset(row.pk for row in communities if not community or row.path.startswith(community.path))
    office = read_office_figures(request.user, community)
    context = {
        "rows": read_figures(request.user),
        "communities": communities,
        "community": community,
        "is_exact": is_exact,
        "office": office,
        "tiles": _tiles(office, is_exact=is_exact),
        "charts": [chart for chart in office.charts if is_exact or _is_veiled(chart)],
    }
    return render(request, "dispatch/figures.html", context)


def _is_veiled(chart: Chart) -> bool:
    return all(show_count(value).isdigit() for column in chart.columns for value in column.values)


def _tiles(office: OfficeFigures, *, is_exact: bool) -> dict[str, tuple[str, str]]:
    """Return each number as (today, this month), as the reader may see it."""
    spans = (office.today, office.month)

    def count(name: str) -> tuple[str, str]:
        today, month = (show_count(getattr(sums, name), is_exact=is_exact) for sums in spans)
        return today, month

    def of_logged(name: str) -> tuple[str, str]:
        today, month = (_share(getattr(sums, name), sums, is_exact=is_exact) for sums in spans)
        return today, month

    def figure(name: str) -> tuple[str, str]:
        today, month = (_figure(name, sums, is_exact=is_exact) for sums in spans)
        return today, month

    return {
        "logged": count("logged"),
        "answered": of_logged("answered"),
        "filled_quickly": of_logged("filled_quickly"),
        "median_wait_min": figure("median_wait_min"),
        "visits": count("visits"),
        "unmet": count("unmet"),
        "texts_a_yes": figure("texts_a_yes"),
        "calls": (
            show_count(office.calls_overdue, is_exact=is_exact),
            show_count(office.calls_owed, is_exact=is_exact),
        ),
    }


NONE = "–"


def _share(part: int, sums: Sums, *, is_exact: bool) -> str:
    """A percentage of what was logged; a share of very few would tell of each of them."""
    if not sums.logged or not (is_exact or show_count(sums.logged).isdigit()):
        return NONE
    return f"{round(100 * part / sums.logged)}%"


def _figure(name: str, sums: Sums, *, is_exact: bool) -> str:
    value = getattr(sums, name)
    if value is None or not (is_exact or show_count(sums.answered).isdigit()):
        return NONE
    return str(value)
