"""What the identity tokens of CI systems claim, in one form, and whether a job is the one that somebody trusts.

Sources: GitHub's “OpenID Connect reference” (claims of the tokens of GitHub Actions) and GitLab's “OpenID Connect (OIDC)
Authentication using ID tokens” (payload of ID tokens).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
MAX_LENGTH = 200
_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)+")
_FILE = re.compile(r"[\w./-]+\.ya?ml")

type Claims = Mapping[str, object]


class InvalidPublisher(ValueError):
    """What was typed can match no job; the message says why. `field` names what to mend."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotAJob(ValueError):
    """The token lacks claims that a job of this provider has."""


@dataclass(frozen=True)
class Job:
    """A run of a CI system, as its issuer claims it. `repository_id` stays when the repository gets another name."""

    repository: str
    repository_id: str = ""
    workflow: str = ""
    environment: str = ""
    ref: str = ""
    sha: str = ""
    run_url: str = ""


@dataclass(frozen=True)
class Publisher:
    """The job that somebody trusts. An empty `environment` means any; an empty `workflow` is only for generic issuers."""

    provider: str
    repository: str
    workflow: str = ""
    environment: str = ""

    def checked(self) -> Publisher:
        """The publisher with its texts in order. Raises InvalidPublisher."""
        provider = PROVIDERS.get(self.provider)
        if provider is None:
            raise InvalidPublisher("provider", f"Use one of: {', '.join(PROVIDERS)}.")
        made = Publisher(self.provider, self.repository.strip(), self.workflow.strip(), self.environment.strip())
        for field in ("repository", "workflow", "environment"):
            text = getattr(made, field)
            if len(text) > MAX_LENGTH or not text.isprintable():
                raise InvalidPublisher(field, f"At most {MAX_LENGTH} visible characters.")
        if not made.repository:
            raise InvalidPublisher("repository", "Say which repository publishes.")
        if provider.has_workflows:
            if not _REPOSITORY.fullmatch(made.repository):
                raise InvalidPublisher("repository", "Write it as owner/repository, without an address around it.")
            if not _FILE.fullmatch(made.workflow):
                raise InvalidPublisher("workflow", provider.workflow_hint)
        elif made.workflow or made.environment:
            raise InvalidPublisher("workflow", "An issuer of this kind is matched by its subject alone.")
        return made

    def matches(self, job: Job) -> bool:
        """Whether `job`, whose token this publisher's issuer signed, is the trusted one. Its id is compared elsewhere."""
        fold = str.casefold if self.provider == "github" else str
        same = fold(self.repository) == fold(job.repository) and self.workflow == job.workflow
        # GitHub compares the names of environments without regard to case.
        return same and (not self.environment or fold(self.environment) == fold(job.environment))


@dataclass(frozen=True)
class Provider:
    """A kind of issuer: how its tokens are read."""

    title: str
    read: Callable[[str, Claims], Job]
    has_workflows: bool
    workflow_hint: str = ""


def _github(issuer: str, claims: Claims) -> Job:
    repository = _text(claims, "repository")
    owner = _text(claims, "repository_owner")
    if repository.partition("/")[0] != owner:
        raise NotAJob("“repository” and “repository_owner” disagree.")
    # The file that holds the job; for a reusable workflow of another repository that is another place.
    reference = _text(claims, "job_workflow_ref", optional=True) or _text(claims, "workflow_ref")
    server = "https://github.com"
    return Job(
        repository=repository,
        repository_id=_text(claims, "repository_id"),
        workflow=_between(reference, f"{repository}/.github/workflows/"),
        environment=_text(claims, "environment", optional=True),
        ref=_text(claims, "ref", optional=True),
        sha=_text(claims, "sha", optional=True),
        run_url=_url(
            server, repository, "actions/runs", _text(claims, "run_id", optional=True), known=issuer == GITHUB
        ),
    )


def _gitlab(issuer: str, claims: Claims) -> Job:
    project = _text(claims, "project_path")
    host = issuer.removeprefix("https://").removeprefix("http://")
    return Job(
        repository=project,
        repository_id=_text(claims, "project_id"),
        workflow=_between(_text(claims, "ci_config_ref_uri"), f"{host}/{project}//"),
        environment=_text(claims, "environment", optional=True),
        ref=_text(claims, "ref", optional=True),
        sha=_text(claims, "sha", optional=True),
        run_url=_url(
            issuer, project, "-/jobs", _text(claims, "job_id", optional=True), known=issuer.startswith("https://")
        ),
    )


def _generic(issuer: str, claims: Claims) -> Job:
    return Job(repository=_text(claims, "sub"))


PROVIDERS = {
    "github": Provider(
        "GitHub Actions",
        _github,
        has_workflows=True,
        workflow_hint="The name of a file under .github/workflows, such as release.yml.",
    ),
    "gitlab": Provider(
        "GitLab CI/CD",
        _gitlab,
        has_workflows=True,
        workflow_hint="The path of the configuration, such as .gitlab-ci.yml.",
    ),
    "generic": Provider("Another issuer", _generic, has_workflows=False),
}


def _text(claims: Claims, name: str, *, optional: bool = False) -> str:
    value = claims.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None and optional:
        return ""
    if not isinstance(value, str) or not value or len(value) > 2 * MAX_LENGTH or not value.isprintable():
        raise NotAJob(f"The claim “{name}” is missing or cannot be used.")
    return value


def _between(reference: str, prefix: str) -> str:
    """The file in `{prefix}{file}@{ref}`; "" for a file of another repository, which no publisher names."""
    if not reference.startswith(prefix):
        return ""
    return reference.removeprefix(prefix).partition("@")[0]


def _url(server: str, repository: str, kind: str, number: str, *, known: bool) -> str:
    """The page of a run, on a server whose addresses are known to look so; else ""."""
    if not known or not number.isdecimal() or not _REPOSITORY.fullmatch(repository):
        return ""
    return f"{server}/{repository}/{kind}/{number}"
