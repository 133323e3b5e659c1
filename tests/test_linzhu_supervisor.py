"""The demo's processes, for real: started, killed, stopped; no orphan is left in any case."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError
from django_q.models import OrmQ

from linzhu.demo.heartbeat import STALE_AFTER_S, Heartbeat
from linzhu.demo.processes import answers, require_free_port
from linzhu.demo.supervisor import Child

ROOT = Path(__file__).parent.parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def processes_marked(mark: str) -> dict[int, str]:
    """Return the command lines, by pid, of living processes whose environment holds the mark."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # ended meanwhile
    return found


class Demo:
    """``manage.py demo`` with a folder of its own."""

    def __init__(self, var_dir: Path) -> None:
        self.port = free_port()
        self.mark = f"VAR_DIR={var_dir}"
        self.log = var_dir / "demo.log"
        var_dir.mkdir(exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--port", str(self.port)],
                cwd=ROOT,
                env={**environment, "VAR_DIR": str(var_dir), "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def running(self, what: str = "") -> list[int]:
        return [pid for pid, command in processes_marked(self.mark).items() if what in command]

    def wait_until_ready(self) -> None:
        wait_until(lambda: "is running" in self.log.read_text(), 300)  # seconds, on a machine that does nothing else


@pytest.fixture
def demo(tmp_path):
    demo = Demo(tmp_path / "var")
    yield demo
    for pid in demo.running():
        os.kill(pid, signal.SIGKILL)
    demo.process.wait()


@linux
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_demo_told_to_stop_leaves_no_process(demo, number):
    demo.wait_until_ready()
    assert answers(demo.port)
    assert demo.running("qcluster")
    assert demo.running("clock")
    demo.process.send_signal(number)
    assert demo.process.wait(timeout=30) == 0
    assert demo.running() == []
    assert "Stopped." in demo.log.read_text()


@linux
@pytest.mark.slow
def test_killed_demo_leaves_no_process(demo):
    demo.wait_until_ready()
    demo.process.kill()
    demo.process.wait()
    wait_until(lambda: demo.running() == [])


@linux
@pytest.mark.slow
def test_killed_worker_is_started_again_and_leaves_no_orphan(demo):
    demo.wait_until_ready()
    wait_until(lambda: len(demo.running("qcluster")) > 3)
    before = demo.running("qcluster")
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: demo.running("qcluster") and not set(before) & set(demo.running("qcluster")))
    assert re.search(r"The worker ended \(-9\); starting it again in 1 s\.", demo.log.read_text())


@pytest.mark.slow
def test_second_demo_on_the_same_port_is_told_the_cure(tmp_path):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = [sys.executable, "manage.py", "demo", "--port", str(port)]
        environment = {**os.environ, "VAR_DIR": str(tmp_path)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"CommandError: Port {port} is taken. Choose another: make demo PORT={port + 1}\n"


def test_impossible_port_is_refused():
    with pytest.raises(CommandError, match="Port 70000 cannot be used"):
        require_free_port(70_000)


def test_free_port_is_accepted():
    require_free_port(free_port())


def test_child_that_keeps_falling_waits_longer_each_time():
    said = []
    child = Child("sparrow", [sys.executable, "-c", "raise SystemExit(3)"])
    for _fall in range(3):
        child.start()
        child.process.wait()
        child.watch(said.append)
    assert said == [f"The sparrow ended (3); starting it again in {delay} s." for delay in (1, 2, 4)]


def test_child_without_heartbeat_is_killed():
    said = []
    child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], beat=lambda: False)
    child.start()
    process = child.process
    child.watch(said.append)
    assert process.returncode == -signal.SIGKILL
    assert said == ["The sleeper does nothing any more; starting it again in 1 s."]


@pytest.fixture
def heartbeat(db, tmp_path) -> Heartbeat:
    return Heartbeat(tmp_path / "beat")


def test_heartbeat_puts_one_task_into_the_queue(heartbeat):
    assert heartbeat()
    assert heartbeat()
    assert OrmQ.objects.count() == 1


def test_heartbeat_unanswered_for_long_is_told_once(heartbeat):
    heartbeat()
    heartbeat.waiting_since -= STALE_AFTER_S
    assert not heartbeat()
    assert heartbeat()


def test_heartbeat_answered_in_time_is_good(heartbeat):
    heartbeat()
    heartbeat.path.touch()
    heartbeat.waiting_since -= STALE_AFTER_S
    assert heartbeat()
