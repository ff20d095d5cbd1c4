"""Who does something, and from where: recorded with every event, counted against limits."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The author of an act, as the chain of events keeps it.

    `actor` is a role and an id ("rep:c.delmas", "customer", "link" for whoever holds one, "agency:lyo.agence",
    "api:crm", "system").
    """

    actor: str
    ip: str | None = None
    user_agent: str | None = None


SYSTEM = Origin("system")

IPV6_NETWORK = 64
"""Bits of an IPv6 address that one customer's line keeps: he has all addresses behind them."""


UNREADABLE = "unknown"
"""What every address that is none counts as, together: a broken proxy slows its customers, it sets nobody free."""


def is_loopback(host: str) -> bool:
    """Whether a host of an address is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def network_of(ip: str | None) -> str:
    """What counts as one address: an IPv4 address, the /64 of an IPv6 one, or all that cannot be read."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return UNREADABLE
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)
