"""What an account begins with, so that a stand-in can be used as it comes."""

from demo.vendors.sms.catalogue import Catalogue, Filing, Kind, Review, Signature, Template

SIGN = "胡同茶馆"
TEXTS = [
    (Kind.CODE, "登录验证码", "您的验证码是${code}，五分钟内有效。", {"code": 6}),
    (
        Kind.NOTICE,
        "预约提醒",
        "${name}，您预约的${what}在${when}开始。",
        {"name": 20, "what": 20, "when": 20},
    ),
    (Kind.PROMOTION, "会员日", "会员日全场八折，欢迎光临。拒收请回复R", {}),
    (Kind.PROMOTION, "生日", "${name}，生日快乐，到店送您一壶龙井。拒收请回复R", {"name": 20}),
    (Kind.NOTICE, "还在审核", "您的订单${number}已发货。", {"number": 20}),
]


def fill(catalogue: Catalogue, now: float, *, code: str, positional: bool = False) -> None:
    """Two signatures, one of them being filed, and five templates, the last still under review.

    `code` makes a template's code of its number, 1 to 5; `positional`: variables are numbers, {1}.
    """
    for number, (name, filing) in enumerate([(SIGN, Filing.DONE), ("新店", Filing.UNDER_WAY)], 1):
        catalogue.signatures[name] = Signature(name, number, filing=filing, made_at=now)
    for number, (kind, name, text, longest) in enumerate(TEXTS, 1):
        if positional:
            places = {variable: str(place) for place, variable in enumerate(longest, 1)}
            for variable, place in places.items():
                text = text.replace(f"${{{variable}}}", f"{{{place}}}")
            longest = {places[variable]: most for variable, most in longest.items()}
        template = Template(code.format(number), text, name, kind, longest=longest, made_at=now)
        template.review = Review.WAITING if number == len(TEXTS) else Review.PASSED
        catalogue.templates[template.code] = template
