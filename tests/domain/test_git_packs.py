"""Packs are measured before anything is unpacked: what they say of themselves is added up, and held to what they hold."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from registry.git import packs
from registry.git.errors import TooLarge, Unusable
from registry.git.limits import Limits

BLOB, OFS_DELTA, REF_DELTA = 3, 6, 7


def number(value: int) -> bytes:
    """A number as deltas write it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def entry(kind: int, data: bytes, *, size: int | None = None, base: bytes = b"") -> bytes:
    """An object of a pack; `size` is what its header says."""
    left = len(data) if size is None else size
    head, left = kind << 4 | left & 15, left >> 4
    out = bytearray()
    while left:
        out.append(head | 0x80)
        head, left = left & 0x7F, left >> 7
    return bytes([*out, head]) + base + zlib.compress(data)


def pack(*entries: bytes, count: int | None = None) -> io.BytesIO:
    """A pack without its checksum, which is looked at elsewhere."""
    head = b"PACK" + struct.pack(">II", 2, len(entries) if count is None else count)
    return io.BytesIO(head + b"".join(entries))


def delta(result: int, *, source: int = 5) -> bytes:
    return number(source) + number(result) + b"\x90\x05"


def test_objects_are_counted() -> None:
    whole = pack(
        entry(BLOB, b"hello"),
        entry(BLOB, b"x" * 100_000),
        entry(OFS_DELTA, delta(5), base=b"\x81\x05"),
        entry(REF_DELTA, delta(5), base=b"a" * 20),
        entry(BLOB, b""),
    )
    assert packs.check(whole, Limits()) == 5


@pytest.mark.parametrize(
    "broken",
    [
        io.BytesIO(b""),
        io.BytesIO(b"JUNK" + bytes(8)),
        pack(count=3),
        pack(entry(BLOB, b"hello")[:-4]),
        pack(entry(BLOB, b"hello", size=4)),
        pack(entry(BLOB, b"hello", size=6)),
        pack(b"\x35junk"),
        pack(b"\xff" * 30),
        pack(entry(OFS_DELTA, b"\x80", base=b"\x05")),
    ],
)
def test_what_is_no_pack_is_refused(broken: io.BytesIO) -> None:
    with pytest.raises((Unusable, TooLarge)):
        packs.check(broken, Limits())


def test_bombs_are_refused_without_unpacking_them() -> None:
    bomb = zlib.compress(bytes(200 << 20))
    tiny = Limits(object_bytes=1 << 20, unpacked_bytes=4 << 20, delta_bytes=1 << 10)
    with pytest.raises(TooLarge):
        packs.check(pack(entry(BLOB, b"", size=200 << 20)[:6] + bomb), tiny)
    with pytest.raises(Unusable):
        packs.check(pack(b"\x3a" + bomb), tiny)
    with pytest.raises(TooLarge, match="file of more"):
        packs.check(pack(entry(OFS_DELTA, delta(2 << 20), base=b"\x05")), tiny)
    many = [entry(OFS_DELTA, delta(1 << 20), base=b"\x05") for _ in range(5)]
    with pytest.raises(TooLarge, match="unpacks to more"):
        packs.check(pack(*many), tiny)
    with pytest.raises(TooLarge, match="take too much"):
        packs.check(pack(entry(OFS_DELTA, delta(5) + bytes(2000), base=b"\x05")), tiny)
    with pytest.raises(TooLarge, match="objects"):
        packs.check(pack(count=2**32 - 1), tiny)
