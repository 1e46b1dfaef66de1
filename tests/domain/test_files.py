from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import files
from registry.domain.files import File, FilesRefused, FileTree, Limits

SMALL = Limits(files=5, file_bytes=2000, total_bytes=5000)


def zipped(*entries: tuple[str, bytes], mode: int = 0) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return packed.getvalue()


def tarred(*entries: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(content), kind, link
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped(("a.txt", b"x")))
    # The flag that says so, in the entry itself and in the list at the end.
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def lying() -> bytes:
    """A zip that says of a file that it is smaller than it is."""
    data = bytearray(zipped(("a.txt", b"0" * 4000)))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(data)


def bomb_in_gzip() -> bytes:
    return gzip.compress(b"\0" * 50_000_000, 9)


ATTACKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip: traversal": (lambda: zipped(("../../etc/passwd", b"x")), "leads elsewhere"),
    "zip: traversal inside": (lambda: zipped(("a/../../b", b"x")), "leads elsewhere"),
    "zip: absolute": (lambda: zipped(("/etc/passwd", b"x")), "not relative"),
    "zip: drive": (lambda: zipped(("C:evil", b"x")), "not relative"),
    "zip: backslashes": (lambda: zipped(("a\\..\\b", b"x")), "characters"),
    "zip: symlink": (lambda: zipped(("a", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777), "link or a device"),
    "zip: device": (lambda: zipped(("a", b""), mode=stat.S_IFCHR | 0o600), "link or a device"),
    "zip: encrypted": (encrypted, "encrypted"),
    "zip: bomb": (lambda: zipped(("a", b"\0" * 3_000_000)), "expands to more"),
    "zip: many small bombs": (lambda: zipped(*((f"{n}", b"\0" * 1900) for n in range(4))), "expands to more"),
    "zip: size that lies": (lying, "damaged"),
    "zip: too many": (lambda: zipped(*((f"{n}", b"") for n in range(7))), "at most 5"),
    "zip: far too many": (lambda: zipped(*((f"{n}", b"") for n in range(20))), "more than 5 files"),
    "zip: twice": (lambda: zipped(("a", b"1"), ("A", b"2")), "same name"),
    "zip: accents twice": (lambda: zipped(("e\u0301", b"1"), ("\u00e9", b"2")), "same name"),
    "zip: file and folder": (lambda: zipped(("a", b"1"), ("a/b", b"2")), "is a file"),
    "zip: folder in two cases": (lambda: zipped(("a/b", b"1"), ("A/c", b"2")), "two ways"),
    "zip: empty part": (lambda: zipped(("a//b", b"1")), "empty part"),
    "zip: control character": (lambda: zipped(("a\x1bb", b"1")), "characters"),
    "zip: Windows device": (lambda: zipped(("aux.md", b"1")), "not every system"),
    "zip: trailing dot": (lambda: zipped(("a.", b"1")), "not every system"),
    "zip: repository data": (lambda: zipped((".git/config", b"1")), "repository"),
    "zip: hook in capitals": (lambda: zipped(("x/.GIT/hooks/post-checkout", b"1")), "repository"),
    "zip: deep": (lambda: zipped(("/".join("a" * 1 for _ in range(30)), b"1")), "deeper"),
    "zip: long": (lambda: zipped(("a" * 300, b"1")), "longer"),
    "zip: cut off": (lambda: zipped(("a", b"x" * 100))[:40], "damaged"),
    "tar: traversal": (lambda: tarred(("../a", b"x")), "leads elsewhere"),
    "tar: absolute": (lambda: tarred(("/a", b"x")), "not relative"),
    "tar: symlink": (lambda: tarred(("a", b""), kind=tarfile.SYMTYPE, link="/etc/passwd"), "link or a device"),
    "tar: hard link": (lambda: tarred(("a", b""), kind=tarfile.LNKTYPE, link="b"), "link or a device"),
    "tar: device": (lambda: tarred(("a", b""), kind=tarfile.CHRTYPE), "link or a device"),
    "tar: pipe": (lambda: tarred(("a", b""), kind=tarfile.FIFOTYPE), "link or a device"),
    "tar: large": (lambda: tarred(("a", b"x" * 3000)), "expands to more"),
    "tar: too many": (lambda: tarred(*((f"{n}", b"") for n in range(20))), "more than 5 files"),
    "tar: cut off": (lambda: tarred(("a", b"x" * 1000))[:700], "damaged"),
    "gzip: bomb": (bomb_in_gzip, "expands to more"),
    "gzip: cut off": (lambda: gzip.compress(tarred(("a", b"x")))[:30], "damaged"),
    "no archive": (lambda: b"Hello, I am a text.", "not a zip"),
    "nothing": (lambda: b"", "not a zip"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_by_archive_is_refused_and_says_why(name: str) -> None:
    attack, words = ATTACKS[name]
    with pytest.raises(FilesRefused) as refused:
        files.unpack(attack(), SMALL)
    assert words in str(refused.value)
    assert all(fault.mend for fault in refused.value.faults)


@pytest.mark.parametrize("archive", [zipped, tarred, lambda *entries: gzip.compress(tarred(*entries))])
def test_each_form_of_archive_is_read(archive: Callable[..., bytes]) -> None:
    found = files.unpack(archive(("b/c.md", b"two"), ("a.md", b"one")))
    assert found == FileTree((File("a.md", b"one"), File("b/c.md", b"two")))
    assert found.total == 6


def test_what_is_to_be_run_stays_so() -> None:
    packed = zipped(("run.sh", b"x"), mode=stat.S_IFREG | 0o755)
    assert files.unpack(packed).files[0].executable
    again = files.unpack(files.pack(files.unpack(packed)))
    assert again.files[0].executable


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(FilesRefused) as refused:
        files.tree([File("../a", b""), File("b", b"x" * 3000), File("c", b"")], SMALL)
    assert [fault.file for fault in refused.value.faults] == ["../a", "b"]


def test_a_folder_of_a_tree() -> None:
    whole = files.tree([File("skills/a/SKILL.md", b"1"), File("skills/ab", b"2")])
    assert whole.below("skills/a") == FileTree((File("SKILL.md", b"1"),))
    assert whole.below("") == whole
    assert whole.get("skills/ab") == File("skills/ab", b"2")
    assert whole.get("skills") is None


paths = st.from_regex(r"[a-z]{1,5}(?:/[a-z]{1,4}){0,3}\.md", fullmatch=True)


@given(st.dictionaries(paths, st.tuples(st.binary(max_size=200), st.booleans()), max_size=8))
def test_packing_is_the_inverse_of_unpacking_and_always_gives_the_same_bytes(
    content: dict[str, tuple[bytes, bool]],
) -> None:
    entries = [File(path, data, executable) for path, (data, executable) in content.items()]
    made = files.tree(entries)
    assert files.pack(made) == files.pack(files.tree(reversed(entries)))
    assert files.unpack(files.pack(made)) == made


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00"):
        try:
            files.unpack(start + data, SMALL)
        except FilesRefused:
            continue
