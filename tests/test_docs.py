"""The README names every command and every setting, with the default that the program has."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.main import get_command

from qa.cli import app
from qa.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(get_command(app).commands))
def test_every_command_has_its_line(name):
    assert f"| `qa {name}" in README


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_has_its_line_with_its_default(name):
    field = Settings.model_fields[name]
    (line,) = [row for row in README.splitlines() if row.startswith(f"| `MENBE_{name.upper()}`")]
    assert field.description is not None
    assert field.description in line
    if field.default_factory is None:
        assert f"| {'none' if field.default is None else field.default} |" in line


def test_nothing_is_left_to_fill_in():
    assert "@@" not in README


@pytest.mark.parametrize("target", ["demo", "test", "setup"])
def test_the_makefile_has_what_the_readme_promises(target):
    assert f"make {target}" in README
    assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_demos_questions_stand_in_the_readme():
    for question in (ROOT / "prompts" / "demo.txt").read_text(encoding="utf-8").splitlines():
        assert f"? {question}" in README
