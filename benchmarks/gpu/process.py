"""Processes with a time limit: a worker that is asked questions, and a command of the shell."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any

from benchmarks.compare import environment


class WorkError(Exception):
    """What was asked could not be done; one line."""


class Deadline:
    """A moment by which something must be over."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then; 0 when it is past."""
        return max(0.0, self._at - time.monotonic())

    def within(self, seconds: float) -> Deadline:
        """The earlier of this moment and that many seconds from now."""
        return Deadline(min(seconds, self.left()))

    def before(self, seconds: float) -> Deadline:
        """That many seconds before this moment."""
        return Deadline(self.left() - seconds)


class Worker:
    """A :mod:`benchmarks.gpu.worker`, started when it is first asked and anew when it has died.

    Args:
        command: another program that answers line by line.
    """

    def __init__(self, *command: str) -> None:
        self._command = command or (sys.executable, "-m", "benchmarks.gpu.worker")
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[str] = queue.Queue()
        self._errors: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115

    def ask(self, deadline: Deadline, **task: Any) -> Any:
        """The worker's answer.

        Raises:
            WorkError: it raised, or it died.
            TimeoutError: it did not answer in time; it was ended.
        """
        process = self._process
        if process is None or process.poll() is not None:
            process = self._start()
        assert process.stdin is not None
        try:
            print(json.dumps(task), file=process.stdin, flush=True)
            line = self._said.get(timeout=deadline.left())
        except queue.Empty:
            self.stop()
            raise TimeoutError("out of time") from None
        except OSError:
            line = ""
        if not line:
            code = process.wait()
            raise WorkError(f"the process died ({_last_line(self._errors) or code})")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkError(answer["error"])
        return answer["answer"]

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            env=environment(),
        )
        said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(process, said), daemon=True).start()
        self._process, self._said = process, said
        return process

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self._errors.close()


def _read(process: subprocess.Popen[str], said: queue.Queue[str]) -> None:
    """Every line as it comes, and an empty one at the end."""
    assert process.stdout is not None
    for line in process.stdout:
        said.put(line)
    said.put("")


def _last_line(file: IO[str]) -> str:
    file.seek(0)
    lines = [line.strip() for line in file.read().splitlines() if line.strip()]
    return lines[-1] if lines else ""


def labkit(deadline: Deadline, cwd: Path, *arguments: str, **variables: str) -> float:
    """Run a ``labkit`` command as a user would; the seconds it took, start-up and all.

    Args:
        deadline: when it is ended.
        cwd: where it is run; it gets a cache of its own there.
        arguments: of the command.
        variables: of its environment, beside those of this process.

    Raises:
        WorkError: it ended with an error; its last line.
        TimeoutError: it was not done in time; it was ended, its workers too.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "labkit", *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**environment(), **variables, "LABKIT_CACHE": str(cwd / "cache")},
            start_new_session=True,
        )
        try:
            code = process.wait(deadline.left())
        except BaseException as error:
            _end(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise TimeoutError("out of time") from None
            raise
        if code:
            raise WorkError(_last_line(said) or f"exit status {code}")
    return time.perf_counter() - started


def _end(process: subprocess.Popen[Any]) -> None:
    """The command and the workers it started, which are of its session."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
