"""Which network addresses a webhook may be delivered to: public ones of a single host, and nothing else."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

# All that IANA has given out for hosts of the internet. Whatever stands for an IPv4 address (mapped, translated) lies
# outside, but for 6to4 and Teredo.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Set apart for protocols, relays and documentation; which of them ipaddress calls global differs by its release.
_SET_APART = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20"))
)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is that of a host of the internet.

    Private, loopback, link-local (instance metadata), carrier-grade NAT, multicast, reserved and documentation ranges
    are not, nor is any IPv6 address that has an IPv4 address in it.
    """
    if isinstance(address, IPv6Address) and (
        address not in _GLOBAL_UNICAST or address.sixtofour is not None or address.teredo is not None
    ):
        return False
    if any(address in network for network in _SET_APART):
        return False
    return address.is_global and not address.is_multicast
