"""What a password of the staff must be."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django's rule in our words: its own sentence has no Chinese translation yet."""

    def get_error_message(self) -> str:
        return _("This is too short: at least %d characters, please.") % self.min_length
