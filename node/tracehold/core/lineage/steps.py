"""Business steps that move goods, in one place for all rules (CBV 2.0 section 7.1)."""

SENT_OFF = frozenset({"departing", "shipping", "transporting"})
"""After these a thing is on its way."""

ARRIVING = frozenset({"receiving", "arriving", "accepting"})
"""These take in what was sent off."""

TAKEN_OVER = ARRIVING | {"collecting"}
"""After these it is in other hands. What is collected was given up where it stood: nobody sent it off."""
