from __future__ import annotations

import http.server
import threading
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


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/loop", "redirects more than"),
        ("/inside", "private, local or reserved"),
        ("/file", "neither http nor https"),
        ("/image", "neither HTML nor plain text"),
        ("/long", "more than 5000 bytes"),
        ("/gone", "status 404"),
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
        "192.0.2.1",
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
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public_are_refused(address):
    with pytest.raises(ArticleError, match="private, local or reserved"):
        public_addresses("http://x/", "x", lambda _: [address])
    with pytest.raises(ArticleError):
        public_addresses("http://x/", "x", lambda _: ["93.184.216.34", address])


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
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
