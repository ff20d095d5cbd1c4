"""Who does something, and from where: recorded with every event."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The author of an act, as the chain of events keeps it.

    `actor` is a role and an id ("rep:c.delmas", "customer", "agency:lyo.agence", "api:crm", "system").
    """

    actor: str
    ip: str | None = None
    user_agent: str | None = None


SYSTEM = Origin("system")
