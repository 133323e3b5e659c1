"""Who can sign in to the demo."""

from typing import NamedTuple

from linzhu.communities.models import Community, Role, User
from linzhu.communities.tree import give_role

PASSWORD = "linzhu-demo"  # noqa: S105 (printed on the screen of every demo)


class Person(NamedTuple):
    username: str
    name: str
    kind: Role.Kind
    community_code: str
    what: str


STAFF = (
    Person("intake", "周晓梅", Role.Kind.INTAKE, "qingyuan", "takes calls at one community"),
    Person("dispatcher", "马志强", Role.Kind.DISPATCHER, "liuan", "watches the board of the whole street office"),
    Person("lead", "韩雪", Role.Kind.LEAD, "liuan", "the same, and looks after people and settings"),
    Person("overseer", "白建国", Role.Kind.OVERSEER, "yunxi", "sees the district's figures, no names"),
)


def create_staff() -> dict[str, User]:
    """Make the four accounts, all with the demo's password; return them by username."""
    users = {}
    for person in STAFF:
        user = User(username=person.username, name=person.name)
        user.set_password(PASSWORD)
        user.save()
        give_role(user, Community.objects.get(code=person.community_code), person.kind)
        users[person.username] = user
    return users
