"""Every key of config.toml, its default and what it means (the descriptions are the remedies that `load` tells).

Values are frozen. All times are aware UTC. Checks that need two keys or the file system stand in load.py, so that they are told
together with the faults of single keys.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mailbot.config.values import Mail, MailOrName, ModelUrl, OneOrMore, Url, Zone, split_address
from mailbot.model.context import Company
from mailbot.model.order import Person

Tls = Literal["tls", "starttls", "none"]


class Section(BaseModel):
    """Unknown keys are faults; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class AccountManager(Section):
    name: str = Field(description="name that clients read")
    email: Mail = Field(description="mail address, such as anna@company.example")


class CompanySettings(Section):
    name: str = Field(min_length=1, description="name of the company, as clients know it")
    support_address: Mail = Field(description="mail address that clients write to, such as support@company.example")
    time_zone: Zone = Field(
        "UTC", description="IANA time zone, such as Europe/Stockholm, for times in replies where the client's is unknown"
    )
    desk_name: str = Field("", description='who signs replies; "" means the company name and "support"')
    order_url: ModelUrl = Field(
        "", description="address of an order page with {order} in it, such as https://orders.example/orders/{order}"
    )
    help_url: Url = Field("", description="address of the help page")
    styles_url: Url = Field("", description="address of the Styles page")
    variables_url: Url = Field("", description="address of the Variables page")
    products_url: Url = Field("", description="address of the Product Descriptions page")
    account_manager: AccountManager | None = Field(None, description='a table { name = "…", email = "…" }: named where an order has none')


class DatabaseSettings(Section):
    url: str = Field("sqlite:///var/mailbot.db", description="sqlite:///FILE (relative to config.toml) or postgresql://user@host/database")


class BlobSettings(Section):
    url: str = Field("database", description='where raw mails and attachments lie: "database", file:///FOLDER or s3://bucket/prefix')


class OAuth(Section):
    """Client credentials where there is no refresh token, else the refresh token (RFC 6749 sections 4.4 and 6)."""

    provider: Literal["microsoft365", "google", "custom"] = Field(description="microsoft365, google or custom")
    client_id: str = Field(min_length=1, description="application (client) id")
    client_secret_file: str = Field("", description="file that holds the client secret")
    refresh_token_file: str = Field("", description="file that holds the refresh token; without it the app's own rights are used")
    tenant: str = Field("", description="microsoft365: directory (tenant) id")
    token_url: Url = Field("", description="custom: address of the token endpoint")
    scope: str = Field("", description='scopes to ask for; "" means the provider\'s for mail')


class Login(Section):
    """A mail server and how to log in. Exactly one form of credentials where a user is given."""

    host: str = Field(min_length=1, description="host name of the server, such as mail.company.example")
    port: int = Field(993, ge=1, le=65535, description="port; unset: the usual one for the tls form")
    tls: Tls = Field("tls", description="tls (from the first byte), starttls or none (loopback only, or with allow_plaintext = true)")
    allow_plaintext: bool = Field(False, description='true allows tls = "none" on a host that is not loopback')
    ca_file: str = Field("", description="PEM file of the authority that signed the server's certificate; unset: the system's authorities")
    password_file: str = Field("", description="file that holds the password (or its name in the service manager's credentials directory)")
    password: str = Field("", repr=False, description="the password itself; discouraged, use password_file")
    token_command: tuple[str, ...] = Field(
        (), description='program with arguments that prints an access token, such as ["/usr/bin/get-token", "support"]'
    )
    oauth: OAuth | None = Field(None, description="a table with provider, client_id and more: mailbot fetches access tokens itself")


