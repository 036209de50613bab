"""The settings of stages, value and interests as forms; nothing here is stored before the marketer
saves."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.admin import Form, revisions
from crm_project.bounds import number_in
from events.insights import cycle
from events.models import CycleMeasure, EventName, InterestSettings, LifecycleSettings

MOST_NAMES = 40
EACH = ("1 | 2", "2 | 3", "3 | 4", "4 | 5")  # the scores that each bound is between


class BoundsInput(forms.MultiWidget):
    """Four numbers beside each other."""

    def __init__(self, attrs=None):
        super().__init__(
            [
                forms.NumberInput(attrs={"min": 0, "inputmode": "numeric", "aria-label": label})
                for label in EACH
            ],
            attrs,
        )

    def decompress(self, value):
        return value or [None] * 4


class BoundsField(forms.MultiValueField):
    """Four rising bounds between five scores; `scale` is what one of the field is in the row (fen
    in a yuan)."""

    widget = BoundsInput

    def __init__(self, *, scale: int = 1, **kwargs):
        self.scale = scale
        numbers = [forms.IntegerField(min_value=0, max_value=10**9) for _each in EACH]
        super().__init__(numbers, require_all_fields=False, **kwargs)

    def compress(self, values):
        if len(values) < 4 or None in values:
            raise ValidationError(_("Four numbers are needed."))
        if values != sorted(values):
            raise ValidationError(_("Each bound is at least the one before."))
        return [value * self.scale for value in values]

    def prepare_value(self, value):
        is_stored = isinstance(value, list) and all(isinstance(one, int) for one in value)
        return [one // self.scale for one in value] if is_stored else value


class LifecycleForm(revisions.RevisedSettings, Form):
    """Thresholds may be left to the measure: then the fields of our own do not matter."""

    counting = forms.ChoiceField(
        label=gettext_lazy("what counts as a purchase"),
        choices=LifecycleSettings.Counting,
        widget=forms.RadioSelect,
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("these events count"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The ones seen most often."),
    )
    stages_by = forms.ChoiceField(
        label=gettext_lazy("bounds of the stages"),
        choices=[
            ("measure", gettext_lazy("from our customers' own pauses")),
            ("own", gettext_lazy("our own")),
        ],
        widget=forms.RadioSelect,
    )
    new_days = forms.IntegerField(
        label=gettext_lazy("new for, days"), min_value=1, max_value=3650, required=False
    )
    active_days = forms.IntegerField(
        label=gettext_lazy("active for, days"), min_value=1, max_value=3650, required=False
    )
    silent_days = forms.IntegerField(
        label=gettext_lazy("silent until, days"), min_value=1, max_value=3650, required=False
    )
    scores_by = forms.ChoiceField(
        label=gettext_lazy("bounds of the scores"),
        choices=[
            ("measure", gettext_lazy("fifths of our customers")),
            ("own", gettext_lazy("our own")),
        ],
        widget=forms.RadioSelect,
    )
    recency_days = BoundsField(
        label=gettext_lazy("recency: days since the last purchase (few is 5)"), required=False
    )
    frequency = BoundsField(label=gettext_lazy("frequency: purchases"), required=False)
    money_fen = BoundsField(
        label=gettext_lazy("money: net total in yuan"), required=False, scale=100
    )
    high_from = forms.TypedChoiceField(
        label=gettext_lazy("high from score"),
        coerce=int,
        choices=[(n, str(n)) for n in range(2, 6)],
        help_text=gettext_lazy("From this score on, recency, frequency or money counts as high."),
    )

    STAGES, SCORES = (
        ("new_days", "active_days", "silent_days"),
        (
            "recency_days",
            "frequency",
            "money_fen",
        ),
    )
    shown_if = {
        "events": "counting=events",
        **dict.fromkeys(STAGES, "stages_by=own"),
        **dict.fromkeys(SCORES, "scores_by=own"),
    }

    def __init__(self, data, kept: LifecycleSettings, measured: CycleMeasure | None):
        self.kept, self.measured = kept, measured
        initial = {
            name: getattr(kept, name)
            for name in ("counting", "events", "high_from", *self.STAGES, *self.SCORES)
        }
        initial |= {
            "stages_by": "measure" if kept.is_automatic else "own",
            "scores_by": "measure" if kept.rfm_is_automatic else "own",
        }
        super().__init__(data, initial=initial)
        self.fields["events"].choices = [(name, name) for name in names_seen(kept.events)]

    def is_said(self, name):
        """What follows the measure is the measure's."""
        choice, _equals, value = self.shown_if.get(name, "").partition("=")
        return not choice or self.initial[choice] == value

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        one = self.settings = LifecycleSettings.objects.get(pk=self.kept.pk)
        one.counting, one.events, one.high_from = (
            data["counting"],
            data["events"],
            data["high_from"],
        )
        one.is_automatic, one.rfm_is_automatic = (
            data["stages_by"] == "measure",
            data["scores_by"] == "measure",
        )
        is_measured = self.measured is not None and self.measured.counting == one.counting
        for is_automatic, names, followed in (
            (one.is_automatic, self.STAGES, cycle.stages_of(self.measured) if is_measured else {}),
            (
                one.rfm_is_automatic,
                self.SCORES,
                cycle.scores_of(self.measured) if is_measured else {},
            ),
        ):
            for name in names:
                if is_automatic and followed:
                    setattr(one, name, followed[name])
                elif not is_automatic and data.get(name) in (None, ""):
                    self.add_error(name, _("This is needed."))
                elif not is_automatic:
                    setattr(one, name, data[name])
        if not self.errors:
            one.clean()
        return data


