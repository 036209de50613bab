"""What a subscribe message says, as its author fills it in: a template, its values in the order of
its keywords, a page that leads back."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery.channels import LiquidField
from integrations.wechat.subscribe import templates
from integrations.wechat.subscribe.models import SubscribeTemplate

STATES = ("formal", "trial", "developer")


class TemplateChoice(forms.Select):
    """Read anew for each form: templates come and go at WeChat."""

    template_name = "unfold/widgets/select.html"
    found: list[tuple[str, str]] | None = None  # a widget of a form's own is asked several times

    @property
    def choices(self):
        if self.found is None:
            rows = templates.offered()
            many = len({one.connection_id for one in rows}) > 1
            self.found = [
                ("", "—"),
                *(
                    (one.key, f"{one.connection} · {told(one)}" if many else told(one))
                    for one in rows
                ),
            ]
        return self.found

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


class SubscribeContent(forms.Form):
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
