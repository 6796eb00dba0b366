"""Runs the HTTP API: the socket, the address guard, the signals, the orderly end.

This module must not know any route.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

from embeddings.errors import UsageError
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.service import Service

__all__ = ["serve"]


def serve(
    settings: Settings,
    *,
    service: Service | None = None,
    on_listening: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; what was begun is finished first.

    What takes longer than `settings.shutdown_grace_s` is cut off: then the process ends here,
    with exit code 1.

    Args:
        settings: see `qa.settings`.
        service: None opens the store that `settings` names, and makes it where there is none.
        on_listening: told the server's address in clear when it accepts connections.

    Raises:
        UsageError: the address cannot be bound, or is not loopback and there is no key.
        MenbeError: the store cannot be opened.
    """
    import uvicorn

    from qa.api import create_app
    from qa.api.guard import is_loopback, make_limit
    from qa.api.wire import make_protocol
    from qa.keys import Keyring, keys_path
    from qa.logs import adopt_standard_logging, make_logger
    from qa.service import Service

    make_limit(settings.rate_limit)
    keyring = Keyring(keys_path(settings.store, settings.keys))
    if not is_loopback(settings.host) and not keyring.usable:
        raise UsageError(
            f"{settings.host} can be reached from other machines and there is no API key",
            "Make one with: qa keys add NAME; or bind to 127.0.0.1.",
        )
    log = make_logger(settings.log_format)
    adopt_standard_logging(log, "uvicorn")
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listen(settings.host, settings.port))
        if service is None:
            service = stack.enter_context(Service.open(settings, create=True))
        app = create_app(service, settings, log=log)
        config = uvicorn.Config(
            app,
            http=make_protocol(app.state.shared),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="on",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=settings.shutdown_grace_s,
        )

        class Server(uvicorn.Server):
            # uvicorn's own raises the signal again at the end, which would skip closing the store.
            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                if threading.current_thread() is not threading.main_thread():
                    yield
                    return
                numbers = (signal.SIGINT, signal.SIGTERM)
                before = {number: signal.signal(number, self.handle_exit) for number in numbers}
                try:
                    yield
                finally:
                    for number, handler in before.items():
                        signal.signal(number, handler)

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets=sockets)
                if self.started:
                    host, port = listener.getsockname()[:2]
                    shown = f"[{host}]" if ":" in host else host
                    log.info("listening", url=f"http://{shown}:{port}")
                    if on_listening is not None:
                        on_listening(f"http://{shown}:{port}")

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                app.state.shared.stop()
                await super().shutdown(sockets=sockets)

        Server(config).run(sockets=[listener])
        log.info("stopped")
        if not app.state.shared.ended and threading.current_thread() is threading.main_thread():
            _leave()


def _leave() -> NoReturn:
    """End the process with what still runs in it: closing the store, or the interpreter's own
    end, would wait for that. What was acknowledged is on the disk."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(1)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host} port {port}: {error.strerror}",
            "Give another --port or --host, or stop what uses it.",
        ) from error
    # Connections inherit it. asyncio sets it only on sockets made with an explicit protocol, and
    # without it a reply's second packet waits 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
