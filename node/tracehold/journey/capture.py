"""Capture: a whole EPCIS document of a party that delegated, to one upload and one
job that tells what became of it.

Events and the header's master data are cut out byte for byte and signed by the creator one by one. A document
in XML is converted first, and kept as it came: each of its records names it as attachment. Capturing the same
document again is harmless: every part is answered with its first fingerprint.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tracehold.core import strict_json
from tracehold.core.epcis import Document, Finding, Mode, parse_document
from tracehold.core.epcis.xml import from_xml
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.limits import MAX_BATCH_RECORDS, MAX_MESSAGE_BYTES
from tracehold.core.record import Attachment, Audience, Kind
from tracehold.journey.capture_jobs import Captured, CaptureJob, CaptureJobs, ErrorBehaviour, JobNote
from tracehold.journey.intake import Ready, Taken
from tracehold.journey.originals import Originals, attachment
from tracehold.journey.upload import Before, Delegated, Item, Outcome, at_once

INTERRUPTED = JobNote(
    "STOPPING",
    "",
    "the node stopped before the end of this job was known",
    "Capture the document again: what was sealed is answered with its first fingerprint.",
)

XML = ("application/xml", "text/xml")
"""Media types of documents that are converted."""

_BODIES = {
    b'"EPCISDocument"': ("epcisBody",),
    b'"EPCISQueryDocument"': ("epcisBody", "queryResults", "resultsBody"),
}


class Submits(Protocol):
    """What takes uploads (`upload.Uploads`)."""

    async def submit(
        self,
        items: Sequence[Item],
        *,
        all_or_nothing: bool = False,
        receipts: bool = True,
        before: Before = at_once,
    ) -> list[Outcome]:
        """One outcome per item, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Begun:
    """A document that was taken: its job, already durable, and what is still to be done. `raw` is its JSON,
    `original` what came, where that was converted, and `attachment` the name that its records have for it."""

    job: CaptureJob
    raw: bytes
    document: Document
    items: tuple[Item, ...]
    original: bytes = b""
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Captures:
    """Takes documents. `now` gives seconds since 1970, `new_id` a fresh random id, `parse` runs the parser
    (in a thread, where the node wants its loop free).
    """

    uploads: Submits
    jobs: CaptureJobs
    mode: Mode
    now: Callable[[], float]
    new_id: Callable[[], str]
    parse: Callable[[Callable[[], "Read"]], Awaitable["Read"]]
    originals: Originals

    async def begin(
        self,
        raw: bytes,
        party: str,
        behaviour: ErrorBehaviour,
        audience: Audience = Audience.NETWORK,
        media: str = "application/json",
    ) -> Begun:
        """Read the document and make its job. Raises, with no job made, what is wrong with the document as a
        whole: MALFORMED_JSON, MALFORMED_XML, XML_DOCTYPE, NOT_EPCIS, EPCIS_FORM, HEADER_NOT_KEPT,
        BAD_MASTERDATA, TOO_MANY_RECORDS, REQUEST_TOO_LARGE.
        """
        found = await self.parse(lambda: _read(raw, self.mode, media))
        items = tuple(_items(found, party, audience))
        _check_size(items)
        job = CaptureJob(self.new_id(), party, behaviour, self._now_ms(), warnings=_notes(found.findings))
        await self.jobs.save(job)
        return Begun(job, found.json, found.document, items, raw, found.attachment)

    async def run(self, begun: Begun) -> CaptureJob:
        """Seal the document's parts and end the job; it is durable on return, and also where this raises:
        what `submit` raises ends the job with that error.
        """
        together = begun.job.behaviour is ErrorBehaviour.ROLLBACK
        try:
            outcomes = await self._submit(begun, together)
        except TraceholdError as error:
            await self._end(begun.job, JobNote(error.code, error.path, error.message, error.remedy))
            raise
        except Exception:
            await self._end(begun.job, JobNote("INTERNAL", "", "a fault of this program"))
            raise
        job = _told(begun, outcomes, self._now_ms())
        await self.jobs.save(job)
        return job

    async def _submit(self, begun: Begun, together: bool) -> list[Outcome]:
        if begun.attachment is None:
            return await self.uploads.submit(begun.items, all_or_nothing=together, receipts=False)
        name = begun.attachment.fingerprint
        async with self.originals.capturing(begun.job.party, begun.original, name) as original:

            async def keep(taken: Sequence[Taken]) -> None:
                if any(isinstance(each, Ready) for each in taken) and not _says_redacted(taken):
                    await original.keep()

            outcomes = await self.uploads.submit(
                begun.items, all_or_nothing=together, receipts=False, before=keep
            )
            if not original.kept and not _says_redacted([each.error for each in outcomes]):
                known = [each.fingerprint for each in outcomes if each.fingerprint is not None]
                await original.put_back(known)
            return outcomes

    async def recover(self) -> None:
        """End the jobs that ran when the node last stopped. To be called before documents are taken."""
        for job in await self.jobs.unfinished():
            await self._end(job, INTERRUPTED)

    async def _end(self, job: CaptureJob, error: JobNote) -> None:
        await self.jobs.save(replace(job, finished_ms=self._now_ms(), errors=(*job.errors, error)))

    def _now_ms(self) -> int:
        return int(self.now() * 1_000)


