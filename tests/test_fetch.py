from __future__ import annotations

import gzip
import http.server
import socket
import ssl
import threading
import time
from http.client import HTTPConnection

import pytest
from api_support import serving

from embeddings.errors import ArticleError
from qa.api.fetch import fetch_page, public_addresses

PAGE = (
    "<html><head><title>Bridge opened</title></head><body><article><h1>Bridge opened</h1>"
    + "<p>The bridge was opened by Aliyeva in Ganja on Monday, the ministry said.</p>" * 4
    + "</article></body></html>"
)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind, body, status, extra = "text/html", PAGE.encode(), 200, {}
        if self.path == "/plain":
            kind, body = "text/plain; charset=utf-8", "Мост открыт.".encode()
        elif self.path == "/loop":
            status, extra = 302, {"Location": "/loop"}
        elif self.path == "/inside":
            status, extra = 301, {"Location": "http://127.0.0.1/secret"}
        elif self.path == "/file":
            status, extra = 302, {"Location": "file:///etc/passwd"}
        elif self.path == "/image":
            kind = "image/png"
        elif self.path == "/long":
            body = b"x" * 10_000
        elif self.path == "/gone":
            status = 404
        elif self.path == "/nowhere":
            status, extra = 302, {"Location": "http://[::1"}
        elif self.path == "/packed":
            body, extra = gzip.compress(body), {"Content-Encoding": "gzip"}
        elif self.path == "/as-it-is":
            extra = {"Content-Encoding": "identity"}
        elif self.path.startswith("/charset/"):
            name = self.path.rpartition("/")[2]
            kind, body = f"text/plain; charset={name}", "Мост открыт.".encode("koi8-r")
        elif self.path.startswith("/misnamed/"):
            name = self.path.rpartition("/")[2]
            kind, body = f"text/plain; charset={name}", "Мост открыт.".encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def fetch():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def connect(parts, address, timeout_s):
        assert address == "93.184.216.34"
        return HTTPConnection("127.0.0.1", server.server_port, timeout=timeout_s)

    def resolve(host):
        return {"public.example": ["93.184.216.34"]}.get(host, [host])

    yield lambda path: fetch_page(
        f"http://public.example{path}" if path.startswith("/") else path,
        max_bytes=5000,
        timeout_s=5,
        resolve=resolve,
        connect=connect,
    )
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_public_pages_article_is_fetched(fetch):
    page = fetch("/")
    assert "opened by Aliyeva in Ganja" in page.text
    assert page.url == "http://public.example/"
    assert fetch("/plain").text == "Мост открыт."
    assert fetch("/as-it-is").text == page.text


@pytest.mark.parametrize("path", ["/charset/koi8-r", "/misnamed/idna", "/misnamed/klingon"])
def test_the_charset_is_the_stated_one_or_utf_8_where_there_is_no_such(fetch, path):
    assert fetch(path).text == "Мост открыт."


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/loop", "redirects more than"),
        ("/inside", "private, local or reserved"),
        ("/file", "neither http nor https"),
        ("/image", "neither HTML nor plain text"),
        ("/long", "more than 5000 bytes"),
        ("/gone", "status 404"),
        ("/nowhere", "redirects to what is no URL"),
        ("/packed", "compressed, as gzip"),
        ("/charset/idna", "charset 'idna' is not known"),
        ("/charset/punycode", "charset 'punycode' is not known"),
        ("/charset/undefined", "charset 'undefined' is not known"),
        ("/charset/unicode_escape", "charset 'unicode_escape' is not known"),
        ("/charset/klingon", "charset 'klingon' is not known"),
        ("ftp://public.example/", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"),
        ("gopher://public.example/", "neither http nor https"),
        ("http://user:pass@public.example/", "names no host, or a user"),
        ("http://public.example:22/", "port 22"),
        ("http://public.example:99999/", "no URL"),
        ("http:///", "names no host"),
        ("http://[::1/", "no URL"),
        ("http://public.example/\r\nHost: evil", "percent-encoded"),
    ],
)
def test_everything_else_is_refused(fetch, path, words):
    with pytest.raises(ArticleError, match=words):
        fetch(path)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:1::1",
        "2001:20::1",
        "2001:db8::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "4000::1",
        "fec0::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "::ffff:0:10.0.0.1",
        "::ffff:93.184.216.34",
        "64:ff9b:1::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public_are_refused(address):
    with pytest.raises(ArticleError, match="private, local or reserved"):
        public_addresses("http://x/", "x", lambda _: [address])
    with pytest.raises(ArticleError):
        public_addresses("http://x/", "x", lambda _: ["93.184.216.34", address])


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "2001:200::1", "2a00::1"]
)
def test_public_addresses_are_taken(address):
    assert public_addresses("http://x/", "x", lambda _: [address]) == [address]


def test_an_unknown_host_is_refused():
    def unknown(_):
        raise OSError

    with pytest.raises(ArticleError, match="host is not known"):
        public_addresses("http://x/", "x", unknown)


def test_a_server_with_fetching_on_still_refuses_local_pages(tmp_path):
    with serving(tmp_path, fetch_urls=True) as client:
        response = client.post("/v1/articles", json={"fetch_url": "http://127.0.0.1:1/"})
        assert response.status_code == 422
        assert "port 1" in response.json()["detail"]
        response = client.post("/v1/articles", json={"fetch_url": "http://127.0.0.1/"})
        assert "private, local or reserved" in response.json()["detail"]


def only(address):
    return lambda _: [address]


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(111, "refused"), ssl.SSLError("no TLS"), TimeoutError()]
)
def test_a_server_that_takes_no_connection_is_the_pages_fault(error):
    def connect(*_):
        raise error

    with pytest.raises(ArticleError, match="cannot be reached"):
        fetch_page(
            "https://x.example/",
            max_bytes=1,
            timeout_s=5,
            resolve=only("93.184.216.34"),
            connect=connect,
        )


def test_the_next_address_is_tried_when_one_is_not_reached():
    tried = []

    def connect(parts, address, timeout_s):
        tried.append(address)
        raise OSError

    with pytest.raises(ArticleError):
        fetch_page(
            "http://x.example/",
            max_bytes=1,
            timeout_s=5,
            resolve=lambda _: ["2606:2800:220:1::1", "93.184.216.34"],
            connect=connect,
        )
    assert tried == ["2606:2800:220:1::1", "93.184.216.34"]


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n", b""])
def test_a_page_that_drips_is_given_up_at_the_deadline(start):
    listener = socket.create_server(("127.0.0.1", 0))

    def drip():
        peer, _ = listener.accept()
        with peer:
            peer.recv(65_536)
            peer.sendall(start)
            for _ in range(60):
                time.sleep(0.05)
                try:
                    peer.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    port = listener.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(ArticleError, match="takes too long"):
        fetch_page(
            "http://x.example/",
            max_bytes=10_000,
            timeout_s=0.4,
            resolve=only("93.184.216.34"),
            connect=lambda _, __, left_s: HTTPConnection("127.0.0.1", port, timeout=left_s),
        )
    assert time.monotonic() - began < 1.5
    thread.join()
    listener.close()


def test_a_slow_look_up_is_given_up_at_the_deadline():
    released = threading.Event()

    def resolve(_):
        released.wait(10)
        return ["93.184.216.34"]

    began = time.monotonic()
    with pytest.raises(ArticleError, match="takes too long"):
        fetch_page("http://x.example/", max_bytes=1, timeout_s=0.2, resolve=resolve)
    assert time.monotonic() - began < 2
    released.set()
