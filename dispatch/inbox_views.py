"""The inbox as a page, and the one address where a todo is dealt with."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.models import Role
from linzhu.dispatch.inbox_answers import ANSWERS, CannotBe, deal_with
from linzhu.dispatch.inbox_page import read_inbox
from linzhu.dispatch.models import Todo
from linzhu.dispatch.next_page import next_page


@never_cache
@require_safe
@staff_required()
def inbox(request: StaffRequest) -> HttpResponse:
    """What somebody owes, most overdue first; htmx gets the part that changes alone."""
    context = {
        "inbox": read_inbox(request.user, request.GET.get("show", "all")),
        "may_act": may(request.user, Role.DISPATCHES),
        "may_lead": may(request.user, Role.LEADS),
    }
    template = "dispatch/_inbox.html" if request.htmx else "dispatch/inbox.html"
    return render(request, template, context)


@require_POST
@staff_required()
def deal(request: StaffRequest, pk: int) -> HttpResponse:
    """Deal with one todo: a dispatcher does, or whoever owes it by name.

    Where somebody was quicker, that is said and nothing is done twice.
    """
    todo = _find(request, pk)
    act = request.POST.get("act", "")
    if act not in ANSWERS:
        raise Http404
    if todo.closed_at:
        messages.info(request, _already_settled(todo))
    else:
        try:
            words, about = request.POST.get("words", ""), request.POST.get("about", "")
            messages.success(request, deal_with(todo, act, request.user, words, about))
        except CannotBe as refusal:
            messages.warning(request, str(refusal))
    return redirect(next_page(request))


def _already_settled(todo: Todo) -> str:
    if todo.closed_by:
        return _("%(name)s has settled this already.") % {"name": todo.closed_by}
    return _("This has settled itself already.")


def _find(request: StaffRequest, pk: int) -> Todo:
    visible = Todo.objects.visible_to(request.user)
    if not may(request.user, Role.DISPATCHES) and not visible.filter(pk=pk, owed_by=request.user).exists():
        raise PermissionDenied
    related = ["offer__volunteer", "offer__help_request", "help_request", "community", "closed_by", "about_volunteer"]
    todo: Todo = get_object_or_404(visible.select_related(*related), pk=pk)
    if todo.owed_by_id != request.user.pk and not may(request.user, Role.DISPATCHES, todo.community):
        raise PermissionDenied
    return todo
