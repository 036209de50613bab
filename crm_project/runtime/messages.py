"""Which texts of ours, and of the admin theme, have no Chinese yet; `--add` puts them into the
catalogue to be filled in.

The theme (Unfold) ships no catalogue at all, so its texts are ours to translate. xgettext is not
needed.
"""

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("crm_project", "customers", "events", "campaigns", "integrations", "demo", "templates")
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
# function -> positions of context, singular, plural
CALLS = {
    "gettext": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
IN_TEMPLATE = re.compile(
    r"""\b(_|n?p?gettext)\(u?((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:\s*,\s*u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*)"""
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

Message = tuple[str | None, str, str | None]  # context, singular, plural


def in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield from _message(
                name,
                [
                    argument.value if isinstance(argument, ast.Constant) else None
                    for argument in node.args
                ],
            )


def in_template(source: str) -> Iterator[Message]:
    for name, arguments in IN_TEMPLATE.findall(templatize(source)):
        values = ast.literal_eval(f"({arguments},)")
        yield from _message(name, list(values))


def _message(name: str, arguments: list) -> Iterator[Message]:
    places = CALLS.get("gettext" if name == "_" else name.removesuffix("_lazy"))
    if places is None:
        return
    context, singular, plural = (
        arguments[place] if place is not None and place < len(arguments) else None
        for place in places
    )
    if isinstance(singular, str) and singular:
        yield context, singular, plural


def wanted() -> dict[Message, str]:
    """Every message of ours and of the theme, with the file it was first seen in."""
    theme = Path(importlib.util.find_spec("unfold").submodule_search_locations[0])
    switched_on = {f"unfold.contrib.{path.name}" for path in (theme / "contrib").iterdir()} & set(
        settings.INSTALLED_APPS
    )
    folders = [
        *(ROOT / name for name in OURS),
        *(path for path in theme.iterdir() if path.name != "contrib"),
    ]
    folders += [theme / "contrib" / name.rpartition(".")[2] for name in switched_on]
    found: dict[Message, str] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.suffix == ".py" and "migrations" not in path.parts:
                messages = in_python(path.read_text())
            elif (
                path.suffix in {".html", ".txt"}
                and "templates" in path.parts
                and "unfold_crispy" not in path.parts
            ):
                messages = in_template(path.read_text())
            else:
                continue
            where = str(
                path.relative_to(
                    ROOT
                    if path.is_relative_to(ROOT) and "site-packages" not in path.parts
                    else theme.parent
                )
            )
            for message in messages:
                found.setdefault(message, where)
    return found


def missing() -> dict[Message, str]:
    """The wanted messages that Chinese readers would see in English: in none of the catalogues that
    Django merges."""
    from django.utils.translation.trans_real import DjangoTranslation

    # The merged catalogue has no public name
    known = DjangoTranslation("zh-hans")._catalog  # noqa: SLF001

    def translated(message: Message) -> bool:
        context, singular, _plural = message
        key = f"{context}\x04{singular}" if context else singular
        return key in known or (key, 0) in known

    return {message: where for message, where in wanted().items() if not translated(message)}


def garbled() -> list[str]:
    """Our translations whose placeholders differ from the original's: they would fail or lose a
    value when shown."""
    wrong = []
    for entry in polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else []:
        texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
        # A plural's singular may leave its number out; Chinese has one form, so the longer original
        # counts.
        original = entry.msgid_plural or entry.msgid
        if any(
            text and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(original))
            for text in texts
        ):
            wrong.append(entry.msgid)
    return wrong


def add(messages: dict[Message, str]) -> None:
    """The catalogue has an entry, still empty, for each of these."""
    if CATALOGUE.exists():
        catalogue = polib.pofile(str(CATALOGUE), wrapwidth=0)
    else:
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        catalogue = polib.POFile(wrapwidth=0)
        catalogue.metadata = {
            "Language": "zh_Hans",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": "nplurals=1; plural=0;",
        }
    for (context, singular, plural), where in sorted(messages.items(), key=lambda item: item[1]):
        if catalogue.find(singular, msgctxt=context or False) is None:
            forms = {"msgid_plural": plural, "msgstr_plural": {0: ""}} if plural else {}
            catalogue.append(polib.POEntry(msgid=singular, msgctxt=context, comment=where, **forms))
    catalogue.save(str(CATALOGUE))


def main() -> int:
    import django

    from crm_project.runtime.catalogues import compile_catalogues

    compile_catalogues()
    django.setup()
    without = missing()
    if "--add" in sys.argv:
        add(without)
    for (context, singular, _plural), where in sorted(without.items(), key=lambda item: item[1]):
        sys.stdout.write(
            f"{where}: no Chinese for {singular!r}{f' (context {context!r})' if context else ''}\n"
        )
    for text in garbled():
        sys.stdout.write(f"placeholders differ in the Chinese for {text!r}\n")
    sys.stdout.write(f"{len(wanted())} texts, {len(without)} without Chinese\n")
    return 1 if without or garbled() else 0


if __name__ == "__main__":
    sys.exit(main())
