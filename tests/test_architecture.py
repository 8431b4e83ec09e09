"""The shape of the code: one check per file, short functions on the walk, imports go one way, nothing of a machine is committed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.check import CHECKS

ROOT = Path(__file__).resolve().parents[1]
WALK = ("receive", "parse", "check", "decide", "render", "record", "send", "workflow")
LONGEST = 40
CALLED_BY_LIBRARIES = {"handle_DATA", "down_revision"}  # aiosmtpd, Alembic


def functions(folder: Path) -> Iterator[tuple[Path, ast.FunctionDef]]:
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield file, node


def committed() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this is no git checkout (an unpacked source distribution)")
    return [ROOT / name for name in done.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("name", [check[0] if isinstance(check, tuple) else check.name for check in CHECKS])
def test_a_check_is_one_file_with_one_public_function_of_its_name(name: str) -> None:
    tree = ast.parse((ROOT / "mailbot" / "check" / f"{name}.py").read_text(encoding="utf-8"))
    assert [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")] == [name]


@pytest.mark.parametrize("step", WALK)
def test_no_function_on_the_walk_is_longer_than_a_page(step: str) -> None:
    """The migrations of record are tables written out, not steps."""
    long = [
        f"{file.relative_to(ROOT)}: {node.name} ({node.end_lineno - node.lineno + 1})"
        for file, node in functions(ROOT / "mailbot" / step)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > LONGEST and "revisions" not in file.parts
    ]
    assert long == []


def test_nothing_is_kept_that_nobody_calls() -> None:
    """A function, class or constant named nowhere else is dead, however well it is tested. Libraries call some by their own names."""
    sources = {file: file.read_text(encoding="utf-8") for file in sorted((ROOT / "mailbot").rglob("*.py"))}
    pages = [file.read_text(encoding="utf-8") for file in (ROOT / "templates").rglob("*") if file.is_file() and file.suffix != ".svg"]
    named = Counter(re.findall(r"\w+", "\n".join((*sources.values(), *pages))))
    dead = [
        f"{file.relative_to(ROOT)}: {name}"
        for file, source in sources.items()
        for name in _made(ast.parse(source))
        if named[name] == 1 and name not in CALLED_BY_LIBRARIES
    ]
    assert dead == []


def _made(tree: ast.Module) -> Iterator[str]:
    """Names of functions and classes without decorator (a decorator registers them), and of a module's constants."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not node.decorator_list and not node.name.startswith("__"):
                yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.id for t in targets if isinstance(t, ast.Name) and not t.id.startswith("__"))


def test_imports_go_one_way() -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_nothing_of_one_machine_is_committed() -> None:
    """No path of a builder's machine, no address of a package registry: the lock is used with whatever index the user has."""
    wrong = [
        r"/" + r"work/(main|shared|\.library)",
        r"/" + r"home/[a-z]+/",
        r"/" + r"tmp/[a-z_]*(bash|brief)",
        r"https?://[^\s\"']*(pypi\.|/simple/|artifactory|/nexus/|registry\.npm)",
        r"(?m)^\s*(--(extra-)?index-url|-i\s+http)",
    ]
    pattern = re.compile("|".join(f"(?:{w})" for w in wrong if not w.startswith("(?m)")) + "|" + wrong[-1].removeprefix("(?m)"), re.M)
    found = []
    for file in committed():
        if file.stat().st_size < 2_000_000 and "data" not in file.relative_to(ROOT).parts[:2] and file != Path(__file__).resolve():
            text = file.read_bytes().decode("utf-8", "replace")
            found += [f"{file.relative_to(ROOT)}: {m[0]}" for m in pattern.finditer(text)]
    assert found == []


def test_every_exception_to_a_lint_rule_has_its_reason() -> None:
    bare = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sorted((ROOT / "mailbot").rglob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"# (noqa(: [A-Z0-9, ]+)?|type: ignore(\[[a-z, -]+\])?)\s*$", line)
    ]
    assert bare == []
