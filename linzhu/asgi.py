"""The web process: HTTP through Django, live updates through Channels."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linzhu.settings")
# whitenoise hands over files as plain iterators; ours are small and read at once.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
django_application = get_asgi_application()

from linzhu.dispatch.live_routing import live_application, with_tail  # noqa: E402 (needs the apps loaded)

application = with_tail(live_application(django_application))  # type: ignore[arg-type]
