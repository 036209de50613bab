"""What a letter says, as a form: paragraphs or MJML, or blocks, and what is done to these.

A button of an operation sends the whole form: it is carried out on what was typed, and the form
comes back with a word on it instead of being saved. Where drafts are kept as they are (the
editor of journeys) it is saved with them.
"""

from collections.abc import Iterator
from copy import deepcopy

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.delivery import content
from campaigns.delivery.channels import LiquidField
from integrations.email import letter, pictures
from integrations.email.blocks import operations, tree
from integrations.email.blocks.kinds import KINDS
from integrations.email.blocks.tree import Block

DO = "do"
MORE = ("2", "3")  # how the fields of further products end
OFFERED = 50  # pictures


class EmailContent(forms.Form):
    written_in = "email/content.html"

    subject = LiquidField(label=pgettext_lazy("letter", "subject"), max_length=200)
    preheader = LiquidField(
        label=gettext_lazy("preview text"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("What mail programs show beside the subject."),
    )
    body = LiquidField(
        label=gettext_lazy("text"),
        max_length=content.LONGEST_SOURCE,
        is_long=True,
        help_text=gettext_lazy(
            "Paragraphs with an empty line between them; [words](https://address) is a link, and a"
            " button where it stands alone. Or a whole letter in MJML, beginning with &lt;mjml&gt;."
        ),
    )
    blocks = LiquidField(
        label=gettext_lazy("blocks"),
        max_length=tree.LONGEST,
        required=False,
        widget=forms.HiddenInput,
    )
    text = LiquidField(
        label=gettext_lazy("plain text"),
        max_length=content.LONGEST_SOURCE,
        is_long=True,
        required=False,
        help_text=gettext_lazy(
            "For mail programs without pictures. Empty: made from the text above."
        ),
    )

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        self.said, self.focus, self.refused = "", "", ""
        if self.is_bound:
            self.said = self.data.get(self.add_prefix(DO)) or ""
            if self.said:
                self.carry_out()
        texts = self.texts()
        try:
            self.tree = tree.read(texts.get("blocks", ""))
        except tree.BrokenTree:
            self.tree = []  # which the checking says; what was stored stays in the field
        if texts.get("blocks"):
            self.fields["body"].required = False
            self.fields["body"].widget = forms.HiddenInput()
        for block in tree.walk(self.tree):
            self.fields |= {
                f"{block.id}_{name}": field for name, field in fields_of(block, texts).items()
            }

    def texts(self) -> dict[str, str]:
        """What was posted, or is stored."""
        if not self.is_bound:
            given = self.initial or {}
            return {name: text for name, text in given.items() if isinstance(text, str)}
        start = self.add_prefix("")
        return {
            name[len(start) :]: text
            for name, text in self.data.items()
            if isinstance(text, str) and name.startswith(start)
        }

    def carry_out(self) -> None:
        """What the button says, on a copy of what was posted."""
        before = self.texts()
        try:
            after, self.focus = operations.carried_out(before, self.said)
        except operations.CannotDo as cannot:
            self.refused = str(cannot)
            return
        self.data = self.data.copy()
        for name in operations.own(before).keys() - after.keys():
            del self.data[self.add_prefix(name)]
        for name, text in after.items():
            self.data[self.add_prefix(name)] = text

    def clean_body(self):
        body = self.cleaned_data["body"]
        if body and not self.tree:
            check({"body": content.filled(body, {}, is_markup=True)})
        return body

    def clean_blocks(self):
        source = self.cleaned_data["blocks"]
        try:
            blocks = tree.read(source)
        except tree.BrokenTree as broken:
            raise ValidationError(str(broken), code="blocks") from broken
        if self.refused:
            raise ValidationError(self.refused, code="refused")
        if self.said:
            raise ValidationError(
                _("This is not saved yet: go on, and save it when it is right."), code="not_saved"
            )
        return tree.written(blocks)

    def clean(self):
        data = super().clean()
        if self.tree and not self.errors:
            texts = {
                name: content.filled(text, {}, is_markup=True)
                for name, text in data.items()
                if isinstance(text, str)
            }
            try:
                check(texts)
            except ValidationError as error:
                self.add_error("blocks", error)
        return data

    # -- what its page shows

    def is_in_blocks(self) -> bool:
        return bool(self["blocks"].value())

    def before(self) -> str:
        return self.texts().get(operations.BEFORE, "")

    def cards(self) -> list["Card"]:
        return list(self.cards_of(self.tree, ""))

    def cards_of(self, blocks: list[Block], above: str) -> Iterator["Card"]:
        for n, block in enumerate(blocks):
            yield Card(self, block, blocks, n, above)

    def kinds(self):
        return KINDS.values()

    def pictures(self) -> list[tuple[str, str]]:
        """(how a block names it, what it was called), the latest."""
        return [
            (pictures.path_of(one), one.name) for one in pictures.kept().order_by("-pk")[:OFFERED]
        ]


class Card:
    """One block as the page shows it."""

    def __init__(self, form: EmailContent, block: Block, beside: list[Block], n: int, above: str):
        self.form, self.block, self.above = form, block, above
        self.kind = KINDS.get(block.kind)
        self.is_first, self.is_last = n == 0, n == len(beside) - 1
        self.is_focus = form.focus == block.id
        self.neighbours = [
            one for one in beside[max(n - 1, 0) : n + 2] if one.columns and one is not block
        ]

    def bound(self) -> list:
        names = fields_of(self.block, self.form.texts())
        found = [self.form[f"{self.block.id}_{name}"] for name in names]
        if self.is_focus and found:
            found[0].field.widget.attrs["autofocus"] = True
        return found

    def first(self) -> list:
        """What is always shown; a second and a third product only open where they are said."""
        return [one for one in self.bound() if not one.name.endswith(MORE)]

    def more(self) -> list:
        return [one for one in self.bound() if one.name.endswith(MORE)]

    def says_more(self) -> bool:
        return any(one.value() or one.errors for one in self.more())

    def columns(self) -> list[dict]:
        return [
            {
                "number": n + 1,
                "place": f"{self.block.id}:{n}",
                "cards": list(self.form.cards_of(column, self.block.id)),
            }
            for n, column in enumerate(self.block.columns)
        ]

    def ways(self) -> list[tuple[str, str]]:
        """(the operation, its words): into columns beside it, or out of those that it is in."""
        if self.above:
            return [(f"move|{self.block.id}|{self.above}", _("Out of the columns"))]
        if self.block.columns:
            return []
        return [
            (f"move|{self.block.id}|{one.id}:{n}", _("Into column %(n)d") % {"n": n + 1})
            for one in self.neighbours[:1]
            for n in range(len(one.columns))
        ]


def fields_of(block: Block, texts: dict[str, str]) -> dict[str, forms.Field]:
    """By name; of a kind that nobody here knows, whatever it says, kept as it is."""
    if kind := KINDS.get(block.kind):
        return {name: deepcopy(field) for name, field in kind.base_fields.items()}
    return {
        name: LiquidField(
            label=block.kind,
            required=False,
            max_length=content.LONGEST_SOURCE,
            widget=forms.HiddenInput,
            strip=False,
        )
        for name in operations.said_by(texts, block.id)
    }


def check(texts: dict[str, str]) -> None:
    """A letter can be made of it. Raises ValidationError."""
    try:
        letter.composed(texts, letter.Foot(""))
    except letter.BrokenLetter as broken:
        raise ValidationError(
            _("This cannot be made into a letter: %(why)s"),
            params={"why": broken},
            code="letter",
        ) from broken
