"""Writing files and folders so that a reader sees the old state or the new one, and reading texts."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import ChaingraphError, FileProblemError, OptionError, file_problem

fcntl: Any = None
with contextlib.suppress(ImportError):
    fcntl = importlib.import_module("fcntl")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Files = Iterable[tuple[str, str | bytes]]

YOUNG: Final = 60.0
"""Seconds for which a temporary without a living writer is left alone: it may just be made."""
_RANDOM: Final = re.compile(r"[a-z0-9_]{8}")
"""What :mod:`tempfile` puts at the end of its names."""
WAIT: Final = 10.0
"""Seconds that a writer waits for another one."""
MOST_TEXT: Final = 16_000_000
"""Bytes of the largest card or option file."""
_LOOK: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_PIECE: Final = 1 << 24
_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)
_CLOSED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
_AT_FDCWD: Final = -100
_SWAP: Final = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS


def read_bounded(path: str | Path, *, most: int = MOST_TEXT) -> bytes:
    """Return the bytes of a regular file, never more than a limit.

    Pipes, sockets, devices and folders are refused before a byte is read: some of them never end, others
    wait for ever.

    Parameters
    ----------
    path
        The file.
    most
        The largest size in bytes that is read.

    Raises
    ------
    FileProblemError
        Where there is no such file, it is none, it is larger, or it cannot be read.

    Examples
    --------
    >>> place = Path(tempfile.mkdtemp()) / "a.toml"
    >>> _ = write_file(place, "a = 1")
    >>> read_bounded(place)
    b'a = 1'
    >>> read_bounded(place, most=4)
    Traceback (most recent call last):
        ...
    chaingraph.errors.FileProblemError: ... is larger than 4 bytes: too large for what it is read as
    """
    try:
        handle = os.open(path, _LOOK)
        try:
            mode = os.fstat(handle).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            if not stat.S_ISREG(mode):
                raise FileProblemError("no-regular-file", path=path)
            pieces, left = [], most + 1
            while left and (piece := os.read(handle, min(left, _PIECE))):
                pieces.append(piece)
                left -= len(piece)
        finally:
            os.close(handle)
    except FileProblemError:
        raise
    except FileNotFoundError as error:
        raise FileProblemError("no-such-path", path=path) from error
    except ValueError as error:  # a name with a NUL
        raise FileProblemError("no-such-path", path=path) from error
    except OSError as error:
        raise file_problem("unreadable-path", path, error) from error
    if not left:
        raise FileProblemError("file-over-limit", path=path, most=f"{most:,}")
    return b"".join(pieces)


def read_utf8(
    path: str | Path,
    refusal: str,
    *,
    most: int = MOST_TEXT,
    problem: type[ChaingraphError] = OptionError,
    **params: object,
) -> str:
    """Return the text of a small file that somebody wrote by hand, without a byte order mark.

    Every option file and card is read here; see :func:`read_bounded`.

    Parameters
    ----------
    path
        The file.
    refusal
        Message for a text that is no UTF-8; it names `path` and `detail`.
    most
        The largest size in bytes that is read.
    problem
        Which failure the refusal is.
    **params
        What else fills that message.

    Raises
    ------
    FileProblemError
        Where there is no such file, it is no regular file, it is too large, or it cannot be read.
    OptionError
        Where it is not UTF-8 (or what `problem` names).
    """
    try:
        return read_bounded(path, most=most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise problem(refusal, **({"path": path, "detail": "UTF-8"} | params)) from error


def write_file(path: str | Path, data: str | bytes, *, encoding: str = "utf-8") -> Path:
    """Write a whole file: into a temporary one beside it, flushed to disk, then renamed over it.

    Parameters
    ----------
    path
        The file; its folder must exist.
    data
        Text, or bytes as they are. Line ends stay as they are in every locale.
    encoding
        Of text; ``utf-8-sig`` for CSV files that Excel opens.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileProblemError
        Where the folder is missing or not writable, or the disk is full. An existing file stays.
    """
    target = Path(path)
    content = data.encode(encoding) if isinstance(data, str) else data
    temporary = ""
    try:
        if target.is_symlink():
            target = _resolved(target)  # the file that a link leads to, not the link
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if target.exists() and not target.is_file():  # a pipe or a device has nothing to keep
            with target.open("wb") as stream:
                stream.write(content)
            return target
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with _held(temporary):
            _fill(handle, content)
            Path(temporary).chmod(_mode(target))
            Path(temporary).replace(target)
            temporary = ""
        _sync_folder(target.parent)
        _sweep(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
    return target


def write_folder(
    path: str | Path, files: Files, *, check: Callable[[Path], object] | None = None
) -> Path:
    """Write a whole folder: into a temporary one beside it, flushed to disk, then renamed.

    Parameters
    ----------
    path
        A new or empty folder; its parent must exist.
    files
        Name and content of each file, made one at a time; text is written in UTF-8.
    check
        Called with the temporary folder before it is put in place; what it raises ends the writing.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileProblemError
        Where the folder has files already or cannot be written. Nothing is left behind, whatever fails.
    """
    target = Path(path)
    temporary = ""
    try:
        if target.is_symlink():
            target = _resolved(target)
        if target.exists() and any(target.iterdir()):
            raise FileExistsError(errno.EEXIST, "the folder is not empty")
        temporary = _make_folder(target, files)
        with _held(temporary):
            if check is not None:
                check(Path(temporary))
            Path(temporary).replace(target)
            temporary = ""
        _sync_folder(_resolved(target).parent)
        _sweep(_resolved(target))
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
    return target


def replace_folder(
    path: str | Path, files: Files, *, check: Callable[[Path], object] | None = None
) -> Path:
    """Replace files of a folder, all at once: no reader and no failure finds some new and some old.

    A whole new folder is written beside the old one and flushed to disk; the two change places in one
    step, then the old one is deleted. Where the system has no such step the old folder is renamed to
    ``.NAME.old`` for the moment until the new one stands; a writer that is ended in that moment leaves
    it there, and the next writer puts it back.

    Parameters
    ----------
    path
        The folder, which may be new or empty; its parent must exist. One writer at a time: see
        :func:`locked`.
    files
        Name and content of each file that is new or changed; text is written in UTF-8. Other files of
        the folder, and folders in it, are carried over as they are.
    check
        Called with the new folder before it is put in place; what it raises ends the writing.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileProblemError
        Where the folder cannot be written or another program writes it. The old folder stays.

    Examples
    --------
    >>> place = Path(tempfile.mkdtemp()) / "city"
    >>> _ = write_folder(place, [("a.csv", "old"), ("b.csv", "kept")])
    >>> _ = replace_folder(place, [("a.csv", "new")])
    >>> [(file.name, file.read_text()) for file in sorted(place.iterdir())]
    [('a.csv', 'new'), ('b.csv', 'kept')]
    """
    target = Path(path)
    temporary = ""
    with locked(target):
        try:
            target = _resolved(target)  # the folder that a link leads to, not the link
            if target.exists() and not target.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "it is a file")
            temporary = _make_folder(target, files, carry=target if target.exists() else None)
            with _held(temporary):
                if check is not None:
                    check(Path(temporary))
                if target.exists():
                    _change_places(Path(temporary), target)
                else:
                    Path(temporary).replace(target)
                    temporary = ""
            _sync_folder(target.parent)
            _sweep(target)
        except OSError as error:
            raise _unwritable(Path(path), error) from error
        finally:
            if temporary:
                shutil.rmtree(temporary, ignore_errors=True)
    return Path(path)


@contextlib.contextmanager
def locked(path: str | Path, timeout: float | None = None) -> Iterator[None]:
    """Keep other writers off a folder or file while it is read, changed and written.

    The lock is the system's, on the file ``.NAME.lock`` beside (in the folder itself where its parent
    cannot be written), which stays. It ends with the process that holds it, however that ends. The
    same thread may lock a path again inside.

    Parameters
    ----------
    path
        The folder or file; its parent must exist.
    timeout
        Seconds to wait for another writer; ten where None.

    Raises
    ------
    FileProblemError
        Where another writer holds it after that time, or the lock cannot be made.

    Examples
    --------
    >>> place = Path(tempfile.mkdtemp()) / "city"
    >>> with locked(place, timeout=0):
    ...     sorted(file.name for file in place.parent.iterdir())
    ['.city.lock']
    """
    from filelock import Timeout

    try:
        target = _resolved(Path(path))
        if not target.parent.is_dir():
            target.parent.stat()  # says what is wrong with it
            raise NotADirectoryError(errno.ENOTDIR, "its parent is a file")
        lock = _lock(target, WAIT if timeout is None else timeout)
    except Timeout as error:
        raise FileProblemError("being-written", path=path) from error
    except OSError as error:
        raise _unwritable(Path(path), error) from error
    try:
        _recover(target)
        yield
    finally:
        lock.release()


def _lock(target: Path, timeout: float) -> Any:
    """Return the lock of a path, taken."""
    from filelock import FileLock

    name = f".{target.name}.lock"
    try:
        lock = FileLock(target.parent / name, is_singleton=True)
        lock.acquire(timeout=timeout)
    except OSError as error:
        if error.errno not in _CLOSED or not target.is_dir():
            raise
        lock = FileLock(target / name, is_singleton=True)
        lock.acquire(timeout=timeout)
    return lock


def _unwritable(target: Path, error: OSError) -> FileProblemError:
    if isinstance(error, FileProblemError):
        return error
    return file_problem("unwritable-path", target, error)


def _resolved(path: Path) -> Path:
    """Return the path that links lead to."""
    try:
        return path.resolve()
    except RuntimeError as error:  # how older Pythons tell of links in a circle
        raise OSError(errno.ELOOP, str(error)) from error


def _fill(handle: int, content: bytes) -> None:
    """Write the content of a new file, flush it to the disk, close it."""
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(handle, view[:_PIECE]) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path | str) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    if sys.platform == "win32":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that may be written and not listed
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)


def _make_folder(target: Path, files: Files, carry: Path | None = None) -> str:
    """Write a temporary folder beside the target, flushed to disk, and return it.

    What stands in the folder `carry` under no name of the files comes along.
    """
    place = _resolved(target)
    temporary = tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with _held(temporary):
            Path(temporary).chmod(
                0o777 & ~_mask() if carry is None else carry.stat().st_mode & 0o777
            )
            named = set()
            for name, content in files:
                data = content.encode() if isinstance(content, str) else content
                _fill(os.open(Path(temporary, name), _NEW, 0o666), data)
                named.add(name)
            if carry is not None:
                for entry in sorted(carry.iterdir()):
                    if entry.name not in named:
                        _carry_over(entry, Path(temporary, entry.name))
            _sync_folder(temporary)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return temporary


def _carry_over(source: Path, target: Path) -> None:
    """Copy a file, a link or a folder of them, flushed to disk."""
    if source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.is_dir():
        target.mkdir()
        for entry in sorted(source.iterdir()):
            _carry_over(entry, target / entry.name)
        shutil.copystat(source, target)
        _sync_folder(target)
    else:
        with source.open("rb") as old:
            handle = os.open(target, _NEW, 0o666)
            try:
                while piece := old.read(_PIECE):
                    view = memoryview(piece)
                    while view:
                        view = view[os.write(handle, view) :]
                os.fsync(handle)
            finally:
                os.close(handle)
        shutil.copystat(source, target)


def _change_places(new: Path, old: Path) -> None:
    """Let two folders change names: in one step, else by way of ``.NAME.old``."""
    if _exchange(new, old):
        return
    aside = _aside(old)
    if aside.exists():
        shutil.rmtree(aside)
    old.rename(aside)
    try:
        new.rename(old)
    except OSError:
        aside.rename(old)
        raise
    aside.rename(new)  # the caller deletes it


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change names in one step; tell whether the system could."""
    import ctypes

    if sys.platform == "win32":
        return False
    library: Any = ctypes.CDLL(None)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform.startswith("linux") and hasattr(library, "renameat2"):
        done = library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _SWAP)
    elif sys.platform == "darwin" and hasattr(library, "renamex_np"):
        done = library.renamex_np(first, second, _SWAP)
    else:
        return False
    return bool(done == 0)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _recover(target: Path) -> None:
    """Put an old folder back whose writer was ended between two renames."""
    if not target.exists() and _aside(target).is_dir():
        _aside(target).rename(target)


