"""What the platform lets stand in a subscribe message, and what not."""

import pytest

from demo.vendors.wechat.values import fault, is_good

GOOD = {
    "thing1": ["一" * 20, "a" * 20, "满100减20！🎉", "a b"],
    "number1": ["0", "12", "-3", "3.5", "1" * 32],
    "letter1": ["A", "abcXYZ", "z" * 32],
    "symbol1": ["★", "!@#￥%", "——"],
    "character_string1": ["20261130-0001", "a" * 32, "A b_c", "#1！"],
    "time1": [
        "15:01",
        "15:01:59",
        "2019年10月1日 15:01",
        "2019年10月1日15:01",
        "2019-10-01 15:01",
        "09:00~10:30",
        "2026年12月5日 09:00~10:30",
        "2026年12月5日 09:00 ~ 2026年12月6日 10:00",
        "2026.12.05 9:00",
        "10月1日 8:00",
    ],
    "date1": [
        "2019年10月1日",
        "2019年10月",
        "10月1日",
        "2018-01-01",
        "2018/01/01",
        "2018.01.01",
        "2018-01",
        "01-01",
        "2024-02-29",
        "2019年10月1日 15:01",
        "2019-12-25 09:42",
        "2026-12-01~2026-12-31",
        "2026-12-01 09:00~18:00",
    ],
    "amount1": ["￥100", "¥0.5", "$1234567890", "100元", "￥12.34元", "€3"],
    "phone_number1": ["+86-0766-66888866", "13800138000", "0571-88886666", "(0571) 8888"],
    "car_number1": ["粤A8Z888挂", "浙A12345", "B123", "粤"],
    "name1": [
        "王小明",
        "一二三四五六七八九十",
        "a" * 20,
        "Anna-Maria O'Neil",
        "阿卜杜勒·买买提",
        "Li王",
    ],
    "phrase1": ["配送中", "一二三四五"],
    "enum1": ["已预约"],
    "enum_string1": ["已改期"],
}
BAD = {
    "thing1": ["一" * 21, "a\nb", "a\tb", "a\x00", "a\u2028b", "🎉" * 21],
    "number1": ["1a", "1,000", "", "1" * 33, "١", "1.", ".5", "一"],
    "letter1": ["a1", "é", "a" * 33, "字"],
    "symbol1": ["a", "1", "!!!!!!", "字"],
    "character_string1": ["订单1", "a" * 33, "é"],
    "time1": [
        "24:00",
        "15:60",
        "2019年10月1日",
        "下午3点",
        "2019-13-01 10:00",
        "1:00~2:00~3:00",
        "~10:00",
        "15:01 到",
    ],
    "date1": [
        "15:01",
        "2019年13月1日",
        "2019-02-30",
        "2023-02-29",
        "明天",
        "2018-01/01",
        "20181001",
        "1-1-1-1",
    ],
    "amount1": [
        "￥￥1",
        "12345678901",
        "￥",
        "一百元",
        "A1",
        "1,000",
        "-5",
        "￥1.2.3",
        "+1",
        "12元整",
    ],
    "phone_number1": ["1" * 18, "电话13800138000", "---", "tel 123"],
    "car_number1": ["粤A8Z8888挂", "A粤B123", "粤A-123"],
    "name1": ["一二三四五六七八九十一", "a" * 21, "张三1", "一" + "a" * 10],
    "phrase1": ["配送中a", "一二三四五六", "配 送", "5"],
    "enum1": ["别的", ""],
    "enum_string1": ["已预约 "],
}
CHOICES = ["已预约", "已改期"]


def cases(table):
    pairs = [(key, value) for key, values in table.items() for value in values]
    return [pytest.param(*pair, id="-".join(map(repr, pair))) for pair in pairs]


@pytest.mark.parametrize(("keyword", "value"), cases(GOOD))
def test_it_may_stand_there(keyword, value):
    assert is_good(keyword, value, CHOICES)


@pytest.mark.parametrize(("keyword", "value"), cases(BAD))
def test_it_may_not(keyword, value):
    assert not is_good(keyword, value, CHOICES)


def test_a_fault_names_the_keyword():
    invalid = "data.number12.value invalid"
    keywords, good = ["thing1", "number12"], {"thing1": {"value": "课"}, "number12": {"value": "3"}}
    assert fault(keywords, {}, good) is None
    assert fault(keywords, {}, {**good, "number12": {"value": "three"}}) == invalid
    assert fault(keywords, {}, {**good, "number12": {"value": 3}}) == invalid
    for empty in ({}, {"value": ""}, {"value": None}, "3", None):
        assert fault(keywords, {}, {**good, "number12": empty}) == "data.number12.value is empty"
    assert fault(keywords, {}, {"number12": {"value": "3"}}) == "data.thing1.value is empty"
    foreign = {**good, "thing9": {"value": "x"}}
    assert fault(keywords, {}, foreign) == "data.thing9 is not in the template"
    assert fault(keywords, {}, ["thing1"]) == "data is not an object"
