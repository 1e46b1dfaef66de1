"""Looks through a pack before dulwich unpacks it: how many objects, how large each becomes, and how much all of them.

A pack is small on the wire and may unpack to anything. Here each object is inflated piece by piece and thrown away, and a
delta's own words about its result are added up, so that what follows works on objects of known, bounded sizes.
"""

from __future__ import annotations

import zlib
from typing import BinaryIO

from registry.git.errors import TooLarge, Unusable
from registry.git.limits import Limits

_OFS_DELTA, _REF_DELTA = 6, 7
_PIECE = 8 * 1024
_BROKEN = "What the server sent is no Git pack."


def check(file: BinaryIO, limits: Limits) -> int:
    """The number of objects in the pack. Raises Unusable or TooLarge."""
    head = file.read(12)
    if len(head) != 12 or head[:4] != b"PACK":
        raise Unusable(_BROKEN)
    count = int.from_bytes(head[8:12], "big")
    if count > limits.objects:
        raise TooLarge(f"The repository has more than {limits.objects} objects.")
    reader = _Reader(file, limits)
    for _ in range(count):
        reader.entry()
    return count


class _Reader:
    """Goes through the entries, and keeps the sums."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file, self._limits = file, limits
        self._buffer = b""
        self._unpacked = self._deltas = 0

    def entry(self) -> None:
        """Look through one object."""
        kind, size = self._header()
        if kind == _OFS_DELTA:
            while self._byte() & 0x80:
                pass
        elif kind == _REF_DELTA:
            for _ in range(20):
                self._byte()
        self._measure(size)
        is_delta = kind in (_OFS_DELTA, _REF_DELTA)
        start = self._inflate(size)
        if is_delta:
            self._deltas += size
            if self._deltas > self._limits.delta_bytes:
                raise TooLarge("The repository is packed in a way that would take too much to unpack.")
            _, rest = _number(start)
            result, _ = _number(rest)
            self._measure(result)

    def _measure(self, size: int) -> None:
        if size > self._limits.object_bytes:
            raise TooLarge(f"The repository has a file of more than {self._limits.object_bytes >> 20} MiB.")
        self._unpacked += size
        if self._unpacked > self._limits.unpacked_bytes:
            raise TooLarge(f"The repository unpacks to more than {self._limits.unpacked_bytes >> 20} MiB.")

    def _header(self) -> tuple[int, int]:
        byte = self._byte()
        kind, size, shift = (byte >> 4) & 7, byte & 15, 4
        while byte & 0x80:
            byte = self._byte()
            size |= (byte & 0x7F) << shift
            shift += 7
            if shift > 63:
                raise Unusable(_BROKEN)
        return kind, size

    def _inflate(self, size: int) -> bytes:
        """The first bytes of an object that must inflate to `size` bytes; the rest is counted and dropped."""
        unpacker, length, start = zlib.decompressobj(), 0, b""
        data = self._buffer
        while not unpacker.eof:
            if not data:
                data = self._file.read(_PIECE)
                if not data:
                    raise Unusable(_BROKEN)
            try:
                piece = unpacker.decompress(data, _PIECE * 8)
            except zlib.error:
                raise Unusable(_BROKEN) from None
            data = unpacker.unconsumed_tail
            length += len(piece)
            start = (start + piece)[:20] if len(start) < 20 else start
            if length > size:
                raise Unusable(_BROKEN)
        if length != size:
            raise Unusable(_BROKEN)
        self._buffer = unpacker.unused_data
        return start

    def _byte(self) -> int:
        if not self._buffer:
            self._buffer = self._file.read(_PIECE)
            if not self._buffer:
                raise Unusable(_BROKEN)
        byte, self._buffer = self._buffer[0], self._buffer[1:]
        return byte


def _number(data: bytes) -> tuple[int, bytes]:
    """A number as deltas write it, and what follows it."""
    value = shift = 0
    for index, byte in enumerate(data):
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, data[index + 1 :]
    raise Unusable(_BROKEN)
