"""How the tree of communities and its staff grow."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from linzhu.communities.models import Community, Role, User


def create_community(
    code: str,
    name: str,
    parent: Community | None = None,
    *,
    kind: str = Community.Kind.COMMUNITY,
    lat: float | None = None,
    lng: float | None = None,
    office_phone: str = "",
) -> Community:
    """Add a node below ``parent`` (or a new root) and set its path.

    ``lat`` and ``lng`` are the community's middle, in degrees. Raises ValidationError for a code that is taken or
    badly written, and for impossible coordinates.
    """
    community = Community(
        code=code, name=name.strip(), parent=parent, kind=kind, lat=lat, lng=lng, office_phone=office_phone
    )
    if Community.objects.filter(code=code).exists():
        raise ValidationError({"code": _("Community “%s” exists already.") % code})
    if (lat is None) != (lng is None):
        raise ValidationError({"lat": _("Give both latitude and longitude, or neither.")})
    community.path = f"{parent.path if parent else ''}{code}/"
    community.full_clean()
    community.save()
    return community


@transaction.atomic
def create_staff(username: str, name: str, community: Community, role: str, password: str) -> User:
    """Add a member of staff who holds one role and must choose a new password at first sign-in.

    Raises ValidationError for a user name that is taken or badly written.
    """
    if User.objects.filter(username=username).exists():
        raise ValidationError({"username": _("User “%s” exists already.") % username})
    user = User(username=username, name=name.strip(), must_change_password=True)
    user.set_password(password)
    user.full_clean()
    user.save()
    give_role(user, community, role)
    return user


def give_role(user: User, community: Community, kind: str) -> bool:
    """Let the user hold this role at the community and below. Return False if they held it already."""
    _role, new = Role.objects.get_or_create(user=user, community=community, kind=kind)
    return new
