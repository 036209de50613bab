"""The workspace (one per installation), its namespaces, and the sources that send us data."""

import base64
import json
import secrets
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm_project.db.clock import Now, database_now
from customers.privacy.sealing import SealedField, digest

OVERLAP = timedelta(days=7)  # for which an old secret signs beside the new one


def valid_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("There is no time zone of this name."))


class Trade(models.TextChoices):
    """In whose words pages speak (crm_project/web/trade_words.py)."""

    SHOP = "shop", pgettext_lazy("trade", "Retail")
    SCHOOL = "school", pgettext_lazy("trade", "Education")
    CLINIC = "clinic", pgettext_lazy("trade", "Medical")


class Touch(models.TextChoices):
    """What makes a message one to which an order may be credited."""

    SENT = "sent", _("sent, and did not come back")
    DELIVERED = "delivered", _("delivered")
    CLICKED = "clicked", _("clicked by a person")


class WorkspaceQuerySet(models.QuerySet):
    def silent(self):
        """Nothing may leave: by hand, or because a restore waits to be confirmed."""
        return self.filter(models.Q(sending_paused=True) | models.Q(restored_at__isnull=False))


class Workspace(models.Model):
    """The one row of settings that marketers may change."""

    name = models.CharField(_("name"), max_length=100, default="Hutong 互通")
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Asia/Shanghai", validators=[valid_zone]
    )
    trade = models.CharField(
        _("trade"),
        max_length=12,
        choices=Trade,
        blank=True,
        db_default="",
        default="",
        help_text=_("Pages use its words: members, students or patients, for one. Empty: general."),
    )
    holdout_percent = models.DecimalField(
        _("global holdout, percent"),
        max_digits=4,
        decimal_places=2,
        default=5,
        validators=[MaxValueValidator(50)],
        help_text=_(
            "This share of customers receives no marketing, so that its effect can be measured."
        ),
    )
    holdout_salt = models.CharField(max_length=64, default=secrets.token_hex, editable=False)
    attribution_days = models.PositiveSmallIntegerField(
        _("attribution window, days"),
        default=5,
        help_text=_("An order is credited to the last message sent this long before it."),
    )
    attribution_touch = models.CharField(
        _("a message counts as a touch once it was"),
        max_length=10,
        choices=Touch,
        default=Touch.SENT,
        db_default=Touch.SENT,
    )
    margin_percent = models.PositiveSmallIntegerField(
        _("margin, percent"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text=_(
            "What is left to you of a sale after the goods are paid for. Reports take profit for"
            " that part of it; empty: 100. Products may have their own."
        ),
    )
    approvals = models.JSONField(
        _("what needs somebody's approval"),
        blank=True,
        default=list,
        db_default=[],
        help_text=_("Nothing of it is done before somebody else has looked at it as it is."),
    )
    approval_above = models.PositiveIntegerField(
        _("acts on more customers than this need approval"),
        null=True,
        blank=True,
        help_text=_("Empty: none does."),
    )
    approves_own = models.BooleanField(
        _("who asks may approve it too"),
        default=False,
        db_default=False,
        help_text=_("For a team of one. Otherwise four eyes are held by the database."),
    )
    late_hours = models.PositiveIntegerField(
        _("late after a pause, from how many hours on"),
        default=24,
        db_default=24,
        help_text=_(
            "When a paused journey goes on, messages and people that are later than this are asked"
            " about, with their number."
        ),
    )
    sending_paused = models.BooleanField(_("all sending is paused"), default=False)
    # On which no marketing leaves ("": on all), as campaigns/delivery/stopping.py keeps it: every
    # page and every batch of messages asks, and reads this row anyway.
    stopped_channels = ArrayField(
        models.CharField(max_length=30), default=list, db_default=[], editable=False
    )
    # Set by a restore, and empty again once somebody has confirmed what may leave
    # (campaigns/restored.py).
    backup_at = models.DateTimeField(_("backup taken"), null=True, editable=False)
    restored_at = models.DateTimeField(_("restored"), null=True, editable=False)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("workspace settings")
        verbose_name_plural = _("workspace settings")
        permissions = [("confirm_restore", "Can decide what is sent after a restore")]
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="workspace_is_one")]

    def __str__(self):
        return self.name

    @classmethod
    def get(cls) -> "Workspace":
        return cls.objects.get_or_create(pk=1)[0]

    @property
    def is_silent(self) -> bool:
        """As `silent` finds it."""
        return self.sending_paused or self.restored_at is not None


