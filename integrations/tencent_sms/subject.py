"""Short messages by Tencent Cloud: what this subject adds to the product
(crm_project/subjects.py)."""

VENDORS = [(51, "integrations.tencent_sms.vendor.TencentSms")]
FORMATS = ["integrations.tencent_sms.format.TencentSmsFormat"]
