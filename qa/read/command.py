"""What the commands `python -m qa.read.…` share: errors of one line, exit codes, the device.

This module must not know what a command does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from embeddings.errors import MenbeError, UsageError

__all__ = ["DEVICES", "device_of", "exit_code"]

DEVICES = ("auto", "cpu", "cuda")


def device_of(given: str) -> str:
    """`cpu` or `cuda`, for one of `DEVICES`: `auto` is the GPU where there is one."""
    if given != "auto":
        return given
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def exit_code(command: Callable[[], object]) -> int:
    """Run a command: 0, or 2 for wrong use and 1 for any other error, which is printed."""
    try:
        command()
    except MenbeError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return 0
