"""`qa serve` as a process of its own, with small stand-ins for the models.

serve_fake.py STORE [SETTINGS]      settings as JSON
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from api_support import NameReader, Reading
from support import CALIBRATION, FakeEncoder

from qa.serve import serve
from qa.service import Service
from qa.settings import Settings


class SlowReader(NameReader):
    def read(self, question: str, passages: list[str]) -> list[Reading]:
        if "slowly" in question:
            time.sleep(1.5)
        if "for ever" in question:
            time.sleep(60)
        return super().read(question, passages)


class SlowEncoder(FakeEncoder):
    def encode_passages(self, texts):
        time.sleep(0.02 * len(texts))
        return super().encode_passages(texts)


if __name__ == "__main__":
    given = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    settings = Settings(
        store=Path(sys.argv[1]), port=0, log_format="json", **{"queue_wait_s": 60, **given}
    )
    with Service.open(
        settings, create=True, encoder=SlowEncoder(), reader=(SlowReader(), CALIBRATION)
    ) as service:
        serve(
            settings,
            service=service,
            on_listening=lambda url: print(url, flush=True),
        )
