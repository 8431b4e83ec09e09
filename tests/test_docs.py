"""Docs that cannot rot: every setting, rule key, template and command is documented, and what the README runs exists."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

from mailbot.cli import app
from mailbot.config.settings import Settings
from mailbot.model.finding import Findings
from mailbot.model.ticket import ActionState, Flag, Kind, TicketState
from tests import lifecycle_page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def settings_keys(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        here = (*path, field.alias or name)
        inner = _model(field.annotation)
        if inner:
            yield from settings_keys(inner, here)
        else:
            yield here


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model(part))), None)


def commands(command: Any, name: str = "mailbot") -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, sub in inner.items():
        yield from commands(sub, f"{name} {word}")


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_setting_is_documented_in_its_section() -> None:
    sections = _sections((DOCS / "configuration.md").read_text(encoding="utf-8"))
    missing = []
    for path in settings_keys(Settings):
        if path[-2] == "account_manager":
            continue  # a table written on one line, shown whole
        place = "oauth" if "oauth" in path else ".".join(path[:-1])
        if not any(place == title and f"| `{path[-1]}` |" in text for title, text in sections):
            missing.append(".".join(path))
    assert missing == []


def test_the_example_names_every_setting() -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    missing = [".".join(path) for path in settings_keys(Settings) if not re.search(rf"\b{path[-1]}\b", text)]
    assert missing == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented_with_its_options_and_an_example(name: str) -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    found = re.search(rf"^## `{re.escape(name)}( [^`]*)?`$(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, f"docs/commands.md has no section on {name}"
    for option in (o for p in COMMANDS[name].params if p.param_type_name == "option" and p.name != "help" for o in p.opts):
        assert f"`{option}`" in found[2], f"{option} of {name} is not documented"
    assert f"Example: {name}" in " ".join((COMMANDS[name].help or "").split()), f"{name} --help has no example"


def test_no_command_is_documented_that_does_not_exist() -> None:
    told = re.findall(r"^## `(mailbot[^`]*)`$", (DOCS / "commands.md").read_text(encoding="utf-8"), re.M)
    assert [t for t in told if not any(t == name or t.startswith(f"{name} ") for name in COMMANDS)] == []


def test_every_rule_key_is_documented() -> None:
    page = DOCS / "rules.md"
    assert page.exists(), "docs/rules.md is missing"
    text = page.read_text(encoding="utf-8")
    missing = []
    for file in sorted((ROOT / "rules").glob("*.toml")):
        if file.name not in text:
            missing.append(file.name)
        missing += [f"{file.name}: {key}" for key in tomllib.loads(file.read_text(encoding="utf-8")) if not re.search(rf"\b{key}\b", text)]
    assert missing == []


def test_every_template_is_documented() -> None:
    page = DOCS / "templates.md"
    assert page.exists(), "docs/templates.md is missing"
    text = page.read_text(encoding="utf-8")
    names = {f.name for f in (ROOT / "templates" / "email").iterdir() if f.is_dir()}
    names |= {f.stem for kind in ("order_comment", "notify", "snippets") for f in (ROOT / "templates" / kind).glob("*.txt")}
    assert sorted(n for n in names if not re.search(rf"\b{re.escape(n)}\b", text)) == []


def test_the_glossary_knows_every_word_that_people_see() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    words = [*get_args(Kind), *get_args(TicketState), *get_args(ActionState), *get_args(Flag), *Findings.__dataclass_fields__]
    assert sorted({w for w in words if not re.search(rf"\b{w}\b", text)}) == []


def test_the_page_of_the_lifecycle_is_made_from_its_table() -> None:
    assert (DOCS / "lifecycle.md").read_text(encoding="utf-8") == lifecycle_page.page(), (
        "python -m tests.lifecycle_page > docs/lifecycle.md"
    )


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda p: p.name)
def test_commands_and_links_in_the_docs_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, re.S):
        for line in block.splitlines():
            for part in re.split(r"&&|;|\|", line.split("#")[0]):
                _exists(part.strip())
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in link and not link.startswith("mailto:"):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda p: p.name)
def test_every_test_that_the_docs_name_as_a_proof_exists(page: Path) -> None:
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text(encoding="utf-8")):
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{page.name} names {file}::{name}"


def _exists(line: str) -> None:
    words = shlex.split(line)
    if words[:1] == ["make"]:
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        assert {w for w in words[1:] if "=" not in w and w.isalpha()} <= set(targets), line
    if words[:1] == ["mailbot"] and words[1:2] != ["--version"]:
        rest = words[3:] if words[1:2] == ["--config"] else words[1:]
        named = " ".join(["mailbot", *rest])
        name = next((n for n in COMMANDS if named == n or named.startswith(f"{n} ")), None)
        assert name, f"there is no command: {line}"
        options = {o for p in COMMANDS[name].params for o in p.opts} | {"--help"}
        assert {w.split("=")[0] for w in rest if w.startswith("--")} <= options, line


def test_every_test_that_the_security_page_names_is_there() -> None:
    text = (DOCS / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text)
    assert len(named) > 50
    missing = [f"{file}::{name}" for file, name in named if not re.search(rf"^def {name}\(", (ROOT / file).read_text("utf-8"), re.M)]
    assert missing == []
    assert all("`" in line for line in text.splitlines() if re.match(r"\| (\d|\|)", line)), "a claim without a test"


def _sections(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    return [(title.split(" (")[0].strip("[] "), body) for title, body in zip(parts[1::2], parts[2::2], strict=True)]
