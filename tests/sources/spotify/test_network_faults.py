"""Network faults: certificates that a clock, or nobody, vouches for; the rest by the server."""

from __future__ import annotations

import shutil
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.sources.spotify.catalog import Catalog
from tests.sources.spotify.stand_in import StandIn

from genrelab.errors import DataError, TemporaryError
from genrelab.sources.spotify.network_faults import network_fault

openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")


def certify(folder: Path, days: int) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that runs out in so many days."""
    certificate, key, request = folder / "it.pem", folder / "key.pem", folder / "request.pem"
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for words in (
        f"req -new -newkey rsa:2048 -nodes -subj /CN=here -keyout {key} -out {request}",
        (
            f"x509 -req -in {request} -signkey {key} -days {days} -extfile {folder / 'names'} "
            f"-out {certificate}"
        ),
    ):
        done = subprocess.run(["openssl", *words.split()], capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"this openssl makes no such certificate: {done.stderr!r}")
    return certificate, key


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """A server's address, and the certificate that it shows."""
    certificate, key = certify(tmp_path, request.param)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Greeter(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                with context.wrap_socket(self.request, server_side=True):
                    pass
            except OSError:
                return  # the client hangs up where it trusts nobody

    with socketserver.TCPServer(("127.0.0.1", 0), Greeter) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        yield f"https://127.0.0.1:{listener.server_address[1]}", certificate
        listener.shutdown()
        thread.join()


def fault_of(url: str, **options) -> Exception:
    with pytest.raises((OSError, ValueError)) as caught:
        requests.get(url, timeout=5, **options)
    return network_fault(caught.value, "accounts.spotify.com")


@openssl
@pytest.mark.parametrize("server", [-1], indirect=True)
def test_a_certificate_that_is_not_valid_now_means_the_clock(server):
    url, certificate = server
    fault = fault_of(url, verify=str(certificate))
    assert isinstance(fault, DataError)
    said = str(fault)
    assert said.startswith("accounts.spotify.com: its certificate is not valid now, at 20")
    assert said.endswith(" UTC by this machine's clock; set the clock")


def test_a_server_without_https():
    with StandIn(Catalog(lambda _: None)) as api:
        fault = fault_of(api.accounts_url.replace("http:", "https:"))
    assert "accounts.spotify.com: does not speak HTTPS; its address may" in str(fault)


@openssl
@pytest.mark.parametrize("server", [30], indirect=True)
def test_a_certificate_that_nobody_vouches_for(server):
    fault = fault_of(server[0])
    assert isinstance(fault, DataError) and "REQUESTS_CA_BUNDLE" in str(fault)


def test_a_file_of_certificates_that_is_absent():
    fault = fault_of("https://127.0.0.1:1", verify="/absent/certificates.pem")
    assert isinstance(fault, DataError) and "cannot be asked; check its address" in str(fault)


def test_a_host_that_cannot_be_one():
    fault = fault_of("http://a..b/")
    assert isinstance(fault, DataError | TemporaryError)
    assert str(fault).startswith("accounts.spotify.com: cannot be ")
