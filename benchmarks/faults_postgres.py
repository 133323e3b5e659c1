"""A PostgreSQL of one's own, made for one run and restarted in the middle of it (``faults.py --restart-every``)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal, Self

BINARIES = Path("/usr/lib/postgresql")


class OwnPostgres:
    """A cluster in a temporary directory on a free port, with the durability of a real one.

    PostgreSQL refuses to run as root; then it runs as the user ``postgres``.
    """

    def __init__(self) -> None:
        found = sorted(BINARIES.glob("*/bin/pg_ctl"), key=lambda path: float(path.parts[-3]))
        if not found:
            print(f"Skipped: no PostgreSQL server under {BINARIES} that could be restarted.")
            sys.exit(0)
        self._bin = found[-1].parent
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="faults-"))
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        self._run("initdb", "-U", "postgres", "-A", "trust", "-D", f"{self._folder}/data")
        with (self._folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = '{self._folder}'\n"
            )
        self._control("start", "-l", f"{self._folder}/log")
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._control("stop", "-m", "immediate")
        shutil.rmtree(self._folder)

    def restart(self, mode: Literal["fast", "immediate"]) -> None:
        """Throw everybody out and come back; ``immediate`` is a crash, with recovery from the log."""
        self._control("restart", "-m", mode, "-l", f"{self._folder}/log")

    def _control(self, *command: str) -> None:
        self._run("pg_ctl", "-w", "-D", f"{self._folder}/data", *command)

    def _run(self, program: str, *arguments: str) -> None:
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        # No pipe to it: the server would inherit its end, and reading it would wait until the server stops.
        subprocess.run(
            [*user, str(self._bin / program), *arguments],
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
