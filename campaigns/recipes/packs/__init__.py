"""Segments and tags that are ready, by trade: one file each. Each rule is one that anybody could
have built by clicking; what is added is the workspace's own and may be changed."""

from campaigns.recipes.packs import clinic, school, shop
from campaigns.recipes.packs.parts import Pack

PACKS: dict[str, Pack] = {"shop": shop.PACK, "school": school.PACK, "clinic": clinic.PACK}
