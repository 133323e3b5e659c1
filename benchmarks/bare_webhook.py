"""The least that a webhook must do, beside the product's own in the same web server (``inbound.py``): check the
signature, store the text, decide by one conditional UPDATE."""

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import RequestValidator


@csrf_exempt
def inbound(request: HttpRequest) -> HttpResponse:
    from linzhu.dispatch.models import Offer
    from linzhu.notifications.models import InboundMessage

    form = request.POST
    url = f"{settings.PUBLIC_BASE_URL}{request.get_full_path()}"
    signature = request.headers.get("X-Twilio-Signature", "")
    if not RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(url, form, signature):
        return HttpResponse(status=403)
    with transaction.atomic():
        InboundMessage.objects.create(
            gateway="bare", gateway_ref=form["MessageSid"], sender=form["From"], text=form["Body"]
        )
        Offer.objects.filter(phone=form["From"], code=form["Body"][1:], answer="").update(answer="yes")
    return HttpResponse("<Response/>", content_type="text/xml")


urlpatterns = [path("bare/inbound/", inbound), path("", include("linzhu.urls"))]
