"""Standard values of the Core Business Vocabulary (CBV 2.0, sections 7.1 to 7.5), as bare words.

Real data also writes them as URNs and web addresses; all three forms come to the bare word here.
"""

import re

BIZ_STEPS = frozenset(
    """
    accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding
    inspecting installing killing loading other packing picking receiving removing repackaging repairing
    replacing reserving retail_selling sampling sensor_reporting shipping staging_outbound stock_taking
    stocking storing transporting unloading unpacking void_shipping
    """.split()  # noqa: SIM905
)
"""Business steps, CBV 2.0 section 7.1."""

DISPOSITIONS = frozenset(
    """
    active available completeness_inferred completeness_verified conformant container_closed container_open
    damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class
    mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant
    non_sellable_other partially_dispensed recalled reserved retail_sold returned sellable_accessible
    sellable_not_accessible stolen unavailable unknown
    """.split()  # noqa: SIM905
)
"""Dispositions, CBV 2.0 section 7.2."""

TRANSACTION_TYPES = frozenset(
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt".split()  # noqa: SIM905
)
"""Business transaction types, CBV 2.0 section 7.3."""

SOURCE_DEST_TYPES = frozenset("location owning_party possessing_party".split())  # noqa: SIM905
"""Source and destination types, CBV 2.0 section 7.4."""

ERROR_REASONS = frozenset("did_not_occur incorrect_data".split())  # noqa: SIM905
"""Error reasons, CBV 2.0 section 7.5."""

_SPELLINGS = re.compile(
    r"(?:urn:epcglobal:cbv:(?:bizstep|disp|btt|sdt|er):"
    r"|(?:https?://(?:ref|ns)\.gs1\.org/cbv/|cbv:)(?:BizStep|Disp|BTT|SDT|ER)-)(\w+)",
    re.ASCII,
)


def bare_word(value: str) -> str | None:
    """The bare word of a CBV value written as URN, web address or CURIE; None for anything else."""
    match = _SPELLINGS.fullmatch(value)
    return match[1] if match else None
