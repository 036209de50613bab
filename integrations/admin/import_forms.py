"""The forms of an import: the file, what its columns mean, what is asked once."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm_project.admin import Form, themed
from crm_project.files import uploads
from customers.models import Namespace, Workspace
from customers.workspace.moments import LocalMomentField, moment
from integrations.models import FileImport, ImportMapping
from integrations.sync.files import guessing, mapping
from integrations.sync.files.beginning import kind_of
from integrations.sync.files.kinds.all_kinds import KINDS
from integrations.sync.files.kinds.customers import DELETES, LEAVES
from integrations.sync.files.kinds.tagging import LONGEST
from integrations.sync.files.reading import opening
from integrations.sync.files.reading.rows import Shape
from integrations.sync.files.values import DMY, FEN, MDY, YMD, YUAN

ORDERS = [
    (YMD, gettext_lazy("year first: 2024-05-01")),
    (DMY, gettext_lazy("day first: 01/05/2024")),
    (MDY, gettext_lazy("month first: 05/01/2024")),
]
UNITS = [(YUAN, gettext_lazy("yuan")), (FEN, gettext_lazy("fen"))]
TYPES = [
    ("text", pgettext_lazy("type of a column", "text")),
    ("number", pgettext_lazy("type of a column", "number")),
    ("date", pgettext_lazy("type of a column", "date")),
    ("flag", gettext_lazy("yes or no")),
    ("many", gettext_lazy("several words")),
]
DELIMITERS = [
    (",", gettext_lazy("comma")),
    (";", gettext_lazy("semicolon")),
    ("\t", gettext_lazy("tab")),
    ("|", "|"),
]


class UploadForm(Form):
    kind = forms.ChoiceField(label=gettext_lazy("what it holds"))
    file = forms.FileField(
        label=gettext_lazy("file"),
        required=False,
        help_text=gettext_lazy("CSV, Excel (.xlsx) or JSON Lines."),
    )
    upload = forms.CharField(required=False, widget=forms.HiddenInput)  # brought in parts
    namespace = forms.ModelChoiceField(
        label=gettext_lazy("shop"), queryset=Namespace.objects.order_by("pk"), empty_label=None
    )
    last = forms.ModelChoiceField(
        label=gettext_lazy("columns as in"),
        queryset=ImportMapping.objects.exclude(used_at=None).order_by("-used_at"),
        required=False,
        empty_label=gettext_lazy("guess them anew"),
        help_text=gettext_lazy(
            "A file of the same shape as an earlier one: what was set then is used again."
        ),
    )

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.fields["kind"].choices = [(one.key, one.label) for one in KINDS.values()]
        first = Namespace.objects.order_by("pk").first()
        self.fields["namespace"].initial = first or Namespace.default()

    def clean(self):
        data = super().clean()
        if not (data.get("file") or data.get("upload")) and not self.errors:
            self.add_error("file", _("Choose a file."))
        last = data.get("last")
        if last and (last.kind != data.get("kind") or last.source.namespace != data["namespace"]):
            self.add_error("last", _("This one is of another kind or shop."))
        return data

    def brought(self, by, now):
        """The file, in parts or with this form. Raises uploads.Refused, StoreFailed."""
        if said := self.cleaned_data["upload"]:
            return uploads.complete(said, by=by, now=now)
        return uploads.received(self.cleaned_data["file"], by=by, now=now)


class ShapeForm(Form):
    """How the file is written, where the guess was wrong."""

    heading = forms.IntegerField(
        label=gettext_lazy("row of the headings"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("0: no row names the columns."),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("encoding"), choices=[(one, one) for one in guessing.ENCODINGS]
    )
    delimiter = forms.ChoiceField(label=gettext_lazy("columns divided by"), choices=DELIMITERS)
    sheet = forms.TypedChoiceField(label=gettext_lazy("sheet"), coerce=int)

    def __init__(self, data, one: FileImport):
        shape = Shape.read(one.shape)
        initial = {name: getattr(shape, name) for name in ("heading", "encoding", "delimiter")}
        super().__init__(data, initial={**initial, "sheet": shape.sheet})
        if shape.form == opening.XLSX:
            sheets = guessing.sheets_of(one.file, shape)
            self.fields["sheet"].choices = list(enumerate(sheets))
            del self.fields["encoding"], self.fields["delimiter"]
        else:
            del self.fields["sheet"]

    def said(self, one: FileImport) -> dict:
        shape = Shape.read(one.shape)
        kept = {"encoding": shape.encoding, "delimiter": shape.delimiter, "sheet": shape.sheet}
        return {**kept, **self.cleaned_data}


class OptionsForm(Form):
    """What is asked once, and kept with the mapping."""

    as_of = LocalMomentField(
        label=gettext_lazy("as of"),
        help_text=gettext_lazy(
            "When this was true: what was said later by others stays. Where a column tells the"
            " time, that counts."
        ),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"
        ),
    )
    empty = forms.ChoiceField(
        label=gettext_lazy("an empty cell"),
        choices=[
            (LEAVES, gettext_lazy("leaves what is known")),
            (DELETES, gettext_lazy("deletes what is known")),
        ],
    )
    people = forms.ChoiceField(
        label=gettext_lazy("people who are not here yet"),
        choices=[
            ("members", gettext_lazy("are customers from now on")),
            (
                "claims",
                gettext_lazy("are noted, and joined when the shop names them (预打标签)"),
            ),
            ("known", gettext_lazy("are refused")),
        ],
    )
    tags = forms.CharField(
        label=gettext_lazy("tags for all of them"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Separated by commas."),
    )
    event = forms.CharField(
        label=gettext_lazy("event, where no column says it"), required=False, max_length=100
    )

    def __init__(self, data, one: FileImport):
        kind = kind_of(one)
        said = one.options
        initial = {
            "as_of": local(said.get("as_of") or one.created_at.isoformat()),
            "empty": said.get("empty", LEAVES),
            "people": said.get("people", "members"),
            "tags": "，".join(said.get("tags", ())),
            "event": said.get("event", ""),
        }
        super().__init__(data, initial=initial)
        if not kind.takes_tags:
            del self.fields["tags"]
        if not (kind.takes_tags and kind.key == "customers"):
            del self.fields["empty"]
        if not kind.is_about_people:
            del self.fields["people"]
        if kind.key != "events":
            del self.fields["event"]

    def clean_tags(self):
        names = self.cleaned_data["tags"].replace("，", ",").split(",")
        return list(dict.fromkeys(filter(None, (one.strip()[:LONGEST] for one in names))))

    def said(self) -> dict:
        data = self.cleaned_data
        return {**data, "as_of": moment(data["as_of"]).isoformat()}


def local(iso: str) -> str:
    """As a field of the browser shows it, in the workspace's zone."""
    at = datetime.fromisoformat(iso).astimezone(ZoneInfo(Workspace.get().time_zone))
    return f"{at:%Y-%m-%dT%H:%M:%S}"


