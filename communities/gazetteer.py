"""Finding places of a community by what people write: 新华里7号楼, 新华里 7栋, 7#, New Lane Building 7."""

from __future__ import annotations

import difflib
import re
import unicodedata

from django.utils.translation import gettext as _

from linzhu.communities.models import Community, Place

_BUILDING = re.compile(r"(?<=\d)(?:号楼|栋|幢|座|#|楼|号(?!院|门))")
_SHORTEST_IN_ADDRESS = 3  # characters: shorter names turn up by chance


def place_key(name: str) -> str:
    """Return a place's name without spaces, punctuation and case; 7栋, 7幢, 7# and 7号 are all 7号楼."""
    squeezed = re.sub(r"[^\w#]+|_", "", unicodedata.normalize("NFKC", name).casefold())
    return _BUILDING.sub("号楼", squeezed)


class Gazetteer:
    """All places of a community and of what is below it, read once."""

    def __init__(self, community: Community) -> None:
        self._names: list[str] = []
        self._full: dict[str, Place] = {}
        self._bare: dict[str, list[Place]] = {}
        places = Place.objects.in_subtree(community).select_related("parent")
        for place in sorted(places, key=lambda place: place.community_id == community.pk):
            self._names.append(str(place))
            self._full[place_key(str(place))] = place
            self._bare.setdefault(place_key(place.name), []).append(place)

    def find(self, name: str, building: str = "") -> Place:
        """Return the place of this name, or the building of that compound.

        A building's name alone is enough where only one place has it. Raises ValueError naming what is near.
        """
        if building:
            whole = building if place_key(name) in place_key(building) else f"{name} {building}"
            return self.find(f"{whole}号楼" if whole[-1:].isdigit() else whole)
        key = place_key(name)
        if key in self._full:
            return self._full[key]
        same_name = self._bare.get(key, [])
        if len(same_name) == 1:
            return same_name[0]
        raise ValueError(self._unknown(name, [str(place) for place in same_name]))

    def within(self, address: str) -> Place | None:
        """Return the most exact place whose full name stands in an address, if any."""
        key = place_key(address)
        found = [name for name in self._full if len(name) >= _SHORTEST_IN_ADDRESS and name in key]
        return self._full[max(found, key=len)] if found else None

    def _unknown(self, name: str, near: list[str]) -> str:
        near = near or difflib.get_close_matches(name, self._names, n=3, cutoff=0.4)
        if near:
            return _("There is no place “%(name)s”. Near it: %(near)s.") % {"name": name, "near": ", ".join(near)}
        if not self._names:
            return _("There is no place “%s”: this community has no places yet. Import them first.") % name
        return _("There is no place “%s”.") % name
