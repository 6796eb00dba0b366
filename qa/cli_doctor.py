"""`qa doctor`: is the store sound, are the models, and what can be mended.

This module must not know what is looked at: it calls, and prints a line a finding.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from embeddings.errors import MenbeError
from qa.options import JsonOption, StoreOption, print_json
from qa.settings import Settings, load_settings

if TYPE_CHECKING:
    from embeddings.doctor import Finding

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `doctor` to the command `qa`."""
    app.command("doctor")(_doctor)


def _doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what the store itself can mend.")
    ] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Look for damage in the store, its index and the models."""
    from embeddings import doctor

    settings = load_settings(store=store)
    done = doctor.repair(settings.store) if repair else []
    findings = [*doctor.check_store(settings.store), *_models(settings)]
    if as_json:
        record = {"repaired": [asdict(each) for each in done]}
        record["findings"] = [asdict(each) for each in findings]
        print_json(record)
    else:
        for finding in (*done, *findings):
            remedy = f". {finding.remedy}" if finding.remedy else ""
            print(f"{finding.level}: {finding.what}{remedy}")
    return 1 if any(finding.level == "error" for finding in findings) else 0


def _models(settings: Settings) -> list[Finding]:
    """The encoder and the reader load, and the encoder gives a vector."""
    from embeddings.doctor import Finding
    from embeddings.encoder import load_encoder
    from qa.read.load import load_reader

    try:
        encoder = load_encoder(settings.encoder, cache_dir=settings.cache)
        encoder.encode_questions(["?"])
        reader, _ = load_reader(encoder, cache_dir=settings.cache)
    except MenbeError as error:
        return [Finding("error", error.problem, error.remedy)]
    return [Finding("ok", f"encoder {encoder.identity} and reader {reader.identity} load")]
