"""SAML 2.0 as a service provider: the web browser profile, request by redirect, answer by POST (SAML Profiles 4.1).

python3-saml reads the XML and checks signatures. It leaves open what the standard does (an assertion without an audience, or
one that was not asked for), so `finish` asks for those as well.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import ParseError

from django.conf import settings
from django.urls import reverse
from lxml.etree import LxmlError
from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request as AuthnRequest
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser as MetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response as SamlResponse
from onelogin.saml2.settings import OneLogin_Saml2_Settings as Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

from hub.domain import identities
from hub.domain.identities import Identity
from hub.models import SsoConnection
from hub.sso.errors import Failed

MAX_BYTES = 256 * 1024  # of an answer, or of a provider's metadata
_FAULTS = (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, LxmlError, ParseError, ValueError, TypeError, KeyError)

# Under which names providers send these, the standards' own first: LDAP's short names and OIDs, WS-Federation, Entra ID.
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
EMAIL = ("email", "mail", "urn:oid:0.9.2342.19200300.100.1.3", "emailAddress", f"{_CLAIMS}/emailaddress")
USERNAME = ("username", "uid", "urn:oid:0.9.2342.19200300.100.1.1", "login", f"{_CLAIMS}/name")
NAME = (
    "displayName",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "cn",
    "name",
    "http://schemas.microsoft.com/identity/claims/displayname",
)

_Errors = OneLogin_Saml2_ValidationError
# What to tell those who set the connection up; the library's own messages quote what was sent.
_REASONS = {
    _Errors.STATUS_CODE_IS_NOT_SUCCESS: "The provider refused to sign the person in.",
    _Errors.ASSERTION_TOO_EARLY: "The assertion is not valid yet. Compare the clocks of the provider and the hub.",
    _Errors.ASSERTION_EXPIRED: "The assertion has expired. Compare the clocks of the provider and the hub.",
    _Errors.SESSION_EXPIRED: "The session at the provider has expired.",
    _Errors.WRONG_DESTINATION: "The answer is for another address than the one shown here.",
    _Errors.WRONG_AUDIENCE: "The assertion is for another service than the entity ID shown here.",
    _Errors.WRONG_ISSUER: "The answer is another provider's than the one in the metadata.",
    _Errors.WRONG_INRESPONSETO: "The answer belongs to another sign-in.",
    _Errors.WRONG_SUBJECTCONFIRMATION: "The assertion is not for this address and this sign-in, or came too late.",
    _Errors.NO_SIGNED_ASSERTION: "The assertion is not signed. Have the provider sign assertions.",
    _Errors.NO_SIGNATURE_FOUND: "The answer is not signed. Have the provider sign assertions.",
    _Errors.INVALID_SIGNATURE: "The signature does not hold. Paste the provider's present metadata.",
    _Errors.DEPRECATED_SIGNATURE_METHOD: "The signature uses SHA-1. Have the provider sign with SHA-256.",
    _Errors.DEPRECATED_DIGEST_METHOD: "The signature uses SHA-1. Have the provider sign with SHA-256.",
    _Errors.WRONG_NUMBER_OF_ASSERTIONS: "The answer must hold exactly one assertion, which is not encrypted.",
    _Errors.NO_NAMEID: "The provider did not send a name ID.",
    _Errors.EMPTY_NAMEID: "The provider did not send a name ID.",
}


class InvalidMetadata(ValueError):
    """What was given does not describe a provider that can be used; the message says why."""


@dataclass(frozen=True)
class Provider:
    """What a provider's metadata says of it."""

    entity_id: str
    sso_url: str
    certificates: str


@dataclass(frozen=True)
class Started:
    """Where to send the person, and the id of the request that the answer has to name."""

    url: str
    request_id: str


def entity_id(connection: SsoConnection) -> str:
    """What the hub is called at the connection's provider, which is where its metadata is."""
    return f"{settings.BASE_URL}{reverse('sso-metadata', args=[connection.key])}"


