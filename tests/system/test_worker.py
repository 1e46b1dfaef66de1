"""Background work in a hub that brings everything itself."""

from __future__ import annotations

from tests.system.hub import Hub


def test_a_task_reaches_the_worker_through_the_folder(hub: Hub) -> None:
    hub.queue_task("hub.tasks.heartbeat")

    hub.wait_for_worker()

    assert (hub.data_dir / "run" / "worker-heartbeat").exists()
    assert (hub.data_dir / "broker" / "queue").is_dir()
