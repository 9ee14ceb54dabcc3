"""Named failures. Each is also a builtin, carries its sentence in two languages, and knows its exit status."""

from __future__ import annotations

import difflib
import errno
from typing import TYPE_CHECKING, ClassVar, Final

from chaingraph import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaingraph.words import Language


class ChaingraphError(Exception):
    """Base of all failures of the package.

    Parameters
    ----------
    key
        Key of the sentence in ``words/messages.json``.
    **params
        What fills the placeholders of the sentence.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, key: str, **params: object) -> None:
        self.key = key
        self.params = params
        super().__init__(words.message(key, "en", **params))

    def __str__(self) -> str:
        """Return the English sentence (a KeyError would show its repr)."""
        return self.text("en")

    def text(self, lang: Language) -> str:
        """Return the sentence in a language."""
        return words.message(self.key, lang, **self.params)


class UnknownNameError(ChaingraphError, KeyError):
    """A product, region, chain, dataset or other name that the data does not have."""

    exit_status = 2


class OptionError(ChaingraphError, ValueError):
    """An option whose value cannot be used."""

    exit_status = 2


class FileProblemError(ChaingraphError, OSError):
    """A file or folder that cannot be read or written."""


class MissingTableError(ChaingraphError, LookupError):
    """An analysis that needs a table the dataset does not have."""


class MissingLibraryError(ChaingraphError, ImportError):
    """A library that an option needs and that is not installed."""


class LoopError(ChaingraphError, ArithmeticError):
    """A loop of products that takes more than it gives: total requirements have no solution."""


class DataError(ChaingraphError, ValueError):
    """A dataset with findings of severity error; `findings` holds them all."""

    def __init__(self, key: str, findings: Sequence[object] = (), **params: object) -> None:
        self.findings = tuple(findings)
        super().__init__(key, **params)


_SHORT = 3
_FEW = 12
_SYSTEM: Final = {
    errno.ENOSPC: "os-full",
    errno.EDQUOT: "os-quota",
    errno.EACCES: "os-denied",
    errno.EPERM: "os-denied",
    errno.EROFS: "os-read-only",
    errno.ENOENT: "os-missing",
    errno.ENOTDIR: "os-not-folder",
    errno.EISDIR: "os-is-folder",
    errno.EEXIST: "os-not-empty",
    errno.ENOTEMPTY: "os-not-empty",
    errno.ENAMETOOLONG: "os-long-name",
    errno.ELOOP: "os-loop",
    errno.EBUSY: "os-busy",
    errno.EIO: "os-broken",
}


def file_problem(key: str, path: object, error: OSError) -> FileProblemError:
    """Return the failure for what the system said of a path, with what to do about it.

    Parameters
    ----------
    key
        ``unreadable-path`` or ``unwritable-path``.
    path
        What could not be read or written.
    error
        The system's error; those of everyday are put into words, others stay as they are.

    Examples
    --------
    >>> print(file_problem("unwritable-path", "a.csv", OSError(28, "No space left on device")))
    cannot write a.csv: the disk is full; free some space or choose another place
    """
    known = _SYSTEM.get(error.errno or 0, "")
    if known == "os-missing" and key == "unwritable-path":
        known = "os-no-folder"
    detail = words.Phrase(known) if known else error.strerror or error
    return FileProblemError(key, path=path, detail=detail)


def closest(name: str, choices: Iterable[str], limit: int = 3) -> list[str]:
    """Return the choices that look most like `name`, best first.

    Examples
    --------
    >>> closest("cooper_foil", ["copper_foil", "lfp"])
    ['copper_foil']
    """
    known = sorted(set(choices))
    folded: dict[str, str] = {}
    for choice in known:
        folded.setdefault(choice.casefold(), choice)
    hits = difflib.get_close_matches(
        name.casefold(), folded, n=limit, cutoff=0.5 if len(name) <= _SHORT else 0.6
    )
    inside = [key for key in folded if name.casefold() in key and key not in hits]
    return [folded[key] for key in [*hits, *inside][:limit]]


def unknown_name(what: str, name: str, choices: Iterable[str]) -> UnknownNameError:
    """Return the failure for a name nobody knows, with the closest known ones.

    Parameters
    ----------
    what
        Kind of the name, a word of the vocabulary ``noun``: product, region, chain, ...
    name
        The name as given.
    choices
        All names that would have done.
    """
    known = sorted(set(choices))
    near = closest(name, known)
    if near or len(known) <= _FEW:
        key = "did-you-mean" if near else "there-are"
        shown = words.Phrase(key, (("names", ", ".join(near or known)),))
    else:
        shown = words.Phrase("nothing-close", (("count", len(known)),))
    return UnknownNameError(f"unknown-{what}", name=name, suggestions=shown)
