import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from demo import premises
from demo.premises import Taken
from demo.processes import ChildEnded, Crew, NeverReady, ToldToStop
from demo.show import ROOT

SLEEP = ["sleep", "60"]

OWNER = """
import sys
from pathlib import Path
from demo.processes import Crew
with Crew(folder=Path(), logs=Path(sys.argv[1]), environment={}) as crew:
    print(crew.start("sleeper", ["sleep", "60"]).process.pid, flush=True)
    crew.watch()
"""


def make_crew(logs: Path) -> Crew:
    return Crew(folder=ROOT, logs=logs, environment={"GREETING": "terve"})


def has_ended(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    return True


def ends_soon(pid: int) -> bool:
    """Whether it ends within ten seconds: what was killed by somebody else than its parent takes a moment to go."""
    deadline = time.monotonic() + 10
    while not has_ended(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return has_ended(pid)


def test_whatever_was_started_ends_with_the_block(tmp_path: Path) -> None:
    with make_crew(tmp_path) as crew:
        children = [crew.start(name, SLEEP) for name in ("first", "second")]
        assert all(child.is_running for child in children)

    assert [child.process.returncode for child in children] == [-signal.SIGTERM, -signal.SIGTERM]


def test_a_child_that_could_not_go_on_is_started_again(tmp_path: Path) -> None:
    once = f"echo started; test -e {tmp_path}/before || {{ touch {tmp_path}/before; exit {os.EX_TEMPFAIL}; }}; sleep 60"

    with make_crew(tmp_path) as crew:
        child = crew.start("worker", ["sh", "-c", once])
        crew.wait_until(lambda: child.log.read_text() == "started\nstarted\n", within_seconds=10)

    assert child.process.returncode == os.EX_TEMPFAIL


def test_what_a_child_has_started_ends_too(tmp_path: Path) -> None:
    with make_crew(tmp_path) as crew:
        child = crew.start("parent", ["sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait; wait"])
        crew.wait_until(lambda: bool(child.log.read_text()))
        grandchild = int(child.log.read_text())

    assert ends_soon(grandchild)


def test_a_child_that_ends_by_itself_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with make_crew(tmp_path) as crew:
        crew.start("speaker", ["sh", "-c", "echo $GREETING; exit 3"])
        with pytest.raises(ChildEnded, match=r"The speaker process ended \(3\)\. .*speaker\.log ends so:\n  terve\n"):
            crew.watch()


def test_an_errand_may_end_but_not_badly(tmp_path: Path) -> None:
    with make_crew(tmp_path) as crew:
        errand = crew.send("errand", ["true"])
        crew.wait_until(lambda: errand.is_done)

        crew.send("failure", ["false"])
        with pytest.raises(ChildEnded, match="The failure process ended"):
            crew.watch()


def test_waiting_has_an_end(tmp_path: Path) -> None:
    with make_crew(tmp_path) as crew, pytest.raises(NeverReady):
        crew.wait_until(lambda: False, within_seconds=0.3)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_usual_signals_end_the_wait_and_are_given_back_afterwards(tmp_path: Path, ending: signal.Signals) -> None:
    before = signal.getsignal(ending)

    with make_crew(tmp_path) as crew:
        os.kill(os.getpid(), ending)
        with pytest.raises(ToldToStop):
            crew.watch()

    assert signal.getsignal(ending) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to its parent")
def test_a_killed_demo_leaves_no_orphans(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    sleeper = int(owner.stdout.readline())

    # The leash must be on before its holder is killed.
    while psutil.Process(sleeper).name() != "sleep":
        time.sleep(0.01)
    owner.kill()
    owner.communicate()

    assert ends_soon(sleeper)


def test_a_folder_belongs_to_one_demo_at_a_time_and_keeps_no_trace_of_it(tmp_path: Path) -> None:
    with premises.keep(tmp_path), pytest.raises(Taken, match="Another demo is running"), premises.keep(tmp_path):
        pass

    with premises.keep(tmp_path):
        assert not list(tmp_path.iterdir())
