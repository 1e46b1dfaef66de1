"""A SAML provider on this machine's loopback: real keys, real signatures, and a page that posts the answer as browsers do."""

from __future__ import annotations

import base64
import html
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
NAMES = {"saml": ASSERTION, "samlp": PROTOCOL, "ds": SIGNATURE}

_ANSWER = """\
<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" ID="_r{number}" Version="2.0"
    IssueInstant="{now}" Destination="{destination}"{in_response_to}>
  <saml:Issuer>{issuer}</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>
  <saml:Assertion ID="_a{number}" Version="2.0" IssueInstant="{now}">
    <saml:Issuer>{issuer}</saml:Issuer>
    <saml:Subject>
      <saml:NameID Format="{format}">{subject}</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:{method}">
        <saml:SubjectConfirmationData{recipient}{confirmed_until}{confirmed_for}/>
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore="{not_before}" NotOnOrAfter="{not_on_or_after}">{audience}</saml:Conditions>
    <saml:AuthnStatement AuthnInstant="{now}">
      <saml:AuthnContext>
        <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef>
      </saml:AuthnContext>
    </saml:AuthnStatement>
    {attributes}
  </saml:Assertion>
</samlp:Response>"""

_METADATA = """\
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="{SIGNATURE}" entityID="{issuer}">
  <md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}">
    {keys}
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:{binding}" Location="{sso_url}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>"""


class SamlProvider:
    """Signs in whoever `person` says. `values` changes what an answer says (times from now), `tamper` the finished XML."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.issuer = f"{url}/metadata"
        self.key, self.certificate = pair()
        self.person: dict[str, Any] = {}
        self.values: dict[str, Any] = {}
        self.sign_with: Any = None
        self.sign: Callable[[etree._Element], None] = self.signed
        self.tamper: Callable[[etree._Element], etree._Element] = lambda answer: answer
        self.count = 0

    def metadata(self, *, certificates: list[str] | None = None, **changes: Any) -> str:
        """What an admin copies from the provider."""
        values = {"issuer": self.issuer, "sso_url": f"{self.url}/sso", "binding": "HTTP-Redirect"} | changes
        keys = "".join(
            f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{body(text)}'
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for text in (certificates if certificates is not None else [self.certificate])
        )
        escaped = {name: html.escape(value) for name, value in values.items()}
        return _METADATA.format(PROTOCOL=PROTOCOL, SIGNATURE=SIGNATURE, keys=keys, **escaped)

    def answer(self, asked: etree._Element | None, audience: str = "", acs: str = "") -> str:
        """The base64 of the answer to a request; without one, an answer that nobody asked for."""
        if asked is not None:
            audience = asked.findtext(f"{{{ASSERTION}}}Issuer", "")
            acs = asked.get("AssertionConsumerServiceURL", "")
        name = asked.get("ID", "") if asked is not None else ""
        tree = etree.fromstring(self._xml(name, audience, acs).encode())
        self.sign(tree)
        return base64.b64encode(etree.tostring(self.tamper(tree))).decode()

    def signed(self, answer: etree._Element, part: str = "saml:Assertion", **how: Any) -> None:
        """Put a signature over a part of the answer into it."""
        found = answer if part == "samlp:Response" else answer.find(part, NAMES)
        assert found is not None
        key = xmlsec.Key.from_memory((self.sign_with or self.key), xmlsec.KeyFormat.PEM, None)
        method = how.get("method", xmlsec.Transform.RSA_SHA256)
        node = xmlsec.template.create(found, xmlsec.Transform.EXCL_C14N, method, ns="ds")
        found.insert(1, node)
        digest = how.get("digest", xmlsec.Transform.SHA256)
        reference = xmlsec.template.add_reference(node, digest, uri=f"#{found.get('ID')}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        context = xmlsec.SignatureContext()
        context.key = key
        xmlsec.tree.add_ids(answer, ["ID"])
        context.sign(node)

    def visited(self, address: str) -> tuple[str, str]:
        """Where the provider's page posts, and the answer that it posts, for the address that a browser was sent to."""
        query = parse_qs(urlsplit(address).query)
        asked = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15))
        return asked.get("AssertionConsumerServiceURL", ""), self.answer(asked)

    def _xml(self, name: str, audience: str, acs: str) -> str:
        now = datetime.now(UTC)
        self.count += 1
        values = {
            "issuer": self.issuer,
            "destination": acs,
            "status": "Success",
            "method": "bearer",
            "format": PERSISTENT,
            "not_before": timedelta(minutes=-1),
            "not_on_or_after": timedelta(minutes=5),
            "confirmed_until": timedelta(minutes=5),
            "recipient": acs,
            "audience": audience,
            "in_response_to": name,
            "confirmed_for": name,
        } | self.values
        person = dict(self.person)
        values["subject"] = person.pop("subject")
        texts = {
            key: _time(now + value) if isinstance(value, timedelta) else html.escape(value)
            for key, value in values.items()
        }
        for key, attribute in (
            ("in_response_to", "InResponseTo"),
            ("confirmed_for", "InResponseTo"),
            ("recipient", "Recipient"),
            ("confirmed_until", "NotOnOrAfter"),
        ):
            texts[key] = f' {attribute}="{texts[key]}"' if texts[key] else ""
        if texts["audience"]:
            inner = f"<saml:Audience>{texts['audience']}</saml:Audience>"
            texts["audience"] = f"<saml:AudienceRestriction>{inner}</saml:AudienceRestriction>"
        return _ANSWER.format(
            PROTOCOL=PROTOCOL,
            ASSERTION=ASSERTION,
            number=self.count,
            now=_time(now),
            attributes=_attributes(person),
            **texts,
        )


def pair(*, days: int = 365, bits: int = 2048) -> tuple[bytes, str]:
    """A private key and a certificate of it, in PEM."""
    key = rsa.generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem, made.public_bytes(Encoding.PEM).decode()


def body(certificate: str) -> str:
    """The base64 of a certificate."""
    return "".join(certificate.strip().splitlines()[1:-1])


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _attributes(person: dict[str, Any]) -> str:
    if not person:
        return ""
    found = [
        f'<saml:Attribute Name="{html.escape(name)}">'
        + "".join(f"<saml:AttributeValue>{html.escape(one)}</saml:AttributeValue>" for one in _several(value))
        + "</saml:Attribute>"
        for name, value in person.items()
    ]
    return f"<saml:AttributeStatement>{''.join(found)}</saml:AttributeStatement>"


def _several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


@contextmanager
def running(host: str = "127.0.0.1") -> Iterator[SamlProvider]:
    """A provider whose page answers under `host` until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith("/sso?"):
                self.send_response(404)
                self.end_headers()
                return
            where, answer = provider.visited(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            form = (
                f'<form method="post" action="{html.escape(where)}">'
                f'<input type="hidden" name="SAMLResponse" value="{answer}"></form>'
                "<script>document.forms[0].submit()</script>"
            )
            self.wfile.write(form.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = SamlProvider(f"http://{host}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