class ColumnsForm(Form):
    """What each column means, and how it is read: two fields a column, `to_<n>` and `how_<n>`."""

    def __init__(self, data, one: FileImport):
        super().__init__(data)
        self.one, self.kind = one, kind_of(one)
        self.names = Shape.read(one.shape).columns
        for place, name in enumerate(self.names):
            said = one.columns.get(name) or {}
            self.fields[f"to_{place}"] = forms.ChoiceField(
                label=name,
                required=False,
                choices=self.targets(name),
                initial=said.get("to", ""),
                widget=labelled(_("what %(column)s means") % {"column": name}),
            )
            choices = self.ways(said)
            self.fields[f"how_{place}"] = forms.ChoiceField(
                required=False,
                widget=labelled(_("how %(column)s is read") % {"column": name}),
                choices=choices,
                initial=self.way(said),
            )
        themed(self)

    def targets(self, name: str) -> list:
        found = [("", _("— not taken —"))]
        found += [(field.key, field.label) for field in self.kind.fields]
        if self.kind.extra:
            extra = {"what": self.kind.extra, "name": name}
            found.append((f"{mapping.EXTRA}{name}", _("%(what)s “%(name)s”") % extra))
        return found

    def ways(self, said: dict) -> list:
        type_, to = said.get("type", ""), said.get("to", "")
        if to.startswith(mapping.EXTRA) and type_ != "moment":
            return TYPES
        if type_ == "money":
            return UNITS
        if type_ in ("date", "moment"):
            asked = [("", gettext_lazy("— which comes first? —"))] if not said.get("order") else []
            return [*asked, *ORDERS]
        if said.get("lost_zeros"):
            n = said["lost_zeros"]
            filled = _("filled up with zeros to %(n)d digits") % {"n": n}
            return [("", gettext_lazy("as it stands")), (f"zeros:{n}", filled)]
        return []

    def way(self, said: dict) -> str:
        if said.get("width"):
            return f"zeros:{said['width']}"
        if said.get("to", "").startswith(mapping.EXTRA) and said.get("type") != "moment":
            return said.get("type", "text")
        return said.get("unit") or said.get("order") or ""

    def shown_how(self, place: int):
        """The field that asks how a column is read; nothing where there is nothing to choose."""
        name = f"how_{place}"
        return self[name] if self.fields[name].choices else None

    def columns(self, guess) -> dict[str, dict]:
        """As corrected: what means something else than before is read as `guess` finds it."""
        found = {}
        for place, name in enumerate(self.names):
            said = dict(self.one.columns.get(name) or {})
            to, how = self.cleaned_data[f"to_{place}"], self.cleaned_data[f"how_{place}"]
            is_as_before = to == said.get("to", "")
            found[name] = corrected(said, how) if is_as_before else guess(place, name, to)
        return found


def labelled(words: str) -> forms.Select:
    """For whoever hears the page; those who see it see the column beside it."""
    return forms.Select(attrs={"aria-label": words})


def corrected(said: dict, how: str) -> dict:
    if how in (YUAN, FEN):
        return {**said, "unit": how}
    if how in (YMD, DMY, MDY):
        return {**said, "order": how}
    if how.startswith("zeros:"):
        return {**said, "width": int(how.removeprefix("zeros:"))}
    if how in dict(TYPES):
        return {**said, "type": how, **({"order": YMD} if how == "date" else {})}
    said.pop("width", None)
    return said
