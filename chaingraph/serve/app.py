"""The program behind the page: routes that change a session, and the work they give away."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from chaingraph.serve import pages
from chaingraph.serve.guard import MADE_POLICY, Guard, TooLargeError
from chaingraph.serve.making import MAKERS, Source, Thing, look_over, make, say_error
from chaingraph.serve.reading import decided, known_bases, read_files, usual_bases
from chaingraph.serve.sessions import Sessions
from chaingraph.serve.uploads import MOST_BYTES, MOST_FILES, keep_files
from chaingraph.serve.wording import say
from chaingraph.serve.worker import Worker
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from chaingraph.serve.sessions import Session
    from chaingraph.words import Language

_MOST_FIELDS: Final = 1000
_DECISION: Final = "row-"


class House:
    """All that the routes share: sessions, the worker, what lists are compared with.

    Parameters
    ----------
    token
        First part of every path.
    lang
        Language of new sessions.
    own
        The dataset of the person, by name or folder: what lists are compared with, and to be looked at
        without any list.
    stop
        Called when the page asks the program to end.
    """

    def __init__(
        self, *, token: str, lang: Language, own: str | None = None,
        stop: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.root = f"/{token}"
        self.token, self.lang, self.own, self.stop = token, lang, own, stop
        self.bases = known_bases(own)
        self.usual = usual_bases(self.bases, own)
        self.sessions = Sessions(lang)
        self.worker = Worker()
        self.dropped: Session | None = None

    def drop(self, files: Sequence[Path]) -> None:
        """Read files that were there before the page; the first tab shows them."""
        session = self.sessions.create()
        with contextlib.ExitStack() as stack:
            streams = [(file.name, stack.enter_context(file.open("rb"))) for file in files]
            session.files = keep_files(streams, session.folder())
        self.read(session)
        self.dropped = session

    def address(self, session: Session) -> str:
        """Return the path of a session."""
        return f"{self.root}/s/{session.key}/"

    def read(self, session: Session) -> None:
        """Give away the reading of a session's files, with what it was told."""
        place, given, former = session.folder(), session.given, session.reading
        mine = session.rounds
        session.refusal = ()
        session.set_phase("reading")

        def work() -> None:
            try:
                reading = read_files(session.files, given, place, self.usual, session.lang)
                refusal = reading.refusal
            except Exception as error:  # noqa: BLE001  said to the person, and the next file is read
                reading, refusal = None, (say_error(error, session.lang),)
            if session.rounds != mine:  # something else was begun meanwhile
                return
            session.reading, session.refusal = reading, refusal
            session.set_phase("start" if refusal else "review")
            if former is not None and former.marked is not None:
                shutil.rmtree(former.marked.parent, ignore_errors=True)

        self.worker.give(work)

    def make(self, session: Session, dataset: str) -> None:
        """Give away the making of everything of a dataset; what is ready shows at once."""
        place = session.folder()
        mine = session.rounds
        session.dataset, session.refusal = dataset, ()
        session.things = tuple(Thing(key) for key in MAKERS)
        back = "review" if session.reading is not None else "start"
        session.set_phase("making")

        def work() -> None:
            try:
                source = Source(dataset, session.lang)
                overview = look_over(source)
            except Exception as error:  # noqa: BLE001  said to the person
                if session.rounds == mine:
                    session.refusal = (say_error(error, session.lang),)
                    session.set_phase(back)
                return
            if session.rounds != mine:
                return
            place.mkdir()
            session.overview = overview
            session.set_phase("results")
            for key in MAKERS:  # one piece each, so that another tab need not wait for all
                self.worker.give(partial(one, key, source), patient=True)

        def one(key: str, source: Source) -> None:
            if session.rounds != mine:
                return
            thing = make(key, source, place)
            if session.rounds == mine:
                session.things = tuple(thing if t.key == key else t for t in session.things)
                session.version += 1

        self.worker.give(work)


