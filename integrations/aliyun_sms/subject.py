"""Short messages by Aliyun: what this subject adds to the product (crm_project/subjects.py)."""

VENDORS = [(50, "integrations.aliyun_sms.vendor.AliyunSms")]
FORMATS = ["integrations.aliyun_sms.format.AliyunSmsFormat"]
