"""Second factors in a real browser: an app's codes, recovery codes, and passkeys with Chromium's virtual authenticator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from hub import totp
from tests.conftest import PASSWORD

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def with_device() -> Callable[[Page], Callable[[bool], None]]:
    """Gives a page a device that keeps passkeys: `verify = with_device(page)`; `verify(False)` has its owner refuse."""

    def plug_in(page: Page) -> Callable[[bool], None]:
        devices = page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        made = devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

        def verify(willing: bool) -> None:
            named = {"authenticatorId": made["authenticatorId"], "isUserVerified": willing}
            devices.send("WebAuthn.setUserVerified", named)

        return verify

    return plug_in


def sign_up(page: Page, name: str = "ada") -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(f"{name}@example.com")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("link", name="Sign in")).to_have_count(0)
    _confirm(name)


def _confirm(name: str) -> None:
    EmailAddress.objects.filter(user__username=name).update(verified=True)


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def type_password(page: Page, name: str = "ada") -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username or email address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def type_code(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


def expect_signed_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Account")).to_be_visible()


def code_at(secret: str, step: int) -> str:
    return format_hotp_value(hotp_value(secret, step))


def set_app_up(page: Page) -> str:
    """Set an app up from the page about security; gives its key."""
    page.goto("/settings/security")
    page.get_by_role("link", name="Set up an app").click()
    secret = page.get_by_role("region", name="Key").inner_text().strip()
    page.get_by_label("Code that the app shows").fill(code_at(secret, totp.step_now()))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return secret


def make_passkey(page: Page, name: str, *, alone: bool = True) -> None:
    """Add a passkey from the page about security."""
    page.goto("/settings/security")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("checkbox", name="Sign in with it alone").set_checked(alone)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()


def test_an_app_is_set_up_and_each_code_signs_in_once(page: Page) -> None:
    sign_up(page)
    secret = set_app_up(page)
    codes = page.get_by_role("region", name="Unused codes").inner_text().split()
    assert len(codes) == 10

    sign_out(page)
    type_password(page)
    code = code_at(secret, totp.step_now() + 1)
    type_code(page, code)
    expect_signed_in(page)

    sign_out(page)
    type_password(page)
    for again in (code, f"{code[:3]} {code[3:]}"):
        type_code(page, again)
        expect(page.get_by_role("alert")).to_contain_text("was used before")

    type_code(page, codes[0])
    expect_signed_in(page)
    sign_out(page)
    type_password(page)
    type_code(page, codes[0])
    expect(page.get_by_role("alert")).to_contain_text("was used before")


def test_a_passkey_signs_in_without_a_password(page: Page, with_device: Any) -> None:
    verify = with_device(page)
    sign_up(page)
    make_passkey(page, "Laptop")
    page.goto("/settings/security")
    row = page.get_by_role("row").filter(has_text="Laptop")
    expect(row).to_contain_text("alone")
    expect(row).to_contain_text("never")

    sign_out(page)
    page.goto("/accounts/login/?next=/settings/security")
    verify(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("status").filter(has_text="No passkey was used")).to_be_visible()
    verify(True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Passkeys")).to_be_visible()
    expect(row).to_contain_text("just now")

    row.get_by_role("link", name="Rename").click()
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("row").filter(has_text="Old laptop").get_by_role("link", name="Remove…").click()
    expect(page.get_by_role("heading", name="Remove “Old laptop”?")).to_be_visible()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    assert not Authenticator.objects.exists()

    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey was not accepted.")).to_be_visible()


def test_a_security_key_is_the_second_step_and_proves_again(page: Page, with_device: Any) -> None:
    with_device(page)
    sign_up(page)
    make_passkey(page, "Key", alone=False)
    sign_out(page)
    type_password(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect_signed_in(page)

    page.goto("/accounts/2fa/webauthn/reauthenticate/?next=/settings/tokens")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="API tokens")).to_be_visible()


def test_another_browser_is_signed_out_from_afar(page: Page, new_page: Any) -> None:
    sign_up(page)
    other = new_page(user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    type_password(other)
    expect_signed_in(other)

    page.goto("/accounts/sessions/")
    row = page.get_by_role("row").filter(has_text="Firefox on Linux")
    row.get_by_role("button", name="Sign out…").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign it out").click()
    expect(page.get_by_text("Firefox on Linux is signed out.")).to_be_visible()
    other.goto("/settings")
    expect(other).to_have_url(re.compile("/accounts/login/"))


def test_without_scripts_codes_work_and_passkeys_say_why_not(new_page: Any) -> None:
    page = new_page(java_script_enabled=False)
    sign_up(page)
    secret = set_app_up(page)
    sign_out(page)
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_disabled()
    type_password(page)
    type_code(page, code_at(secret, totp.step_now() + 1))
    expect_signed_in(page)


PLACES = (
    "/settings/security",
    "/accounts/sessions/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/webauthn/reauthenticate/",
    "/accounts/2fa/reauthenticate/",
    "/accounts/reauthenticate/",
    "/accounts/email/",
    "/accounts/password/change/",
)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_can_be_read_by_everybody(
    new_page: Any, axe: Callable[..., list[str]], with_device: Any, colours: str, width: int
) -> None:
    page = new_page(color_scheme=colours, viewport={"width": width, "height": 800})
    with_device(page)
    sign_up(page)
    found = {}

    def look(name: str) -> None:
        found[name] = axe(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[name].append("scrolls sideways")

    page.goto("/settings/security")
    look("empty")
    page.goto("/accounts/2fa/totp/activate/")
    look("activate")
    set_app_up(page)
    make_passkey(page, "Laptop")
    key = Authenticator.objects.get(type="webauthn").pk
    for place in (*PLACES, f"/accounts/2fa/webauthn/keys/{key}/edit/", f"/accounts/2fa/webauthn/keys/{key}/remove/"):
        page.goto(place)
        look(place)
    sign_out(page)
    page.goto("/accounts/login/")
    look("login")
    type_password(page)
    type_code(page, "000000")
    # The answer is another page, which a look taken before it is there would be torn by.
    expect(page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    look("second-step")
    assert {name: lines for name, lines in found.items() if lines} == {}
