"""The second factor of staff: a code from an app on their own phone (TOTP, RFC 6238), besides the password."""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

HAS_ONE = "has-second-factor"
"""Noted in the session once it was seen: pages do not ask the database each time."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are encrypted in the database; nobody who must have a second factor switches theirs off."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or was used already. Please wait for the next one."),
        "cannot_delete_authenticator": _("Here everybody signs in with a second factor. It cannot be switched off."),
    }

    def encrypt(self, text: str) -> str:
        return _ciphers().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _ciphers().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not settings.STAFF_TOTP or authenticator.type != Authenticator.Type.TOTP


def is_missing(request: HttpRequest) -> bool:
    """Whether this signed-in person must first set up a second factor."""
    if not settings.STAFF_TOTP or request.session.get(HAS_ONE):
        return False
    if not is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
        return True
    request.session[HAS_ONE] = True
    return False


def _ciphers() -> MultiFernet:
    """The first one encrypts; those of former keys still read."""
    return MultiFernet([Fernet(_derived(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _derived(key: str) -> bytes:
    digest = hashlib.blake2b(key.encode(), digest_size=32, person=b"linzhu.totp").digest()
    return base64.urlsafe_b64encode(digest)
