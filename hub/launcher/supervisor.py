"""From checks to the report, then watching, then stopping: the life of `make up`."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from types import FrameType

from hub.launcher import checks, cluster, commands, database, keys, processes, report
from hub.launcher.commands import Commands
from hub.launcher.errors import CannotStart, ChildDied
from hub.launcher.lock import Lock, only_one
from hub.launcher.logs import Tail, last_lines
from hub.launcher.processes import Child, Children
from hub.launcher.settings import Settings, make_folders

TICK = 0.1
READY_TIMEOUT = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):
    """Somebody asked the launcher to stop."""


class StopRequest:
    """Notes that a stop was asked for: by a signal, or by the end of the process that started the launcher.

    The signal's handler only notes it. An exception from there could come between starting a process and
    writing it down.
    """

    def __init__(self, *, parent: int | None) -> None:
        self._parent = parent
        self._signalled = False

    def listen(self) -> None:
        """Take the signals that ask for a stop, except those that are ignored on purpose (`nohup`)."""
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
                signal.signal(number, self._note)

    def check(self) -> None:
        """Raises StopRequested once a stop was asked for."""
        if self._signalled or (self._parent is not None and os.getppid() != self._parent):
            raise StopRequested

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True


class Supervisor:
    """Runs one hub. `commands` may be replaced to run something else in its place."""

    def __init__(self, settings: Settings, inherited: Mapping[str, str], stop: StopRequest, run: Commands) -> None:
        self.settings = settings
        self.inherited = inherited
        self.stop = stop
        self.commands = run

    def run(self) -> None:
        """Start everything and watch it until a stop is asked for.

        Raises CannotStart if something is wrong, and ChildDied if a process ends by itself.
        """
        make_folders(self.settings)
        with only_one(self.settings.run_dir / "launcher.lock") as lock:
            self._check()
            try:
                self._start_and_watch(lock)
            except StopRequested:
                pass
            finally:
                lock.say_stopping()
                if not self.settings.database_url:
                    database.stop(self.settings.data_dir)

    def _check(self) -> None:
        """Everything that can be known to be wrong before anything starts."""
        for name in processes.end_leftovers(self.settings.run_dir / "children.json", self.settings.data_dir):
            report.say(f"Ended what an earlier run had left: {name}.")
        checks.port_is_free(self.settings)
        if self.settings.database_url:
            checks.database_answers(self.settings.database_url)
        else:
            cluster.check_version(cluster.folder(self.settings.data_dir))
        if self.settings.redis_url:
            checks.redis_answers(self.settings.redis_url)

    def _start_and_watch(self, lock: Lock) -> None:
        report.say("Starting Assistant Hub")
        keys.ensure(self.settings.data_dir / "keys")
        with report.step("database"):
            database_url = self.settings.database_url or database.start(self.settings.data_dir)
        environment = commands.environment(self.settings, self.inherited, database_url)
        children = Children(self.settings.run_dir / "children.json", self.settings.log_dir, environment)
        try:
            with report.step("migrations and catalogue"):
                self._prepare(children)
            with report.step("web server and worker"):
                running = self._start(children)
            report.ready(self.settings)
            self._watch(running)
        finally:
            lock.say_stopping()
            report.say("Stopping")
            children.stop()

    def _prepare(self, children: Children) -> None:
        child = children.start("prepare", self.commands.prepare)
        while not child.has_ended():
            self.stop.check()
            time.sleep(TICK)
        if child.process.returncode:
            raise _died(child)

    def _start(self, children: Children) -> list[Child]:
        web = children.start("web", self.commands.web)
        worker = children.start("worker", self.commands.worker)
        tail = Tail(worker.log)
        worker_ready = False
        deadline = time.monotonic() + READY_TIMEOUT
        try:
            while not (worker_ready and checks.is_ready(self.settings)):
                self._look_at([web, worker])
                worker_ready = worker_ready or any(self.commands.worker_is_ready in line for line in tail.new_lines())
                if time.monotonic() > deadline:
                    late = web if worker_ready else worker
                    message = (
                        f"The {late.name} process was not ready within {READY_TIMEOUT:.0f} seconds. See {late.log}."
                    )
                    raise ChildDied(message, last_lines(late.log))
                time.sleep(TICK)
        finally:
            tail.close()
        return [web, worker]

    def _watch(self, running: list[Child]) -> None:
        """Wait for a stop or a failure; show errors and mails meanwhile."""
        tails = {child.name: Tail(child.log) for child in running}
        try:
            while True:
                self._look_at(running)
                for name, tail in tails.items():
                    for line in tail.worth_showing():
                        report.say(f"{name:>6} | {line}")
                time.sleep(TICK)
        finally:
            for tail in tails.values():
                tail.close()

    def _look_at(self, running: list[Child]) -> None:
        self.stop.check()
        for child in running:
            if child.has_ended():
                raise _died(child)
        if not self.settings.database_url and database.running(cluster.folder(self.settings.data_dir)) is None:
            log = self.settings.log_dir / "postgres.log"
            raise ChildDied(f"The database ended by itself. See {log}.", last_lines(log))


def _died(child: Child) -> CannotStart:
    code = child.process.returncode
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return ChildDied(f"The {child.name} process {how}. See {child.log}.", last_lines(child.log))
