"""A real browser for page tests: Debian's chromium, driven by playwright, offline."""

from __future__ import annotations

import shutil

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium():
    """Return the path of chromium, or skip the test."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is not installed")
    return path


class Watched:
    """A page that remembers every request beyond its own file and every console error."""

    def __init__(self, page):
        self.page = page
        self.requests = []
        self.errors = []
        page.on("request", self._request)
        page.on(
            "console", lambda message: message.type == "error" and self.errors.append(message.text)
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.requests.append(request.url)

    def open(self, path):
        """Open a file and wait until the map is drawn."""
        self.page.goto(path.resolve().as_uri())
        self.page.wait_for_selector("body[data-drawn]")  # no eval: the page forbids it
        return self.page
