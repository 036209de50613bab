"""The public library from which an app picks its templates, made up in the platform's form."""

from dataclasses import dataclass

ONE_TIME, LONG_TERM = 2, 3  # as `type` has it


@dataclass(frozen=True)
class Keyword:
    kid: int
    name: str
    rule: str
    example: str
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.rule}{self.kid}"

    def enum(self) -> dict:
        return {"enumValueList": list(self.choices), "keywordCode": f"{self.key}.DATA"}


@dataclass(frozen=True)
class Title:
    """`every`, `code`: at most one message a day or a month for each value of that keyword (限频)."""  # noqa: E501

    tid: int
    title: str
    type: int
    category: int
    keywords: tuple[Keyword, ...]
    every: str = ""
    code: str = ""


CATEGORIES = {301: "服饰", 402: "培训机构", 503: "门诊", 604: "保险"}

LIBRARY = {
    title.tid: title
    for title in [
        Title(
            1001,
            "优惠券到期提醒",
            ONE_TIME,
            301,
            (
                Keyword(1, "优惠券名称", "thing", "满100减20"),
                Keyword(2, "到期时间", "time", "2026年12月31日 23:59"),
                Keyword(3, "优惠金额", "amount", "￥20"),
                Keyword(4, "温馨提示", "thing", "请在到期前使用"),
            ),
        ),
        Title(
            1002,
            "订单发货通知",
            ONE_TIME,
            301,
            (
                Keyword(1, "订单编号", "character_string", "20261130-0001"),
                Keyword(2, "商品名称", "thing", "羊毛围巾"),
                Keyword(3, "数量", "number", "2"),
                Keyword(4, "快递公司", "phrase", "顺丰"),
                Keyword(5, "发货时间", "date", "2026-11-30 10:00"),
            ),
        ),
        Title(
            2001,
            "上课提醒",
            LONG_TERM,
            402,
            (
                Keyword(1, "课程名称", "thing", "少儿绘画"),
                Keyword(2, "上课时间", "time", "2026年12月5日 09:00~10:30"),
                Keyword(3, "学员姓名", "name", "王小明"),
                Keyword(4, "上课地点", "thing", "二楼203教室"),
                Keyword(5, "联系电话", "phone_number", "0571-88886666"),
            ),
        ),
        Title(
            2002,
            "课时不足提醒",
            ONE_TIME,
            402,
            (
                Keyword(1, "课程名称", "thing", "少儿绘画"),
                Keyword(2, "剩余课时", "number", "3"),
                Keyword(3, "学员姓名", "name", "王小明"),
            ),
        ),
        Title(
            3001,
            "就诊提醒",
            LONG_TERM,
            503,
            (
                Keyword(1, "就诊人", "name", "李女士"),
                Keyword(2, "就诊时间", "time", "2026年12月5日 15:01"),
                Keyword(3, "科室", "thing", "皮肤科"),
                Keyword(4, "就诊状态", "enum_string", "已预约", ("已预约", "已改期", "已取消")),
            ),
        ),
        Title(
            3002,
            "停车通知",
            ONE_TIME,
            503,
            (
                Keyword(1, "车牌号", "car_number", "粤A8Z888挂"),
                Keyword(2, "车位", "letter", "B"),
                Keyword(3, "级别", "symbol", "★★★"),
            ),
        ),
        Title(
            4001,
            "保单到期提醒",
            LONG_TERM,
            604,
            (
                Keyword(1, "保单编号", "character_string", "PL-2026-001"),
                Keyword(2, "到期日期", "date", "2026年12月31日"),
                Keyword(3, "保障项目", "thing", "意外伤害"),
            ),
            every="month",
            code="character_string1",
        ),
    ]
}
