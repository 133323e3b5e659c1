"""The pages of communities' settings, for those who lead them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.clock import now
from linzhu.communities.models import Community, CommunityRules, Role
from linzhu.communities.rules import inherited_rules
from linzhu.communities.rules_form import RulesForm
from linzhu.communities.rules_history import changes_of


@staff_required(Role.LEADS)
@require_GET
def settings_list(request: StaffRequest) -> HttpResponse:
    """The communities whose settings the user keeps; with a single one, its page at once."""
    led = list(Community.objects.led_by(request.user).select_related("rules"))
    if len(led) == 1:
        return redirect("settings", led[0].code)
    return render(request, "communities/settings_list.html", {"communities": led})


@staff_required(Role.LEADS)
@require_http_methods(["GET", "POST"])
def community_settings(request: StaffRequest, code: str) -> HttpResponse:
    """What this community settles for itself; what stays empty is inherited."""
    community = get_object_or_404(Community.objects.led_by(request.user).select_related("parent"), code=code)
    rules = CommunityRules.objects.filter(community=community).first() or CommunityRules(community=community)
    form = RulesForm(request.POST or None, instance=rules, inherited=inherited_rules(community))
    if request.method == "POST" and form.is_valid():
        form.instance.changed_at = now()
        form.save()
        messages.success(request, _("The settings of %(name)s are saved.") % {"name": community.name})
        return redirect("settings", code)
    context = {"community": community, "form": form, "changes": changes_of(rules)}
    return render(request, "communities/settings.html", context, status=422 if form.errors else 200)
