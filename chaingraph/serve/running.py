"""Running the page: a socket on this computer alone, a secret address, an end that leaves nothing."""

from __future__ import annotations

import contextlib
import importlib.util
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import FileProblemError, MissingLibraryError, OptionError
from chaingraph.loading import load_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chaingraph.words import Language

HERE: Final = "127.0.0.1"
_LIBRARIES: Final = ("starlette", "uvicorn", "python_multipart")
_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)  # fmt: skip


def need_libraries(*names: str) -> None:
    """Refuse to start without libraries of the extra ``serve``: those named, else those of the page.

    Raises
    ------
    MissingLibraryError
        With how to install them.
    """
    for library in names or _LIBRARIES:
        if importlib.util.find_spec(library) is None:
            raise MissingLibraryError("missing-library", library=library, extra="serve")


def serve(
    own: str | None = None, *, files: Sequence[Path] = (), port: int = 0, browser: bool = True,
    lang: Language = "zh", tell: Callable[[str], None] | None = None,
) -> int:  # fmt: skip
    """Serve the page until it is asked to end.

    Parameters
    ----------
    own
        A dataset, by name or folder: lists are compared with it, and it can be looked at by itself.
    files
        Spreadsheets that the first tab reads at once.
    port
        Port; any free one by default.
    browser
        Whether the browser is opened.
    lang
        Language at the start.
    tell
        Called with the address.

    Returns
    -------
    int
        0 where the page or the system asked for the end, 130 where Ctrl-C did.

    Raises
    ------
    MissingLibraryError
        Without the libraries of the extra ``serve``.
    FileProblemError
        Where a file does not exist.
    OptionError
        Where the port is taken.
    ChaingraphError
        Where `own` is no dataset.
    """
    need_libraries()
    if own is not None:
        load_dataset(own)  # says what is wrong with it before anything is opened
    for file in files:
        if not file.is_file():
            raise FileProblemError("no-such-path", path=file)
    from chaingraph.serve.app import House, build_app

    with _listening(port) as listener:
        bound = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        server: Any = None
        house = House(token=token, lang=lang, own=own, stop=lambda: _ask_to_end(server))
        try:
            server = _server(build_app(house, [f"{HERE}:{bound}", f"localhost:{bound}"]))
            if files:
                house.drop(files)
            address = f"http://{HERE}:{bound}/{token}/"
            if tell is not None:
                tell(address)
            if browser:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
            server.run(sockets=[listener])
        finally:
            house.sessions.sweep()
    return 130 if server.interrupted else 0


def _ask_to_end(server: Any) -> None:
    """Let the server answer what it was asked, then end."""
    server.should_exit = True


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Listen on this computer alone, on a port that nobody else has."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HERE, port))
            listener.listen(64)
        except OSError as error:
            raise OptionError("port-taken", port=port) from error
        yield listener


def _server(app: Any) -> Any:
    """Return a server that ends on the signals of this system without raising them again."""
    import uvicorn

    class Server(uvicorn.Server):
        interrupted = False

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            if threading.current_thread() is not threading.main_thread():
                yield
                return
            before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

        def handle_exit(self, sig: int, frame: Any) -> None:
            del frame
            self.interrupted = self.interrupted or sig == signal.SIGINT
            self.force_exit = self.should_exit  # the second time it does not wait
            self.should_exit = True

    return Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
            timeout_graceful_shutdown=2, proxy_headers=False,
        )
    )  # fmt: skip