def build_app(house: House, hosts: Sequence[str]) -> ASGIApp:
    """Return the program: its routes behind the guard.

    Parameters
    ----------
    house
        What the routes share.
    hosts
        What the header Host may be, such as ``127.0.0.1:8765``.
    """
    held = _Routes(house)
    routes = [
        Route("/", held.enter),
        Route("/quit", held.quit, methods=["POST"]),
        Route("/static/{name}", held.static),
        Route("/s/{key}/", held.show),
        Route("/s/{key}/state", held.state),
        Route("/s/{key}/files", held.take, methods=["POST"]),
        Route("/s/{key}/answers", held.answer, methods=["POST"]),
        Route("/s/{key}/make", held.make, methods=["POST"]),
        Route("/s/{key}/own", held.look_at_own, methods=["POST"]),
        Route("/s/{key}/back", held.back, methods=["POST"]),
        Route("/s/{key}/again", held.again, methods=["POST"]),
        Route("/s/{key}/lang", held.speak, methods=["POST"]),
        Route("/s/{key}/file/{name}", held.file),
    ]
    app = Starlette(
        routes=[Mount(house.root, routes=routes)],
        exception_handlers={404: held.nothing, 405: held.nothing, TooLargeError: held.too_large},
    )
    return Guard(app, token=house.token, hosts=hosts, lang=house.lang)


