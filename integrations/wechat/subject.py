"""WeChat mini-programs: what this subject adds to the product (crm_project/subjects.py)."""

VENDORS = [(10, "integrations.wechat.vendor.WeChat")]
FORMATS = ["integrations.wechat.push.PushFormat"]
RETENTION = ["integrations.wechat.retention.Grants", "integrations.wechat.retention.Windows"]
