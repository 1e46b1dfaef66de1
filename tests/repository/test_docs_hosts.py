"""No file of the project names the host of a package registry: where packages come from is the reader's setting."""

from __future__ import annotations

import re

from tests.repository.documents import project_files

# In parts, so that this file does not contain what it looks for.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "npmjs", "com"),
        ("registry", "yarnpkg", "com"),
        ("npm", "pkg", "github", "com"),
        ("proxy", "golang", "org"),
        ("index", "crates", "io"),
        ("static", "crates", "io"),
        ("rubygems", "org"),
        ("repo", "maven", "apache", "org"),
        ("deb", "debian", "org"),
        ("registry-1", "docker", "io"),
        ("conda", "anaconda", "org"),
    )
]
NAMED = re.compile("|".join(rf"(?<![\w-]){re.escape(host)}" for host in HOSTS), re.IGNORECASE)


def test_no_file_names_the_host_of_a_package_registry() -> None:
    files = project_files()
    assert len(files) > 100
    naming = {}
    for file in files:
        if match := NAMED.search(file.read_text(errors="ignore")):
            naming[str(file)] = match[0]
    assert not naming


def test_the_search_finds_a_host() -> None:
    assert NAMED.search(f"https://{HOSTS[0]}/simple")
    assert NAMED.search(f"index = {HOSTS[3]}")
    assert not NAMED.search(f"my{HOSTS[0]}")
