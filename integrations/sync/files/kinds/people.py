"""Who is meant, as the columns of a file say it; shared by all kinds about people."""

from django.utils.translation import gettext_lazy as _

from integrations.sync.files.kinds.base import Field

IDENTITIES = (
    Field(
        "identities.member_id",
        _("member id"),
        (
            "会员号",
            "会员编号",
            "会员ID",
            "会员卡号",
            "卡号",
            "用户ID",
            "客户编号",
            "客户ID",
            "学员编号",
            "病历号",
            "member id",
            "member",
            "user id",
            "customer id",
            "card number",
        ),
        "key",
        example="M0001",
    ),
    Field(
        "identities.phone",
        _("phone"),
        (
            "手机号",
            "手机",
            "手机号码",
            "电话",
            "联系电话",
            "联系方式",
            "电话号码",
            "收货电话",
            "家长电话",
            "phone",
            "mobile",
            "phone number",
            "tel",
            "telephone",
            "cell",
        ),
        "key",
        example="13800138000",
    ),
    Field(
        "identities.email",
        _("e-mail"),
        ("邮箱", "电子邮箱", "电子邮件", "email", "e-mail", "mail"),
        "key",
    ),
    Field("identities.openid", _("WeChat openid"), ("openid", "微信openid", "open id"), "key"),
    Field("identities.unionid", _("WeChat unionid"), ("unionid", "微信unionid", "union id"), "key"),
    Field(
        "identities.wecom_external_userid",
        _("WeCom external user id"),
        ("external_userid", "外部联系人ID", "企微ID"),
        "key",
    ),
)
ONE_OF = tuple(one.key for one in IDENTITIES)
TAGS = Field(
    "tags",
    _("tags"),
    ("标签", "客户标签", "会员标签", "tags", "tag", "labels"),
    "many",
    example="老会员",
)


def identities(values: dict) -> dict:
    """The part of the item that says who it is."""
    return {
        key.removeprefix("identities."): value
        for key, value in values.items()
        if key.startswith("identities.") and value
    }
