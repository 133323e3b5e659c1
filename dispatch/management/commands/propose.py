"""Whom to call on an emergency day: ``manage.py propose tianjin/hexi/``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from linzhu.communities.models import Community
from linzhu.dispatch.best_assignment import has_solver
from linzhu.dispatch.proposals import Proposal, propose


class Command(BaseCommand):
    help = "List, for every help request that is still looked for, whom staff should call first; texts nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("community", help="path of the community, street, district or city, such as tianjin/hexi/")

    def handle(self, **options: Any) -> None:
        community = Community.objects.filter(path=options["community"].strip("/") + "/").first()
        if community is None:
            raise CommandError("There is no community with this path.")
        proposals = propose(community)
        for proposal in proposals:
            self.stdout.write("\t".join(_columns(proposal)))
        found = sum(proposal.candidate is not None for proposal in proposals)
        how = "best of all" if has_solver() else "one by one; pip install linzhu[emergency] for the best of all"
        self.stderr.write(f"{found} of {len(proposals)} places ({how})")


def _columns(proposal: Proposal) -> list[str]:
    """Ids and figures only: a terminal's output ends up in files and mails."""
    candidate = proposal.candidate
    person = f"volunteer {candidate.volunteer.pk}" if candidate else "nobody"
    figures = [f"{candidate.distance_m} m", f"{candidate.chance.value:.0%}"] if candidate and candidate.chance else []
    return [proposal.help_request.ref, f"place {proposal.place}", person, *figures]
