"""Who may ask: only this computer, only with the token, only from the page itself; and how much."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from chaingraph.serve.uploads import MOST_BYTES
from chaingraph.serve.wording import say

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from chaingraph.words import Language

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page of this package may do: its own script and style, nothing else."""
MADE_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-scripts allow-downloads allow-modals allow-popups allow-popups-to-escape-sandbox"
)
"""What a page that was made may do: run, print and save; it cannot reach this program or its other pages."""
_FORM_ROOM: Final = 1 << 20
_DRAINED: Final = 16 * MOST_BYTES
_SAFE: Final = frozenset({"GET", "HEAD"})
_OWN_SITES: Final = frozenset({"same-origin", "none", ""})


class TooLargeError(Exception):
    """A body that is longer than may be sent."""


class Guard:
    """Middleware before everything else.

    Parameters
    ----------
    app
        What answers those who may ask.
    token
        First part of every path; made anew at each start.
    hosts
        What the header Host may be: this computer and port. Another one means that a name of the outside
        was bent to this computer.
    lang
        Language of refusals.
    """

    def __init__(self, app: ASGIApp, *, token: str, hosts: Collection[str], lang: Language) -> None:
        self.app, self.token, self.hosts, self.lang = app, token, frozenset(hosts), lang

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse in a sentence."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await self._refuse(*refusal, scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES + _FORM_ROOM:
            await _drain(receive)
            scope["state"] = {**scope.get("state", {}), "too_large": True}
            receive = _nothing
        await self.app(scope, _bounded(receive), _guarded(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self.hosts:
            return 421, "wrong-host"
        own = f"http://{host}"
        if headers.get("origin", own) != own:
            return 403, "wrong-origin"
        if scope["method"] not in _SAFE and headers.get("sec-fetch-site", "") not in _OWN_SITES:
            return 403, "wrong-origin"
        given = scope["path"].split("/", 2)[1]
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return 404, "wrong-token"
        return None

    async def _refuse(
        self, status: int, key: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer = PlainTextResponse(say(key, self.lang) + "\n", status)
        await answer(scope, receive, _guarded(send))


def _guarded(send: Send) -> Send:
    """Add to every answer what keeps it here: no other page may hold it, nobody remembers it."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            headers.setdefault(
                "Referrer-Policy", "same-origin"
            )  # no-referrer would hide the Origin
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Cache-Control"] = "no-store"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["X-Frame-Options"] = "DENY"
        await send(message)

    return guarded


def _bounded(receive: Receive) -> Receive:
    """Count a body that does not say its length, and stop it where it grows too long."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MOST_BYTES + _FORM_ROOM:
            raise TooLargeError
        return message

    return bounded


async def _drain(receive: Receive) -> None:
    """Let a body that is too long pass by unread: a browser listens only when it has said all."""
    seen = 0
    while seen < _DRAINED:
        message = await receive()
        seen += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}
