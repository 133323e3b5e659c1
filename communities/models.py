"""The tree of communities, the staff and their roles, the gazetteer of places, tokens of hotlines and devices."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from linzhu.communities import lookups  # noqa: F401 (registers ``among``)
from linzhu.communities.clock import now
from linzhu.communities.fields import SearchKeyField
from linzhu.communities.rules_model import CommunityRules

__all__ = [
    "LATITUDE", "LONGITUDE", "ApiToken", "Community", "CommunityQuerySet", "CommunityRules", "Place", "Role",
    "ScopedQuerySet", "User",
]  # fmt: skip

LATITUDE = [MinValueValidator(-90), MaxValueValidator(90)]
LONGITUDE = [MinValueValidator(-180), MaxValueValidator(180)]


class CommunityQuerySet(models.QuerySet["Community"]):
    def below(self, community: Community) -> CommunityQuerySet:
        """The community itself and everything below it."""
        return self.filter(path__startswith=community.path)

    def visible_to(self, user: User) -> CommunityQuerySet:
        """Communities whose people this user may see: those below a role that handles personal data."""
        return self._under_roles(user, Role.HANDLES_PEOPLE)

    def dispatched_by(self, user: User) -> CommunityQuerySet:
        """Communities in which this user may decide who is asked: those below a dispatcher's or a lead's role."""
        return self._under_roles(user, Role.DISPATCHES)

    def led_by(self, user: User) -> CommunityQuerySet:
        """Communities whose gazetteer and lists this user keeps: those below a lead's role."""
        return self._under_roles(user, Role.LEADS)

    def overseen_by(self, user: User) -> CommunityQuerySet:
        """Communities whose figures this user may see: those below any role."""
        return self._under_roles(user, Role.ANY)

    def _under_roles(self, user: User, kinds: set[str]) -> CommunityQuerySet:
        roles = Role.objects.filter(
            user_id=user.pk, user__is_active=True, kind__in=kinds, community__pk__isnull=False
        ).annotate(reach=models.F("community__path"))
        # A path is made of a-z, 0-9, "-" and "/": none of them has a meaning in LIKE.
        return self.filter(models.Exists(roles.filter(_PathStarts(models.OuterRef("path"), models.F("reach")))))


class _PathStarts(models.Func):
    """``path LIKE reach || '%'``, the prefix test of a materialised path on both databases."""

    template = "%(expressions)s || '%%%%'"
    arg_joiner = " LIKE "
    output_field = models.BooleanField()
    conditional = True


