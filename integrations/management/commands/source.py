import json

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from customers.models import Namespace, Source
from integrations.doors.formats import formats
from integrations.doors.origins import normal_origins


class Command(BaseCommand):
    help = (
        "Makes a source and prints its keys, once, as one JSON object; --rotate gives an existing"
        " one new secrets."
    )

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument(
            "--format", default="native", help="how it sends: " + ", ".join(sorted(formats.by_key))
        )
        parser.add_argument("--trust", choices=Source.Trust.values, default=Source.Trust.SERVER)
        parser.add_argument(
            "--namespace", default="default", help="the shop it belongs to; made when absent"
        )
        parser.add_argument("--app-id", default="", help="the mini-program whose openids it sends")
        parser.add_argument(
            "--believe",
            action="store_true",
            help="member ids, phones and e-mails from it count as proven",
        )
        parser.add_argument(
            "--money-unit",
            choices=Source.MoneyUnit.values,
            help="in which it states money; else as its format usually does",
        )
        parser.add_argument(
            "--origin",
            action="append",
            default=[],
            help="of pages in browsers that may send to a client source, or *; repeat it",
        )
        parser.add_argument(
            "--rotate",
            action="store_true",
            help="new secrets; the old signing secret stays valid beside the new one",
        )
        parser.add_argument(
            "--url",
            default=f"http://127.0.0.1:{settings.PORT}",
            help="where this installation is reached",
        )

    def handle(self, *, name, rotate, url, **options):
        source = self.existing(name) if rotate else self.made(name, **options)
        secrets = source.issue_secrets() if source.is_server else {}
        self.stdout.write(
            json.dumps(described(source, secrets, url.rstrip("/")), ensure_ascii=False, indent=2)
        )

    def existing(self, name: str) -> Source:
        source = Source.objects.select_related("namespace").filter(name=name).first()
        if source is None:
            raise CommandError(f"There is no source named {name!r}.")
        if not source.is_server:
            raise CommandError(
                f"{name!r} is a client source: its key is public and there is no secret to change."
            )
        return source

    def made(
        self,
        name: str,
        *,
        format,  # noqa: A002 -- the option's name
        trust,
        namespace,
        app_id,
        believe,
        money_unit,
        origin,
        **_options,
    ) -> Source:
        if Source.objects.filter(name=name).exists():
            raise CommandError(
                f"A source named {name!r} exists already; --rotate gives it new secrets."
            )
        if format not in formats:
            raise CommandError(
                f"There is no format {format!r}; there are: {', '.join(sorted(formats.by_key))}."
            )
        shop, _ = Namespace.objects.get_or_create(key=namespace, defaults={"name": namespace})
        source = Source(
            name=name,
            format=format,
            trust=trust,
            namespace=shop,
            app_id=app_id,
            believe_identities=believe,
            money_unit=money_unit or formats[format].money_unit,
            allowed_origins=pages(origin, trust),
            event_names=dict(formats[format].usual_names),
        )
        source.full_clean(exclude=["namespace"])
        source.save()
        return source


def pages(given: list[str], trust: str) -> str:
    if given and trust == Source.Trust.SERVER:
        raise CommandError(
            "A server source holds a secret, and no page may hold one: make a client source for"
            " pages."
        )
    try:
        return "\n".join(normal_origins(" ".join(given)))
    except ValueError as error:
        raise CommandError(
            f"{str(error)!r} is no origin: write https:// and the site, or *."
        ) from None


def described(source: Source, secrets: dict[str, str], url: str) -> dict:
    return {
        "name": source.name,
        "format": source.format,
        "trust": source.trust,
        "namespace": source.namespace.key,
        "money_unit": source.money_unit,
        "key": source.key,
        **secrets,
        "urls": [
            f"{url}/{path}"
            for path in formats[source.format].shown_paths or formats[source.format].paths
        ],
    }
