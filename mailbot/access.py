"""How each server of the settings is reached, and by which secret."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot import credentials
from mailbot.config.settings import Login, MailboxSettings, OAuth, Settings
from mailbot.errors import BadConfig, Problem
from mailbot.model.credential import Credential
from mailbot.order_system import registry
from mailbot.order_system.contract import OrderSystem
from mailbot.receive.imap_connection import MailboxAccess
from mailbot.send.smtp_connection import SmtpAccess

if TYPE_CHECKING:  # an extra
    from mailbot.identity import Provider

SMTP = "smtp"


def mailbox_access(settings: Settings, box: MailboxSettings) -> MailboxAccess:
    return MailboxAccess(
        name=box.name,
        host=box.host,
        port=box.port,
        tls=box.tls,
        user=box.user,
        folder=box.folder,
        processed_folder=box.processed_folder,
        credential=_credential(box, settings),
        ca_file=box.ca_file or None,
    )


def smtp_access(settings: Settings) -> SmtpAccess:
    smtp = settings.smtp
    if smtp is None:
        raise _bad_config("smtp", "there is no [smtp] section", "Add [smtp] with host and from")
    domain = smtp.from_address.rpartition("@")[2]
    senders = {"null": "", "address": smtp.from_address, "verp": f"verp:{domain}"}
    return SmtpAccess(
        name=SMTP,
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        user=smtp.user,
        credential=_credential(smtp, settings) if smtp.user else None,
        envelope_sender=senders[smtp.envelope_sender],
        ca_file=smtp.ca_file or None,
    )


def order_system_of(settings: Settings) -> OrderSystem | None:
    """The configured order system, None without one."""
    section = settings.order_system
    if section is None or section.adapter == "none":
        return None
    token = ""
    if section.token_file:
        token = secret_path(settings, section.token_file).read_text().strip()
    return registry.make(section.adapter, registry.Access(name="orders", url=section.url, token=token))


def identity_provider(settings: Settings) -> Provider | None:
    """The configured one. Raises Unavailable where its packages are not installed."""
    oidc = settings.desk.oidc if settings.desk else None
    if oidc is None:
        return None
    from mailbot.identity import Account, Provider  # an extra

    return Provider(Account(oidc.issuer, oidc.client_id, secret_path(settings, oidc.client_secret_file), oidc.role_claim))


def secret_path(settings: Settings, name: str) -> Path:
    """A secret's file: of that name in the service manager's credentials directory, else relative to config.toml."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if given and (Path(given) / name).is_file():
        return Path(given) / name
    return (settings.file.parent if settings.file else Path()) / name


def _credential(login: Login, settings: Settings) -> Callable[[], Credential]:
    """The one form of credentials that load() found."""
    if login.password_file:
        return credentials.password_file(secret_path(settings, login.password_file))
    if login.token_command:
        return credentials.token_command(login.token_command)
    if login.oauth:
        return credentials.oauth(_oauth(login.oauth, settings))
    return credentials.password(login.password)


def _oauth(account: OAuth, settings: Settings) -> credentials.OAuth:
    return credentials.OAuth(
        provider=account.provider,
        client_id=account.client_id,
        client_secret_file=secret_path(settings, account.client_secret_file),
        refresh_token_file=secret_path(settings, account.refresh_token_file) if account.refresh_token_file else None,
        tenant=account.tenant,
        token_url=account.token_url,
        scope=account.scope,
    )


def _bad_config(key: str, what: str, remedy: str) -> BadConfig:
    return BadConfig([Problem("config.toml", key, what, remedy)])