class MailboxSettings(Login):
    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        description="short unique name of letters, digits, - _ . (never change it: it names what was read)",
    )
    user: str = Field(min_length=1, description="user name of the mailbox")
    folder: str = Field("INBOX", min_length=1, description="folder that is read")
    processed_folder: str = Field("Processed", min_length=1, description="folder that kept mails are moved to")
    poll_seconds: int = Field(60, ge=1, le=86400, description="seconds between two polls")
    idle: bool = Field(True, description="true: the server tells of new mail at once (IDLE), polls go on all the same")
    since: datetime | None = Field(
        None, description="go-live time: older mails are kept but never answered; unset: 24 h before the first poll"
    )
    trusted_authserv_ids: tuple[str, ...] = Field(
        (), description='names that your own mail server writes into Authentication-Results, such as ["mx.company.example"]'
    )
    auth_profile: Literal["rfc8601", "microsoft365", "none"] = Field(
        "rfc8601", description="form of those results: rfc8601, microsoft365 or none (no sender is ever authenticated)"
    )

    @field_validator("since", mode="after")
    @classmethod
    def _aware(cls, at: datetime | None) -> datetime | None:
        return _utc(at)

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, given: Any) -> Any:
        return _with_port(given, {"tls": 993, "starttls": 143, "none": 143})


class SmtpSettings(Login):
    port: int = Field(465, ge=1, le=65535, description="port; unset: 465 for tls, 587 for starttls, 25 for none")
    user: str = Field("", description="user name; unset: no login")
    sender: MailOrName = Field(alias="from", description='sender of replies: an address or "Name <address>"')
    envelope_sender: Literal["null", "address", "verp"] = Field(
        "null", description="null (no bounces of automatic mail, RFC 3834), address (the from address) or verp (one address per mail)"
    )
    save_sent_in: str = Field(
        "", description='folder that gets a copy of each mail, as "MAILBOX/FOLDER", such as "support/Sent"; unset: no copies'
    )
    proof: Literal["none", "server_sent", "archive"] = Field(
        "none", description="where an unknown outcome can be looked up: none, server_sent (the provider files sent mail itself) or archive"
    )

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, given: Any) -> Any:
        return _with_port(given, {"tls": 465, "starttls": 587, "none": 25})

    @property
    def from_name(self) -> str:
        return split_address(self.sender)[0]

    @property
    def from_address(self) -> str:
        return split_address(self.sender)[1]


class OrderSystemSettings(Section):
    adapter: str = Field("http", min_length=1, description="none, http, or the name of an installed adapter")
    url: Url = Field("", description="address of the order system's API, such as https://orders.company.example/api")
    token_file: str = Field("", description="file that holds the API token; unset: no token is sent")
    poll_seconds: int = Field(30, ge=1, le=86400, description="seconds between two looks for new order comments")
    since: datetime | None = Field(
        None, description="go-live time by created_at: older comments are kept but never answered; unset: 24 h before the first poll"
    )
    webhook_secret_file: str = Field("", description="file that holds the secret of incoming webhooks; unset: webhooks are refused")

    @field_validator("since", mode="after")
    @classmethod
    def _aware(cls, at: datetime | None) -> datetime | None:
        return _utc(at)


class OidcSettings(Section):
    issuer: Url = Field(min_length=1, description="address of the identity provider")
    client_id: str = Field(min_length=1, description="client id of the desk")
    client_secret_file: str = Field(min_length=1, description="file that holds the client secret")
    role_claim: str = Field("groups", description="claim that names a person's groups")
    role_map: dict[str, str] = Field({}, description='table from group to role, such as { "Support" = "coordinator" }')


class DeskSettings(Section):
    listen: str = Field(
        "127.0.0.1:8080", pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$", description="address and port, such as 127.0.0.1:8080"
    )
    base_url: Url = Field("", description="address by which people reach the desk, such as https://desk.company.example")
    trusted_proxies: tuple[str, ...] = Field(
        (), description='addresses of proxies whose X-Forwarded-For is believed, such as ["127.0.0.1"]'
    )
    oidc: OidcSettings | None = Field(None, description="sign-in by your identity provider")

    @property
    def address(self) -> str:
        """By which people reach the desk, without a slash at its end."""
        return self.base_url.rstrip("/") or f"http://{self.listen}"


class ReplySettings(Section):
    mode: Literal["send", "hold"] = Field("send", description="send, or hold: everything is computed and a person releases each reply")
    on_uncertain: Literal["hold", "resend"] = Field(
        "hold", description="a mail whose outcome is unknown: hold it for a person, or resend the same bytes"
    )
    acknowledge: Literal["all", "known", "authenticated"] = Field(
        "all", description="who gets automatic replies: all, known (address book or better) or authenticated"
    )
    reopen_by_mail: Literal["known", "authenticated", "never"] = Field(
        "known", description="trust that a mail needs to reopen its client's order"
    )
    undo_seconds: int = Field(10, ge=0, le=600, description="how long what a person causes can be taken back before it is sent")
    bundle_seconds: int = Field(120, ge=0, le=3600, description="how long news (read, assessed, delivery time) wait to go as one message")


