"""The local gateway: every phone is a page in the browser, and the row in the outbox is the text that it shows."""

from collections.abc import Iterator
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from linzhu.notifications.gateways.base import Capabilities, Inbound, SendResult, StatusReport
from linzhu.notifications.models import Message


class LocalGateway:
    """Delivers at once, costs nothing, reaches nobody outside. What is typed on the Phones page comes in through
    ``notifications.inbound.receive`` like everything else; there is no webhook to knock at."""

    name = "local"
    capabilities = Capabilities(
        two_way=True,
        free_text=True,
        links=True,
        scripts=frozenset({"Hans", "Latn", "Tibt", "Arab"}),
        signed=False,
        metered=False,
    )

    def send(self, message: Message) -> SendResult:
        return SendResult.accepted(f"local-{message.ref}", Message.State.DELIVERED)

    def look_up(self, message: Message) -> SendResult | None:
        """Nothing leaves this house: unless the row says that it was accepted, it was not."""
        return self.send(message) if message.gateway_ref else None

    def history(self, since: datetime) -> Iterator[Inbound | StatusReport]:
        return iter(())

    def verify(self, request: HttpRequest) -> bool:
        return False

    def parse_inbound(self, request: HttpRequest) -> list[Inbound]:
        return []

    def parse_status(self, request: HttpRequest) -> list[StatusReport]:
        return []

    def ack(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=204)
