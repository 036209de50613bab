"""What a subscribe message says, as its author fills it in: a template, its values in the order of
its keywords, a page that leads back."""

from collections.abc import Iterator

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery.channels import LiquidField
from integrations.wechat.subscribe import templates, values
from integrations.wechat.subscribe.models import SubscribeTemplate

STATES = ("formal", "trial", "developer")


class TemplateChoice(forms.Select):
    """Read anew for each form: templates come and go at WeChat."""

    template_name = "unfold/widgets/select.html"

    @cached_property
    def offered(self) -> list[SubscribeTemplate]:
        """A widget of a form's own is asked several times."""
        return templates.offered()

    @property
    def choices(self):
        many = len({one.connection_id for one in self.offered}) > 1
        return [
            ("", "—"),
            *(
                (one.key, f"{one.connection} · {told(one)}" if many else told(one))
                for one in self.offered
            ),
        ]

    @choices.setter
    def choices(self, _value):
        """They are not given."""

    def __deepcopy__(self, memo):
        """Forms copy their fields, and classes are made without a database."""
        return type(self)(attrs=dict(self.attrs))


def told(one: SubscribeTemplate) -> str:
    return f"{one.title} ({_('long-term') if one.is_long_term else _('one-time')})"


class StateChoice(forms.Select):
    template_name = "unfold/widgets/select.html"

    def __init__(self):
        super().__init__(
            choices=[
                ("", gettext_lazy("the released mini-program")),
                ("trial", gettext_lazy("the trial version")),
                ("developer", gettext_lazy("the developers' version")),
            ]
        )


LABELS = {
    1: gettext_lazy("first value"),
    2: gettext_lazy("second value"),
    3: gettext_lazy("third value"),
    4: gettext_lazy("fourth value"),
    5: gettext_lazy("fifth value"),
}


SHOWN = '<span data-shown-if="{}={}">{}</span>'


def called(keyword: dict) -> str:
    return keyword.get("label") or keyword["key"]


def told_of(keyword: dict) -> str:
    """What may stand there, with the example that WeChat gives."""
    rule, example = values.in_words(keyword), keyword.get("example")
    if not example:
        return rule
    return _("%(rule)s; such as “%(example)s”") % {"rule": rule, "example": example}


class SubscribeContent(forms.Form):
    written_in = "wechat/subscribe_content.html"

    template = LiquidField(
        label=gettext_lazy("template"),
        max_length=128,
        widget=TemplateChoice(),
        help_text=gettext_lazy("Templates are picked in WeChat's console (订阅消息)."),
    )
    value1 = LiquidField(label=LABELS[1], max_length=500)
    value2 = LiquidField(label=LABELS[2], max_length=500, required=False)
    value3 = LiquidField(label=LABELS[3], max_length=500, required=False)
    value4 = LiquidField(label=LABELS[4], max_length=500, required=False)
    value5 = LiquidField(label=LABELS[5], max_length=500, required=False)
    page = LiquidField(
        label=gettext_lazy("page in the mini-program"),
        max_length=500,
        required=False,
        help_text=gettext_lazy(
            "Opened when the message is tapped, such as pages/course/index?id=3; we add the"
            " message's number."
        ),
    )
    state = LiquidField(
        label=gettext_lazy("opens"), max_length=20, required=False, widget=StateChoice()
    )

    def value_fields(self) -> Iterator[tuple[str, forms.BoundField]]:
        """The value of each keyword that some template has, with the rule by which it is shown: the
        template that is chosen has so many. Its label is what the template calls it."""
        name, offered = self.add_prefix("template"), self.fields["template"].widget.offered
        for n in LABELS:
            having = [one for one in offered if len(one.keywords) >= n]
            if not having:
                return
            bound = self[f"value{n}"]
            for attribute, words in (("label", called), ("help_text", told_of)):
                parts = ((name, one.key, words(one.keywords[n - 1])) for one in having)
                setattr(bound, attribute, format_html_join("", SHOWN, parts))
            yield f"{name}={'|'.join(one.key for one in having)}", bound

    def clean_state(self):
        said = self.cleaned_data["state"]
        if said and said not in STATES:
            raise ValidationError(gettext_lazy("There is no such version."))
        return said

    def clean_page(self):
        page = self.cleaned_data["page"]
        if page.startswith(("http:", "https:", "/")):
            raise ValidationError(
                gettext_lazy(
                    "A page of the mini-program has no http:// and begins without a slash."
                )
            )
        return page
