"""Every setting, its default and its limits. Values come from arguments, then `MENBE_…`.

An unknown key or an unknown `MENBE_…` variable is refused: a misspelt setting that is silently
ignored is worse than none. Units are in the names. The variables are read here and not by
pydantic-settings, whose import takes as long as that of everything else that a chat needs before
its prompt.

This module must not know what any setting does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from embeddings.errors import UsageError

__all__ = ["Settings", "default_store", "load_settings"]

_PREFIX = "MENBE_"


def default_store() -> Path:
    """The store used when none is named: `$XDG_DATA_HOME/menbe`, else `~/.local/share/menbe`."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "share") / "menbe"


class Settings(BaseModel):
    """One value a setting; the environment variable is its name in capitals after `MENBE_`."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    store: Path = Field(default_factory=default_store, description="Folder of the store.")
    cache: Path | None = Field(
        default=None, description="Folder for unpacked models; None: the user's cache folder."
    )
    encoder: str | None = Field(
        default=None,
        description="A sentence-transformers model or folder; None: the bundled encoder.",
    )
    chunk_tokens: int = Field(
        default=150, ge=16, le=2000, description="Budget of a chunk, in cl100k_base tokens."
    )
    chunk_overlap_sentences: int = Field(
        default=1, ge=0, le=8, description="Sentences a chunk shares with the one before it."
    )
    top_k: int = Field(default=8, ge=1, le=100, description="Passages found; the first are read.")
    max_answers: int = Field(default=5, ge=1, le=20, description="Different answers returned.")
    answer_threshold: float | None = Field(
        default=None,
        ge=0.0,
        le=1.0,
        description="Confidence below which the reply is no answer; None: the calibration's.",
    )
    calibration: Path | None = Field(
        default=None,
        description="A file that `qa eval --calibrate` wrote; None: the reader's own calibration.",
    )
    max_question_chars: int = Field(
        default=2000, ge=1, le=100_000, description="Longest question accepted, in characters."
    )
    host: str = Field(default="127.0.0.1", description="Address `qa serve` binds to.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port `qa serve` binds to.")
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Host names that requests may name, as a JSON list; on loopback its names are.",
    )
    keys: Path | None = Field(
        default=None, description="File of the API keys; None: STORE.keys.json beside the store."
    )
    workers: int = Field(default=2, ge=1, le=64, description="Questions answered at once.")
    queue_limit: int = Field(
        default=32, ge=0, le=10_000, description="Questions that may wait; the next gets a 503."
    )
    queue_wait_s: float = Field(
        default=1.3,
        ge=0,
        le=3600,
        description="Longest wait of a question for its turn; then it gets a 503.",
    )
    request_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="Longest time a request may take to arrive, and a question to be answered.",
    )
    shutdown_grace_s: int = Field(
        default=30, ge=0, le=3600, description="How long a stopping server finishes replies."
    )
    rate_limit: str = Field(
        default="200/second",
        description="Requests one key, or one address without a key, may make: count/period.",
    )
    max_body_bytes: int = Field(
        default=1_048_576, ge=1024, le=2**31, description="Longest request body but for uploads."
    )
    max_upload_bytes: int = Field(
        default=33_554_432, ge=1024, le=2**31, description="Longest upload of articles."
    )
    upload_sync_articles: int = Field(
        default=8,
        ge=0,
        le=1000,
        description="Articles indexed before the reply; a longer upload becomes a job.",
    )
    upload_queue_limit: int = Field(
        default=16, ge=1, le=1000, description="Uploads that may wait; the next gets a 503."
    )
    fetch_urls: bool = Field(
        default=False, description="Let uploads name public web pages to fetch articles from."
    )
    log_format: Literal["auto", "text", "json"] = Field(
        default="auto", description="Of the server's log; auto: text on a terminal, else JSON."
    )
    log_questions: bool = Field(
        default=False, description="Write the text of questions to the log."
    )


def load_settings(**given: Any) -> Settings:
    """Settings from `given` (None means: not given), the environment and the defaults.

    Raises:
        UsageError: a value is out of its range, or a `MENBE_…` variable names no setting.
    """
    stated = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**(_from_environment() | stated))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"setting {name}={first.get('input')!r} cannot be used: {first['msg']}",
            f"Change the option or the variable {_PREFIX}{name.upper()}.",
        ) from error


def _from_environment() -> dict[str, Any]:
    """The values of the `MENBE_…` variables by setting; lists are JSON."""
    names = {_PREFIX + name.upper(): name for name in Settings.model_fields}
    found: dict[str, Any] = {}
    for variable, text in sorted(os.environ.items()):
        if not variable.startswith(_PREFIX):
            continue
        if variable not in names:
            raise UsageError(
                f"the environment variable {variable} names no setting",
                f"Unset it, or use one of {', '.join(sorted(names))}.",
            )
        found[names[variable]] = text
        if get_origin(Settings.model_fields[names[variable]].annotation) is tuple:
            try:
                found[names[variable]] = from_json(text)
            except ValueError as error:
                raise UsageError(
                    f"{variable}={text!r} is no JSON list", 'Write it like this: ["a.example"].'
                ) from error
    return found
