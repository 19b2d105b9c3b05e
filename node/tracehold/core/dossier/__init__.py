"""Dossiers: an answer with all that it was derived from, to be checked with no node and no network
(docs/spec/dossier.md).
"""

from tracehold.core.dossier.archive import Packing, pack, unpack
from tracehold.core.dossier.deriving import answered
from tracehold.core.dossier.examine import Ask, examine, follows
from tracehold.core.dossier.file import Dossier, Place, Said, encode_answer, group_name, read_dossier
from tracehold.core.dossier.groups import Group, apart, decode_group, encode_group
from tracehold.core.dossier.question import LEAST, Kind, Question
from tracehold.core.dossier.telling import Heard, answer_json, is_known

__all__ = [
    "LEAST",
    "Ask",
    "Dossier",
    "Group",
    "Heard",
    "Kind",
    "Packing",
    "Place",
    "Question",
    "Said",
    "answer_json",
    "answered",
    "apart",
    "decode_group",
    "encode_answer",
    "encode_group",
    "examine",
    "follows",
    "group_name",
    "is_known",
    "pack",
    "read_dossier",
    "unpack",
]
