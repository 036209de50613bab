"""Whatever happens to people, their grants and the messages for them, in whichever order: never
more messages than were allowed, and nothing that was allowed is lost but by the platform's word.

The platform stands here in a few lines: what it allows it knows itself, what it tells may come
late, twice, or never. Between it and us is the product's own code, from the push to the record.
"""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.delivery import dispatch, recovering
from campaigns.delivery.channels import SendFailed, Sent
from campaigns.models import Message
from crm_project.queue.due import database_now, work_through
from customers.identity import merging
from customers.models import Identity, Workspace
from demo.vendors.wechat import events
from integrations.models import Grant
from integrations.wechat import account, following, pushed
from integrations.wechat.push import source_of
from integrations.wechat.subscribe import grants, reports, settling
from integrations.wechat.subscribe.channel import KEY, Subscribe
from tests.campaigns.queued import a_message
from tests.factories import a_workspace
from tests.integrations.wechat.app import App, a_person, a_template, an_app, count

pytestmark = pytest.mark.django_db(transaction=True)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("accept", "accept", "accept_silently", "accept_untold", "reject", "refuse"),
                *("refuse_late", "again", "late", "write", "write", "send_due", "send_due", "cut"),
                *("kill", "receipt", "merge", "undo"),
            ]
        ),
        st.integers(0, 5),
    ),
    max_size=18,
)


class Platform:
    """What WeChat knows."""

    def __init__(self, template: str):
        self.template, self.left, self.accepts = template, Counter(), Counter()
        self.voided: Counter[str] = Counter()
        self.arrived: Counter[str] = Counter()
        self.by_message: Counter[int] = Counter()
        self.answers_are_lost = False
        self.sent: list[tuple[str, int]] = []

    def accept(self, openid: str) -> None:
        self.left[openid] += 1
        self.accepts[openid] += 1

    def refuse(self, openid: str) -> None:
        self.voided[openid] += self.left.pop(openid, 0)

    def send(self, openid: str, message: int):
        if not self.left[openid]:
            return SendFailed("43101: user refuse to accept the msg", retry_after=1.0)
        self.left[openid] -= 1
        self.arrived[openid] += 1
        self.by_message[message] += 1
        self.sent.append((openid, message))
        return None if self.answers_are_lost else Sent(f"{openid}-{message}")


