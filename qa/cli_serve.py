"""The commands of `qa` that open doors to others: serve, context, mcp and keys.

This module must not know how anything is served: it reads options, calls, and prints.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.options import (
    ChosenFilters,
    JsonOption,
    QuestionArgument,
    StoreOption,
    TopOption,
    print_json,
    question_in,
    with_filters,
)
from qa.settings import load_settings

if TYPE_CHECKING:
    from qa.keys import Keyring

__all__ = ["register"]

DONE = 0


class ScopeName(StrEnum):
    """What a key may do."""

    read = "read"
    write = "write"


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(serve)
    app.command()(with_filters(context))
    app.command()(mcp)
    keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
    keys.command("add")(keys_add)
    keys.command("list")(keys_list)
    keys.command("revoke")(keys_revoke)
    app.add_typer(keys, name="keys")


def serve(
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to bind to (MENBE_HOST).")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port to bind to; 0 picks one (MENBE_PORT)."),
    ] = None,
) -> int:
    """Serve the HTTP API and the web page until stopped."""
    from qa.serve import serve as run

    run(
        load_settings(store=store, host=host, port=port),
        on_listening=lambda url: print(f"Menbe listens at {url} (Ctrl-C stops it)", flush=True),
    )
    return DONE


def context(
    question: QuestionArgument,
    store: StoreOption = None,
    filters: ChosenFilters = None,
    top_k: TopOption = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest prompt, in tokens.")] = 2000,
    encoding: Annotated[str, typer.Option(help="tiktoken encoding to count in.")] = "cl100k_base",
    as_json: JsonOption = False,
) -> int:
    """Print a prompt of numbered passages for a language model."""
    from qa.context import build_context
    from qa.service import Service

    with Service.open(load_settings(store=store)) as service:
        result = service.search(question_in(question), filters=filters, top_k=top_k)
    grounded = build_context(result, max_tokens=max_tokens, encoding=encoding)
    if as_json:
        print_json(grounded.to_dict())
    else:
        print(grounded.prompt)
    return DONE


def mcp(store: StoreOption = None) -> int:
    """Serve agents over stdin and stdout (Model Context Protocol)."""
    from qa.mcp import make_server
    from qa.service import Service

    with Service.open(load_settings(store=store)) as service:
        make_server(service).run("stdio")
    return DONE


def keys_add(
    name: Annotated[str, typer.Argument(help="Whom or what the key is for.")],
    store: StoreOption = None,
    scope: Annotated[
        list[ScopeName] | None, typer.Option(help="What it may do; repeatable. Default: read.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Make an API key. It is shown this once and stored only as a hash."""
    scopes = tuple(one.value for one in scope) if scope is not None else ("read",)
    key, record = _keyring(store).add(name, scopes)  # type: ignore[arg-type]
    if as_json:
        print_json({"key": key, "id": record.id, "scopes": list(record.scopes)})
    else:
        print(key)
        print(f"qa: key {record.id} may {' and '.join(record.scopes)}; keep it, "
              "it is not shown again", file=sys.stderr)  # fmt: skip
    return DONE


def keys_list(store: StoreOption = None, as_json: JsonOption = False) -> int:
    """List the API keys, without the keys themselves."""
    records = _keyring(store).records
    if as_json:
        shown = [
            {
                "id": record.id,
                "name": record.name,
                "scopes": list(record.scopes),
                "created_at": record.created_at,
                "revoked_at": record.revoked_at,
            }
            for record in records
        ]
        print_json({"keys": shown})
        return DONE
    for record in records:
        state = "valid" if record.revoked_at is None else f"revoked {record.revoked_at}"
        print(
            f"{record.id}  {'+'.join(record.scopes)}  {record.created_at}  {state}  {record.name}"
        )
    return DONE


def keys_revoke(
    key_id: Annotated[str, typer.Argument(help="Its id, as qa keys list shows it.")],
    store: StoreOption = None,
) -> int:
    """Make an API key worthless, at once also for a running server."""
    record = _keyring(store).revoke(key_id)
    print(f"revoked {record.id} ({record.name})")
    return DONE


def _keyring(store: Path | None) -> Keyring:
    from qa.keys import Keyring, keys_path

    settings = load_settings(store=store)
    return Keyring(keys_path(settings.store, settings.keys))
