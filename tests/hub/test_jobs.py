"""Long work: claimed once, watched by those it concerns, taken over from a worker that fell silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from hub import tasks
from hub.actors import Actor
from hub.models import Job, JobState, Namespace, User
from hub.services import jobs, tokens
from tests.hub.together import together

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def seen() -> Iterator[list[Job]]:
    """The jobs of the kind “try” that were done. What it does is set by the job's own data."""
    done: list[Job] = []

    def handle(job: Job, by: Actor) -> Mapping[str, Any]:
        done.append(job)
        jobs.progress(job, done=1, total=4, note="half way")
        if job.data.get("stop"):
            raise jobs.Stopped("There is nothing to do.")
        if job.data.get("break"):
            raise RuntimeError("s3cret-detail")
        return {"by": by.label}

    jobs.register("try", handle)
    yield done
    jobs._handlers.pop("try")


@pytest.fixture
def queued(acme: Namespace, owner: Actor) -> Job:
    return jobs.start(by=owner, kind="try", namespace=acme, data={})


def test_a_job_is_done_once(queued: Job, seen: list[Job]) -> None:
    jobs.run(queued.id)
    jobs.run(queued.id)
    queued.refresh_from_db()
    assert (queued.state, queued.report, queued.percent) == (JobState.DONE, {"by": "olga"}, 25)
    assert queued.is_over
    assert len(seen) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_gets_the_job(queued: Job, seen: list[Job]) -> None:
    together(lambda: jobs.run(queued.id), lambda: jobs.run(queued.id))
    assert len(seen) == 1


def test_a_job_that_cannot_go_on_says_why(acme: Namespace, owner: Actor, seen: list[Job]) -> None:
    job = jobs.start(by=owner, kind="try", namespace=acme, data={"stop": True})
    jobs.run(job.id)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "There is nothing to do.")


def test_a_job_that_breaks_is_tried_again_and_then_given_up(acme: Namespace, owner: Actor, seen: list[Job]) -> None:
    job = jobs.start(by=owner, kind="try", namespace=acme, data={"break": True})
    for state in (JobState.QUEUED, JobState.QUEUED, JobState.FAILED):
        jobs.run(job.id)
        job.refresh_from_db()
        assert job.state == state
    assert "s3cret" not in job.error
    assert len(seen) == jobs.MAX_TRIES


def test_a_job_of_a_kind_that_is_gone_is_over(acme: Namespace, owner: Actor) -> None:
    job = jobs.start(by=owner, kind="no-such-kind", namespace=acme, data={})
    jobs.run(job.id)
    job.refresh_from_db()
    assert "no longer" in job.error


def test_a_silent_worker_loses_its_job_and_hears_of_it(queued: Job, seen: list[Job]) -> None:
    first = jobs._claim(queued.id)
    assert first is not None
    assert jobs._claim(queued.id) is None
    Job.objects.update(beat_at=timezone.now() - jobs.SILENCE - timedelta(seconds=1))
    assert jobs.sweep() == 1
    jobs.run(queued.id)
    with pytest.raises(jobs.Stopped, match="Another worker"):
        jobs.progress(first, done=2)
    queued.refresh_from_db()
    assert queued.state == JobState.DONE


def test_a_worker_that_dies_each_time_is_not_followed_for_ever(queued: Job) -> None:
    for _ in range(jobs.MAX_TRIES):
        assert jobs._claim(queued.id)
        Job.objects.update(beat_at=timezone.now() - timedelta(hours=1))
    assert jobs._claim(queued.id) is None
    queued.refresh_from_db()
    assert queued.state == JobState.FAILED


def test_what_is_lost_on_the_way_is_sent_again(queued: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(jobs, "_enqueue", [sent.append])
    assert jobs.sweep() == 0
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    tasks.sweep_jobs()
    assert sent == [queued.id]


def test_what_is_long_over_is_forgotten(queued: Job, seen: list[Job]) -> None:
    jobs.run(queued.id)
    Job.objects.update(finished_at=timezone.now() - jobs.KEPT - timedelta(days=1))
    jobs.sweep()
    assert not Job.objects.exists()


def test_a_worker_hears_of_a_job_when_the_deed_is_done(
    acme: Namespace, owner: Actor, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(jobs, "_enqueue", [sent.append])
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        job = jobs.start(by=owner, kind="try", namespace=acme, data={})
        assert sent == []
    assert sent == [job.id]


def test_a_job_has_the_power_that_its_person_has_now(queued: Job, seen: list[Job]) -> None:
    User.objects.filter(id=queued.user_id).update(is_active=False)
    jobs.run(queued.id)
    queued.refresh_from_db()
    assert "no longer has an account" in queued.error


def test_a_job_started_by_a_token_ends_with_the_token(acme: Namespace, owner: Actor, seen: list[Job]) -> None:
    token = tokens.create(by=owner, name="ci", scopes=["publish"]).token
    job = jobs.start(by=Actor(owner.user, token=token), kind="try", namespace=acme, data={})
    assert jobs.actor_of(job).token == token
    tokens.revoke(by=owner, token=token)
    jobs.run(job.id)
    job.refresh_from_db()
    assert "no longer in force" in job.error


def test_nobody_starts_a_job_for_nobody(acme: Namespace) -> None:
    with pytest.raises(ValueError, match="acts for a person"):
        jobs.start(by=Actor(), kind="try", namespace=acme, data={})


def test_progress_is_shown_until_the_job_is_over(
    queued: Job, seen: list[Job], client: Client, owner: Actor, member: Actor, api: Callable[..., Any]
) -> None:
    client.force_login(owner.user, backend=BACKEND)
    page = client.get(f"/jobs/{queued.id}")
    assert "Waiting" in page.content.decode()
    assert 'hx-trigger="load delay:1s"' in page.content.decode()
    jobs.run(queued.id)
    part = client.get(f"/jobs/{queued.id}", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.status_code == 286
    assert "hx-trigger" not in part.content.decode()
    body = api("get", f"jobs/{queued.id}", owner).json()
    assert (body["state"], body["report"], body["namespace"]) == ("done", {"by": "olga"}, "acme")
    assert api("get", f"jobs/{queued.id}", member).status_code == 404
    assert Client().get(f"/api/v1/jobs/{queued.id}").status_code == 404
