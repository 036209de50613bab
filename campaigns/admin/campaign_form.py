"""The form of a campaign: whom, what, when; it may be saved half-done."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from crm_project.admin.themed_forms import apply_theme
from customers.workspace.moments import moment
from customers.workspace.schedule_field import ScheduleField

NOW, AT, AGAIN = "now", "at", "again"
WHEN = {
    NOW: gettext_lazy("as soon as it is launched"),
    AT: gettext_lazy("at a time"),
    AGAIN: gettext_lazy("again and again"),
}


class CampaignForm(forms.ModelForm):
    when = forms.ChoiceField(
        label=gettext_lazy("when"), choices=WHEN.items(), initial=NOW, required=False
    )
    schedule = ScheduleField(label=gettext_lazy("again and again"), required=False)

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
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("when", "schedule"):
            if name in self.fields:
                apply_theme(self.fields[name].widget)
        row = self.instance
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
        return data

    def clean_template(self):
        template = self.cleaned_data["template"]
        if template and self.data.get("is_urgent") and template.purpose != "service":
            raise ValidationError(_("Only a message of service may be urgent."))
        return template
