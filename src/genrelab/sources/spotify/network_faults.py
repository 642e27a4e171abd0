"""Network faults: what keeps a server from answering, in one sentence.

Conventions
-----------
A fault that may pass by itself (no network, a server that is down) is a `TemporaryError`; one
that someone must mend (a clock, a certificate, a setting) is a `DataError`. The sentence
names the server and shows nothing of what was sent to it: messages of other libraries may.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from genrelab.errors import DataError, GenrelabError, TemporaryError, UsageError

AGAIN = "run the same command again"


def server_name(url: str, option: str) -> str:
    """Name the server of an address, without what else that may hold.

    Raises
    ------
    UsageError
        If it is no address; the sentence names the option that gave it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port or an IPv6 address that is none
        parts, port = urlsplit(""), None
    is_plain = re.fullmatch(r"[!-~]*", url) and not re.search("[?#@]", url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
        raise UsageError(
            f"{option}: is no address of a server; expected one that begins with https://, with "
            "no spaces, no name or password, and nothing behind its path"
        )
    return f"{parts.hostname}:{port}" if port else parts.hostname


def network_fault(error: Exception, server: str) -> GenrelabError:
    """Explain an exception of `requests`, or what it lets through of lower floors.

    Parameters
    ----------
    error : Exception
    server : str
        Name of the server, for the sentence.
    """
    from requests import exceptions

    if isinstance(error, exceptions.SSLError):
        return DataError(f"{server}: {_certificate_fault(str(error))}")
    if isinstance(error, exceptions.ProxyError):
        return TemporaryError(
            f"{server}: cannot be reached through the proxy that the environment names; "
            f"check HTTPS_PROXY and {AGAIN}"
        )
    if isinstance(error, exceptions.Timeout):
        return TemporaryError(f"{server}: no answer in time; {AGAIN} later")
    if isinstance(error, exceptions.ChunkedEncodingError | exceptions.ContentDecodingError):
        return TemporaryError(f"{server}: its answer broke off; {AGAIN}")
    if isinstance(error, exceptions.ConnectionError):
        return TemporaryError(f"{server}: cannot be reached; check the network and {AGAIN}")
    return DataError(f"{server}: {_fault_of_settings(str(error))}")


def _fault_of_settings(said: str) -> str:
    if "SOCKS" in said:
        return "the environment names a SOCKS proxy; unset ALL_PROXY, or `pip install pysocks`"
    return (
        "cannot be asked; check its address, and the environment's settings of proxies and "
        "certificates"
    )


def _certificate_fault(said: str) -> str:
    if "not yet valid" in said or "has expired" in said:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        return f"its certificate is not valid now, at {now} by this machine's clock; set the clock"
    if "wrong version number" in said.lower().replace("_", " "):
        return "does not speak HTTPS; its address may have to begin with http://"
    return (
        "no connection that can be trusted; where a proxy of your own reads along, name its "
        "certificates in REQUESTS_CA_BUNDLE"
    )
