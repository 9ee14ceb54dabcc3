"""``python -m chaingraph`` is the command line."""

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line; an interrupt while it is still being loaded ends it without a word."""
    signal.signal(signal.SIGINT, _leave)
    from chaingraph.cli.main import main as run

    run()


def _leave(number: int, frame: FrameType | None) -> None:
    del frame
    os._exit(128 + number)


if __name__ == "__main__":
    main()
