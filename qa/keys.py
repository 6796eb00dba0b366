"""API keys: made once, shown once, stored as a hash, compared in constant time.

A key is `menbe_<id>_<secret>`: the id finds the record, the secret has 256 random bits. A single
SHA-256 is the right hash for it: a slow one guards secrets that can be guessed, which these cannot.
The file holds every key that was ever made, revoked ones too, so that revoking the last one does
not open the server to everybody.

This module must not know of HTTP.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from embeddings.errors import MenbeError, UsageError

__all__ = ["KeyFileError", "KeyRecord", "Keyring", "Scope", "keys_path"]

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_KEY = re.compile(r"menbe_([0-9a-f]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_MAX_NAME = 100


class KeyFileError(MenbeError):
    """The file of keys cannot be read or written."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is kept of a key. `sha256` is of the whole key, in hex; times are ISO 8601 in UTC."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    created_at: str
    revoked_at: str | None = None


def keys_path(store: Path, given: Path | None) -> Path:
    """The file of keys: the one given, else one beside the store, which it is no part of."""
    return store.with_name(f"{store.name}.keys.json") if given is None else given


class Keyring:
    """The keys in one file. Sees changes that another process makes to it.

    Args:
        path: of the file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int, int] | None = None
        self._records: tuple[KeyRecord, ...] = ()

    @property
    def records(self) -> tuple[KeyRecord, ...]:
        """Every key ever made, oldest first.

        Raises:
            KeyFileError: the file is damaged or cannot be read.
        """
        try:
            found = self.path.stat()
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
            if stamp != self._stamp:
                self._records = _parse(self.path, self.path.read_text(encoding="utf-8"))
                self._stamp = stamp
        except FileNotFoundError:
            if self._records:  # a server must not open itself because its key file went missing
                return self._records
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError(f"{self.path} cannot be read: {error}", "Check it.") from error
        return self._records

    @property
    def usable(self) -> bool:
        """Whether any key is not revoked."""
        return any(record.revoked_at is None for record in self.records)

    def check(self, key: str) -> KeyRecord | None:
        """The record of a key that is valid now, or None."""
        digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        found = None
        for record in self.records:
            same = hmac.compare_digest(record.sha256, digest)
            if same and record.revoked_at is None:
                found = record
        return found

    def add(self, name: str, scopes: tuple[Scope, ...]) -> tuple[str, KeyRecord]:
        """Make a key; returns it in clear, for the only time.

        Raises:
            UsageError: the name is empty or too long, or a scope is none.
            KeyFileError: the file cannot be written.
        """
        cleaned = " ".join(name.split())
        if not 0 < len(cleaned) <= _MAX_NAME or not cleaned.isprintable():
            raise UsageError(
                f"{name!r} cannot name a key", f"Give 1 to {_MAX_NAME} printable characters."
            )
        unknown = [scope for scope in scopes if scope not in SCOPES]
        if unknown or not scopes:
            raise UsageError(
                f"{', '.join(unknown)!r} is not a scope", f"Use {' or '.join(SCOPES)}."
            )
        key_id = secrets.token_hex(4)
        key = f"menbe_{key_id}_{secrets.token_urlsafe(32)}"
        record = KeyRecord(
            id=key_id,
            name=cleaned,
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            sha256=hashlib.sha256(key.encode()).hexdigest(),
            created_at=_now(),
        )
        with self._locked():
            self._write((*self.records, record))
        return key, record

    def revoke(self, key_id: str) -> KeyRecord:
        """Make the key with this id worthless.

        Raises:
            UsageError: there is no such key, or it is revoked already.
        """
        with self._locked():
            for record in self.records:
                if record.id == key_id and record.revoked_at is None:
                    revoked = replace(record, revoked_at=_now())
                    self._write(
                        tuple(revoked if item.id == key_id else item for item in self.records)
                    )
                    return revoked
        raise UsageError(f"there is no valid key {key_id!r}", "List them with: qa keys list.")

    def _write(self, records: tuple[KeyRecord, ...]) -> None:
        body = json.dumps({"keys": [asdict(record) for record in records]}, indent=1)
        with tempfile.NamedTemporaryFile(  # made with mode 0600
            "w", encoding="utf-8", dir=self.path.parent, prefix=".keys-", delete=False
        ) as file:
            try:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(self.path)
            except OSError as error:
                Path(file.name).unlink(missing_ok=True)
                raise KeyFileError(
                    f"{self.path} cannot be written: {error.strerror}", "Check the disk."
                ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = lock.open("a")
        except OSError as error:
            raise KeyFileError(
                f"{self.path} cannot be written: {error.strerror}", "Check its folder."
            ) from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _parse(path: Path, text: str) -> tuple[KeyRecord, ...]:
    try:
        return tuple(_record(item) for item in json.loads(text)["keys"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise KeyFileError(
            f"{path} is not a file of keys", "Restore it, or remove it and make new keys."
        ) from error


def _record(item: dict[str, Any]) -> KeyRecord:
    record = KeyRecord(**{**item, "scopes": tuple(item["scopes"])})
    if not re.fullmatch(r"[0-9a-f]{64}", record.sha256) or set(record.scopes) - set(SCOPES):
        raise ValueError(record.id)
    return record


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