class SpecialDay(models.Model):
    """A day that is worked, or is not, whatever the calendar says."""

    day = models.DateField(_("day"), unique=True)
    is_worked = models.BooleanField(_("is worked"), default=False)
    name = models.CharField(_("name"), max_length=100, blank=True, default="")

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")

    def __str__(self):
        return f"{self.day} {self.name}".strip()


class Namespace(models.Model):
    """A shop: what its sources share. Scopes member ids, anonymous ids and order numbers."""

    key = models.SlugField(
        _("key"),
        max_length=50,
        unique=True,
        help_text=_("Never changes: identities are stored under it."),
    )
    name = models.CharField(_("name"), max_length=100)
    trade = models.CharField(
        _("trade"),
        max_length=12,
        choices=Trade,
        blank=True,
        db_default="",
        default="",
        help_text=_("Whose customer somebody is, their page speaks so. Empty: as the workspace."),
    )

    class Meta:
        verbose_name = _("namespace")
        verbose_name_plural = _("namespaces")

    def __str__(self):
        return self.name

    @classmethod
    def default(cls) -> "Namespace":
        """The only one of a new installation, made when it is first asked for."""
        return cls.objects.get_or_create(key="default", defaults={"name": "default"})[0]


def new_key() -> str:
    return "src_" + secrets.token_hex(12)


class SourceQuerySet(models.QuerySet):
    def others(self):
        """Who sends to us; without those by which we record what we see ourselves, and without
        files."""
        return self.exclude(format__in=[Source.OWN, Source.OF_FILES])

    def for_pages(self, format_key: str):
        """The client sources of a format that pages in browsers may send to."""
        return self.filter(format=format_key, trust=Source.Trust.CLIENT, is_active=True).exclude(
            allowed_origins=""
        )

    def with_read_token(self, token: str):
        """The source that this second secret belongs to, if it is one."""
        return self.filter(read_token_digest=digest("read_token", token), is_active=True)


