"""One deployment for all tests of it: deployed, deployed again with other code, and deleted; each state is kept."""

from __future__ import annotations

import compileall
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploying.deployment import Checkout, Life, deployers_environment, state
from tests.deploying.local_aws import LocalAWS, local_aws
from tests.deploying.runtime import ONLY_THERE, RUNS_HERE, Runtime, sha256
from tests.organisation import ORG, Organisation, organisation


@pytest.fixture(scope="session")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that was worked in, and cleaned as `make deploy` does; Chalice packs it once for all tests."""
    copy = Checkout.copy(root, tmp_path_factory.mktemp("deploying") / "checkout", deployers_environment())
    compileall.compile_dir(copy.folder / "chalicelib", quiet=1)
    copy.remove_bytecode()
    return copy


@pytest.fixture(scope="session")
def templates(checkout: Checkout) -> dict[str, Path]:
    """The template of `chalice package`, by stage, as the checkout has it before anything is filled in."""
    folders = {stage: checkout.folder / f"package-{stage}" for stage in ("dev", "prod")}
    for stage, folder in folders.items():
        checkout.chalice("package", "--stage", stage, str(folder))
    return {stage: folder / "sam.json" for stage, folder in folders.items()}


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAWS]:
    """An AWS of the tests' own, on this machine."""
    with local_aws(tmp_path_factory.mktemp("aws"), deployers_environment()) as found:
        yield found


@pytest.fixture(scope="session")
def github() -> Iterator[Organisation]:
    """A small organisation that lives now, as Lambdas do; it has no database yet."""
    with organisation("", items=40, days=10, now=int(time.time())) as running:
        yield running


@pytest.fixture(scope="session")
def life(templates: dict[str, Path], checkout: Checkout, aws: LocalAWS, github: Organisation) -> Life:
    """Deploy, deploy other code, delete: by the real commands, against the local AWS."""
    checkout.set_variables("dev", {"GH_ORGS": ORG, "GH_API_URL": github.sandbox.url})
    checkout.chalice("deploy", "--stage", "dev", **aws.variables)
    deployed, url = state(aws), checkout.chalice("url", "--stage", "dev", **aws.variables).strip()
    (package,) = checkout.zips
    with (checkout.folder / "chalicelib" / "__init__.py").open("a") as file:
        file.write("\n# Other code.\n")
    checkout.chalice("deploy", "--stage", "dev", **aws.variables)
    redeployed = state(aws)
    checkout.chalice("delete", "--stage", "dev", **aws.variables)
    return Life(deployed, redeployed, state(aws), package, url)


@pytest.fixture(scope="session")
def package(life: Life) -> Path:
    """The very zip that was uploaded: every function's code has its digest."""
    uploaded = {function["CodeSha256"] for function in life.deployed["functions"].values()}
    assert uploaded == {sha256(life.package)}
    return life.package


@pytest.fixture(scope="session")
def runtime(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """That zip, unpacked as Lambda does."""
    if not RUNS_HERE:
        pytest.skip(ONLY_THERE)
    return Runtime.unpack(package, tmp_path_factory.mktemp("lambda"))


@pytest.fixture
def org(github: Organisation, db_url: str) -> Organisation:
    """The organisation, and a database for it."""
    return replace(github, db_url=db_url)
