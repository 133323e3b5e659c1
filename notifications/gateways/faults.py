"""Whose fault it is that a text does not go out: what the error codes of all gateways are translated into."""

from enum import Enum, auto


class Fault(Enum):
    """Whose fault a refusal is, and so what helps."""

    NUMBER = auto()
    """This number never gets a text: staff correct it."""
    OPTED_OUT = auto()
    CONFIGURATION = auto()
    """Ours: an operator can put it right within minutes, and the text can wait."""
    HUMAN = auto()
    """Content or carrier: somebody has to look."""
    PASSING = auto()
    """A phone switched off, a carrier in trouble: a later try may do better."""
