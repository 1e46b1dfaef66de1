"""The API's contract is a committed file, and the running site gives out the same."""

from __future__ import annotations

from io import StringIO

import yaml
from django.core.management import call_command
from django.test import Client

from tests.support.environment import ROOT

COMMITTED = ROOT / "docs" / "openapi.yaml"


def test_the_committed_schema_is_what_the_code_says() -> None:
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    mend = "If the change is meant: manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
    assert out.getvalue() == COMMITTED.read_text(), mend


def test_the_site_documents_itself(client: Client, db: None) -> None:
    served = client.get("/api/v1/schema", headers={"accept": "application/vnd.oai.openapi"})
    assert served.status_code == 200
    assert yaml.safe_load(served.content)["paths"].keys() == yaml.safe_load(COMMITTED.read_text())["paths"].keys()
    assert client.get("/api/docs").status_code == 200
