"""An import as background work: batches of a second or less, each with its effects, its place and
what became of its rows in one transaction. Its trial counts the same and writes nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.files import uploads
from crm_project.files.models import File
from crm_project.jobs.kinds import Piece, Refused, RowsKind, note
from crm_project.jobs.models import Job
from customers.models import Source
from events import ingest
from events.incoming_items import Outcome
from integrations.models import FileImport, ImportMapping, ImportRow
from integrations.native.complaints import BadItem
from integrations.sync.files import kept, mapping
from integrations.sync.files.kinds.all_kinds import KINDS
from integrations.sync.files.kinds.base import (
    CHANGED,
    MOST_TOGETHER,
    NEW,
    OUTCOMES,
    REFUSED,
    SAME,
    ImportKind,
    Made,
    Refusal,
    Setting,
    in_words,
)
from integrations.sync.files.reading.rows import MOST_TOGETHER as MOST_LENGTH
from integrations.sync.files.reading.rows import CannotRead, Row
from integrations.sync.files.spoilt import Spoilt

MOST_REASONS = 30  # that are counted apart
TWICE = gettext_lazy(
    "This stands at two places of the file: sort it, so that its rows are together."
)

Group = list[Row]  # the rows of one item


class ImportFile(RowsKind):
    """The cursor is the place in the file; `memo` has the number of lines before it, and what was
    counted. One of `rows` is one item."""

    key, label, icon = "import_file", gettext_lazy("import of a file"), "upload_file"
    permission = "integrations.add_fileimport"
    window, most, takes_file = 500, 10_000, True
    is_trial = False
    known_made: set[int]

    # -- reading

    def rows(self, job, window):
        if job.input is None:
            raise Refused(_("The file is no longer here: send it again."))
        kind, reader = KINDS[job.params["kind"]], kept.reader_of(job)
        groups, length, is_last = list[Group](), 0, True
        try:
            for group in grouped(kind, self.number_place(job, kind), reader):
                groups.append(group)
                length += sum(len(cell) for row in group for cell in row.cells)
                if len(groups) >= window or length > MOST_LENGTH:
                    is_last = False
                    break
        except CannotRead as problem:
            raise Refused(str(problem)) from problem
        if groups:
            last = groups[-1][-1]
            job.memo["line"], cursor = kept.line_behind(job, last), last.after
        else:
            cursor = job.cursor
        return Piece(groups, cursor, is_last)

    def number_place(self, job: Job, kind: ImportKind) -> int | None:
        """Which column says that rows are one item."""
        if not kind.is_one_item:
            return None
        names = job.params["shape"]["columns"]
        said = job.params["columns"]
        return next(
            (n for n, name in enumerate(names) if said.get(name, {}).get("to") == kind.number), None
        )

    # -- carrying out

    def carry_out(self, job, rows, now) -> Counter:
        kind, setting = KINDS[job.params["kind"]], self.setting(job, now)
        made = list(self.made(job, kind, rows, setting))
        kind.compare(made, setting)
        self.refuse_repeated(job, kind, made)
        self.write(job, kind, made, setting)
        counts: Counter = Counter()
        for one in made:
            counts["" if one.is_written else one.outcome] += 1
            self.tally(job, one.outcome)
            if one.outcome == REFUSED:
                self.refuse_rows(job, one.rows, Refusal(one.why))
        refused = len(rows) - len(made)
        if refused:
            counts[REFUSED] += refused
            self.tally(job, REFUSED, refused)
        return counts

    def setting(self, job: Job, now: datetime) -> Setting:
        source = Source.objects.select_related("namespace").filter(pk=job.params["source"]).first()
        if source is None:
            raise Refused(_("There is no such mapping any more."))
        if job.params["options"].get("people") == "claims":
            source.trust = Source.Trust.CLIENT  # what it says of people is believed by nobody
        return Setting(source, job.params["options"], job.params["generation"], now, job.by)

    def made(
        self, job: Job, kind: ImportKind, groups: Sequence[Group], setting: Setting
    ) -> Iterator[Made]:
        columns = mapping.columns_of(kind, job.params["shape"]["columns"], job.params["columns"])
        at = datetime.fromisoformat(job.params["as_of"])
        for group in groups:
            try:
                drafts = [
                    mapping.draft_of(kind, columns, row, setting.options, at) for row in group
                ]
                draft = kind.joined(drafts) if len(drafts) > 1 else drafts[0]
                yield kind.made(draft, setting)
            except Refusal as refusal:
                self.refuse_rows(job, [row.number for row in group], refusal)
            except Spoilt as why:
                self.refuse_rows(job, [row.number for row in group], Refusal(str(why)))
            except BadItem as bad:
                self.refuse_rows(job, [row.number for row in group], Refusal(in_words(bad)))

    def refuse_repeated(self, job: Job, kind: ImportKind, made: Sequence[Made]) -> None:
        """An item whose rows stand apart would be written twice, the second time without the first
        rows."""
        if not kind.is_one_item:
            return
        numbers = {one.key for one in made}
        earlier = set(
            ImportRow.objects.filter(job=job, object__in=numbers).values_list("object", flat=True)
        )
        for one in made:
            if one.key in earlier:
                one.refuse(str(TWICE))
            earlier.add(one.key)

    def write(self, job: Job, kind: ImportKind, made: Sequence[Made], setting: Setting) -> None:
        """Whatever is new or changed is recorded, as history unless it was let in."""
        self.known_made: set[int] = set()
        wanted = [one for one in made if one.is_written or one.is_conflict]
        for one in wanted:
            one.incoming.attributes = {} if one.is_conflict else one.incoming.attributes
        # Who registered is known since then: that comes first.
        before = [one.registered for one in wanted if one.registered]
        outcomes = ingest.record(
            setting.source,
            [*before, *(one.incoming for one in wanted)],
            now=setting.now,
            is_history=not job.starts_journeys,
        )[len(before) :]
        for one, outcome in zip(wanted, outcomes, strict=True):
            if one.is_conflict:
                continue
            if outcome.status != Outcome.STORED:
                one.outcome = SAME
            elif outcome.customer_id:
                one.origin = one.origin or outcome.customer_id
                one.object = one.object or str(outcome.customer_id)
                self.note_person(kind, one, outcome)
        kind.write_more(made, setting, job)
        kept.write_rows(job, kind, [one for one in made if one.is_written], setting.now)

    def note_person(self, kind: ImportKind, one: Made, outcome: Outcome) -> None:
        """Whether the row made somebody: of several rows about one person the first did."""
        before = one.before or {}
        is_made = outcome.is_first and outcome.customer_id not in self.known_made
        if is_made:
            self.known_made.add(outcome.customer_id)
        if "tags" in before:  # a customer
            before.pop("made", None)
            one.before = {"made": True, **before} if is_made else before
            if one.outcome == NEW and not is_made:
                one.outcome = CHANGED
        elif is_made:
            one.before = {"person": True, **before}

    # -- counting

    def refuse_rows(self, job: Job, numbers: Sequence[int], refusal: Refusal) -> None:
        words = str(refusal)
        where = f"{refusal.column}: {words}" if refusal.column else words
        note(job, name_of_rows(numbers), where, refusal.cell[:200])
        reasons = job.memo.setdefault("reasons", {})
        if words in reasons or len(reasons) < MOST_REASONS:
            reasons[words] = reasons.get(words, 0) + 1

    def tally(self, job: Job, outcome: str, n: int = 1) -> None:
        counted = job.memo.setdefault("counted", {})
        counted[outcome] = counted.get(outcome, 0) + n

    def name_of(self, row):
        return name_of_rows([one.number for one in row])

    def finish(self, job, now):
        ImportMapping.objects.filter(pk=job.params["mapping"]).update(used_at=now)

    # -- how it is shown

    def title(self, job):
        return f"{self.label}: {job.params['file']}"

    def about(self, job):
        return FileImport.objects.filter(pk=job.params["import"]).first()

    def facts(self, job):
        counted = job.memo.get("counted", {})
        return [
            (_("kind"), str(KINDS[job.params["kind"]].label)),
            *(
                (str(words), f"{counted[name]:,}")
                for name, words in OUTCOMES.items()
                if name in counted
            ),
        ]

    def words(self, job, reason):
        return str(OUTCOMES.get(reason) or super().words(job, reason))

    def share(self, job):
        return min(job.cursor / max(job.params["bytes"], 1), 1.0)

    def is_mass(self, job):
        return True

    def audited(self, job):
        return {"kind": job.params["kind"], "bytes": job.params["bytes"]}


class TryFile(ImportFile):
    """The same, counted only: what a row would do is looked up, and nothing is written but which
    rows were seen, so that one who comes twice is new once."""

    key, label, icon = "import_trial", gettext_lazy("trial of an import"), "science"
    keeps_input, is_trial = True, True

    def write(self, job, kind, made, setting):
        wanted = [one for one in made if one.is_written]
        known = ingest.known_ids(setting.source, [one.incoming.id for one in wanted])
        for one in wanted:
            if one.incoming.id in known:
                one.outcome = SAME
        kept.judge_seen(job, kind, [one for one in made if one.is_written], setting.now)

    def finish(self, job, now):
        kept.forget_rows(job)
        File.objects.filter(pk=job.input_id).update(expires_at=now + uploads.EXPIRES)


def grouped(kind: ImportKind, place: int | None, reader: "kept.Reader") -> Iterator[Group]:
    """The rows of one item together; the row behind them stays with the reader."""
    for row in reader:
        group = [row]
        number = number_in(row, place)
        while number and len(group) <= MOST_TOGETHER:
            following = reader.peek()
            if following is None or number_in(following, place) != number:
                break
            group.append(next(reader))
        yield group


def number_in(row: Row, place: int | None) -> str:
    return (
        "" if place is None or row.problem or place >= len(row.cells) else row.cells[place].strip()
    )


def name_of_rows(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"