def acs_url(connection: SsoConnection) -> str:
    """Where the provider has the person's browser post its answer (the assertion consumer service)."""
    return f"{settings.BASE_URL}{reverse('sso-assertion', args=[connection.key])}"


def metadata(connection: SsoConnection) -> bytes:
    """What the provider has to know of the hub, as XML."""
    found = _settings(connection, sp_only=True).get_sp_metadata()
    return found if isinstance(found, bytes) else str(found).encode()


def provider_of(text: str) -> Provider:
    """What a provider's metadata says. Raises InvalidMetadata."""
    if len(text) > MAX_BYTES:
        raise InvalidMetadata("The metadata is too long. It should describe one provider.")
    try:
        # Entities and DTDs are refused by the parser.
        descriptors = Xml.query(Xml.to_etree(text.strip().encode()), "//md:IDPSSODescriptor")
        found = MetadataParser.parse(text.strip().encode(), required_sso_binding=Names.BINDING_HTTP_REDIRECT)
    except Exception as error:  # the parser's refusals have no common class
        raise InvalidMetadata(
            f"This is not a provider's metadata. It is XML with an IDPSSODescriptor ({type(error).__name__})."
        ) from None
    if len(descriptors) != 1:
        raise InvalidMetadata("The metadata must describe exactly one provider.")
    idp = found.get("idp", {})
    name, address = str(idp.get("entityId", "")), str(idp.get("singleSignOnService", {}).get("url", ""))
    if not name or len(name) > 500 or not name.isprintable():
        raise InvalidMetadata("The provider's entityID has 1 to 500 visible characters.")
    _check_address(address)
    multiple = idp.get("x509certMulti", {}).get("signing", [])
    given = multiple or ([idp["x509cert"]] if idp.get("x509cert") else [])
    return Provider(name, address, _certificates(given))


def start(connection: SsoConnection) -> Started:
    """Begin a sign-in. Raises Failed if the connection is not complete."""
    if not connection.sso_url or not connection.certificates:
        raise Failed("The provider's metadata is missing.")
    request = AuthnRequest(_settings(connection))
    query = urlencode({"SAMLRequest": request.get_request()})
    separator = "&" if "?" in connection.sso_url else "?"
    return Started(f"{connection.sso_url}{separator}{query}", request.get_id())


def answers(response: str) -> str:
    """The id of the request that an answer says it is for, or nothing. Nothing of it is checked yet."""
    if not response or len(response) > MAX_BYTES:
        return ""
    try:
        return str(Xml.to_etree(Utils.b64decode(response)).get("InResponseTo", ""))
    except Exception:  # whatever is wrong with what anybody may post, it answers nothing
        return ""


def finish(connection: SsoConnection, response: str, request_id: str) -> Identity:
    """Who came back with `response`, which has to answer `request_id`. Raises Failed."""
    try:
        checked = SamlResponse(_settings(connection), response)
        # Schema, one assertion, its signature, times, issuers, destination, audience.
        checked.is_valid(_request_data(connection), request_id=request_id, raise_exceptions=True)
        _check_bound(connection, checked, request_id)
        name_id = checked.get_nameid_data()
        attributes = checked.get_attributes()
    except _Errors as error:
        raise Failed(_REASONS.get(error.code, f"The answer does not hold (reason {error.code}).")) from None
    except _FAULTS as error:
        raise Failed(f"The answer cannot be read ({type(error).__name__}).") from None
    if name_id.get("Format") == Names.NAMEID_TRANSIENT:
        raise Failed("The provider sends another name ID each time. Have it send a persistent one.")
    is_address = name_id.get("Format") == Names.NAMEID_EMAIL_ADDRESS
    try:
        return identities.identity(
            subject=name_id.get("Value"),
            email=_first(attributes, EMAIL) or (name_id.get("Value") if is_address else ""),
            username=_first(attributes, USERNAME),
            name=_first(attributes, NAME),
            groups=attributes.get(connection.groups_claim) if connection.groups_claim else None,
        )
    except identities.InvalidIdentity as error:
        raise Failed(str(error)) from None


