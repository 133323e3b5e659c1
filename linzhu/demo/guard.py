"""Demo data never mixes with real data: the demo works in an empty database or in its own."""

from django.conf import settings
from django.core.management import CommandError
from django.db import OperationalError, connection

from linzhu.communities.models import Community
from linzhu.demo.district import DISTRICT

OTHER_DATA = (
    "The database of DATABASE_URL (perhaps from .env) holds other communities; the demo would mix with them. "
    "Try: DATABASE_URL=sqlite:///demo.sqlite3 make demo"
)


def refuse_real_data() -> None:
    """Raise CommandError if the demo could meet real people: their data in this database, or a gateway that texts."""
    if settings.SMS_GATEWAY != "local":
        raise CommandError("SMS_GATEWAY is not local: the demo would text invented numbers. Try: make demo")
    try:
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from None
    migrated = "communities_community" in tables
    if migrated and Community.objects.exclude(path__startswith=f"{DISTRICT.code}/").exists():
        raise CommandError(OTHER_DATA)


def is_loaded() -> bool:
    return Community.objects.filter(code=DISTRICT.code).exists()
