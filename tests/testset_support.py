"""Two texts that test sets lie over, and how a file of a test set is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EN = "Kazakhstan chairs the conference in 2022. Baku will host the next one, Kazakhstan said."
RU = "Казахстан председательствует в совещании в 2022 году. Следующее пройдёт в Баку."


def write(path: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    return path


def lines(*records: Any) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