def _mode(target: Path) -> int:
    """Return the permissions of the file that is there, else what a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    return 0o666 & ~_mask()


def _mask() -> int:
    """Return the permissions that new files and folders are not given.

    To be read it must be set: for that moment to one that gives others nothing, whatever other threads make.
    """
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def _held(path: str) -> Iterator[None]:
    """Show that the writer of a temporary file or folder lives, by a lock that ends with it."""
    if fcntl is None:  # on Windows what is open cannot be deleted
        yield
        return
    handle = -1
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    try:
        yield
    finally:
        if handle >= 0:
            os.close(handle)


def _sweep(target: Path) -> None:
    """Delete the temporaries that writers of a path left behind when they were ended."""
    start = f".{target.name}."
    with contextlib.suppress(OSError):
        for entry in list(target.parent.iterdir()):
            if entry.name.startswith(start) and _RANDOM.fullmatch(entry.name[len(start) :]):
                with contextlib.suppress(OSError):
                    _sweep_one(entry)


def _sweep_one(entry: Path) -> None:
    """Delete a temporary file or folder unless its writer lives, or is only just making it."""
    if time.time() - entry.lstat().st_mtime < YOUNG or entry.is_symlink():
        return
    if fcntl is not None:
        handle = os.open(entry, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _delete(entry)
        finally:
            os.close(handle)
    else:
        _delete(entry)


def _delete(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry)
    else:
        entry.unlink()
