"""The form of a campaign: whom, what, when; it may be saved half-done."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import experiments
from campaigns.broadcasts import audience, variants
from campaigns.models import Campaign
from crm_project.admin.themed_forms import apply_theme
from crm_project.queue.due import database_now
from customers.workspace.moments import moment
from customers.workspace.schedule_field import ScheduleField

NOW, AT, AGAIN = "now", "at", "again"
WHEN = {
    NOW: gettext_lazy("as soon as it is launched"),
    AT: gettext_lazy("at a time"),
    AGAIN: gettext_lazy("again and again"),
}
VARIANTS = {
    1: gettext_lazy("everybody is told the same"),
    2: gettext_lazy("two variants against each other"),
    3: gettext_lazy("three variants against each other"),
}
OF_VARIANTS = ("test_percent", "metric", "decide_hours", "to_rest")
OF_ONE = ("template", "coupon_batch", "hours", "share")


class CampaignForm(forms.ModelForm):
    when = forms.ChoiceField(
        label=gettext_lazy("when"), choices=WHEN.items(), initial=NOW, required=False
    )
    schedule = ScheduleField(label=gettext_lazy("again and again"), required=False)
    variants = forms.TypedChoiceField(
        label=gettext_lazy("variants"),
        choices=VARIANTS.items(),
        coerce=int,
        empty_value=1,
        initial=1,
        required=False,
    )
    holdout_percent = forms.IntegerField(
        label=gettext_lazy("held out, to measure the effect (%)"),
        min_value=0,
        max_value=90,
        required=False,
        help_text=gettext_lazy(
            "So many of the segment get nothing, and what they buy meanwhile is what the others"
            " would have bought without it. 0: the effect cannot be known. Empty: as we propose,"
            " nobody where they are too few to tell anything."
        ),
    )

    class Meta:
        model = Campaign
        fields = (
            "name",
            "segment",
            "more_segments",
            "without_segments",
            "after",
            "after_what",
            "store",
            "owner",
            "template",
            "coupon_batch",
            "starts_at",
            "schedule",
            "per_hour",
            "is_urgent",
            "passes_caps",
            "holdout_percent",
            "goal_product",
            "goal_category",
            "variants",
            *(f"{key}_{name}" for key in variants.KEYS[1:] for name in OF_ONE),
            *OF_VARIANTS,
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("when", "schedule", "variants", "holdout_percent"):
            if name in self.fields:
                apply_theme(self.fields[name].widget)
        row = self.instance
        if row.pk is None:
            self.initial["holdout_percent"] = None  # proposed once it is known who is meant
        # Hidden where there is one variant, and then sent empty by some browsers.
        for name in (*OF_VARIANTS, "b_hours", "c_hours"):
            if name in self.fields:
                self.fields[name].required = False
        self.initial.setdefault("when", AGAIN if row.schedule else AT if row.starts_at else NOW)

    def clean(self):
        data = super().clean()
        when = data.get("when") or NOW
        if when != AT:
            data["starts_at"] = None
        elif not data.get("starts_at"):
            self.add_error("starts_at", _("Say when: a day and a time."))
        if when != AGAIN:
            data["schedule"] = None
            self.errors.pop("schedule", None)
        elif not data.get("schedule"):
            self.add_error("schedule", _("Say how often."))
        elif data["schedule"]["kind"] == "once":  # which is a time, and no schedule
            data["starts_at"] = moment(ScheduleField.moment_of(data["schedule"]))
            data["schedule"] = None
        if bool(data.get("after")) != bool(data.get("after_what")):
            name = "after_what" if data.get("after") else "after"
            self.add_error(name, _("Choose both: the campaign, and who of its people."))
        if data.get("after") and data["after"].pk == self.instance.pk:
            self.add_error("after", _("Choose another campaign."))
        self.clean_variants_of(data)
        return data

    def clean_variants_of(self, data) -> None:
        """What is left of variants that nobody wants is forgotten; what is half-done is kept."""
        for key in variants.KEYS[data.get("variants") or 1 : 3]:
            for name in OF_ONE:
                data[f"{key}_{name}"] = 0 if name == "hours" else None
                self.errors.pop(f"{key}_{name}", None)
        for name in (*OF_VARIANTS, "b_hours", "c_hours"):
            if data.get(name) in (None, "") and name not in self.errors:
                data[name] = Campaign._meta.get_field(name).get_default()
        if (data.get("variants") or 1) < 2:
            for name in OF_VARIANTS:
                data[name] = Campaign._meta.get_field(name).get_default()
                self.errors.pop(name, None)
            return
        self.clean_comparison(data)

    def clean_comparison(self, data) -> None:
        """What cannot be compared is said beside its field."""
        shares = [data.get("b_share") or 0, data.get("c_share") or 0]
        if sum(shares) > 99:
            self.add_error("b_share", _("A needs a share too: less than 100 together."))
        hours = max(data.get("b_hours") or 0, data.get("c_hours") or 0)
        if (data.get("decide_hours") or 0) <= hours:
            self.add_error("decide_hours", _("Later than the last variant leaves."))
        first = data.get("template")
        for key in variants.KEYS[1 : data["variants"]]:
            own = data.get(f"{key}_template")
            if own and first and (own.channel, own.purpose) != (first.channel, first.purpose):
                self.add_error(
                    f"{key}_template", _("Choose a template of the same channel and purpose as A.")
                )

    def _post_clean(self):
        super()._post_clean()
        if self.instance.holdout_percent is None:
            self.instance.holdout_percent = experiments.proposed_holdout(0)

    def _save_m2m(self):
        """Who is meant is known once its segments are saved: so is how many are held out."""
        super()._save_m2m()
        if self.cleaned_data.get("holdout_percent") is None:
            people = len(audience.of(self.instance).people(database_now()))
            percent = experiments.proposed_holdout(people)
            Campaign.objects.filter(pk=self.instance.pk).update(holdout_percent=percent)
            self.instance.holdout_percent = percent

    def clean_template(self):
        template = self.cleaned_data["template"]
        if template and self.data.get("is_urgent") and template.purpose != "service":
            raise ValidationError(_("Only a message of service may be urgent."))
        return template
