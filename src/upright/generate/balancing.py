"""How a use balances the pronouns of its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upright.policy import Policy

if TYPE_CHECKING:
    from upright.generate.balance_share import Balance


def balance_of(policy: Policy) -> Balance | None:
    """Return how pronouns are balanced; None if they are not.

    An engine that gives only text does not heed it, which `policy lint` says.
    """
    asked = policy.balance.pronouns
    if asked == "off":
        return None
    from upright.generate.balance_share import Balance  # noqa: PLC0415 (numpy is optional)

    return Balance(asked)
