"""WeChat mini-programs: what this subject adds to the product (crm_project/subjects.py)."""

VENDORS = [(10, "integrations.wechat.vendor.WeChat")]
FORMATS = ["integrations.wechat.push.PushFormat"]
FOLLOWERS = ["integrations.wechat.reacting.OfPushes"]
WATCHED_EVENTS = [
    "Message Subscribed",
    "Message Permission Withdrawn",
    "Authorization Revoked",
    "Customer Service Message",
    "Customer Service Opened",
]
CHANNELS = ["integrations.wechat.subscribe.channel.Subscribe"]
SEGMENT_CONDITIONS = ["integrations.wechat.conditions.Grants"]
PROFILE_PANELS = [(95, "integrations.wechat.panels.Subscriptions")]
RETENTION = ["integrations.wechat.retention.Grants", "integrations.wechat.retention.Windows"]
LOGIN_PROVIDERS = ["integrations.wechat.login.WeChatLogin"]
