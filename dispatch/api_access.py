"""Who may call the JSON API, and how often."""

from __future__ import annotations

import time
from datetime import timedelta

from django.core.cache import cache
from django.http import HttpRequest
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle
from redis.exceptions import RedisError

from linzhu.communities.clock import now
from linzhu.communities.models import ApiToken

USE_NOTED_EVERY = timedelta(minutes=1)


class TokenAuth(HttpBearer):
    """``Authorization: Bearer lz_…``. The token is then ``request.auth``; it reaches its community's subtree."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = (
            ApiToken.objects.select_related("community")
            .filter(digest=ApiToken.digest_of(token), revoked_at=None)
            .first()
        )
        if found is not None:
            _note_use(found)
        return found


class PerToken(BaseThrottle):
    """So many calls a minute for each token. A cache that is down stops no call for help."""

    def __init__(self, calls_a_minute: int) -> None:
        self.calls_a_minute = calls_a_minute

    def allow_request(self, request: HttpRequest) -> bool:
        key = f"api:{request.auth.pk}:{int(time.time()) // 60}"  # type: ignore[attr-defined]
        try:
            cache.add(key, 0, timeout=120)
            return cache.incr(key) <= self.calls_a_minute
        except (RedisError, ValueError):  # ValueError: thrown out of the cache in between
            return True

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return 60 - time.time() % 60


def _note_use(token: ApiToken) -> None:
    """Once a minute is enough to see which tokens are in use, and spares a write for each call."""
    at = now()
    if token.last_used_at is None or token.last_used_at < at - USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
