"""Archives handed in over pages, REST and the shell: sealed, looked through, imported, forgotten."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Job, Namespace
from hub.services import jobs
from registry.models import Import, ImportChunk, Package, Release
from registry.services import import_uploads

RULE = b"---\ndescription: Style\n---\nWrite well.\n"
SECRET = "ghp_" + "Zz9" * 12


def archive(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return packed.getvalue()


ARCHIVE = archive(**{"project-1/style.mdc": RULE, "project-1/README.md": b"# Hi", "project-1/bad.mdc": b"\xff"})


def work() -> None:
    """Do the jobs that wait, as a worker would."""
    for job_id in Job.objects.filter(state="queued").order_by("id").values_list("id", flat=True):
        jobs.run(job_id)


@pytest.fixture
def upload(owner: Actor, acme: Namespace) -> Callable[..., Import]:
    """Hands in an archive for acme."""

    def hand_in(data: bytes = ARCHIVE, **more: Any) -> Import:
        given = {"file_name": "project.zip", "chunks": [data]} | more
        return import_uploads.upload(by=owner, namespace=acme, **given)

    return hand_in


def rows_of(made: Import) -> list[tuple[str, str | None, str]]:
    made.refresh_from_db()
    assert made.job is not None
    assert made.job.report is not None, made.job.error
    return [(row["path"], row["package"], row["outcome"]) for row in made.job.report["rows"]]


PLANNED = [("bad.mdc", None, "refused"), ("style.mdc", "acme/style", "imported")]


def test_an_archive_is_looked_through_and_then_imported(upload: Any, owner: Actor) -> None:
    made = upload()
    work()
    assert rows_of(made) == PLANNED
    assert not Release.objects.exists()
    job = import_uploads.confirm(by=owner, upload=made)
    assert import_uploads.confirm(by=owner, upload=made) == job
    work()
    assert rows_of(made) == PLANNED
    assert Release.objects.get().package.visibility == "private"
    assert not ImportChunk.objects.exists()
    assert made.emptied_at is not None
    actions = AuditEvent.objects.filter(action__startswith="registry.import").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["registry.import.upload", "registry.import.run"]


def test_what_lies_in_the_database_is_sealed(upload: Any) -> None:
    upload(archive(**{"a.md": SECRET.encode()}), chunks=[b"plain " + SECRET.encode()], file_name="x.mdc")
    assert all(SECRET.encode() not in bytes(chunk.sealed) for chunk in ImportChunk.objects.all())
    work()
    assert SECRET not in json.dumps(list(Job.objects.values_list("report", flat=True)))


def test_what_nobody_confirms_is_forgotten(upload: Any, owner: Actor) -> None:
    made, other = upload(), upload()
    assert import_uploads.forget() == 0
    Import.objects.filter(id=made.id).update(created_at=timezone.now() - timedelta(hours=25))
    assert import_uploads.forget() == 1
    assert ImportChunk.objects.filter(upload=made).count() == 0
    with pytest.raises(import_uploads.Emptied):
        import_uploads.confirm(by=owner, upload=made)
    assert import_uploads.discard(by=owner, upload=other)
    assert not import_uploads.discard(by=owner, upload=other)
    assert not ImportChunk.objects.exists()


def test_a_job_that_is_done_again_changes_nothing(upload: Any, owner: Actor) -> None:
    made = upload(dry_run=False)
    job = Job.objects.get()
    job.state, job.tries = "running", 1
    job.save()
    first = import_uploads.perform(job, owner)
    Import.objects.filter(id=made.id).update(emptied_at=None)
    again = upload(dry_run=False)
    work()
    assert first["counts"] == {"imported": 1, "unchanged": 0, "refused": 1}
    assert rows_of(again)[1] == ("style.mdc", "acme/style", "unchanged")
    assert Release.objects.count() == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_worker_shows_that_it_is_alive(upload: Any, owner: Actor, monkeypatch: Any, dry_run: bool) -> None:
    monkeypatch.setattr(import_uploads, "TELL_SECONDS", 0)
    told: list[tuple[int, int | None]] = []
    monkeypatch.setattr(jobs, "progress", lambda job, *, done, total=None, note="": told.append((done, total)))
    upload(dry_run=dry_run)
    work()
    assert told == [(0, None), (0, 1), (0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("data", "said"),
    [(archive(**{"../evil.mdc": RULE}), "evil"), (b"PK\x03\x04 broken", "archive"), (b"\x1f\x8b broken", "archive")],
)
def test_a_bad_archive_says_what_is_wrong(upload: Any, data: bytes, said: str) -> None:
    upload(data)
    work()
    job = Job.objects.get()
    assert (job.state, bool(job.error)) == ("failed", True)
    assert said in job.error.lower()


def test_what_is_refused_at_the_door(upload: Any, member: Actor, acme: Namespace, monkeypatch: Any) -> None:
    with pytest.raises(PermissionRefused):
        import_uploads.upload(by=member, namespace=acme, file_name="x", chunks=[RULE])
    with pytest.raises(ValueError, match="empty"):
        upload(b"")
    monkeypatch.setattr(import_uploads, "MAX_BYTES", 100)
    with pytest.raises(import_uploads.TooLarge):
        upload(b"x" * 101)
    assert not Import.objects.exists()
    assert not Job.objects.exists()


def test_over_rest(api: Any, owner: Actor, member: Actor, acme: Namespace) -> None:
    answer = api(
        "post",
        "imports?namespace=acme&dry_run=true&file_name=mcp.json",
        owner,
        {"mcpServers": {"tool": {"command": "x"}}},
    )
    assert (answer.status_code, answer.json()["dry_run"]) == (202, True)
    address = f"imports/{answer.json()['id']}"
    work()
    told = api("get", address, owner).json()
    assert (told["state"], told["rows"]) == (
        "done",
        [
            {
                "path": "mcp.json",
                "kind": "mcp-server",
                "package": "acme/tool",
                "version": "1.0.0",
                "outcome": "imported",
                "reason": "",
                "line": 1,
            }
        ],
    )
    assert api("post", f"{address}/run", owner).status_code == 202
    work()
    assert Package.objects.get().name == "tool"
    assert api("get", address, member).status_code == 404
    assert api("post", "imports?namespace=acme", member, {"x": 1}).status_code == 403
    assert api("post", "imports?namespace=elsewhere", owner, {"x": 1}).status_code == 404


def test_a_form_says_everything_over_rest(
    client: Client, owner: Actor, token_of: Callable[..., str], acme: Namespace
) -> None:
    form = {"namespace": "acme", "dry_run": "true", "file": SimpleUploadedFile("project.zip", ARCHIVE)}
    answer = client.post("/api/v1/imports", form, headers={"Authorization": f"Bearer {token_of(owner)}"})
    assert (answer.status_code, answer.json()["dry_run"], answer.json()["file_name"]) == (202, True, "project.zip")


def test_in_the_browser(client: Client, owner: Actor, acme: Namespace) -> None:
    assert owner.user is not None
    client.force_login(owner.user)
    given = {"namespace": "acme", "visibility": "public", "source": ""}
    answer = client.post("/imports", given | {"file": SimpleUploadedFile("project.zip", ARCHIVE)})
    made = Import.objects.get()
    address = f"/imports/{made.pk}"
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert 'id="progress"' in client.get(address).content.decode()
    work()
    page = client.get(address).content.decode()
    assert "acme/style@1.0.0" in page
    assert "bad.mdc" in page
    assert "bad.mdc" not in client.get(f"{address}?outcome=imported").content.decode()
    assert client.post(f"{address}/run").status_code == 302
    work()
    assert 'href="/acme/style"' in client.get(address).content.decode()
    assert [row["outcome"] for row in client.get(f"{address}/report").json()] == ["refused", "imported"]
    assert "project.zip" in client.get("/imports").content.decode()
    assert client.post("/imports", given).status_code == 422


def printed(capsys: Any, *arguments: str) -> Any:
    call_command("import_packages", *arguments)
    return capsys.readouterr().out


@pytest.mark.django_db
def test_from_the_shell(tmp_path: Path, owner: Actor, acme: Namespace, capsys: Any) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "no.mdc").write_bytes(RULE)
    (tmp_path / "style.mdc").write_bytes(RULE)
    (tmp_path / "link.mdc").symlink_to("style.mdc")
    report = json.loads(printed(capsys, str(tmp_path), "--namespace", "acme", "--dry-run", "--json"))
    assert report == [
        {
            "path": "style.mdc",
            "kind": "rule",
            "package": "acme/style",
            "version": "1.0.0",
            "outcome": "imported",
            "reason": "",
            "line": 1,
        }
    ]
    assert not Package.objects.exists()
    assert "1 imported, 0 unchanged, 0 refused." in printed(
        capsys, str(tmp_path), "--namespace", "acme", "--as", "olga"
    )
    zipped = tmp_path / "project.zip"
    zipped.write_bytes(ARCHIVE)
    rows = json.loads(printed(capsys, str(zipped), "--namespace", "acme", "--json"))
    assert [row["outcome"] for row in rows] == ["refused", "unchanged"]
    readme = tmp_path / "README.md"
    readme.write_text("# Hi")
    assert json.loads(printed(capsys, str(readme), "--namespace", "acme", "--json"))[0]["outcome"] == "refused"
    for wrong in (
        ["--namespace", "nowhere"],
        ["--namespace", "acme", "--as", "nobody"],
        ["--namespace", "acme", "--as", "mia"],
    ):
        with pytest.raises(CommandError):
            call_command("import_packages", str(tmp_path), *wrong)
    with pytest.raises(CommandError):
        call_command("import_packages", str(tmp_path / "missing"), "--namespace", "acme")