class Community(models.Model):
    """A node of the tree: city → district → street or town → community; other shapes are allowed.

    ``path`` holds the codes from the root down, as ``tianjin/heping/xinhua/``: the subtree of a node is one prefix
    search on an index (decision 0002).
    """

    class Kind(models.TextChoices):
        CITY = "city", _("city")
        DISTRICT = "district", _("district")
        STREET = "street", _("street office")
        COMMUNITY = "community", _("community")

    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Use a-z, 0-9 and -."))],
    )
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.COMMUNITY)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=400, unique=True, editable=False)
    lat = models.FloatField(_("latitude"), null=True, blank=True, validators=LATITUDE)
    lng = models.FloatField(_("longitude"), null=True, blank=True, validators=LONGITUDE)
    office_phone = models.CharField(_("office phone"), max_length=24, blank=True)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        verbose_name = _("community")
        verbose_name_plural = _("communities")

    def __str__(self) -> str:
        return self.name

    def ancestor_paths(self) -> list[str]:
        """Paths from the root down to this node."""
        codes = self.path.rstrip("/").split("/")
        return ["/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]

    def phone_for_callers(self) -> str:
        """The office phone that families may call: its own, or the nearest one above."""
        node: Community | None = self
        while node and not node.office_phone:
            node = node.parent
        return node.office_phone if node else ""


class User(AbstractUser):
    """A member of staff. Elders, families and volunteers have no account: they have a phone."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=80)
    must_change_password = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name or self.username

    @cached_property
    def role_kinds(self) -> frozenset[str]:
        """The kinds of role held anywhere; asked once for each request, as every page asks several times."""
        return frozenset(self.roles.values_list("kind", flat=True))

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class Role(models.Model):
    """What a member of staff may do at a node of the tree and at everything below it."""

    class Kind(models.TextChoices):
        INTAKE = "intake", _("intake worker")
        DISPATCHER = "dispatcher", _("dispatcher")
        LEAD = "lead", _("community lead")
        OVERSEER = "overseer", _("overseer")

    HANDLES_PEOPLE = {Kind.INTAKE.value, Kind.DISPATCHER.value, Kind.LEAD.value}
    DISPATCHES = {Kind.DISPATCHER.value, Kind.LEAD.value}
    LEADS = {Kind.LEAD.value}
    ANY = set(Kind.values)

    user = models.ForeignKey(User, models.CASCADE, related_name="roles")
    community = models.ForeignKey(Community, models.CASCADE, related_name="roles")
    kind = models.CharField(_("role"), max_length=12, choices=Kind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "community", "kind"], name="role_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_kind_display()} · {self.community}"


class ScopedQuerySet(models.QuerySet[Any]):
    """For every model with a ``community``: nobody reads personal data but through :meth:`visible_to`."""

    def visible_to(self, user: User, *, few: bool = False) -> Any:
        """Rows of the communities that this user may see; ``few`` where another condition leaves but few of them.

        PostgreSQL cannot guess how many communities a user sees. It takes them for one, and would rather read all who
        live there than the few who were found by name: so there it is kept from beginning with the community.
        """
        communities = Community.objects.visible_to(user)
        if few:
            key = models.ExpressionWrapper(models.F("community_id") + 0, models.BigIntegerField())
            return self.alias(seen_in=key).filter(seen_in__among=communities)
        return self.filter(community__in=communities)

    def in_subtree(self, community: Community) -> Any:
        return self.filter(community__path__startswith=community.path)


class Place(models.Model):
    """An entry of a community's gazetteer: a compound, a building, a clinic. The offline answer to geocoding."""

    class Kind(models.TextChoices):
        COMPOUND = "compound", _("compound")
        BUILDING = "building", _("building")
        CLINIC = "clinic", _("clinic or hospital")
        SHOP = "shop", _("shop or market")
        OFFICE = "office", _("office")
        OTHER = "other", _("other place")

    community = models.ForeignKey(Community, models.CASCADE, related_name="places")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.COMPOUND)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lng = models.FloatField(_("longitude"), validators=LONGITUDE)
    search_key = SearchKeyField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["community", "parent", "name"], name="place_once"),
            models.UniqueConstraint(
                fields=["community", "name"], condition=models.Q(parent=None), name="place_once_at_top"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent.name} {self.name}" if self.parent_id and self.parent else self.name

    def area(self) -> str:
        """The place as far as an offer may tell: the compound, never the building."""
        return self.parent.name if self.parent_id and self.parent else self.name


class ApiToken(models.Model):
    """Lets a hotline or a one-key device open help requests in one community's subtree. Only the hash is kept."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} · {self.community}"

    @classmethod
    def issue(cls, community: Community, name: str) -> tuple[ApiToken, str]:
        """Make a token; its secret (256 random bits) is returned this once and never again."""
        secret = f"lz_{secrets.token_urlsafe(32)}"
        return cls.objects.create(community=community, name=name, digest=cls.digest_of(secret)), secret

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()


class Erasure(models.Model):
    """Whose data were erased on request, as a number, by whom, when and why. ``dispatch.erasure`` alone adds rows."""

    class What(models.TextChoices):
        ELDER = "elder", _("elder")
        VOLUNTEER = "volunteer", _("volunteer")

    community = models.ForeignKey(Community, models.CASCADE, related_name="erasures")
    what = models.CharField(max_length=10, choices=What)
    subject = models.PositiveBigIntegerField()
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    why = models.CharField(max_length=200)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.what} {self.subject}"
