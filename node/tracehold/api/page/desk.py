"""`GET /?item=` and the paths of Digital Links: one page about one item, with the caller's right to read."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracehold.api.call import Call, Calls
from tracehold.api.http import CallerGone, arriving, attended
from tracehold.api.page.markup import Html
from tracehold.api.page.render import POLICY, ask, way
from tracehold.api.status import Refusal
from tracehold.api.strangers import Strangers
from tracehold.core.errors import Rejected
from tracehold.core.gs1.keys import KEYS
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.passage import passage

DOMAIN = "https://id.gs1.org"
MAX_CHARS = 1_024
"""Characters of an item, as in the protos."""


@dataclass(frozen=True, slots=True)
class PageDesk:
    """Shows people the way of a package. `public_url`: where they reach this node; then the QR codes lead
    here, else to the item's canonical Digital Link.
    """

    calls: Calls
    knowledge: Knowledge
    strangers: Strangers
    public_url: str = ""

    def routes(self) -> list[Route]:
        """`/`, and one for each GS1 key that a Digital Link may begin with."""
        keys = [Route(f"/{ai}/{{rest:path}}", self._linked, methods=["GET"]) for ai in KEYS]
        return [Route("/", self._asked, methods=["GET"]), *keys]

    async def _asked(self, request: Request) -> Response:
        asked = request.query_params.getlist("item")
        if not asked or asked == [""]:
            return respond_html(ask())
        item = asked[0] if len(asked) == 1 else ""
        return await self._page(request, "GET /", item)

    async def _linked(self, request: Request) -> Response:
        # The path as it was sent: a lot may hold an escaped slash.
        sent = request.scope.get("raw_path") or request.url.path.encode()
        path = sent.partition(b"?")[0].decode("ascii", "replace")
        return await self._page(request, "GET /{digital link}", DOMAIN + path)

    async def _page(self, request: Request, name: str, item: str) -> Response:
        async def work(call: Call) -> Response:
            if not item or len(item) > MAX_CHARS:
                raise Rejected(
                    "BAD_REQUEST", f"give one item of at most {MAX_CHARS} characters", path="/item"
                )
            asked = self.strangers.ask(call, lambda own: passage(self.knowledge, own.caller.reader, item))
            found = await attended(request, asked)
            page = way(found, self._address(found.item))
            return respond_html(page, 200 if found.steps else 404, call.request_id)

        try:
            outcome = await self.calls.run(arriving(request, name), work)
        except CallerGone:
            return Response(status_code=499)  # to nobody
        return _refused(outcome, item) if isinstance(outcome, Refusal) else outcome

    def _address(self, item: str) -> str:
        """What the QR code says: this page of a node that people can reach, else the item itself."""
        base = self.public_url.rstrip("/")
        if not base:
            return item
        if item.startswith(f"{DOMAIN}/"):
            return base + item.removeprefix(DOMAIN)
        return f"{base}/?item={quote(item.encode('utf-8', 'replace'), safe='')}"


def respond_html(page: Html, status: int = 200, request_id: str = "") -> Response:
    """A page, under its own content security policy."""
    headers = {"content-security-policy": POLICY} | ({"x-request-id": request_id} if request_id else {})
    return Response(page.encode(), status, headers, "text/html; charset=utf-8")


def _refused(told: Refusal, item: str) -> Response:
    return respond_html(ask(f"{told.message}. {told.remedy}", item[:MAX_CHARS]), told.http, told.request_id)
