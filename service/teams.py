"""Who is in which team, and who leads it, as the policy says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Teams:
    """Teams by name, with logins; compared without case. An owner like `acme/payments` is a team itself."""

    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, owners: Iterable[str]) -> tuple[str, ...]:
        """The teams of these people, in the policy's order."""
        names = tuple(owners)
        wanted = {name.casefold() for name in names}
        mapped = (team for team, people in self.members.items() if wanted & {person.casefold() for person in people})
        return tuple(dict.fromkeys((*mapped, *(name for name in names if "/" in name))))

    def leads_of(self, owners: Iterable[str]) -> tuple[str, ...]:
        """Who leads the teams of these people."""
        leads = {team.casefold(): people for team, people in self.leads.items()}
        return tuple(dict.fromkeys(lead for team in self.of(owners) for lead in leads.get(team.casefold(), ())))
