"""Events of the domain that stop a promise: each for the person who asked, none a fault."""


class TooLate(Exception):  # noqa: N818 (an event of the domain, not a fault)
    """All places are taken, or this offer is no longer open."""


class NotCleared(TooLate):
    """The volunteer's clearance has ended, or they were suspended, since they were asked."""


class Busy(TooLate):
    """The volunteer has said yes to another visit at that time."""
