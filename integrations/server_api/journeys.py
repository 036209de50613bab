"""A journey that a shop's server lets a customer into."""

from typing import Annotated

from drf_spectacular.utils import extend_schema
from msgspec import Meta

from campaigns.journeys import starting
from campaigns.models import Journey
from crm_project.queue.due import database_now
from integrations.doors.problems import Conflict, Unknown, answer
from integrations.native.fields import Id, Identities, Item, LongText
from integrations.server_api.customers import one_customer
from integrations.server_api.views import Move

MOST_DATA = 20


class StartJourney(Item, kw_only=True):
    """`id` names this start: told again, it starts nothing anew."""

    journey: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    id: Id
    identities: Identities
    data: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=100)], LongText | int | float | bool],
        Meta(max_length=MOST_DATA),
    ] = {}


@extend_schema(exclude=True)
class Start(Move):
    """Let a customer into a journey that begins by hand or by a server"""

    form = StartJourney

    def move(self, request, form: StartJourney):
        journey = Journey.objects.select_related("published").filter(pk=form.journey).first()
        if journey is None or not starting.is_called(journey):
            raise Unknown("No journey of this number begins so.", code="unknown_journey")
        if journey.status != Journey.Status.LIVE:
            raise Conflict("The journey is not live.", code="journey_not_live")
        run, is_new = starting.by_call(
            journey.published,
            one_customer(form.identities, self.source),
            key=f"{self.source.pk}:{form.id}",
            data=form.data,
            source=self.source,
            now=database_now(),
        )
        if run is None:
            raise Conflict(
                "The journey's rule of entry does not let this customer in now.",
                code="not_admitted",
            )
        said = {"status": "started" if is_new else "duplicate", "id": form.id}
        return answer(said, 202 if is_new else 200)