def _check_bound(connection: SsoConnection, checked: SamlResponse, request_id: str) -> None:
    """The signed assertion itself has to be for this request, this address and this service, and to end.

    Raises Failed. The library compares each of these only if it is there, and addresses only by how they begin.
    """
    if checked.get_in_response_to() != request_id:
        raise Failed(_REASONS[_Errors.WRONG_INRESPONSETO])
    if entity_id(connection) not in checked.get_audiences():
        raise Failed(_REASONS[_Errors.WRONG_AUDIENCE])
    if checked.document.get("Destination", acs_url(connection)) != acs_url(connection):
        raise Failed(_REASONS[_Errors.WRONG_DESTINATION])
    for node in Xml.query(checked.document, "/samlp:Response/saml:Assertion/saml:Subject/saml:SubjectConfirmation"):
        data = node.find("saml:SubjectConfirmationData", namespaces=Names.NSMAP)
        if (
            node.get("Method") == Names.CM_BEARER
            and data is not None
            and data.get("InResponseTo") == request_id
            and data.get("Recipient") == acs_url(connection)
            and data.get("NotBefore") is None
            and data.get("NotOnOrAfter") is not None
            and Utils.parse_SAML_to_time(data.get("NotOnOrAfter")) > time.time()
        ):
            return
    raise Failed(_REASONS[_Errors.WRONG_SUBJECTCONFIRMATION])


def _request_data(connection: SsoConnection) -> dict[str, str]:
    """Where the answer arrived: the hub's own address, whatever the request's headers say."""
    parts = urlsplit(acs_url(connection))
    return {"https": "on" if parts.scheme == "https" else "off", "http_host": parts.netloc, "script_name": parts.path}


def _settings(connection: SsoConnection, *, sp_only: bool = False) -> Settings:
    found: dict[str, Any] = {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": entity_id(connection),
            "assertionConsumerService": {"url": acs_url(connection), "binding": Names.BINDING_HTTP_POST},
            "NameIDFormat": Names.NAMEID_UNSPECIFIED,
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantAttributeStatement": False,
            "wantNameId": True,
            "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True,
            "allowRepeatAttributeName": True,
            "allowSingleLabelDomains": True,
        },
    }
    if not sp_only:
        found["idp"] = {
            "entityId": connection.issuer,
            "singleSignOnService": {"url": connection.sso_url, "binding": Names.BINDING_HTTP_REDIRECT},
            "x509certMulti": {"signing": identities.bodies(connection.certificates)},
        }
    return Settings(found, sp_validation_only=sp_only)


def _check_address(address: str) -> None:
    """The person's browser goes there, not the hub, so that a provider inside of the company's network will do."""
    parts = urlsplit(address)
    is_exempt = parts.scheme == "http" and parts.netloc in settings.SSO_ALLOWED_HOSTS
    if not parts.hostname or (parts.scheme != "https" and not is_exempt) or not address.isprintable():
        raise InvalidMetadata("The metadata names no address that begins with “https://” for HTTP-Redirect.")
    if len(address) > 500 or parts.fragment:
        raise InvalidMetadata("The provider's address has at most 500 characters and no “#”.")


def _certificates(given: list[str]) -> str:
    """The certificates that can be used; one that has expired stays beside its successor in many providers' metadata."""
    good, problem = [], "The metadata holds no certificate for signing."
    for text in given[: identities.MAX_CERTIFICATES * 2]:
        try:
            good.append(identities.certificates(text))
        except identities.InvalidCertificate as error:
            problem = str(error)
    if not good:
        raise InvalidMetadata(problem)
    return "".join(dict.fromkeys(good[: identities.MAX_CERTIFICATES]))


def _first(attributes: dict[str, list[Any]], names: tuple[str, ...]) -> object:
    return next((attributes[name][0] for name in names if attributes.get(name)), "")
