"""Customers: who they are, what is known of them, their tags; old members above all."""

from itertools import chain

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.incoming_items import Incoming
from integrations.native.customers import Customers as Door
from integrations.sync.files.kinds import known, tagging
from integrations.sync.files.kinds.base import (
    CHANGED,
    NEW,
    OLDER,
    SAME,
    Draft,
    Field,
    ImportKind,
    Made,
    Setting,
)
from integrations.sync.files.kinds.people import IDENTITIES, ONE_OF, TAGS, identities

LEAVES, DELETES = "leave", "delete"


class Customers(ImportKind):
    key, label, icon = "customers", gettext_lazy("customers"), "group"
    help = gettext_lazy("Old members: who they are, what is known of them, their tags.")
    door = Door()
    extra = gettext_lazy("attribute")
    one_of, takes_tags, is_about_people = ONE_OF, True, True
    fields = (
        *IDENTITIES,
        Field(
            "attributes.name",
            pgettext_lazy("person", "name"),
            (
                "姓名",
                "名字",
                "客户姓名",
                "会员姓名",
                "顾客",
                "客户名称",
                "学员姓名",
                "患者姓名",
                "name",
                "full name",
                "customer",
            ),
            example="张三",
        ),
        Field("attributes.nickname", gettext_lazy("nickname"), ("昵称", "微信昵称", "nickname")),
        Field("attributes.gender", gettext_lazy("gender"), ("性别", "gender", "sex"), example="女"),
        Field(
            "attributes.birthday",
            gettext_lazy("birthday"),
            ("生日", "出生日期", "出生年月", "birthday", "date of birth", "dob"),
            "date",
            example="1990-05-07",
        ),
        Field(
            "attributes.city", gettext_lazy("city"), ("城市", "所在城市", "city"), example="杭州"
        ),
        Field(
            "attributes.level",
            gettext_lazy("level"),
            ("等级", "会员等级", "级别", "level", "tier"),
            example="金卡",
        ),
        Field(
            "attributes.points",
            gettext_lazy("points"),
            ("积分", "当前积分", "可用积分", "points"),
            "number",
            example="1200",
        ),
        Field(
            "registered_at",
            gettext_lazy("member since"),
            (
                "注册时间",
                "注册日期",
                "入会时间",
                "入会日期",
                "开卡时间",
                "开卡日期",
                "办卡日期",
                "加入时间",
                "创建时间",
                "建档日期",
                "registered",
                "joined",
                "member since",
                "created",
                "sign up date",
            ),
            "moment",
            example="2023-06-18",
        ),
        Field(
            "updated_at",
            gettext_lazy("as of"),
            ("更新时间", "最后更新", "修改时间", "updated", "updated at", "last modified"),
            "moment",
        ),
        TAGS,
    )

    def item(self, draft: Draft, setting: Setting) -> dict:
        said = {
            key.removeprefix("attributes."): value
            for key, value in draft.values.items()
            if key.startswith("attributes.")
        }
        return {
            "occurred_at": draft.values.get("updated_at") or draft.at,
            "identities": identities(draft.values),
            "attributes": {**said, **draft.extra},
        }

    def made(self, draft: Draft, setting: Setting) -> Made:
        made = super().made(draft, setting)
        made.incoming.name, made.incoming.event_id = "", ""  # a profile is no event
        made.incoming.properties = {}
        return made

    def registration(self, one: Made, setting: Setting) -> Incoming | None:
        """The event of a new member, at its own time."""
        at = one.draft.values.get("registered_at")
        if at is None or at > setting.now:
            return None
        ident = f"{one.incoming.id}:registered"
        return Incoming(
            ident,
            ident.encode(),
            "Customer Registered",
            at,
            identities=one.incoming.identities,
        )

    def compare(self, made: list[Made], setting: Setting) -> None:
        who = known.people(setting.source, made)
        keys = set(chain.from_iterable(one.incoming.attributes for one in made))
        ids = {one.one for one in who if one.one}
        current = known.attributes(ids, keys) if keys else {}
        worn = tagging.worn(made, who, setting)
        seen: dict[str, Made] = {}
        for one, whom in zip(made, who, strict=True):
            self.judge(one, whom, current, worn, setting)
            self.judge_again(one, whom, seen)

    def judge(self, one: Made, who: known.Who, current, worn, setting: Setting) -> None:
        if len(who.customers) > 1:
            one.refuse(
                _("This row names two customers: staff decide about them in the merge review.")
            )
            one.is_conflict = True
            return
        if who.one is None:
            self.judge_stranger(one, setting)
            return
        known.believe(one, setting)
        one.origin = who.origin
        one.object = str(who.one)
        at, item = one.incoming.occurred_at, one.incoming
        differing = {
            key: value
            for key, value in item.attributes.items()
            if not known.is_same(current.get((who.one, key)), key, value)
        }
        newer = {
            key
            for key in differing
            if (now := current.get((who.one, key))) is not None and now.at > at
        }
        item.attributes = {k: v for k, v in differing.items() if k not in newer}
        tags = tagging.wanted(one, setting) - worn.get(who.one, set())
        one.before = {"keys": sorted(item.attributes), "at": at.isoformat(), "tags": sorted(tags)}
        if item.attributes or tags or not who.is_whole:
            one.outcome = CHANGED
        else:
            one.outcome = OLDER if newer else SAME

    def judge_stranger(self, one: Made, setting: Setting) -> None:
        if setting.options.get("people") == "known":
            one.refuse(_("Nobody who is here is meant by this."))
            return
        one.outcome = NEW
        item = one.incoming
        item.attributes = {k: v for k, v in item.attributes.items() if v is not None}
        one.before = {
            "made": True,
            "keys": sorted(item.attributes),
            "at": item.occurred_at.isoformat(),
            "tags": sorted(tagging.wanted(one, setting)),
        }
        one.registered = self.registration(one, setting)
        if one.registered is not None:
            at = one.registered.occurred_at.isoformat()
            one.before |= {"event": one.registered.id, "event_at": at}

    def judge_again(self, one: Made, who: known.Who, seen: dict[str, Made]) -> None:
        """The same person in two rows of one batch: the first is new, the second is not."""
        keys = {f"{n.kind} {n.scope} {n.value}" for n in one.incoming.identities}
        earlier = next((seen[key] for key in keys if key in seen), None)
        if earlier is not None and one.outcome == NEW:
            one.outcome = SAME if earlier.incoming.id == one.incoming.id else CHANGED
            if one.before:
                one.before.pop("made", None)
        seen.update((key, one) for key in keys)

    def write_more(self, made, setting, job):
        tagging.put_on(made, setting, job)
