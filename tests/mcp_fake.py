"""`qa mcp` as a process of its own, with small stand-ins for the models: mcp_fake.py STORE."""

from __future__ import annotations

import sys
from pathlib import Path

from api_support import NameReader
from support import CALIBRATION, FakeEncoder

from qa.mcp import make_server
from qa.service import Service
from qa.settings import Settings

if __name__ == "__main__":
    models = {"encoder": FakeEncoder(), "reader": (NameReader(), CALIBRATION)}
    with Service.open(Settings(store=Path(sys.argv[1])), **models) as service:
        make_server(service).run("stdio")
