"""Templates: the text of one channel, checked as it is written and shown as a customer reads it."""

from django import forms
from django.contrib import admin
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from campaigns.admin.content import content_forms, field_help, preview_view
from campaigns.admin.filters import Channels
from campaigns.admin.test_messages import SendsTests
from campaigns.delivery import fallback
from campaigns.delivery.channels import channels, headline, named
from campaigns.models import Template
from crm_project.admin import ModelAdmin


class TemplateForm(forms.ModelForm):
    channel = forms.ChoiceField(label=_("channel"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Template
        fields = ("name", "channel", "purpose", "fallback")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "channel" in self.fields:
            self.fields["channel"].choices = [(kind.key, kind.label) for kind in channels]

    def clean(self):
        data = super().clean()
        channel = data.get("channel")
        self.check_fallback(data)
        if channel in channels:
            content = channels[channel].Content(self.data, prefix=channel)
            if content.is_valid():
                self.instance.content = content.cleaned_data
                purpose = data.get("purpose", "")
                if why := channels[channel]().unfit(content.cleaned_data, purpose):
                    self.add_error(None, why)
            else:
                for name, errors in content.errors.items():
                    self.add_error(
                        None, [f"{content.fields[name].label}: {error}" for error in errors]
                    )
        return data

    def check_fallback(self, data: dict) -> None:
        """It is of another channel and the same purpose, and leads back to nothing before it."""
        other = data.get("fallback")
        if other is None:
            return
        if other.channel == data.get("channel"):
            self.add_error("fallback", _("Choose a template of another channel."))
        elif other.purpose != data.get("purpose"):
            self.add_error("fallback", _("Choose a template of the same purpose."))
        elif data.get("channel") in {a["channel"] for a in fallback.alternatives(other, after="")}:
            self.add_error("fallback", _("It leads back to this channel."))


def content_in_words(content: dict) -> str:
    return " / ".join(str(text) for _name, text in sorted(content.items()) if text)


@admin.register(Template)
class TemplateAdmin(SendsTests, ModelAdmin):
    form = TemplateForm
    when_empty = _("A template is the text of a message on one channel.")
    list_display = ("name", "channel_label", "purpose", "title", "updated_at")
    list_filter = (("channel", Channels), "purpose")
    search_fields = ("name",)
    ordering = ("-pk",)
    fields = ("name", ("channel", "purpose"), "fallback")
    changed_beside = ("content",)
    change_form_after_template = "campaigns/content.html"

    def get_urls(self):
        return [
            path(
                "preview/",
                self.admin_site.admin_view(preview_view),
                name="campaigns_template_preview",
            ),
            *self.test_urls(),
            *super().get_urls(),
        ]

    def form_context(self, request, row, form):
        channel = (form.data.get("channel") if form.is_bound else row and row.channel) or "in_app"
        contents = content_forms(
            channel, row.content if row else None, form.data if form.is_bound else None
        )
        return {"contents": contents, "field_help": field_help()}

    def in_words(self, row, name):
        return content_in_words(row.content) if name == "content" else super().in_words(row, name)

    def typed_in_words(self, form, name):
        return (
            content_in_words(form.instance.content)
            if name == "content"
            else super().typed_in_words(form, name)
        )

    @admin.display(description=_("channel"), ordering="channel")
    def channel_label(self, row):
        return named(row.channel)

    @admin.display(description=_("title"))
    def title(self, row):
        return headline(row.channel, row.content)
