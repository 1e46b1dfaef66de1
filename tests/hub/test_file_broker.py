"""The queue of a hub without Redis: no message is seen half written, and a broken one stops nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection
from kombu.transport.virtual import Channel

from hub import file_broker

MESSAGES = 150


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    options = {}
    for name in ("data_folder_in", "data_folder_out", "control_folder", "processed_folder"):
        folder = tmp_path / ("queue" if "data" in name else name)
        folder.mkdir(exist_ok=True)
        options[name] = str(folder)
    with Connection(f"{file_broker.SCHEME}://", transport_options=options) as opened:
        yield opened


def taken(channel: Channel, queue: str) -> list[dict[str, int]]:
    found = []
    while True:
        try:
            found.append(channel._get(queue))
        except file_broker.Empty:
            return found


def test_what_goes_in_comes_out_in_order(connection: Connection) -> None:
    channel = connection.channel()
    for number in range(3):
        channel._put("jobs", {"number": number})
    channel._put("others", {"number": 9})
    assert [one["number"] for one in taken(channel, "jobs")] == [0, 1, 2]
    assert [one["number"] for one in taken(channel, "others")] == [9]


def test_a_reader_at_the_same_time_sees_whole_messages_only(connection: Connection) -> None:
    reader, writer, found = connection.channel(), connection.channel(), []
    over = threading.Event()
    payload = {"text": "x" * 200_000}

    def write() -> None:
        for number in range(MESSAGES):
            writer._put("jobs", payload | {"number": number})
        over.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not over.is_set():
        found += taken(reader, "jobs")
    thread.join()
    found += taken(reader, "jobs")
    assert sorted(one["number"] for one in found) == list(range(MESSAGES))


def test_a_message_that_a_crash_cut_off_is_dropped(connection: Connection, tmp_path: Path) -> None:
    channel = connection.channel()
    (tmp_path / "queue" / "00000_a.jobs.msg").write_text("")
    channel._put("jobs", {"number": 1})
    with pytest.raises(file_broker.Empty):
        channel._get("jobs")
    assert channel._get("jobs") == {"number": 1}


def test_what_is_being_written_is_no_message(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "queue" / ".0_a.jobs.msg.part").write_text('{"number"')
    with pytest.raises(file_broker.Empty):
        connection.channel()._get("jobs")
