"""The page with every phone of the demo. What is typed here comes in by the same door as a real text."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import md5
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.phones import PhoneField
from linzhu.dispatch.phones import threads_of
from linzhu.dispatch.voice import handsets
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.models import Call

SHOWN = 6


class TextForm(forms.Form):
    """A text typed on one of the phones."""

    phone = PhoneField(label=_("From the number"))
    text = forms.CharField(label=_("Text"), max_length=1600)


class CallForm(forms.Form):
    """The phone whose one key is pressed."""

    phone = PhoneField()


def local_gateway_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """With a real gateway the page does not exist: it would show texts, and send them in other people's names."""

    @wraps(view)
    def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.SMS_GATEWAY != "local":
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@local_gateway_only
@require_safe
@staff_required()
def phones(request: StaffRequest) -> HttpResponse:
    return _show(request, request.GET.get("open", ""), TextForm(label_suffix=""))


@local_gateway_only
@require_POST
@staff_required()
def text_in(request: StaffRequest) -> HttpResponse:
    form = TextForm(request.POST, label_suffix="")
    opened = request.POST.get("open", "")
    if not form.is_valid():
        return _show(request, opened, form)
    typed = Inbound(gateway_ref=uuid4().hex, sender=form.cleaned_data["phone"], text=form.cleaned_data["text"])
    receive(gateway("local"), typed)
    if request.htmx:
        return _show(request, opened, TextForm(label_suffix=""))
    return redirect(reverse("phones", query={"open": opened} if opened else None))


@local_gateway_only
@require_POST
@staff_required()
def call(request: StaffRequest) -> HttpResponse:
    """One of the phones rings the hotline, or does something about its call."""
    if settings.VOICE_GATEWAY != "local":
        raise Http404
    act = request.POST.get("act", "")
    if act == "ring":
        form = CallForm(request.POST)
        if form.is_valid():
            handsets.ring_hotline(form.cleaned_data["phone"])
    else:
        visible = Call.objects.visible_to(request.user).filter(gateway="local").select_related("community")
        handsets.do(get_object_or_404(visible, ref=_uuid(request.POST.get("call", ""))), act)
    opened = request.POST.get("open", "")
    if request.htmx:
        return _show(request, opened, TextForm(label_suffix=""))
    return redirect(reverse("phones", query={"open": opened} if opened else None))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _show(request: StaffRequest, opened: str, form: TextForm) -> HttpResponse:
    """Show the list of phones, and the latest of them (the one asked for first) with their threads."""
    user = request.user
    threads = threads_of(user)
    shown = sorted(threads, key=lambda thread: thread.key != opened)[:SHOWN]
    state = md5(repr(shown + threads).encode(), usedforsecurity=False).hexdigest()
    if request.GET.get("state") == state:
        return HttpResponse(status=204)  # nothing new: scrolled threads stay where they are
    opened = shown[0].key if shown and shown[0].key == opened else ""
    context = {"threads": threads, "shown": shown, "opened": opened, "form": form, "state": state}
    template = "dispatch/_phones.html" if request.htmx else "dispatch/phones.html"
    return render(request, template, context)
