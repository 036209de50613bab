"""From an uploaded file to its import: looked at, corrected, tried, begun."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.kinds import JobKind, Refused
from crm_project.jobs.models import Job
from customers.models import Namespace, Source
from integrations.models import FileImport, ImportMapping
from integrations.sync.files import guessing, mapping
from integrations.sync.files.job import ImportFile, TryFile
from integrations.sync.files.kinds.all_kinds import KINDS
from integrations.sync.files.kinds.base import ImportKind
from integrations.sync.files.reading import opening
from integrations.sync.files.reading.rows import Row, Shape

SHOWN = 50


def look_at(
    file: File,
    *,
    kind: str,
    namespace: Namespace,
    last: ImportMapping | None = None,
    by,
    now: datetime,
) -> FileImport:
    """The file with what is guessed of it; as `last` time, where that is given. Raises CannotRead,
    StoreFailed."""
    known = mapping.headings_of([KINDS[kind]])
    shape = guessing.shape_of(file, known=known)
    one = FileImport(
        name=file.name or "file",
        kind=kind,
        by=by,
        namespace=namespace,
        created_at=now,
        file=file,
        mapping=last,
        shape=shape.kept(),
        options={**(last.options if last else {}), "as_of": now.isoformat()},
    )
    one.columns, one.rows = guessed(one, last), opening.said_rows(file, shape)
    one.is_merged = guessing.has_merged_cells(file, shape)
    one.save()
    return one


def kind_of(one: FileImport) -> ImportKind:
    return KINDS[one.kind]


def guessed(one: FileImport, last: ImportMapping | None = None) -> dict[str, dict]:
    """What each column means; as the last file's did, where it had the same heading."""
    shape = Shape.read(one.shape)
    found = mapping.guessed(kind_of(one), shape.columns, first_rows(one, opening.LOOKED_AT))
    return {
        name: (last.columns.get(name) if last else None) or said for name, said in found.items()
    }


def first_rows(one: FileImport, most: int = SHOWN) -> list[Row]:
    """The first rows of data. Raises CannotRead, StoreFailed."""
    if one.file is None:
        raise Refused(_("The file is no longer here: send it again."))
    return opening.first_rows(one.file, Shape.read(one.shape), most)


def reshape(one: FileImport, *, heading: int, encoding: str, delimiter: str, sheet: int) -> None:
    """The file is read so from now on, and its columns are guessed anew. Raises CannotRead."""
    shape = replace(
        Shape.read(one.shape), encoding=encoding, delimiter=delimiter, sheet=sheet, heading=0
    )
    found = opening.first_rows(one.file, shape, opening.LOOKED_AT)
    if shape.form != opening.JSONL:
        shape = guessing.headed(shape, found, heading)
    if sheet != Shape.read(one.shape).sheet:
        one.is_merged = guessing.has_merged_cells(one.file, shape)
    one.shape = shape.kept()
    one.columns, one.rows = guessed(one), opening.said_rows(one.file, shape)
    one.save(update_fields=["shape", "columns", "rows", "is_merged"])


def try_it(one: FileImport, *, by, now: datetime) -> Job:
    """It is counted what the file would do. Raises Refused."""
    return begin(one, TryFile, by=by, now=now, field="trial")


def go(one: FileImport, *, by, now: datetime) -> Job:
    """The file comes in. Raises Refused."""
    if one.job_id:
        raise Refused(_("This file is being imported already."))
    return begin(one, ImportFile, by=by, now=now, field="job")


def begin(one: FileImport, kind: type[JobKind], *, by, now: datetime, field: str) -> Job:
    if wrong := mapping.problems(kind_of(one), one.columns):
        raise Refused(" ".join(wrong))
    if one.file is None:
        raise Refused(_("The file is no longer here: send it again."))
    with transaction.atomic():
        if one.mapping is None:
            one.mapping = new_mapping(one, by)
        save_mapping(one)
        job = running.begin(kind, params=params_of(one), by=by, now=now, input=one.file)
        setattr(one, field, job)
        one.save(update_fields=["mapping", field])
    return job


def params_of(one: FileImport) -> dict:
    source = one.mapping.source_id
    return {
        "import": one.pk,
        "mapping": one.mapping_id,
        "source": source,
        "generation": one.mapping.generation,
        "kind": one.kind,
        "file": one.name,
        "bytes": opening.size(one.file, Shape.read(one.shape)),
        "shape": one.shape,
        "columns": one.columns,
        "options": one.options,
        "as_of": one.options.get("as_of") or one.created_at.isoformat(),
    }


def new_mapping(one: FileImport, by) -> ImportMapping:
    """With a source of its own: trusted like a server's, without secret or reading right."""
    name = free_name(one)
    source = Source.objects.create(
        namespace=one.namespace,
        name=name,
        format=Source.OF_FILES,
        trust=Source.Trust.SERVER,
        is_active=False,  # nobody sends by it
    )
    return ImportMapping.objects.create(name=name, kind=one.kind, source=source, created_by=by)


def free_name(one: FileImport) -> str:
    wanted = f"{kind_of(one).label}: {one.name}"[:90]
    name, number = wanted, 1
    while Source.objects.filter(name=name).exists():
        number += 1
        name = f"{wanted} ({number})"
    return name


def save_mapping(one: FileImport) -> None:
    """The next file is read like this one."""
    kept = {name: value for name, value in one.options.items() if name != "as_of"}
    ImportMapping.objects.filter(pk=one.mapping_id).update(columns=one.columns, options=kept)