class InterestForm(revisions.RevisedSettings, Form):
    """What an event is worth, a line each."""

    worth = forms.CharField(
        label=gettext_lazy("what an event is worth"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("One event per line: its name, = and a number."),
    )
    half_life_days = forms.IntegerField(
        label=gettext_lazy("half-life, days"),
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy("After so many days an event is worth half as much."),
    )
    course_half_life_days = forms.IntegerField(
        label=gettext_lazy("half-life of courses, days"), min_value=1, max_value=3650
    )

    def __init__(self, data, kept: InterestSettings):
        self.kept = kept
        lines = "\n".join(f"{name} = {worth}" for name, worth in kept.worth.items())
        days = {name: getattr(kept, name) for name in ("half_life_days", "course_half_life_days")}
        super().__init__(data, initial={"worth": lines, **days})

    def shown(self, name, value):
        return (
            ", ".join(f"{event} = {worth}" for event, worth in value.items())
            if isinstance(value, dict)
            else super().shown(name, value)
        )

    def clean_worth(self):
        worth = {}
        for line in filter(None, map(str.strip, self.cleaned_data["worth"].splitlines())):
            name, _equals, number = (part.strip() for part in line.rpartition("="))
            if (value := number_in(number)) is None:
                raise ValidationError(
                    _("“%(line)s” is no event with a number.") % {"line": line[:80]}
                )
            worth[name] = float(value)
            if not name or not 0 < worth[name] <= 1000:
                raise ValidationError(_("An event is worth more than 0 and at most 1,000."))
            worth[name] = int(worth[name]) if worth[name].is_integer() else worth[name]
        return worth

    def clean(self):
        data = super().clean()
        if not self.errors:
            names = ("worth", "half_life_days", "course_half_life_days")
            self.is_other = any(data[name] != getattr(self.kept, name) for name in names)
            for name in names:
                setattr(self.kept, name, data[name])
            self.kept.clean()
        return data


def names_seen(chosen: list[str]) -> list[str]:
    """The chosen event names, and those that come most often."""
    seen = (
        EventName.objects.annotate(volume=Sum("seen__volume"))
        .order_by("-volume", "name")
        .exclude(volume=None)
    )
    return sorted({*chosen, *seen.values_list("name", flat=True)[:MOST_NAMES]})
