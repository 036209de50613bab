"""What an import did beyond its rows: who entered which segment, without being written to; and what
is still to come."""

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse

from campaigns.broadcasts.schedules import segment_of
from campaigns.models import Journey
from crm_project.jobs.models import Job
from customers.models import Segment, Transition
from events.models import Booking
from integrations.models import FileImport, ImportRow


def told(one: FileImport) -> dict:
    """The segments that its people have entered since, with how many they are, and the live
    journeys that begin with these; its bookings that are still to come."""
    job = Job.objects.filter(pk=one.job_id).first()
    if job is None or job.begun_at is None:
        return {}
    journeys: dict[int, list[Journey]] = {}
    for journey in Journey.objects.filter(status=Journey.Status.LIVE).order_by("name"):
        if segment := segment_of(journey.published_id):
            journeys.setdefault(segment.pk, []).append(journey)
    segments = Segment.objects.order_by("name").in_bulk()
    return {
        "segments": [
            {
                "segment": segments[pk],
                "people": n,
                "url": reverse("admin:customers_segment_change", args=[pk]),
                "journeys": journeys.get(pk, ()),
            }
            for pk, n in entered(job, list(segments)).items()
        ],
        "coming": coming(one, job),
    }


def entered(job: Job, segments: list[int]) -> dict[int, int]:
    """How many of the people that the job wrote have entered each segment since it began."""
    theirs = ImportRow.objects.filter(job=job, origin=OuterRef("customer_id"))
    rows = Transition.objects.filter(Exists(theirs), segment__in=segments, at__gte=job.begun_at)
    found = rows.filter(entered=True, reason=Transition.Reason.HISTORY).values("segment")
    counted = found.annotate(people=Count("customer", distinct=True)).order_by("-people")
    return {row["segment"]: row["people"] for row in counted}


def coming(one: FileImport, job: Job) -> int:
    """Bookings of the file that begin after it came in: of these people are reminded."""
    if one.kind != "bookings":
        return 0
    numbers = ImportRow.objects.filter(job=job).values("object")
    awaited = Booking.objects.awaited().filter(namespace=one.namespace_id, number__in=numbers)
    return awaited.filter(starts_at__gt=job.begun_at).count()