class NotifySettings(Section):
    urls: tuple[str, ...] = Field((), description="Apprise addresses of chats that are told of urgent tickets")
    email: OneOrMore = Field((), description="mail addresses that are told of urgent tickets")


class PathSettings(Section):
    path: Path | None = Field(None, description="folder whose files win over the shipped ones (relative to config.toml)")


class RetentionSettings(Section):
    raw_mail_days: int | None = Field(None, ge=1, description="days after which raw mails are removed; unset: kept")
    closed_ticket_days: int | None = Field(None, ge=1, description="days after closing when a ticket is removed; unset: kept")


class MetricsSettings(Section):
    enabled: bool = Field(True, description="true serves /metrics beside the desk")


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="debug, info, warning or error")
    format: Literal["auto", "text", "json"] = Field("auto", description="text for people, json for machines; auto: text on a terminal")
    addresses: bool = Field(False, description="true writes mail addresses into the log")


class Settings(Section):
    """The whole configuration. `file` is where it came from; `warnings` are for people and stop nothing."""

    company: CompanySettings
    database: DatabaseSettings = DatabaseSettings()  # type: ignore[call-arg]  # mypy reads Field(default, …) as required
    blobs: BlobSettings = BlobSettings()  # type: ignore[call-arg]  # as above
    mailbox: tuple[MailboxSettings, ...] = ()
    smtp: SmtpSettings | None = None
    order_system: OrderSystemSettings | None = None
    desk: DeskSettings | None = None
    replies: ReplySettings = ReplySettings()  # type: ignore[call-arg]  # as above
    notify: NotifySettings = NotifySettings()  # type: ignore[call-arg]  # as above
    rules: PathSettings = PathSettings()  # type: ignore[call-arg]  # as above
    templates: PathSettings = PathSettings()  # type: ignore[call-arg]  # as above
    retention: RetentionSettings = RetentionSettings()  # type: ignore[call-arg]  # as above
    metrics: MetricsSettings = MetricsSettings()  # type: ignore[call-arg]  # as above
    log: LogSettings = LogSettings()  # type: ignore[call-arg]  # as above
    file: Path | None = Field(None, exclude=True)
    warnings: tuple[str, ...] = Field((), exclude=True)

    def own_addresses(self) -> frozenset[str]:
        """Addresses that are ours, lower case: mail from them is never answered."""
        found = {self.company.support_address, *(box.user for box in self.mailbox if "@" in box.user)}
        if self.smtp:
            found.add(self.smtp.from_address)
        return frozenset(a.lower() for a in found)

    def company_facts(self) -> Company:
        """What decide and the templates may know of the configuration."""
        company, manager = self.company, self.company.account_manager
        return Company(
            name=company.name,
            support_address=company.support_address,
            desk_name=company.desk_name or f"{company.name} support",
            time_zone=company.time_zone,
            order_url=company.order_url,
            help_url=company.help_url,
            styles_url=company.styles_url,
            variables_url=company.variables_url,
            products_url=company.products_url,
            account_manager=Person(id="", name=manager.name, emails=(manager.email,)) if manager else None,
            own_addresses=self.own_addresses(),
            mode=self.replies.mode,
            acknowledge=self.replies.acknowledge,
            reopen_by_mail=self.replies.reopen_by_mail,
            undo_seconds=self.replies.undo_seconds,
            bundle_seconds=self.replies.bundle_seconds,
            mailbox_address=self.smtp.from_address if self.smtp else company.support_address,
        )


def _utc(at: datetime | None) -> datetime | None:
    """A time without offset is read as UTC."""
    return at and (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))


def _with_port(given: Any, usual: dict[str, int]) -> Any:
    if isinstance(given, dict) and "port" not in given:
        return {**given, "port": usual.get(str(given.get("tls", "tls")), usual["tls"])}
    return given
