"""Fetches a public web page, where that is switched on, and nothing that is not public.

A name is looked up once, every address it has must be public, and the connection goes to the
address that was checked: a second look-up could give another one. Each redirect is checked again.

This module must not know what the text is for.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import SplitResult, urljoin, urlsplit

from embeddings.errors import ArticleError
from embeddings.fields import Record
from embeddings.webpages import read_html

__all__ = ["fetch_page", "public_addresses"]

_PORTS = {"http": 80, "https": 443}
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REMEDY = "Give a public http or https page, or send its text."

Resolve = Callable[[str], list[str]]
Connect = Callable[[SplitResult, str, float], http.client.HTTPConnection]


def fetch_page(
    url: str,
    *,
    max_bytes: int,
    timeout_s: float,
    resolve: Resolve | None = None,
    connect: Connect | None = None,
) -> Record:
    """The article of the page at `url`, with what the page states about it.

    Args:
        url: http or https, on its scheme's own port.
        max_bytes: longest body.
        timeout_s: longest time for all of it, redirects too.
        resolve: host name to IP addresses; None asks the system.
        connect: makes the connection to a checked address; None uses TCP and TLS.

    Raises:
        ArticleError: the address is not public, or the page cannot be read.
    """
    deadline = time.monotonic() + timeout_s
    for _ in range(_MAX_REDIRECTS + 1):
        parts = _checked(url)
        host = parts.hostname
        assert host is not None  # noqa: S101 - `_checked` refuses a URL without one
        address = public_addresses(url, host, _resolve if resolve is None else resolve)[0]
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise _refused(url, "it takes too long")
        connection = (_connect if connect is None else connect)(parts, address, left_s)
        try:
            status, headers, body = _get(connection, parts, url, max_bytes, deadline)
        finally:
            connection.close()
        if status not in _REDIRECTS:
            break
        url = urljoin(url, headers.get("Location", ""))
    else:
        raise _refused(url, f"it redirects more than {_MAX_REDIRECTS} times")
    if status != 200:
        raise _refused(url, f"the server there replied with status {status}")
    return _record(url, headers, body)


def public_addresses(url: str, host: str, resolve: Resolve) -> list[str]:
    """The host's addresses, when every one of them is public.

    Raises:
        ArticleError: it has none, or one is private, local or reserved.
    """
    try:
        addresses = resolve(host)
    except (OSError, UnicodeError) as error:
        raise _refused(url, "its host is not known") from error
    if not addresses:
        raise _refused(url, "its host has no address")
    for given in addresses:
        address = ipaddress.ip_address(given.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        tunnelled = getattr(address, "sixtofour", None), getattr(address, "teredo", None)
        if any(tunnelled) or not _is_public(address if mapped is None else mapped):
            raise _refused(url, "its address is private, local or reserved")
    return addresses


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    nat64 = address in ipaddress.ip_network("64:ff9b::/96") if address.version == 6 else False
    return address.is_global and not address.is_multicast and not nat64


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(url, "it is no URL") from error
    if parts.scheme not in _PORTS:
        raise _refused(url, "its scheme is neither http nor https")
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise _refused(url, "it names no host, or a user")
    if port not in (None, _PORTS[parts.scheme]):
        raise _refused(url, f"port {port} is not its scheme's own")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise _refused(url, "it holds characters that must be percent-encoded")
    return parts


def _resolve(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _connect(parts: SplitResult, address: str, timeout_s: float) -> http.client.HTTPConnection:
    host = str(parts.hostname)
    port = _PORTS[parts.scheme]
    plain = socket.create_connection((address, port), timeout=timeout_s)
    if parts.scheme == "https":
        try:
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    connection.sock = plain
    return connection


def _get(
    connection: http.client.HTTPConnection,
    parts: SplitResult,
    url: str,
    max_bytes: int,
    deadline: float,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    target = parts._replace(scheme="", netloc="", fragment="").geturl()
    try:
        connection.request(
            "GET",
            target if target.startswith("/") else f"/{target}",
            headers={
                "User-Agent": "Menbe",
                "Accept": "text/html, text/plain",
                "Accept-Encoding": "identity",
                "Host": str(parts.hostname),
            },
        )
        response = connection.getresponse()
        body = b""
        while piece := response.read1(65_536):
            body += piece
            if len(body) > max_bytes:
                raise _refused(url, f"it has more than {max_bytes} bytes")
            if time.monotonic() > deadline:
                raise _refused(url, "it takes too long")
    except (OSError, http.client.HTTPException) as error:
        raise _refused(url, "it cannot be read") from error
    return response.status, response.headers, body


def _record(url: str, headers: http.client.HTTPMessage, body: bytes) -> Record:
    kind = headers.get_content_type()
    if kind not in ("text/html", "application/xhtml+xml", "text/plain"):
        raise _refused(url, f"it is {kind}, neither HTML nor plain text")
    charset = headers.get_content_charset("utf-8")
    try:
        text = body.decode(charset, errors="replace")
    except LookupError:
        text = body.decode("utf-8", errors="replace")
    record = Record(text, url) if kind == "text/plain" else read_html(text, origin=url)
    return replace(record, url=url)


def _refused(url: str, problem: str) -> ArticleError:
    shown = url.encode("ascii", "replace").decode("ascii")[:200]
    return ArticleError(shown, problem, _REMEDY)
