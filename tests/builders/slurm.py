"""A SLURM of one node, started by the test itself; it listens on 127.0.0.1 alone."""

from __future__ import annotations

import getpass
import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.builders.crowd import ROOT

#: Debian has the daemons where only root looks.
_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
LACKING = [name for name in PROGRAMS if not shutil.which(name, path=_PATH)]
needs_slurm = pytest.mark.skipif(bool(LACKING), reason=f"no SLURM: {', '.join(LACKING)}")

_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={d}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={at}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={at}/state
SlurmdSpoolDir={at}/spool
SlurmctldPidFile={at}/slurmctld.pid
SlurmdPidFile={at}/slurmd.pid
SlurmctldLogFile={at}/slurmctld.log
SlurmdLogFile={at}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
KillWait=1
MinJobAge=10
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=one NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def _free_ports() -> tuple[int, int]:
    with socket.socket() as a, socket.socket() as b:
        a.bind(("127.0.0.1", 0))
        b.bind(("127.0.0.1", 0))
        return a.getsockname()[1], b.getsockname()[1]


@contextmanager
def slurm(cpus: int = 2) -> Iterator[dict[str, str]]:
    """Start munged, slurmctld and slurmd; yield the environment by which commands find them."""
    with TemporaryDirectory(prefix="slurm") as folder:
        at = Path(folder)
        at.chmod(0o755)
        (at / "state").mkdir()
        (at / "spool").mkdir()
        key = at / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        ctld, d = _free_ports()
        conf = at / "slurm.conf"
        host = platform.node().partition(".")[0]
        text = _CONF.format(at=at, host=host, ctld=ctld, d=d, user=getpass.getuser(), cpus=cpus)
        conf.write_text(text)
        environment = {**os.environ, "PATH": _PATH, "SLURM_CONF": str(conf)}
        names = ("pid-file", "log-file", "seed-file")
        munged = [f"--{name}={at}/munge.{name}" for name in names]
        commands = [
            ["munged", "-F", "--force", f"--key-file={key}", f"--socket={at}/munge.socket",
             *munged],
            ["slurmctld", "-D", "-f", str(conf)],
            ["slurmd", "-D", "-N", "one", "-f", str(conf)],
        ]  # fmt: skip
        started: list[subprocess.Popen[bytes]] = []
        try:
            for command in commands:
                with (at / f"{command[0]}.out").open("wb") as out:
                    started.append(
                        subprocess.Popen(command, env=environment, stdout=out, stderr=out)
                    )
                if command[0] == "munged":
                    _wait_until(lambda: (at / "munge.socket").exists(), at)
            _wait_until(lambda: _is_idle(environment), at)
            yield environment
        finally:
            subprocess.run(["scancel", "--quiet", "-u", getpass.getuser()], env=environment)
            _wait(lambda: not _queue(environment), 5.0)
            for process in reversed(started):
                process.terminate()
            for process in reversed(started):
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def _ask(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout


def _is_idle(environment: dict[str, str]) -> bool:
    return "idle" in _ask(environment, "sinfo", "-h", "-o", "%T")


def _queue(environment: dict[str, str]) -> str:
    return _ask(environment, "squeue", "-h")


def _wait(until: object, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not until():  # type: ignore[operator]
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _wait_until(there: object, at: Path) -> None:
    if not _wait(there, 30.0):
        logs = "\n".join(p.read_text(errors="replace")[-1500:] for p in sorted(at.glob("*.[lo]*")))
        pytest.fail(f"SLURM did not start:\n{logs}")


def in_slurm(cluster: dict[str, str]) -> dict[str, str]:
    """Variables with which a command of its own finds the cluster, and tasks find the tests."""
    return {"PYTHONPATH": str(ROOT), **{name: cluster[name] for name in ("PATH", "SLURM_CONF")}}
