"""What the commands about communities share."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from linzhu.communities.models import Community


def find_community(code: str) -> Community:
    """Return the community of this code. Raises CommandError in one line that names the known codes."""
    try:
        return Community.objects.get(code=code)
    except Community.DoesNotExist:
        known = list(Community.objects.values_list("code", flat=True)[:12])
        raise CommandError(f"There is no community “{code}”. Known: {', '.join(known) or 'none yet'}.") from None


def in_one_line(error: ValidationError) -> CommandError:
    """Return the first complaint of each field as one line."""
    if not hasattr(error, "error_dict"):
        return CommandError(" ".join(error.messages))
    return CommandError(
        " ".join(
            messages[0] if field in {"__all__", "code", "username"} else f"{field}: {messages[0]}"
            for field, messages in error.message_dict.items()
        )
    )
