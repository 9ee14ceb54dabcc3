"""The page of `serve` on a port of this computer, asked as a browser asks."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

from chaingraph.serve import running
from chaingraph.serve.app import House, build_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-secret"  # noqa: S105  of a test


@contextlib.contextmanager
def served(own: str | None = "toy") -> Iterator[House]:
    """Serve a house until the end of the block; its `origin` is where it is reached."""
    with running._listening(0) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        house = House(token=TOKEN, lang="zh", own=own)
        house.origin, house.clients = f"http://{host}", []
        server = running._server(build_app(house, [host]))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield house
        finally:
            for made in house.clients:
                made.close()
            server.should_exit = True
            thread.join(30)
            house.sessions.sweep()


def client(house: House, **headers: str) -> httpx.Client:
    """Return what asks as the page itself would."""
    made = httpx.Client(
        base_url=house.origin, headers={"origin": house.origin, **headers}, follow_redirects=True,
        timeout=120, trust_env=False,
    )  # fmt: skip
    house.clients.append(made)
    return made


class Tab:
    """A tab: a session of its own, and what a person does in it."""

    def __init__(self, house: House) -> None:
        self.client = client(house)
        self.here = str(self.client.get(f"/{house.token}/").url.path)

    def post(self, what: str, data: Any = None, **more: Any) -> str:
        """Press a button; return the page once no work goes on."""
        self.client.post(self.here + what, data=data, **more)
        return self.page()

    def drop(self, *files: Path, **answers: str) -> str:
        """Drop files, with what is typed beside them."""
        given = [("file", (file.name, file.read_bytes())) for file in files]
        return self.post("files", answers, files=given)

    def answer(self, **answers: str) -> str:
        """Answer what is asked."""
        found = re.search(r'name="round" value="(\d+)"', self.page())
        return self.post("answers", {"round": found[1] if found else "", **answers})

    def state(self) -> dict[str, Any]:
        """Return what the page asks while work goes on."""
        state: dict[str, Any] = self.client.get(self.here + "state").json()
        return state

    def page(self, *, whole: bool = False) -> str:
        """Return the page when the work is done; with `whole` when all things are made."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if self.state()["phase"] not in {"reading", "making"}:
                text = self.client.get(self.here).text
                if not whole or 'class="card thing waiting"' not in text:
                    return text
            time.sleep(0.1)
        raise TimeoutError

    def files(self) -> dict[str, str]:
        """Return the addresses of what can be downloaded, by name."""
        links = re.findall(r'download href="([^"]+)"', self.page(whole=True))
        return {unquote(link.rsplit("/", 1)[1]): link for link in links}
