"""Sweeps on Dask (two worker processes, TCP) and on MPI (two ranks): the bytes of one process.

Prints how many times faster than one worker each engine is. Nothing is expected of that number:
whatever else runs on the machine takes part of it, and one of two ranks collects the results.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sweep_runs
from sweep_runs import GRIDS, digest, fail_at, leave_at, timed

from npspectral import sweep

ROOT = Path(__file__).parents[2]
# On a busy disk Dask says so of its own files; it says nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:Creating scratch directories:UserWarning")
BESIDE_PYTHON = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The file that runs write their names to, in workers too."""
    file = tmp_path_factory.mktemp("sweep") / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWEEP_LOG", str(file))
        patch.setenv("OPENBLAS_NUM_THREADS", "1")
        yield file


@pytest.fixture(autouse=True)
def nothing_logged(log):
    log.unlink(missing_ok=True)


def processes(log):
    """Those that logged a run since the last time."""
    found = {line.split()[1] for line in log.read_text().splitlines() if "caller" not in line}
    log.unlink()
    return found


@pytest.fixture(scope="module")
def client(log):
    """Of two worker processes of Dask, reached over TCP.

    A worker holds one run at a time: of a worker that dies, Dask blames all that it holds.
    """
    distributed, dask = map(pytest.importorskip, ("distributed", "dask"))
    with (dask.config.set({"distributed.scheduler.worker-saturation": 1.0}),
          distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                                   protocol="tcp", dashboard_address=":0") as cluster,
          distributed.Client(cluster) as client):
        yield client


def under_mpi(grid, path):
    """Digest of the table and runs per second, of two ranks."""
    pytest.importorskip("mpi4py")
    mpiexec = shutil.which("mpiexec", path=BESIDE_PYTHON)
    if mpiexec is None:
        pytest.skip("there is no mpiexec")
    done = subprocess.run([mpiexec, "-n", "2", sys.executable, "-m", "mpi4py.futures",
                           sweep_runs.__file__, grid, path, "MPI"], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300)
    assert done.returncode == 0, done.stderr
    found, rate = done.stdout.split()
    return found, float(rate)


def test_dask_gives_the_bytes_of_one_process(client, log, tmp_path):
    assert all(address.startswith("tcp://") for address in client.scheduler_info()["workers"])
    want = sweep.run_all(GRIDS["train"], tmp_path / "one").text
    assert processes(log) == {str(os.getpid())}
    table = sweep.run_all(GRIDS["train"], tmp_path / "two", executor=client.get_executor())
    assert table.text == want
    found = processes(log)
    assert len(found) == 2 and str(os.getpid()) not in found


@pytest.mark.parametrize("run, options, error", [
    (fail_at, {}, "ArithmeticError: no run 3 today"),
    # Dask tries it on several workers, replaces each, and then loses that run alone
    (leave_at, dict(how=["_exit"]), "KilledWorker")])
def test_runs_that_fail_on_dask_are_recorded_and_tried_again(run, options, error, client, tmp_path):
    (tmp_path / "flag").touch()
    runs = sweep.grid(run, place=[str(tmp_path / "flag")], i=range(6), **options)
    executor = client.get_executor()
    rows = sweep.run_all(runs, tmp_path / "runs", executor=executor).rows
    assert [row.value for row in rows] == [0, 1, 2, None, 4, 5]
    assert error in rows[3].error
    (tmp_path / "flag").unlink()
    assert sweep.run_all(runs, tmp_path / "runs", executor=executor).values == list(range(6))


def test_a_run_on_dask_or_mpi_changes_nothing_that_later_runs_see(client, tmp_path, monkeypatch):
    with monkeypatch.context() as quiet:
        quiet.setenv("SWEEP_QUIET", "1")
        want = sweep.run_all(GRIDS["disturb"], tmp_path / "quiet")
    table = sweep.run_all(GRIDS["disturb"], tmp_path / "two", executor=client.get_executor())
    assert table.text == want.text
    assert under_mpi("disturb", tmp_path / "three")[0] == digest(want)


def test_a_script_of_its_own_runs_on_dask(client, tmp_path):
    """Dask sends its functions as values, and a worker has no file of them to compare."""
    script = tmp_path / "script.py"
    script.write_text(f"""
from distributed import Client
from npspectral import sweep


def f(i):
    return i


if __name__ == "__main__":
    with Client({client.scheduler.address!r}) as client:
        runs, path = sweep.grid(f, i=range(3)), {str(tmp_path / "runs")!r}
        print(sweep.run_all(runs, path, executor=client.get_executor()).values)
""")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=100,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.stdout == "[0, 1, 2]\n", done.stderr


def test_mpi_gives_the_bytes_of_one_process(log, tmp_path):
    want = sweep.run_all(GRIDS["train"], tmp_path / "one")
    assert processes(log) == {str(os.getpid())}
    assert under_mpi("train", tmp_path / "two")[0] == digest(want)
    caller, = (line.split()[1] for line in log.read_text().splitlines() if "caller" in line)
    worker, = processes(log)
    assert worker not in (caller, str(os.getpid()))
    assert sweep.run_all(GRIDS["train"], tmp_path / "two") == want and not log.exists()


def test_throughput_is_printed(client, log, tmp_path, capsys):
    table, alone = timed("speed", tmp_path / "one")
    rates = {}
    for name, engine in (("2 processes", dict(workers=2)),
                         ("Dask, 2 workers", dict(executor=client.get_executor()))):
        same, rates[name] = timed("speed", tmp_path / name, **engine)
        assert same == table
    found, rates["MPI, 2 ranks"] = under_mpi("speed", tmp_path / "MPI")
    assert found == digest(table)
    with capsys.disabled():
        print(f"\nsweep of {len(table.rows)} runs of {1 / alone:.2f} s, rate over one process:",
              ", ".join(f"{name} {rate / alone:.2f}" for name, rate in rates.items()))
