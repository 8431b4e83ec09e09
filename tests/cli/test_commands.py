"""The command line as people and scripts meet it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mailbot import __version__
from mailbot.__main__ import main
from mailbot.config import load
from mailbot.config.defaults import defaults_dir
from mailbot.model.contact import contact_link

ROOT = Path(__file__).resolve().parents[2]
MAIL = b"From: Anna <anna@agency.example>\r\nTo: support@company.example\r\nSubject: Correction: order 10231\r\nMessage-ID: <1@agency.example>\r\n\r\nImage 4589 is too dark.\r\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration whose database is new."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILBOT_CONFIG", raising=False)
    assert main(["init", ".", "--yes"]) == 0
    (tmp_path / "mailbox-password").write_text("pw\n")
    (tmp_path / "mailbox-password").chmod(0o600)
    return tmp_path


def test_the_version_is_told_without_loading_the_commands() -> None:
    code = "import sys, mailbot.__main__ as m; m.main(['--version']); assert 'typer' not in sys.modules and 'pydantic' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"mailbot {__version__}\n"


@pytest.mark.parametrize(
    "given",
    [
        ["nosuch"],
        ["explain"],
        ["run", "--only", "poll,fly"],
        ["show", "twelve"],
        ["templates", "preview", "no-such"],
        ["outbox", "--state", "hold"],
        ["tickets", "--state", "hold"],
    ],
)
def test_wrong_use_ends_with_two_and_says_why_on_stderr(desk: Path, given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.exists()
    assert main(given) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err


def test_init_without_a_terminal_writes_nothing_and_names_the_way_without_questions(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mailbot", "init", str(tmp_path / "desk")]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert not (tmp_path / "desk").exists()


def test_a_missing_configuration_ends_with_two_and_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "none.toml"), "tickets"]) == 2
    assert "mailbot init" in capsys.readouterr().err


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_given: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("mailbot.cli.run", interrupted)
    assert main(["tickets"]) == 130
    assert capsys.readouterr() == ("", "")


def test_init_writes_what_loads_and_overwrites_nothing(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load(desk / "config.toml", {}).replies.mode == "hold"
    before = (desk / "config.toml").read_bytes()
    assert main(["init", ".", "--yes"]) == 1
    assert "stays as it is" in capsys.readouterr().err
    assert (desk / "config.toml").read_bytes() == before


def test_what_is_answered_to_init_cannot_break_the_file() -> None:
    from mailbot.cli.start import QUESTIONS, config_text

    nasty = 'A "quoted" \\ name\n[smtp]\x7f'
    loaded = tomllib.loads(config_text({key: nasty for key, _, _ in QUESTIONS}))
    assert loaded["company"]["name"] == nasty


def test_an_empty_desk_has_nothing_to_show(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.exists()
    for command in ("tickets", "outbox", "aside"):
        assert main([command, "--json"]) == 0
        assert capsys.readouterr().out == ""
        assert main([command]) == 0
        assert capsys.readouterr().out == ""
    assert main(["why", "12"]) == 1
    assert "#12" in capsys.readouterr().err


def test_one_wrong_id_is_named_and_stops_no_other(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.exists()
    assert main(["retry", "O-17", "nonsense", "--json"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows] == ["O-17", "nonsense"]
    assert all(row["problem"] for row in rows)


def test_people_are_added_listed_and_let_out(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.exists()
    assert main(["user", "add", "anna", "--name", "Anna", "--email", "anna@company.example", "--role", "quality_supervisor"]) == 0
    assert main(["user", "disable", "anna"]) == 0
    assert main(["user", "disable", "nobody"]) == 1
    capsys.readouterr()
    assert main(["user", "list", "--json"]) == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (row["login"], row["roles"], row["active"]) == ("anna", ["quality_supervisor"], False)


def test_a_new_person_gets_a_link_and_a_token_is_printed_once(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.exists()
    assert main(["user", "add", "anna", "--role", "coordinator"]) == 0
    assert main(["user", "link", "anna"]) == 0
    first, second = capsys.readouterr().out.split()
    assert first.startswith("http://127.0.0.1:8080/welcome/")
    assert first != second
    assert main(["user", "add", "robot", "--role", "viewer", "--no-link"]) == 0
    assert main(["token", "add", "robot", "--name", "report", "--scope", "tickets:read", "--days", "7"]) == 0
    token = capsys.readouterr().out.strip()
    assert token.startswith("mbt_")
    assert main(["token", "list", "--json"]) == 0
    told = capsys.readouterr().out
    (row,) = [json.loads(line) for line in told.splitlines()]
    assert (row["login"], row["scopes"], row["state"], row["used_at"]) == ("robot", ["tickets:read"], "valid", None)
    assert token.split("_")[2] not in told
    assert main(["token", "revoke", row["id"]]) == 0
    assert main(["token", "revoke", "none"]) == 1
    capsys.readouterr()
    assert main(["audit", "verify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["broken"]) == (6, None)
    assert main(["audit", "verify"]) == 0
    assert found["hash"] in capsys.readouterr().out


@pytest.mark.parametrize(
    "given",
    [
        ["user", "add", "Anna Berg"],
        ["user", "add", "anna", "--role", "boss"],
        ["token", "add", "anna", "--name", "x", "--scope", "everything"],
        ["token", "add", "anna", "--name", "x"],
        ["token", "add", "anna", "--name", "x", "--scope", "tickets:read", "--days", "400"],
    ],
)
def test_a_person_or_token_that_cannot_be_ends_with_two(desk: Path, given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.exists()
    assert main(given) == 2
    assert capsys.readouterr().err


def test_explain_needs_no_configuration_and_goes_on_after_an_unreadable_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(MAIL)
    assert main(["explain", str(tmp_path / "gone.eml"), str(mail), "--json"]) == 1
    gone, read = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert gone["set_aside"] is True
    assert read["findings"]["keyword"]["claimed"] == "correction"
    assert read["findings"]["orders"]["numbers"] == ["10231"]


def test_explain_gives_one_object_per_file_whatever_the_bytes_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {
        "empty.eml": b"", "nul.eml": b"\0", "noise.bin": bytes(range(256)) * 40, "half.json": b'{"id":', "list.json": b"[]",
        "surrogate.eml": b"Subject: =?utf-8?b?7aCA?=\n\n\xed\xa0\x80\0x", "mail.eml": MAIL,
    }  # fmt: skip
    for name, raw in given.items():
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "folder").mkdir()
    files = [str(tmp_path / name) for name in (*given, "folder", "gone.eml")]
    assert main(["explain", "--json", *files]) == 1
    told = capsys.readouterr().out
    assert [json.loads(line)["file"] for line in told.splitlines()] == files
    assert "\\u0000" not in told
    assert not any("\ud800" <= c <= "\udfff" or c == "\0" for c in told)


def test_explain_shows_people_message_findings_decision_and_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(MAIL.replace(b"too dark", b"[red]too dark[/red] \x1b[31m"))
    assert main(["explain", str(mail)]) == 0
    told = capsys.readouterr().out
    assert "[red]too dark[/red]" in told
    assert "\x1b[31m" not in told
    for word in ("anna@agency.example", "findings", "decision", "reasons", "10231"):
        assert word in told


def test_the_doctor_names_every_part_and_a_remedy(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = (desk / "config.toml").read_text().replace("imap.company.example", "127.0.0.1").replace("smtp.company.example", "127.0.0.1")
    (desk / "config.toml").write_text(config.replace('host = "127.0.0.1"', 'host = "127.0.0.1"\nport = 9\ntls = "none"'))
    assert main(["doctor", "--json"]) == 1
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(rows) == ["configuration", "clock", "rules and templates", "database", "mailbox support", "smtp"]
    assert rows["database"]["ok"]
    assert not rows["mailbox support"]["ok"]
    assert rows["mailbox support"]["remedy"]


def test_the_database_is_upgraded_once_and_then_nothing_is_to_do(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.exists()
    assert main(["db", "upgrade"]) == 0
    assert main(["db", "upgrade"]) == 0
    assert "nothing to do" in capsys.readouterr().err


def test_rules_and_templates_are_checked_and_previewed(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check"]) == 0
    assert main(["templates", "check"]) == 0
    assert main(["templates", "preview", "ask"]) == 0
    assert "Subject:" in capsys.readouterr().out
    (desk / "rules" / "routing.toml").write_text("[[routes]\n")
    assert main(["rules", "check"]) == 2
    assert "routing.toml" in capsys.readouterr().err


def test_the_rules_are_checked_with_a_warning_of_a_phrase_that_is_found_in_most_messages(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = desk / "rules" / "requests.toml"
    text = (defaults_dir("rules") / "requests.toml").read_text(encoding="utf-8")
    file.write_text(text.replace("phrases = [", 'phrases = ["when [now]", ', 1), encoding="utf-8")
    assert main(["rules", "check"]) == 0
    assert (
        'warning: requests.toml, "send the files to a portal or agency again": "when [now]" rests on "when" alone'
        in capsys.readouterr().err
    )


def test_a_contact_link_makes_a_mail_that_says_what_it_is() -> None:
    assert contact_link("support@studio.example", "10231", "correction").startswith(
        "mailto:support@studio.example?subject=Correction%3A%20order%2010231&body="
    )
    assert contact_link("a?b@studio.example") == "mailto:a%3Fb@studio.example"