class _Routes:
    """What answers each address."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def enter(self, request: Request) -> Response:
        """Begin a session: every tab that is opened has one of its own."""
        del request
        session, self.house.dropped = self.house.dropped, None
        return self._to(session or self.house.sessions.create())

    async def show(self, request: Request) -> Response:
        return self._page(self._session(request))

    async def state(self, request: Request) -> Response:
        session = self._session(request)
        return JSONResponse(
            {"phase": session.phase, "version": session.version, "ahead": self.house.worker.left}
        )

    async def take(self, request: Request) -> Response:
        """Take files: streamed to the disk, then read beside the page."""
        session = self._session(request)
        if getattr(request.state, "too_large", False):
            return self._refused(session, "too-large", 413)
        if session.working:
            return self._to(session)
        try:
            async with request.form(max_files=MOST_FILES, max_fields=_MOST_FIELDS) as form:
                files = [
                    f for f in form.getlist("file") if isinstance(f, UploadFile) and f.filename
                ]
                if not files:
                    return self._refused(session, "no-file", 400)
                session.forget()
                streams = [(str(f.filename), f.file) for f in files]
                session.files = await run_in_threadpool(keep_files, streams, session.folder())
                _hear(session, form)
        except HTTPException:
            return self._refused(session, "too-many-files", 400)
        self.house.read(session)
        return self._to(session)

    async def answer(self, request: Request) -> Response:
        """Take answers to what was asked, and read the files anew with them."""
        session = self._session(request)
        async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
            fresh = form.get("round") == str(session.rounds)  # else of a page that is past
            if session.working or not session.files or not fresh:
                return self._to(session)
            _hear(session, form)
            if session.reading is not None:
                answers = {
                    int(name.removeprefix(_DECISION)): str(text)
                    for name, text in form.items()
                    if name.startswith(_DECISION) and name.removeprefix(_DECISION).isdigit()
                }
                session.given = decided(session.reading, session.given, answers)
        self.house.read(session)
        return self._to(session)

    async def make(self, request: Request) -> Response:
        session = self._session(request)
        reading = session.reading
        ready = reading is not None and reading.folder is not None and not reading.questions
        if session.phase == "review" and reading is not None and ready:
            self.house.make(session, str(reading.folder))
        return self._to(session)

    async def look_at_own(self, request: Request) -> Response:
        session = self._session(request)
        if self.house.own and session.phase == "start":
            self.house.make(session, self.house.own)
        return self._to(session)

    async def back(self, request: Request) -> Response:
        """Go back from the results to what was understood, or to the start."""
        session = self._session(request)
        if session.phase == "results":
            session.rounds += 1  # what is still being made is not waited for
            if session.reading is None:
                session.forget()
            elif session.reading.done.understood.lang != session.lang:
                self.house.read(session)
            else:
                session.set_phase("review")
        return self._to(session)

    async def again(self, request: Request) -> Response:
        session = self._session(request)
        session.forget()
        return self._to(session)

    async def speak(self, request: Request) -> Response:
        """Change the language, and say anew what was said."""
        session = self._session(request)
        async with request.form(max_files=0, max_fields=4) as form:
            asked = form.get("lang")
        for lang in LANGUAGES:
            if asked == lang and not session.working and lang != session.lang:
                session.lang = lang
                session.refusal = ()
                if session.phase == "review":
                    self.house.read(session)
                elif session.phase == "results":
                    self.house.make(session, session.dataset)
        return self._to(session)

    async def file(self, request: Request) -> Response:
        """Hand out a file that was made: to be kept, or with ``?look`` to be looked at in the browser."""
        session = self._session(request)
        files = {file.path.name: file.path for thing in session.things for file in thing.files}
        reading = session.reading
        if reading is not None and reading.marked is not None:
            files[say("file-marked", session.lang)] = reading.marked
        name = request.path_params["name"]
        path = files.get(name)
        if path is None or not path.is_file():
            raise HTTPException(404)
        if "look" in request.query_params and path.suffix == ".html":
            headers = {"Content-Security-Policy": MADE_POLICY, "Referrer-Policy": "no-referrer"}
            return FileResponse(path, media_type="text/html", headers=headers)
        return FileResponse(path, filename=name, content_disposition_type="attachment")

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in pages.STATIC:
            raise HTTPException(404)
        return Response(pages.static(name), media_type=pages.STATIC[name])

    async def quit(self, request: Request) -> Response:
        """End the program, as a person who has no terminal cannot otherwise."""
        del request
        self.house.stop()
        return HTMLResponse(pages.message_page("ended", self.house.lang))

    async def nothing(self, request: Request, error: Exception) -> Response:
        """Say that there is nothing, or no longer."""
        del request, error
        page = pages.message_page("nothing-here", self.house.lang, root=self.house.root)
        return HTMLResponse(page, 404)

    async def too_large(self, request: Request, error: Exception) -> Response:
        del error
        return self._refused(self._session(request), "too-large", 413)

    def _session(self, request: Request) -> Session:
        session = self.house.sessions.get(request.path_params["key"])
        if session is None:
            raise HTTPException(404)
        return session

    def _to(self, session: Session) -> Response:
        return RedirectResponse(self.house.address(session), 303)

    def _page(self, session: Session, status: int = 200) -> Response:
        house = self.house
        page = pages.session_page(
            session, root=house.root, bases=house.bases, own=house.own, usual=house.usual
        )
        return HTMLResponse(page, status)

    def _refused(self, session: Session, key: str, status: int) -> Response:
        if session.working:
            return self._to(session)
        params: dict[str, Any] = {"limit": f"{MOST_BYTES // pages.MEGABYTE} MB"}
        session.forget()
        session.refusal = (say(key, session.lang, most=MOST_FILES, **params),)
        return self._page(session, status)


def _hear(session: Session, form: FormData) -> None:
    """Take place, date, bases and whether bad rows stay out from a form."""
    given = session.given
    if isinstance(region := form.get("region"), str):
        given = replace(given, region=region.strip())
    if isinstance(as_of := form.get("as_of"), str):
        given = replace(given, as_of=as_of.strip())
    if form.get("bases-shown"):
        chosen = tuple(name for name in form.getlist("base") if isinstance(name, str))
        if chosen != tuple(form.getlist("base-was")):
            given = replace(given, bases=chosen)
    if form.get("skip-shown"):
        given = replace(given, skip=bool(form.get("skip")))
    session.given = given