class Source(models.Model):
    """One sender of data, and how far its word goes (decision 1)."""

    OWN = "own"  # the format of our own, and the key of the one that is no account's
    OF_FILES = "file"  # the format of what files bring

    class Trust(models.TextChoices):
        SERVER = "server", _("server: holds a secret and signs")
        CLIENT = "client", _("client: its key is public")

    class MoneyUnit(models.TextChoices):
        FEN = "fen", _("fen (1/100 yuan)")
        YUAN = "yuan", _("yuan, with decimals")

    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="sources", verbose_name=_("namespace")
    )
    name = models.CharField(_("name"), max_length=100, unique=True)
    format = models.CharField(_("format"), max_length=30, default="native")
    trust = models.CharField(_("trust"), max_length=10, choices=Trust)
    key = models.CharField(
        _("public key"), max_length=40, unique=True, default=new_key, editable=False
    )
    secret = SealedField(null=True, editable=False, row=["key"])
    previous_secret = SealedField(null=True, editable=False, row=["key"])
    previous_until = models.DateTimeField(
        _("the old secret is valid until"), null=True, editable=False
    )
    read_token_digest = models.CharField(
        max_length=40, blank=True, default="", db_index=True, editable=False
    )
    believe_identities = models.BooleanField(
        _("believe its identities"),
        default=False,
        help_text=_(
            "Member ids, phones and e-mails from this source count as proven. For a client source"
            " this means that anyone who reads its public key can attach behaviour to a stranger:"
            " switch it on only when there is no server source."
        ),
    )
    money_unit = models.CharField(
        _("unit of money"), max_length=4, choices=MoneyUnit, default=MoneyUnit.FEN
    )
    app_id = models.CharField(
        _("mini-program app id"),
        max_length=64,
        blank=True,
        default="",
        help_text=_("Scopes openids."),
    )
    time_zone = models.CharField(
        _("time zone of times without one"),
        max_length=64,
        default="Asia/Shanghai",
        validators=[valid_zone],
    )
    is_strict = models.BooleanField(
        _("strict: refuse unknown event names"),
        default=False,
        help_text=_(
            "Known are the names that this source sent before, and those declared under Event"
            " names."
        ),
    )
    requests_per_second = models.PositiveIntegerField(
        _("requests per second"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "More in one second are told to come later (429). Empty: as the installation is set"
            " (2,000)."
        ),
    )
    allowed_origins = models.TextField(
        _("pages that may send (origins)"),
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "For web pages: one origin in each line, such as https://www.shop.cn. With * the pages"
            " of every site may send: whoever copies your key can let their own visitors fill your"
            " events with what never happened. Mini-programs, apps and servers need none."
        ),
    )
    connection = models.ForeignKey(
        "customers.Connection",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="sources",
        verbose_name=_("connection"),
    )
    sealed_settings = SealedField(null=True, editable=False, row=["key"])
    event_names = models.JSONField(
        _("names of events"),
        blank=True,
        default=dict,
        db_default={},
        help_text=_(
            "What this source calls an event = what it is called here; one in each line, such as"
            " order_paid = Order Completed."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        permissions = [
            (
                "manage_server_source",
                "Can make, see and change server sources, which read everybody, and their secrets",
            )
        ]

    def __str__(self):
        return self.name

    @classmethod
    def own(cls) -> "Source":
        """The one source of what we see and say ourselves, of the first shop: nobody can send by
        it, and it is in no list."""
        known = cls.objects.filter(key=cls.OWN).select_related("namespace").first()
        if known:
            return known
        shop = Namespace.objects.order_by("pk").first() or Namespace.default()
        made, _is_new = cls.objects.get_or_create(
            key=cls.OWN,
            defaults={
                "namespace": shop,
                "name": "Hutong",
                "format": "own",
                "trust": cls.Trust.SERVER,
                "is_active": False,
            },
        )
        return made

    @property
    def settings(self) -> dict:
        """What its format's own form has stored, in the clear."""
        return json.loads(self.sealed_settings or "{}")

    @settings.setter
    def settings(self, values: dict) -> None:
        self.sealed_settings = json.dumps(values, ensure_ascii=False, sort_keys=True)

    @property
    def is_server(self) -> bool:
        return self.trust == self.Trust.SERVER

    @property
    def is_believed(self) -> bool:
        return self.is_server or self.believe_identities

    @property
    def merges_nobody(self) -> bool:
        """Of two who are here already it never makes one: staff decide (a file)."""
        return self.format == self.OF_FILES

    @property
    def origins(self) -> frozenset[str]:
        """Of the pages that may send; only a client source has any."""
        return frozenset(self.allowed_origins.split())

    def secrets_at(self, now: datetime) -> list[str]:
        """What signs for it at this moment: its secret, and for a while the one before."""
        is_old_valid = self.previous_secret and self.previous_until and now < self.previous_until
        return [self.secret, self.previous_secret] if is_old_valid else [self.secret]

    def end_previous_secret(self, now: datetime) -> None:
        """From now on only the newest secret signs."""
        self.previous_until = now
        self.save(update_fields=["previous_until"])

    def issue_secrets(self, overlap: timedelta = OVERLAP) -> dict[str, str]:
        """New secrets, shown once: the caller must pass them on. The old signing secret stays valid
        beside the new one for a while."""
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        read_token = "hrt_" + secrets.token_urlsafe(32)
        self.previous_until = database_now() + overlap if self.secret else None
        self.previous_secret, self.secret = self.secret, secret
        self.read_token_digest = digest("read_token", read_token)
        self.save(
            update_fields=["previous_secret", "previous_until", "secret", "read_token_digest"]
        )
        return {"secret": secret, "read_token": read_token}
