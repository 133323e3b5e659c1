"""The board's map: the community's own places and the help requests of today, without tiles from anywhere."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.urls import reverse

from linzhu.communities.clock import now
from linzhu.communities.models import Place, User
from linzhu.dispatch.board import LANE_OF, Filters
from linzhu.dispatch.models import Todo
from linzhu.dispatch.words import window_words
from linzhu.requests.models import HelpRequest, Status

PLACES_SHOWN = 400


def read_map(user: User, filters: Filters) -> dict[str, Any]:
    """Return what the map draws, ready for JSON: ``places`` and ``spots``, a spot being one home with its help
    requests. Positions are (latitude, longitude) in degrees. Two queries."""
    return {"places": _places(user, filters), "spots": _spots(user, filters)}


def _places(user: User, filters: Filters) -> list[dict[str, Any]]:
    places = Place.objects.visible_to(user)
    if filters.community:
        places = places.in_subtree(filters.community)
    return [
        {"name": place.name, "kind": place.kind, "at": [place.lat, place.lng], "inner": place.parent_id is not None}
        for place in places.order_by(F("parent_id").asc(nulls_first=True), "pk")[:PLACES_SHOWN]
    ]


def _spots(user: User, filters: Filters) -> list[dict[str, Any]]:
    found = HelpRequest.objects.visible_to(user).live().filter(filters.of_help_requests(user))
    if filters.owed:
        found = found.filter(Exists(Todo.objects.open().filter(help_request=OuterRef("pk"))))
    spots: dict[tuple[float, float], list[dict[str, str]]] = defaultdict(list)
    for help_request in found.select_related("elder__place", "elder__community").order_by("window_start"):
        if position := help_request.elder.position():
            spots[position].append(_pin(help_request))
    return [{"at": position, "pins": pins} for position, pins in spots.items()]


def _pin(help_request: HelpRequest) -> dict[str, str]:
    return {
        "lane": "paused" if help_request.status == Status.PAUSED else LANE_OF[Status(help_request.status)],
        "service": help_request.service.name,
        "elder": help_request.elder.name,
        "window": window_words(help_request.window_start, help_request.window_end, now()),
        "url": reverse("help-request", args=[help_request.ref]),
    }
