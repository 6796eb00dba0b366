"""What can be typed in a chat beside questions, and what stands before the cursor.

This module must not know what a command does, and imports nothing: it is needed before the first
prompt, when nothing else is there yet.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["COMMANDS", "PROMPT"]

PROMPT = "? "

COMMANDS: Mapping[str, str] = {
    "/open": "N",
    "/more": "",
    "/why": "",
    "/from": "DATE",
    "/to": "DATE",
    "/as-of": "DATE",
    "/source": "NAME",
    "/lang": "CODE",
    "/clear": "",
    "/raw": "QUESTION",
    "/save": "FILE",
    "/help": "",
}
"""Every command and what it takes; both are put in words in `prompts/replies.json`."""