class Story:
    def __init__(self, monkeypatch):
        account.forget()
        self.app = an_app(f"wx{next(count):016}")
        self.template = a_template(self.app)
        self.source = source_of(self.app)
        self.platform = Platform(self.template.key)
        self.people = [a_person(appid=self.app.account) for _n in range(2)]
        self.told: list[tuple] = []  # pushes that came, to come again
        self.delayed: list[tuple] = []  # and those that did not come yet
        self.merges: list = []
        self.at = database_now() - timedelta(days=1)
        monkeypatch.setattr(Subscribe, "send", self.send)

    def send(self, parcels):
        found = {}
        openids = grants.openids([p.message_id for p in parcels], [])
        for p in parcels:
            said = self.platform.send(openids.get(p.message_id, p.address), p.message_id)
            if said is not None:
                found[p.message_id] = said
        return found

    def push(self, kind: str, person: Identity, at) -> None:
        moment, keys = at.timestamp(), [self.template.key]
        said = (
            events.popup(App, person.value, moment, [(keys[0], "accept")])
            if kind == "accept"
            else events.change(App, person.value, moment, keys)
        )
        one = pushed.read(events.as_json(said).encode())
        following.follow(self.source, one, database_now())

    def tell(self, kind: str, person: Identity) -> None:
        self.told.append((kind, person, self.at))
        self.push(kind, person, self.at)

    # -- acts

    def carry_out(self, act: str, which: int) -> None:
        self.at += timedelta(minutes=5)
        getattr(self, act)(self.people[which % 2], which)

    def accept(self, person, _which) -> None:
        self.platform.accept(person.value)
        self.tell("accept", person)

    def accept_silently(self, person, which) -> None:
        """Without a pop-up, the mini-program alone tells it."""
        self.platform.accept(person.value)
        ident = f"{next(count)}"
        for _time in range(1 + which % 2):
            reports.note(self.app, person, ident, {self.template.key: "accept"}, self.at)

    def accept_untold(self, person, _which) -> None:
        """It is told later, or never."""
        self.platform.accept(person.value)
        self.delayed.append(("accept", person, self.at))

    def reject(self, person, _which) -> None:
        """In the pop-up: it takes nothing away."""
        said = events.popup(App, person.value, self.at.timestamp(), [(self.template.key, "reject")])
        following.follow(self.source, pushed.read(events.as_json(said).encode()), database_now())

    def refuse(self, person, _which) -> None:
        self.platform.refuse(person.value)
        self.tell("refuse", person)

    def refuse_late(self, person, _which) -> None:
        self.platform.refuse(person.value)
        self.delayed.append(("refuse", person, self.at))

    def again(self, _person, which) -> None:
        if self.told:
            self.push(*self.told[which % len(self.told)])

    def late(self, _person, _which) -> None:
        while self.delayed:
            one = self.delayed.pop(0)
            self.told.append(one)
            self.push(*one)

    def write(self, person, _which) -> None:
        customer = Identity.objects.get(pk=person.pk).customer
        content = {"template": self.template.key, "value1": f"绘画{next(count)}"}
        content |= {"value2": "3", "value3": "王小明"}
        a_message(customer, channel=KEY, purpose="service", content=content)

    def mine(self, state: str):
        return Message.objects.filter(connection_id=self.app.pk, state=state)

    def send_due(self, _person, _which) -> None:
        self.deliver()

    def deliver(self) -> None:
        self.mine("queued").update(due_at=database_now())
        dispatch.deliver(KEY, connection_id=self.app.pk)

    def cut(self, _person, _which) -> None:
        """It has taken them, and does not answer."""
        self.platform.answers_are_lost = True
        self.deliver()
        self.platform.answers_are_lost = False

    def kill(self, _person, which) -> None:
        """Behind the fence, before or after the platform has them, and recovered."""
        channel = Subscribe()
        self.mine("queued").update(due_at=database_now())
        fenced: dict = {}
        work_through(
            dispatch.sendable(KEY, self.app.pk),
            dispatch.claiming(channel, Workspace.get(), fenced),
            limit=50,
            columns=dispatch.COLUMNS,
        )
        if which % 2:
            self.send([parcel for _m, parcel in fenced.values()])
        self.mine("sending").update(due_at=database_now() - timedelta(seconds=1))
        recovering.recover(database_now())

    def receipt(self, _person, which) -> None:
        if self.platform.sent:
            openid, message = self.platform.sent[which % len(self.platform.sent)]
            said = events.sent(
                App, openid, database_now().timestamp(), self.template.key, 1, is_lost=False
            )
            said.fields["List"][0]["MsgID"] = f"{openid}-{message}"
            following.follow(
                self.source, pushed.read(events.as_json(said).encode()), database_now()
            )

    def merge(self, _person, _which) -> None:
        ids = list(
            Identity.objects.filter(pk__in=[one.pk for one in self.people]).values_list(
                "customer", flat=True
            )
        )
        if len(set(ids)) == 2:
            self.merges.append(merging.merge(*ids, by="test", identity="", now=database_now()))

    def undo(self, _person, _which) -> None:
        if self.merges:
            merging.undo(self.merges.pop(), by="test", now=database_now())

    # -- what holds at every moment

    def check(self) -> None:
        settling.work(database_now())
        p = self.platform
        assert all(n <= 1 for n in p.by_message.values()), "one message twice"
        for person in self.people:
            rows = Grant.objects.filter(identity=person, is_withdrawal=False)
            states = Counter(rows.values_list("state", flat=True))
            known, openid = sum(states.values()), person.value
            assert p.arrived[openid] <= p.accepts[openid]
            assert known <= p.accepts[openid], "more than was allowed"
            assert p.arrived[openid] <= states["spent"] + states["reserved"], "sent, not counted"
            assert states["void"] <= p.voided[openid], "lost without the platform's word"
        assert not Message.objects.filter(
            pk__in=Grant.objects.filter(state="reserved").values("message_id"),
            state__in=["skipped", "failed", "cancelled"],
            sent_at=None,
        ).exists()


def story(acts, monkeypatch) -> None:
    a_workspace(caps=None)
    with monkeypatch.context() as patch:
        one = Story(patch)
        for act, which in acts:
            one.carry_out(act, which)
            one.check()
        one.carry_out("late", 0)
        one.check()
        for person in one.people:
            rows = Grant.objects.filter(identity=person, is_withdrawal=False)
            assert rows.count() == one.platform.accepts[person.value], "an accept is lost"


SETTINGS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@given(ACTS)
@settings(max_examples=4, **SETTINGS)
def test_no_story_sends_more_than_was_allowed(monkeypatch, acts):
    story(acts, monkeypatch)


@pytest.mark.proof
@given(ACTS)
@settings(max_examples=400, **SETTINGS)
def test_no_story_of_many_sends_more_than_was_allowed(monkeypatch, acts):
    story(acts, monkeypatch)
