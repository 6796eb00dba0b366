"""The command `qa mcp`, with small stand-ins for the models: mcp_fake.py mcp --store STORE."""

from __future__ import annotations

from functools import partial

from api_support import NameReader
from support import CALIBRATION, FakeEncoder

from qa.cli import main
from qa.service import Service

if __name__ == "__main__":
    models = {"encoder": FakeEncoder(), "reader": (NameReader(), CALIBRATION)}
    Service.open = partial(Service.open, **models)
    main()
