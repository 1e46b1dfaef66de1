"""Secrets written out: refused without being repeated; what only looks like one is left alone."""

from __future__ import annotations

import pytest

from hub.domain import tokens
from registry.domain import literals, yamltext
from registry.domain.manifests import read_block
from tests.domain.building import faults_of, manifest, model, places

# Put together here, so that no scanner takes this file for a leak.
A = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
KNOWN = {
    "Anthropic": "sk-ant-" + "api03-" + A,
    "OpenAI": "sk-" + "proj-" + A,
    "OpenAI key": "sk-" + A,
    "GitHub": "ghp_" + A,
    "GitHub token": "github_pat_" + A,
    "GitLab": "glpat-" + A[:20],
    "AWS": "AKIA" + "Q3EGRTZJ5BXW7PLM",
    "Google": "AIza" + A[:35],
    "Slack": "xoxb-" + "123456789012-abcdefghij",
    "Hugging Face": "hf_" + A,
    "Stripe": "sk_live_" + A[:24],
    "hub token": tokens.generate(),
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "password in an address": "postgres://app:" + "hunter22@db.example.org/x",
}


@pytest.mark.parametrize("label", KNOWN)
def test_a_secret_of_a_known_form_is_refused_wherever_it_stands(label: str) -> None:
    secret = KNOWN[label]
    document = yamltext.parse(manifest(rules=[{"name": "r", "rule": f"Use {secret} here."}]))
    [fault] = literals.in_document(document, "manifest.yaml")
    assert label in fault.message
    assert fault.place.line == 5
    [in_text] = literals.in_text(f"# Use\n\nthen {secret}", "README.md")
    assert (in_text.file, places([in_text])) == ("README.md", ["3:6"])
    assert all(secret[-8:] not in str(one) for one in (fault, in_text))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("apiKey", "abc"),
        ("apiKey", "my-own-key"),
        ("TOKEN", "q8w7e6r5t4"),
        ("DB_PASSWORD", "correcthorse"),
        ("Authorization", "Bearer q8w7e6r5t4"),
        ("X-Api-Key", "q8w7e6r5t4"),
        ("client-secret", "q8w7e6r5t4"),
        ("secretAccessKey", "x"),
    ],
)
def test_a_literal_under_the_name_of_a_secret_is_refused(key: str, value: str) -> None:
    document = yamltext.parse(f"env:\n  {key}: {value}\n")
    [fault] = literals.in_document(document, "manifest.yaml")
    assert places([fault]) == [f"2:{len(key) + 5}"]
    assert value not in str(fault).replace(key, "")
    assert "${{ secrets." in fault.mend


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("apiKey", "${{ secrets.KEY }}"),
        ("apiKey", "${{ inputs.KEY }}"),
        ("Authorization", "Bearer ${{ secrets.TOKEN }}"),
        *[("apiKey", word) for word in ("none", "ollama", "EMPTY", "not-needed", "")],
        ("TOKEN", "$TOKEN_FROM_ENV"),
        ("TOKEN_FILE", "/run/secrets/token"),
        ("key", "~/.ssh/id_ed25519"),
        ("token", "8192"),
        ("ENABLE_AUTH", "true"),
        ("maxTokens", "a-word-of-some-length"),
        ("keyboard", "a-word-of-some-length"),
        ("tokenizer", "a-word-of-some-length"),
        ("auth", "https://login.example.org/oauth"),
        ("secret", "The words that only we two know"),
        ("rule", "Never write an apiKey such as sk-ant-xxxxxxxxxxxxxxxxxxxx into code."),
        ("rule", "Set OPENAI_API_KEY=sk-... first."),
        ("rule", "AWS says AKIAIOSFODNN7EXAMPLE in its documents."),
        ("rule", "Connect to postgres://user:$PASSWORD@host or https://${USER}:${PASS}@host."),
        ("rule", "Use ssh://git@example.org and http://localhost:8000/@scope."),
        ("rule", "task-management-and-other-risk-assessments"),
        ("rule", "Escape \\sk-learn and disk-based-storage-of-large-files."),
    ],
)
def test_what_is_no_secret_is_left_alone(key: str, value: str) -> None:
    document = yamltext.Document({key: value}, {}, {})
    assert literals.in_document(document, "manifest.yaml") == []
    assert literals.in_text(value, "README.md") == []


def test_a_manifest_with_a_literal_key_is_refused() -> None:
    [fault] = faults_of(read_block, manifest(models=[model(apiKey="abcdefgh")]), "models")
    assert (places([fault]), "secrets.API_KEY" in fault.mend) == (["7:11"], True)
