"""Bookings: appointments, classes, enrolments, services; those still to come are reminded of."""

from django.utils.translation import gettext_lazy

from events.models import Booking
from integrations.native.bookings import Bookings as Door
from integrations.sync.files.kinds import states
from integrations.sync.files.kinds.base import Draft, Field, ImportKind, Made, Setting
from integrations.sync.files.kinds.people import IDENTITIES, ONE_OF, identities

STATES = {
    "booked": ("已预约", "预约", "待确认", "已报名", "待上课", "待就诊", "reserved", "scheduled"),
    "rescheduled": ("已改期", "改期", "moved"),
    "confirmed": ("已确认", "确认", "待到店"),
    "cancelled": ("已取消", "取消", "canceled"),
    "no_show": ("未到", "爽约", "缺课", "缺席", "no show", "missed"),
    "attended": (
        "已完成",
        "完成",
        "已到店",
        "已到",
        "已上课",
        "已就诊",
        "出勤",
        "completed",
        "done",
    ),
}
KINDS = {
    "appointment": ("预约", "挂号", "就诊", "复诊"),
    "class": ("课程", "上课", "课"),
    "enrolment": ("报名", "报读", "enrollment"),
    "service": ("服务", "到店服务"),
}
RANKS = {status.value: n for n, status in enumerate(Booking.Status)}


class Bookings(ImportKind):
    key, label, icon = "bookings", gettext_lazy("bookings"), "event"
    help = gettext_lazy(
        "Who comes when. Bookings still to come begin the reminders that are switched on for them."
    )
    door = Door()
    number, one_of = "number", ONE_OF
    fields = (
        Field(
            "number",
            gettext_lazy("booking number"),
            (
                "预约号",
                "预约编号",
                "预约单号",
                "报名编号",
                "挂号单号",
                "编号",
                "booking number",
                "booking id",
                "appointment id",
            ),
            "key",
            is_needed=True,
            example="B001",
        ),
        *IDENTITIES,
        Field(
            "starts_at",
            gettext_lazy("begins"),
            (
                "预约时间",
                "开始时间",
                "上课时间",
                "就诊时间",
                "到店时间",
                "预约日期",
                "starts at",
                "start",
                "appointment time",
            ),
            "moment",
            is_needed=True,
            example="2027-01-08 14:00",
        ),
        Field("ends_at", gettext_lazy("ends"), ("结束时间", "ends at", "end"), "moment"),
        Field(
            "occurred_at",
            gettext_lazy("as of"),
            (
                "下单时间",
                "创建时间",
                "登记时间",
                "更新时间",
                "booked at",
                "created at",
                "updated at",
            ),
            "moment",
        ),
        Field(
            "status",
            gettext_lazy("state"),
            ("预约状态", "状态", "status", "state"),
            choices=STATES,
            example="已预约",
        ),
        Field("kind", gettext_lazy("kind"), ("类型", "预约类型", "kind", "type"), choices=KINDS),
        Field(
            "product_id", gettext_lazy("product id"), ("项目编号", "课程编号", "product id"), "key"
        ),
        Field(
            "name",
            gettext_lazy("what"),
            (
                "项目",
                "课程",
                "服务项目",
                "预约项目",
                "课程名称",
                "科室",
                "service",
                "what",
                "class",
            ),
            example="洗牙",
        ),
        Field("category", gettext_lazy("category"), ("分类", "类目", "category")),
        Field("place", gettext_lazy("place"), ("地点", "教室", "诊室", "place", "room")),
        Field(
            "resource",
            gettext_lazy("with whom"),
            ("医生", "老师", "教师", "技师", "顾问", "doctor", "teacher", "staff"),
            example="王医生",
        ),
        Field("store", gettext_lazy("store"), ("门店", "校区", "院区", "分店", "store", "branch")),
        Field(
            "for_name", gettext_lazy("for whom"), ("学员", "就诊人", "孩子姓名", "for", "patient")
        ),
    )

    def item(self, draft: Draft, setting: Setting) -> dict:
        values = {name: value for name, value in draft.values.items() if value is not None}
        people = identities(values)
        rest = {name: value for name, value in values.items() if not name.startswith("identities.")}
        if name := rest.pop("for_name", ""):
            rest["for"] = {"key": name[:100], "name": name[:200]}
        return {"occurred_at": draft.at, "status": "booked", **rest, "identities": people}

    def compare(self, made: list[Made], setting: Setting) -> None:
        fields = ("starts_at", "ends_at", "kind", "name", "resource", "place")
        known = states.newest_here(Booking, made, setting, fields)
        for one in made:
            booking = one.incoming.booking
            said = {name: getattr(booking, name) for name in ("status", "occurred_at", *fields)}
            here = known.get(one.key)
            if here and "occurred_at" not in one.draft.values and self.is_told(here, said):
                said["occurred_at"] = here["occurred_at"]  # nothing is said of another time
            states.judge(one, here, said, RANKS)

    def is_told(self, known: dict, said: dict) -> bool:
        return all(known[name] == value for name, value in said.items() if name != "occurred_at")
