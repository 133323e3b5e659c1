"""Who should go to whom, when many help requests are open at once: the best assignment of all, not one by one. Pure.

One by one, the first request takes the volunteer whom a later one needed more. On an ordinary day there are enough
others; after a storm there are not. With SciPy (``pip install linzhu[emergency]``) the assignment is the best there is:
a full matching of least cost on a sparse bipartite graph, with a stand-in column for each place so that there is one.
Source of the algorithm: Jonker, Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment
problems", Computing 38 (1987), as ``scipy.sparse.csgraph.min_weight_full_bipartite_matching``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import NamedTuple


class Option(NamedTuple):
    """One volunteer who could fill one place, and the chance (0–1) that they say yes."""

    place: int
    volunteer: int
    chance: float


def has_solver() -> bool:
    """Whether SciPy is installed."""
    return find_spec("scipy") is not None


def assign_best(options: Sequence[Option]) -> dict[int, int]:
    """Return the volunteer of each place: as many places as possible, and of those the most expected yeses.

    Each volunteer at most once. Places for which nobody is left are not in it. Raises ImportError without SciPy.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    if not options:
        return {}
    places = _numbered(option.place for option in options)
    people = _numbered(option.volunteer for option in options)
    nobody = 2.0 + len(places)  # dearer than any exchange that would fill one place more
    rows = [places[option.place] for option in options] + list(range(len(places)))
    columns = [people[option.volunteer] for option in options] + [len(people) + row for row in range(len(places))]
    # A cost of zero would mean "no edge" in a sparse matrix.
    costs = [1.01 - option.chance for option in options] + [nobody] * len(places)
    graph = csr_matrix((costs, (rows, columns)), shape=(len(places), len(people) + len(places)))
    matched = zip(*min_weight_full_bipartite_matching(graph), strict=True)
    place_of, volunteer_of = list(places), list(people)
    return {place_of[row]: volunteer_of[column] for row, column in matched if column < len(people)}


def assign_one_by_one(options: Sequence[Option]) -> dict[int, int]:
    """Return the volunteer of each place, the likeliest pair first: good, without SciPy."""
    assigned: dict[int, int] = {}
    taken: set[int] = set()
    for option in sorted(options, key=lambda option: (-option.chance, option.place, option.volunteer)):
        if option.place not in assigned and option.volunteer not in taken:
            assigned[option.place] = option.volunteer
            taken.add(option.volunteer)
    return assigned


def _numbered(keys: Iterable[int]) -> dict[int, int]:
    """Number the keys in the order in which they first come."""
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}
