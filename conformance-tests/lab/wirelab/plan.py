"""Who lives where. The addresses are the ones set aside for documentation and benchmarks: no real network has them."""

FAR_HOSTS = 16
"""How many addresses of each family the far side has."""

FOUR_NET, SIX_NET = "198.51.100.0/24", "2001:db8::/64"
NEAR_FOUR, NEAR_SIX = "192.0.2.1", "2001:db8:1::1"
OTHER_NEAR_FOUR, OTHER_NEAR_SIX = "192.0.2.2", "2001:db8:1::2"
"""A second source of each family, for whoever binds."""

DNS_FOUR, DNS_SIX = "198.51.100.53", "2001:db8::53"


def four(number: int) -> str:
    """The far side's IPv4 addresses are numbered from 1."""
    return f"198.51.100.{number}"


def six(number: int) -> str:
    """The far side's IPv6 addresses are numbered from 1."""
    return f"2001:db8::{number:x}"


def far_fours() -> list[str]:
    return [four(number) for number in range(1, FAR_HOSTS + 1)] + [DNS_FOUR]


def far_sixes() -> list[str]:
    return [six(number) for number in range(1, FAR_HOSTS + 1)] + [DNS_SIX]
