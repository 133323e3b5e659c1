"""Distances on the ground. Coordinates are WGS-84 degrees, distances metres."""

import math
from typing import NamedTuple

EARTH_RADIUS_M = 6_371_008.8  # IUGG mean radius
M_PER_DEGREE = EARTH_RADIUS_M * math.pi / 180


class Box(NamedTuple):
    """A rectangle of degrees that holds every point within the asked distance."""

    south: float
    west: float
    north: float
    east: float


def distance_m(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Return the great-circle distance in metres (haversine; Sinnott 1984)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    dphi, dlambda = phi2 - phi1, math.radians(lng2 - lng1)
    chord = math.sin(dphi / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(dlambda / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def box_around(lat: float, lng: float, reach_m: float) -> Box:
    """Return the box of degrees around a point; it can be searched on a plain (lat, lng) index."""
    dlat = reach_m / M_PER_DEGREE
    dlng = reach_m / (M_PER_DEGREE * max(0.01, math.cos(math.radians(lat))))
    return Box(lat - dlat, lng - dlng, lat + dlat, lng + dlng)
