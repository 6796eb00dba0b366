"""Fetches a public web page, where that is switched on, and nothing that is not public.

A name is looked up once, every address it has must be public, and the connection goes to the
address that was checked: a second look-up could give another one. Each redirect is checked again.
Whatever goes wrong on the way is the page's fault and an `ArticleError`, and one deadline holds for
all of it: the server at the other end decides how its bytes drip.

This module must not know what the text is for.
"""

from __future__ import annotations

import codecs
import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from embeddings.errors import ArticleError
from embeddings.fields import Record
from embeddings.webpages import read_html

__all__ = ["fetch_page", "public_addresses"]

_PORTS = {"http": 80, "https": 443}
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REMEDY = "Give a public http or https page, or send its text."

# Only 2000::/3 is given out to the public Internet; these parts of it are not, or lead elsewhere.
_PUBLIC_6 = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(block)
    for block in (
        "2001::/23",  # protocol assignments, with Teredo, which wraps an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which wraps an IPv4 address
        "3fff::/20",  # documentation
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # the relays of 6to4
    )
)
# Python's codecs that no page is written in: they fail, take time that grows with the square of
# the length, or read escapes that the page does not mean.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})

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

    def look_up(host: str) -> list[str]:
        return _look_up(_resolve if resolve is None else resolve, host, deadline)

    for _ in range(_MAX_REDIRECTS + 1):
        parts = _checked(url)
        host = parts.hostname
        assert host is not None  # noqa: S101 - `_checked` refuses a URL without one
        addresses = public_addresses(url, host, look_up)
        connection = _open(
            url, parts, addresses, _connect if connect is None else connect, deadline
        )
        try:
            status, headers, body = _get(connection, parts, url, max_bytes, deadline)
        finally:
            connection.close()
        if status not in _REDIRECTS:
            break
        url = _next(url, headers.get("Location", ""))
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
    except TimeoutError as error:
        raise _refused(url, "it takes too long") from error
    except (OSError, UnicodeError) as error:
        raise _refused(url, "its host is not known") from error
    if not addresses:
        raise _refused(url, "its host has no address")
    for given in addresses:
        if not _is_public(ipaddress.ip_address(given.partition("%")[0])):
            raise _refused(url, "its address is private, local or reserved")
    return addresses


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if address.version == 6 and address not in _PUBLIC_6:
        return False  # forms that hold an IPv4 address are among these, and any to come
    if any(address in block for block in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


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


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise _refused(url, "it redirects to what is no URL") from error


def _look_up(resolve: Resolve, host: str, deadline: float) -> list[str]:
    """`resolve(host)`, given up at the deadline.

    The system's resolver knows no deadline, and whoever owns the name decides how slow it is; a
    thread that still waits ends when the resolver does.
    """
    replies: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            replies.put(resolve(host))
        except Exception as error:  # raised again in the thread that asked
            replies.put(error)

    threading.Thread(target=run, name="look-up", daemon=True).start()
    try:
        found = replies.get(timeout=max(deadline - time.monotonic(), 0))
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(found, Exception):
        raise found
    return found


def _resolve(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _open(
    url: str, parts: SplitResult, addresses: list[str], connect: Connect, deadline: float
) -> http.client.HTTPConnection:
    """A connection to the first of the checked addresses that takes one."""
    failed: OSError | None = None
    for address in addresses:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            break
        try:
            connection = connect(parts, address, left_s)
            if connection.sock is None:
                connection.connect()
        except OSError as error:  # refused, unreachable, too slow, or no TLS that can be trusted
            failed = error
        else:
            connection.sock = _Timed(connection.sock, deadline)
            return connection
    problem = "it takes too long" if failed is None else "its server cannot be reached"
    raise _refused(url, problem) from failed


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


class _Timed:
    """What `http.client` uses of a socket, with one deadline for all reads.

    A socket's own timeout starts anew with every byte, so a server could drip them for hours.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(_left_s(self._deadline))
        self._sock.sendall(data)

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))

    def close(self) -> None:
        self._sock.close()


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        # Keeps the socket open while the reply is read, though the connection is done with it.
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left_s(self._deadline))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _left_s(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _get(
    connection: http.client.HTTPConnection,
    parts: SplitResult,
    url: str,
    max_bytes: int,
    deadline: float,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    host = str(parts.hostname)
    target = parts._replace(scheme="", netloc="", fragment="").geturl()
    try:
        connection.request(
            "GET",
            target if target.startswith("/") else f"/{target}",
            headers={
                "User-Agent": "Menbe",
                "Accept": "text/html, text/plain",
                "Accept-Encoding": "identity",
                "Host": f"[{host}]" if ":" in host else host,
            },
        )
        response = connection.getresponse()
        body = bytearray()
        while piece := response.read1(65_536):
            body += piece
            if len(body) > max_bytes:
                raise _refused(url, f"it has more than {max_bytes} bytes")
    except TimeoutError as error:
        raise _refused(url, "it takes too long") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _refused(url, "it cannot be read") from error
    return response.status, response.headers, bytes(body)


def _record(url: str, headers: http.client.HTTPMessage, body: bytes) -> Record:
    kind = headers.get_content_type()
    if kind not in ("text/html", "application/xhtml+xml", "text/plain"):
        raise _refused(url, f"it is {kind[:80]}, neither HTML nor plain text")
    coding = headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):  # it was asked for as it is; unpacking would need caps
        raise _refused(
            url, f"it is sent compressed, as {coding[:20]}, though that was not asked for"
        )
    text = _decoded(url, headers, body)
    record = Record(text, url) if kind == "text/plain" else read_html(text, origin=url)
    return replace(record, url=url)


def _decoded(url: str, headers: http.client.HTTPMessage, body: bytes) -> str:
    """The text; one whose charset does not exist is read as UTF-8 where it is UTF-8."""
    charset = headers.get_content_charset("utf-8")
    with suppress(LookupError, ValueError):  # ValueError: a name that cannot be one
        if codecs.lookup(charset).name.replace("-", "_") not in _NO_CHARSETS:
            return body.decode(charset, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(url, f"its charset {charset[:40]!r} is not known") from error


def _refused(url: str, problem: str) -> ArticleError:
    shown = url.encode("ascii", "replace").decode("ascii")[:200]
    return ArticleError(shown, problem, _REMEDY)
