"""What a fork and its upstream made of their common start, put together and taken apart again."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from registry.domain import merging, upstreams
from registry.domain.files import File
from registry.domain.upstreams import Joined, Texts

WORDS = st.sampled_from(["be brief", "cite the line", "ask first", "", "- one", "- two", "version: 9.9.9"])
LINES = st.lists(WORDS, max_size=14)
PATHS = ("LICENSE", "scripts/run.sh", "notes.md")


def text_of(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@st.composite
def edited(draw: st.DrawFn, lines: list[str]) -> list[str]:
    """The lines with a few of them inserted, taken away or changed."""
    found = list(lines)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(found)))
        match draw(st.sampled_from(["insert", "delete", "change"])):
            case "insert":
                found.insert(at, draw(WORDS))
            case "delete" if at < len(found):
                del found[at]
            case "change" if at < len(found):
                found[at] = draw(WORDS)
    return found


@st.composite
def sides(draw: st.DrawFn) -> tuple[Texts, Texts, Texts]:
    """A release, what a fork made of it and what upstream made of it, each under its own version."""
    manifest, readme = draw(LINES), draw(LINES)
    files = {path: draw(LINES) for path in PATHS if draw(st.booleans())}

    def side(version: str) -> Texts:
        kept = {
            path: draw(edited(files.get(path, [])))
            for path in PATHS
            if draw(st.sampled_from([path in files] * 5 + [False, True]))
        }
        tree = tuple(File(path, text_of(lines).encode(), draw(st.booleans())) for path, lines in kept.items())
        return Texts(f"version: {version}\n{text_of(draw(edited(manifest)))}", text_of(draw(edited(readme))), tree)

    start = tuple(File(path, text_of(lines).encode()) for path, lines in files.items())
    return Texts(f"version: 1.0.0\n{text_of(manifest)}", text_of(readme), start), side("1.4.0"), side("2.0.0")


def by_path(texts: Texts) -> Texts:
    return Texts(texts.manifest, texts.readme, tuple(sorted(texts.files, key=lambda file: file.path)))


def is_reversible(joined: Joined) -> bool:
    return joined.is_clean and not joined.shared


@given(sides())
@settings(max_examples=600)
def test_a_merge_from_upstream_followed_by_its_inverse_is_the_identity_where_there_is_no_conflict(
    case: tuple[Texts, Texts, Texts],
) -> None:
    base, ours, theirs = case
    there = upstreams.join(base, ours, theirs)
    assume(is_reversible(there))
    back = upstreams.join(theirs, there.texts(), base)
    # Lines that occur many times may lie so that the way back needs a decision; it is asked for, never guessed.
    assume(back.is_clean)
    assert by_path(back.texts()) == by_path(ours)


@given(sides())
def test_who_changed_nothing_takes_all_that_came_but_its_version(case: tuple[Texts, Texts, Texts]) -> None:
    base, _, theirs = case
    joined = upstreams.join(base, base, theirs)
    assert joined.is_clean
    expected = Texts(merging.with_version_of(theirs.manifest, base.manifest), theirs.readme, theirs.files)
    assert by_path(joined.texts()) == by_path(expected)


@given(sides())
def test_where_nothing_came_all_stays(case: tuple[Texts, Texts, Texts]) -> None:
    base, ours, _ = case
    joined = upstreams.join(base, ours, base)
    assert is_reversible(joined)
    assert by_path(joined.texts()) == by_path(ours)


def test_lines_that_both_changed_stand_between_markers_and_are_counted() -> None:
    base, ours, theirs = (Texts(f"version: 1.0.0\nrule: {word}\n") for word in ("Be kind.", "Be brief.", "Be bold."))
    joined = upstreams.join(base, ours, theirs, our_name="this package", their_name="upstream")
    assert joined.conflicts == 1
    assert joined.manifest.text == (
        "version: 1.0.0\n<<<<<<< this package\nrule: Be brief.\n=======\nrule: Be bold.\n>>>>>>> upstream\n"
    )


def test_another_version_alone_is_neither_a_change_nor_a_conflict() -> None:
    base, ours, theirs = (Texts(f"name: x\nversion: {number}\n") for number in ("1.0.0", "1.3.0", "4.0.0"))
    joined = upstreams.join(base, ours, theirs)
    assert (joined.conflicts, joined.manifest.text) == (0, ours.manifest)
    bare = upstreams.join(Texts("version: 1.0.0\nrule: a\n"), Texts("rule: a\n"), Texts("version: 2.0.0\nrule: a\n"))
    assert (bare.conflicts, bare.manifest.text) == (0, "rule: a\n")


def test_what_both_did_alike_is_there_once_and_counted() -> None:
    for base, both in (("a\nb\n", "a\n"), ("a\nb\n", "x\na\nb\n"), ("a\nb\n", "a\nc\n"), ("a\n", "")):
        plain = merging.merge(base, both, both, our_name="o", their_name="t")
        assert (plain.text, plain.conflicts, plain.shared) == (both, 0, 1)
    one, other = "0\na\nkeep\nz\n", "a\nkeep\nz\n1\n"
    mixed = merging.merge("a\nb\nkeep\nz\n", one, other, our_name="o", their_name="t")
    assert (mixed.text, mixed.shared) == ("0\na\nkeep\nz\n1\n", 1)


def test_a_file_is_taken_from_the_side_that_changed_it_and_merged_where_both_did() -> None:
    base = (File("a.md", b"1\n2\n3\n"), File("gone.md", b"x\n"), File("logo.png", b"\0one"), File("LICENSE", b"MIT\n"))
    ours = (
        File("a.md", b"one\n2\n3\n"),
        File("gone.md", b"x\n"),
        File("logo.png", b"\0mine"),
        File("LICENSE", b"MIT\n"),
    )
    theirs = (
        File("a.md", b"1\n2\nthree\n", executable=True),
        File("logo.png", b"\0theirs"),
        File("LICENSE", b"MIT\n"),
        File("new.md", b"n\n"),
    )
    joined = upstreams.join_files(base, ours, theirs)
    assert {file.path: file.content for file in joined.files} == {
        "LICENSE": b"MIT\n",
        "a.md": b"one\n2\nthree\n",
        "logo.png": b"\0mine",
        "new.md": b"n\n",
    }
    assert joined.kept == ("logo.png",)
    assert next(file for file in joined.files if file.path == "a.md").executable


def test_what_one_side_took_away_and_the_other_changed_stays_as_it_is_here() -> None:
    base, changed = (File("a.md", b"1\n"),), (File("a.md", b"2\n"),)
    assert upstreams.join_files(base, (), changed) == upstreams.JoinedFiles((), ("a.md",))
    assert upstreams.join_files(base, changed, ()) == upstreams.JoinedFiles(changed, ("a.md",))


def test_only_so_many_files_are_merged_and_the_others_stay() -> None:
    base, ours, theirs = (
        tuple(File(f"{number:02}.md", text) for number in range(13))
        for text in (b"1\n2\n3\n", b"0\n2\n3\n", b"1\n2\n4\n")
    )
    joined = upstreams.join_files(base, ours, theirs)
    assert joined.kept == ("10.md", "11.md", "12.md")
    assert [file.content for file in joined.files] == [b"0\n2\n4\n"] * 10 + [b"0\n2\n3\n"] * 3


def test_the_version_that_a_server_json_states_is_no_conflict_either() -> None:
    text = '{\n  "name": "io.example/x",\n  "version": "%s",\n  "packages": [\n    {\n      "version": "%s"\n    }\n  ]\n}\n'
    base, ours, theirs = (Texts(text % pair) for pair in (("1.0.0", "a"), ("1.1.0", "a"), ("2.0.0", "b")))
    joined = upstreams.join(base, ours, theirs)
    assert (joined.conflicts, joined.manifest.text) == (0, text % ("1.1.0", "b"))
    assert merging.with_version(joined.manifest.text, "1.2.0") == text % ("1.2.0", "b")
    assert merging.with_version("name: x\nversion: 1.0.0\n", "1.2.0") == "name: x\nversion: 1.2.0\n"
    assert merging.with_version("# Rule\n", "1.2.0") == "# Rule\n"
    assert merging.with_version_of("version: 1\n", 'version: "\\1"\n') == 'version: "\\1"\n'
