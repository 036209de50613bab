"""What the clinic does: services, how often one should come for them, and whose they are."""

from dataclasses import dataclass

from demo.simulator.catalogue import Product


@dataclass(frozen=True)
class Service(Product):
    doctor: str = ""
    room: str = ""
    minutes: int = 20
    every_days: int = 90  # due again


DOCTORS = [
    Product("d1", "陈建国 主任医师", "全科", 3000, "doctor"),
    Product("d2", "林静 副主任医师", "心血管内科", 5000, "doctor"),
    Product("d3", "苏敏 营养师", "营养科", 2000, "doctor"),
    Product("d4", "何志强 口腔医师", "口腔科", 3000, "doctor"),
    Product("d5", "沈若曦 中医师", "中医科", 3000, "doctor"),
]
CHECK_UP = Service(
    "s1", "年度体检", "全科", 58000, "service", "陈建国 主任医师", "体检中心", 60, 360
)
HYPERTENSION = Service(
    "s2", "高血压随访", "心血管内科", 8000, "service", "林静 副主任医师", "2 诊室", 20, 30
)
WEIGHT = Service("s3", "体重管理", "营养科", 12000, "service", "苏敏 营养师", "3 诊室", 30, 14)
TEETH = Service("s4", "口腔洁牙", "口腔科", 18000, "service", "何志强 口腔医师", "口腔室", 40, 180)
PHYSIOTHERAPY = Service(
    "s5", "中医理疗", "中医科", 16000, "service", "沈若曦 中医师", "理疗室", 45, 10
)
SERVICES = [CHECK_UP, HYPERTENSION, WEIGHT, TEETH, PHYSIOTHERAPY]
