"""Short messages by any HTTP gateway: what this subject adds to the product
(crm_project/subjects.py)."""

VENDORS = [(52, "integrations.sms_gateway.vendor.SmsGateway")]
FORMATS = ["integrations.sms_gateway.format.SmsGatewayFormat"]
