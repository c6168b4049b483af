"""The command: its one line, its options and its end."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sandbox import Fault, RunningSandbox
from sandbox.__main__ import make_world, parser
from sandbox.server.control import CALLS
from sandbox.world.happenings import KINDS
from tests.sandbox.conftest import NOW, Client

ARGUMENTS = ["--now", "2026-06-01T12:00:00Z", "--speed", "0", "--items", "100", "--days", "50", "--org", "acme"]


@contextmanager
def running(root: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "sandbox", *ARGUMENTS, *arguments]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        matched = re.fullmatch(r"sandbox: (http://127\.0\.0\.1:\d+) organisation=acme token=sandbox-token\n", line)
        assert matched, line
        try:
            yield process, matched[1]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(number: signal.Signals, root: Path) -> None:
    with running(root) as (process, url), Client(url) as client:
        assert client.get("/orgs/acme").json()["login"] == "acme"
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_with_who_started_it(root: Path) -> None:
    """`kill -9` of a program that had started a sandbox left it running for ever."""
    code = f"""
import subprocess, sys, time
arguments = [sys.executable, "-m", "sandbox", *{ARGUMENTS!r}, "--until-stdin-closes"]
sandbox = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
print(sandbox.stdout.readline(), end="", flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().startswith("sandbox: ")
        parent.kill()
        # The sandbox has the same standard error, which closes when both have ended.
        assert parent.communicate(timeout=10) == ("", "")


@pytest.mark.parametrize("redirection", ["</dev/null", "<&-"])
def test_it_ends_at_once_when_there_is_nothing_to_wait_for(root: Path, redirection: str) -> None:
    script = f"exec {sys.executable} -m sandbox {' '.join(ARGUMENTS)} --until-stdin-closes {redirection}"
    command = ["sh", "-c", script]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout[:9], ended.stderr) == (0, "sandbox: ", "")


def test_a_greeting_that_nobody_reads_ends_it_quietly(root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", *ARGUMENTS],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(10) == 1


def test_answers_are_the_same_byte_for_byte(root: Path) -> None:
    answers = []
    for _ in range(2):
        with running(root) as (_, url), Client(url) as client:
            paths = ("/search/issues?q=is:pr", "/orgs/acme/members", "/orgs/acme/repos", "/_sandbox/items")
            answers.append([client.get(path).text.replace(url, "URL") for path in paths])
    assert answers[0] == answers[1]


def test_options() -> None:
    options = parser().parse_args([*ARGUMENTS, "--org", "other", "--repos", "3", "--people", "9", "--seed", "4"])
    plan = make_world(options).plan
    assert (plan.now, plan.seed, plan.organisations) == (NOW, 4, ("acme", "other"))
    assert (plan.repositories, plan.people, plan.days, plan.items) == (3, 9, 50, 100)


def test_the_help_tells_of_every_control_call() -> None:
    text = parser().format_help()
    for call in CALLS:
        assert f"{call.method:<6} /_sandbox/{call.path} " in text
    for name in (*KINDS, *Fault):
        assert name in text.split(), name


def test_the_readmes_example_runs(root: Path) -> None:
    readme = (root / "sandbox" / "README.md").read_text(encoding="utf-8")
    exec(re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0], {})  # noqa: S102 - our own words


@pytest.mark.parametrize("arguments", [["--fault-rate", "much"], ["--now", "soon"]])
def test_wrong_options_are_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(arguments)
    assert arguments[0] in capsys.readouterr().err


def test_a_port_in_use_is_one_sentence(root: Path, reading: RunningSandbox) -> None:
    port = reading.url.rpartition(":")[2]
    command = [sys.executable, "-m", "sandbox", *ARGUMENTS, "--port", port]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=10, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"sandbox: can't listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_public_url_is_in_the_objects_and_pages_link_to_the_sandbox(root: Path) -> None:
    with running(root, "--public-url", "https://api.github.example/") as (_, url):
        answer = requests.get(
            f"{url}/search/issues?q=is:issue+org:acme&per_page=1",
            headers={"Authorization": "Bearer sandbox-token"},
            timeout=10,
        )
    assert answer.json()["items"][0]["url"].startswith("https://api.github.example/repos/acme/")
    assert answer.links["next"]["url"].startswith(f"{url}/search/issues?")