@dataclass(frozen=True, slots=True)
class Read:
    """A document as it was read: its JSON, and how its records name what came, where that was no JSON."""

    json: bytes
    document: Document
    findings: tuple[Finding, ...]
    attachment: Attachment | None = None


def _read(raw: bytes, mode: Mode, media: str) -> Read:
    if media not in XML:
        document = parse_document(raw, mode)
        return Read(raw, document, document.findings)
    converted = from_xml(raw, mode)
    document = parse_document(converted.json, mode)
    findings = (*converted.findings, *document.findings)
    return Read(converted.json, document, findings, attachment(raw, "application/xml"))


def _items(found: Read, party: str, audience: Audience) -> Iterator[Item]:
    attachments = (found.attachment,) if found.attachment else ()
    for payload in found.document.masterdata:
        yield Delegated(party, payload, Kind.MASTERDATA, audience, attachments)
    for payload in found.document.events:
        yield Delegated(party, payload, Kind.EVENT, audience, attachments)


def _says_redacted(what: Sequence[object]) -> bool:
    """Whether a part of the document was redacted: then the document as a whole says what is forgotten."""
    return any(isinstance(each, Rejected) and each.code == "REDACTED" for each in what)


def _check_size(items: Sequence[Item]) -> None:
    if len(items) > MAX_BATCH_RECORDS:
        message = f"{len(items)} events and elements; at most {MAX_BATCH_RECORDS}"
        raise Rejected("TOO_MANY_RECORDS", message)
    size = sum(len(item.payload) for item in items if isinstance(item, Delegated))
    if size > MAX_MESSAGE_BYTES:
        message = f"{size} bytes, the context counted for each event; at most {MAX_MESSAGE_BYTES}"
        raise Rejected("REQUEST_TOO_LARGE", message)


def _told(begun: Begun, outcomes: Sequence[Outcome], now_ms: int) -> CaptureJob:
    """The job at its end. A record whose wait ran out is sealed all
    the same, so only what has no index is an error.
    """
    errors, warnings = list(begun.job.errors), list(begun.job.warnings)
    paths = _Paths(begun.raw, len(begun.document.masterdata))
    for at, outcome in enumerate(outcomes):
        if outcome.index is None and outcome.error is not None:
            error = outcome.error
            errors.append(JobNote(error.code, paths.of(at, error.path), error.message, error.remedy))
        warnings += [JobNote(f.code, paths.of(at, f.path), f.message) for f in outcome.findings]
    captured = [Captured(outcome.fingerprint, outcome.duplicate) for outcome in outcomes]
    first = len(begun.document.masterdata)
    return replace(
        begun.job,
        finished_ms=now_ms,
        errors=tuple(errors),
        warnings=tuple(warnings),
        masterdata=tuple(captured[:first]),
        events=tuple(captured[first:]),
    )


def _notes(findings: Sequence[Finding]) -> tuple[JobNote, ...]:
    return tuple(JobNote(finding.code, finding.path, finding.message) for finding in findings)


class _Paths:
    """JSON pointers into the document, for parts that were judged on their own."""

    def __init__(self, raw: bytes, masterdata: int) -> None:
        self._raw = raw
        self._first_event = masterdata
        self._elements: list[str] | None = None
        body = _BODIES.get(strict_json.member(raw, "type") or b"")
        self._list = None if body is None else "/" + "/".join((*body, "eventList"))

    def of(self, at: int, path: str) -> str:
        """Where in the document `path` of the part number `at`
        is; a document that is one event has no list.
        """
        if at < self._first_event:
            return self._element(at) + path.removeprefix("/element")
        return path if self._list is None else f"{self._list}/{at - self._first_event}{path}"

    def _element(self, at: int) -> str:
        if self._elements is None:
            self._elements = list(_element_paths(strict_json.loads(self._raw)))
        return self._elements[at]


def _element_paths(document: dict[str, object]) -> Iterator[str]:
    """Pointers to the elements of all vocabularies, in the order in which `parse_document` gives them."""
    for steps in (("epcisHeader", "epcisMasterData"), _BODIES[b'"EPCISQueryDocument"']):
        holder: object = document
        for step in (*steps, "vocabularyList"):
            holder = holder.get(step) if isinstance(holder, dict) else None
        for at, vocabulary in enumerate(holder if isinstance(holder, list) else []):
            for index in range(len(vocabulary.get("vocabularyElementList") or [])):
                yield f"/{'/'.join(steps)}/vocabularyList/{at}/vocabularyElementList/{index}"
