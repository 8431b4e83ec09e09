"""config.toml: what loads, and how faults are told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbot.config import Settings, load
from mailbot.errors import BadConfig, Problem

GOOD = """
[company]
name = "Studio"
support_address = "Support@studio.example"
[[mailbox]]
name = "support"
host = "imap.studio.example"
user = "support@studio.example"
password_file = "secret"
[smtp]
host = "smtp.studio.example"
from = "Studio <support@studio.example>"
"""


def written(folder: Path, text: str = GOOD) -> Path:
    (folder / "secret").write_text("pw\n")
    (folder / "secret").chmod(0o600)
    (folder / "config.toml").write_text(text)
    return folder / "config.toml"


def settings(folder: Path, text: str = GOOD, env: Mapping[str, str] | None = None) -> Settings:
    return load(written(folder, text), env or {})


def faults(folder: Path, text: str, env: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(BadConfig) as told:
        settings(folder, text, env)
    return told.value.problems


def keys(problems: tuple[Problem, ...]) -> list[str]:
    return [p.key for p in problems]


def test_a_small_configuration_has_every_default(tmp_path: Path) -> None:
    loaded = settings(tmp_path)
    assert loaded.company.support_address == "support@studio.example"
    assert (loaded.mailbox[0].port, loaded.mailbox[0].folder, loaded.mailbox[0].poll_seconds) == (993, "INBOX", 60)
    assert loaded.smtp is not None
    assert (loaded.smtp.port, loaded.smtp.from_name, loaded.smtp.from_address) == (465, "Studio", "support@studio.example")
    assert (loaded.replies.mode, loaded.replies.on_uncertain, loaded.replies.reopen_by_mail) == ("send", "hold", "known")
    assert loaded.database.url == f"sqlite:///{tmp_path}/var/mailbot.db"
    assert loaded.mailbox[0].password_file == str(tmp_path / "secret")
    assert loaded.desk is None
    assert loaded.order_system is None
    assert loaded.warnings == ()


def test_every_fault_is_told_at_once_with_its_key_and_a_remedy(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        '[company]\nnme = "x"\nsupport_address = "nobody"\ntime_zone = "Mars/Base"\nhelp_url = "ftp://x"\n'
        '[[mailbox]]\nname = "a"\nhost = "imap.example"\ntls = "none"\nuser = "u"\npoll_seconds = "often"\n[replies]\nmode = "maybe"\n',
    )
    assert set(keys(found)) >= {
        "company.name", "company.nme", "company.support_address", "company.time_zone", "company.help_url",
        'mailbox "a": tls', 'mailbox "a": password_file', 'mailbox "a": poll_seconds', "smtp", "replies.mode",
    }  # fmt: skip
    assert all(p.remedy and p.what and p.file.endswith("config.toml") for p in found)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ('[company]\nname = "x"\nsuport_address = "a@b.example"', "support_address"),
        ("[replis]\nmode = 'send'", "replies"),
        ("[replies]\nmod = 'send'", "mode"),
        ("[log]\nlevle = 'info'", "level"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_known_one(tmp_path: Path, wrong: str, near: str) -> None:
    assert any(p.what == "there is no such key" and p.remedy == f"Did you mean {near}?" for p in faults(tmp_path, wrong))


def test_a_toml_fault_names_its_line(tmp_path: Path) -> None:
    (problem,) = faults(tmp_path, '[company]\nname = "x\n')
    assert "line 2" in problem.what


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="mailbot init"):
        load(tmp_path / "nowhere.toml", {})


def test_there_must_be_something_to_read(tmp_path: Path) -> None:
    assert keys(faults(tmp_path, '[company]\nname = "x"\nsupport_address = "a@b.example"')) == ["mailbox"]


def test_an_order_system_alone_is_enough_and_needs_no_smtp(tmp_path: Path) -> None:
    text = '[company]\nname = "x"\nsupport_address = "a@b.example"\n[order_system]\nurl = "http://127.0.0.1:1/api"'
    loaded = settings(tmp_path, text)
    assert loaded.order_system is not None
    assert loaded.order_system.adapter == "http"


@pytest.mark.parametrize(
    ("host", "more", "refused"),
    [
        ("mail.studio.example", "", True),
        ("mail.studio.example", "allow_plaintext = true", False),
        ("127.0.0.1", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("127.0.0.1.studio.example", "", True),
    ],
)
def test_passwords_cross_the_network_in_plain_text_only_where_the_operator_says_so(
    tmp_path: Path, host: str, more: str, refused: bool
) -> None:
    text = GOOD.replace('host = "imap.studio.example"', f'host = "{host}"\ntls = "none"\n{more}')
    if refused:
        assert keys(faults(tmp_path, text)) == ['mailbox "support": tls']
    else:
        assert settings(tmp_path, text).mailbox[0].port == 143


@pytest.mark.parametrize(
    ("credentials", "key"),
    [
        ("", "password_file"),
        ('password_file = "secret"\npassword = "x"', "password"),
        ('password_file = "gone"', "password_file"),
        ('password_file = "."', "password_file"),
        ('oauth = { provider = "microsoft365", client_id = "c", client_secret_file = "secret" }', "oauth.tenant"),
        ('oauth = { provider = "custom", client_id = "c", client_secret_file = "secret" }', "oauth.token_url"),
    ],
)
def test_a_login_has_one_usable_form_of_credentials(tmp_path: Path, credentials: str, key: str) -> None:
    assert keys(faults(tmp_path, GOOD.replace('password_file = "secret"', credentials))) == [f'mailbox "support": {key}']


def test_a_password_in_the_configuration_works_with_a_warning_and_never_shows(tmp_path: Path) -> None:
    loaded = settings(tmp_path, GOOD.replace('password_file = "secret"', 'password = "hunter2"'))
    assert "password_file" in loaded.warnings[0]
    assert "hunter2" not in repr(loaded)


def test_systemd_credentials_come_before_the_file_beside_the_configuration(tmp_path: Path) -> None:
    handed = tmp_path / "credentials"
    handed.mkdir()
    (handed / "secret").write_text("other\n")
    (handed / "secret").chmod(0o600)
    assert settings(tmp_path, env={"CREDENTIALS_DIRECTORY": str(handed)}).mailbox[0].password_file == str(handed / "secret")


def test_any_value_may_come_from_the_environment(tmp_path: Path) -> None:
    env = {
        "MAILBOT__SMTP__HOST": "relay.studio.example",
        "MAILBOT__MAILBOX__0__POLL_SECONDS": "5",
        "MAILBOT__DESK__OIDC__ISSUER": "https://login.example",
        "MAILBOT__DESK__OIDC__CLIENT_ID": "desk",
        "MAILBOT__DESK__OIDC__CLIENT_SECRET_FILE": "secret",
        "MAILBOT__NOTIFY__EMAIL": '["a@studio.example", "b@studio.example"]',
        "MAILBOT__COMPANY__ACCOUNT_MANAGER": '{"name": "Maria", "email": "maria@studio.example"}',
    }
    loaded = settings(tmp_path, env=env)
    assert loaded.smtp is not None
    assert loaded.smtp.host == "relay.studio.example"
    assert loaded.mailbox[0].poll_seconds == 5
    assert loaded.notify.email == ("a@studio.example", "b@studio.example")
    assert loaded.desk is not None
    assert loaded.company.account_manager is not None


def test_a_fault_from_the_environment_is_named_by_its_variable(tmp_path: Path) -> None:
    (problem,) = faults(tmp_path, GOOD, {"MAILBOT__MAILBOX__0__PORT": "many"})
    assert (problem.file, problem.key) == ("environment", "MAILBOT__MAILBOX__0__PORT")


def test_two_mailboxes_of_one_name_would_mix_what_was_read(tmp_path: Path) -> None:
    box = GOOD[GOOD.index("[[mailbox]]") : GOOD.index("[smtp]")]
    assert keys(faults(tmp_path, GOOD + box)) == ["mailbox 2: name"]


def test_times_without_offset_are_utc(tmp_path: Path) -> None:
    box = settings(tmp_path, GOOD.replace('password_file = "secret"', 'password_file = "secret"\nsince = 2026-01-02T03:04:05')).mailbox[0]
    assert box.since == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_our_own_addresses_are_known(tmp_path: Path) -> None:
    facts = settings(tmp_path).company_facts()
    assert facts.own_addresses == frozenset({"support@studio.example"})
    assert facts.desk_name == "Studio support"


@pytest.mark.parametrize(
    "text", ["company = 5", "[[company]]\nname='x'", "mailbox = 3", "[mailbox]\nname='x'", "[[smtp]]\nhost='x'", "smtp = []", ""]
)
def test_tables_of_the_wrong_shape_are_told_not_crashed_on(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text)


def test_settings_do_not_change_after_loading(tmp_path: Path) -> None:
    loaded = settings(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        loaded.replies.mode = "hold"  # type: ignore[misc]  # that is what is tested


def test_the_example_loads_where_its_files_exist(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[2] / "config.example.toml"
    for name in ("mailbox-password", "order-token"):
        (tmp_path / name).write_text("x\n")
        os.chmod(tmp_path / name, 0o600)
    (tmp_path / "config.toml").write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    assert load(tmp_path / "config.toml", {}).company.name == "Studio North"


@pytest.mark.parametrize(
    ("desk", "wrong"),
    [
        ('listen = "0.0.0.0:8080"', ["desk.base_url"]),
        ('listen = "[::]:8080"', ["desk.base_url"]),
        ('listen = "0.0.0.0:8080"\nbase_url = "http://desk.studio.example"', ["desk.base_url"]),
        ('base_url = "http://desk.studio.example"', ["desk.base_url"]),
        ('base_url = "https://studio.example/desk"', ["desk.base_url"]),
        ('listen = "0.0.0.0:8080"\nbase_url = "https://desk.studio.example/"', []),
        ('listen = "127.0.0.1:9000"', []),
        ('listen = "[::1]:9000"\nbase_url = "http://localhost:9000"', []),
        ('trusted_proxies = ["10.0.0.0/24", "::1", "proxy"]', ["desk.trusted_proxies 3"]),
        ('listen = "8080"', ["desk.listen"]),
    ],
)
def test_a_desk_for_others_needs_an_address_with_tls(tmp_path: Path, desk: str, wrong: list[str]) -> None:
    """Passwords and sessions travel over it; plain HTTP is for this machine only."""
    if wrong:
        assert keys(faults(tmp_path, f"{GOOD}[desk]\n{desk}\n")) == wrong
    else:
        assert settings(tmp_path, f"{GOOD}[desk]\n{desk}\n").desk


def test_a_group_is_mapped_to_a_role_that_there_is(tmp_path: Path) -> None:
    oidc = '[desk.oidc]\nissuer = "https://idp.example"\nclient_id = "x"\nclient_secret_file = "secret"\nrole_map = { "A" = "boss", "B" = "viewer" }\n'
    assert keys(faults(tmp_path, f"{GOOD}[desk]\n{oidc}")) == ["desk.oidc.role_map.A"]


def test_what_has_no_effect_yet_is_said(tmp_path: Path) -> None:
    assert settings(tmp_path, GOOD + "[retention]\nraw_mail_days = 30\n[desk]\n").warnings == ("retention: has no effect in this version",)
