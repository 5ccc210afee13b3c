"""The vector-set matcher over TLS: it speaks to the server whose certificate it was given, and to no other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.matching.vector_set import VectorSetGallery
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision
from server.matching.vector_set_server import VectorServer
from tests.fakes.memory_gallery import MemoryGallerySource
from tests.fakes.templates import MODEL, references
from tests.integration.matching.vector_sets import found, ids, refused
from tests.real_cluster import Node, free_ports, need_redis8


@pytest.fixture
def source() -> MemoryGallerySource:
    source = MemoryGallerySource()
    for entry in references(20):
        source.enrol(entry)
    return source


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where a server listens by TLS, with the certificate `own.pem`; in the clear it listens for the test alone."""
    certify(tmp_path / "own")
    certify(tmp_path / "other")
    plain, port = free_ports(2)
    files = (("cert", "own.pem"), ("key", "own.key"), ("ca-cert", "own.pem"))
    words = [word for name, file in files for word in (f"--tls-{name}-file", str(tmp_path / file))]
    settings = ("--tls-port", str(port), "--tls-auth-clients", "no", *words)
    node = Node(need_redis8(), tmp_path / "node", plain, settings)
    node.start()
    try:
        yield port
    finally:
        node.kill()


def gallery(source: MemoryGallerySource, url: str) -> VectorSetGallery:
    return VectorSetGallery(Layout(MODEL, 3, Precision.Q8), source, VectorServer(url, seconds=5))


def test_it_searches_over_tls(source: MemoryGallerySource, port: int, tmp_path: Path) -> None:
    with gallery(source, f"rediss://127.0.0.1:{port}?ssl_ca_certs={tmp_path / 'own.pem'}") as matcher:
        matcher.warm()
        assert found(matcher) == ids(*range(20))


@pytest.mark.parametrize("query", ["", "?ssl_ca_certs={other}"])
def test_it_refuses_a_server_that_it_cannot_know(
    source: MemoryGallerySource, port: int, tmp_path: Path, query: str
) -> None:
    known = query.format(other=tmp_path / "other.pem")
    with gallery(source, f"rediss://127.0.0.1:{port}{known}") as matcher:
        refused(lambda: found(matcher))


def certify(place: Path) -> None:
    """A certificate of 127.0.0.1 that signs itself, in `place`.pem, and its key in `place`.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, place.name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    place.with_suffix(".pem").write_bytes(certificate.public_bytes(pem))
    place.with_suffix(".key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
