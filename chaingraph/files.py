"""Writing files and folders so that a reader sees the old state or the new one, and reading texts."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import FileProblemError, OptionError, file_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Files = Iterable[tuple[str, str | bytes]]

WAIT: Final = 10.0
"""Seconds that a writer waits for another one."""
_NEW: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_PIECE: Final = 1 << 24
_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)
_CLOSED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
_AT_FDCWD: Final = -100
_SWAP: Final = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS


def read_utf8(path: str | Path, refusal: str) -> str:
    """Return the text of a file that somebody wrote by hand, without a byte order mark.

    Parameters
    ----------
    path
        The file.
    refusal
        Message for a text that is no UTF-8; it names `path` and `detail`.

    Raises
    ------
    FileProblemError
        Where there is no such file, or it cannot be read.
    OptionError
        Where it is not UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FileProblemError("no-such-path", path=path) from error
    except OSError as error:
        raise file_problem("unreadable-path", path, error) from error
    except UnicodeDecodeError as error:
        raise OptionError(refusal, path=path, detail="UTF-8") from error


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
        _fill(handle, content)
        Path(temporary).chmod(_mode(target))
        Path(temporary).replace(target)
        temporary = ""
        _sync_folder(target.parent)
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
        if check is not None:
            check(Path(temporary))
        Path(temporary).replace(target)
        temporary = ""
        _sync_folder(_resolved(target).parent)
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
            if check is not None:
                check(Path(temporary))
            if target.exists():
                _change_places(Path(temporary), target)
            else:
                Path(temporary).replace(target)
                temporary = ""
            _sync_folder(target.parent)
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
        Path(temporary).chmod(0o755 if carry is None else carry.stat().st_mode & 0o777)
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
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
