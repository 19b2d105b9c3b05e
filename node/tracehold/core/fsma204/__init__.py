"""The records that 21 CFR part 1 subpart S asks of a food's supply chain, read off EPCIS events.

The rule (FSMA section 204) names critical tracking events and, for each, key data elements. Here a statement
in EPCIS becomes rows with those elements, and each element that is missing is named with the party that owes
it. The mapping follows the EPCIS recommendations of GS1 US for the rule (release 2.0); docs/export.md says
where it decides more. The rule: sections 1.1310 and 1.1325 to 1.1350.
"""

from tracehold.core.fsma204.elements import COLUMNS
from tracehold.core.fsma204.rows import Row, rows
from tracehold.core.fsma204.sheet import csv_bytes, harmless
from tracehold.core.fsma204.statements import Amount, Told
from tracehold.core.fsma204.tracking import Tracking

__all__ = ["COLUMNS", "Amount", "Row", "Told", "Tracking", "csv_bytes", "harmless", "rows"]
