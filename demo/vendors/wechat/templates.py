"""The templates of an app, and the library that it picks them from: `/wxaapi/newtmpl/...`."""

from dataclasses import dataclass

from demo.vendors.wechat.errors import Misused, Refused
from demo.vendors.wechat.library import CATEGORIES, LIBRARY, Keyword, Title

MOST = 50  # templates of one app
LONGEST_SCENE = 15
LARGEST_PAGE = 30


@dataclass
class Template:
    """A title with the keywords that the app picked, under an id of its own."""

    id: str
    title: Title
    keywords: list[Keyword]
    is_banned: bool = False

    @property
    def keys(self) -> list[str]:
        return [keyword.key for keyword in self.keywords]

    @property
    def choices(self) -> dict[str, list[str]]:
        return {keyword.key: list(keyword.choices) for keyword in self.keywords if keyword.choices}

    def shown(self) -> dict:
        lines = [f"{keyword.name}:{{{{{keyword.key}.DATA}}}}\n" for keyword in self.keywords]
        examples = [f"{keyword.name}:{keyword.example}\n" for keyword in self.keywords]
        shown = {
            "priTmplId": self.id,
            "title": self.title.title,
            "content": "".join(lines),
            "example": "".join(examples),
            "type": self.title.type,
        }
        if self.choices:
            shown["keywordEnumValueList"] = [one.enum() for one in self.keywords if one.choices]
        return shown


def pick(app, title: Title, kids: list[int]) -> Template:
    """The app has a new template; the keyword by which a title counts must be in it."""
    by_kid = {keyword.kid: keyword for keyword in title.keywords}
    if not 2 <= len(kids) <= 5 or len(set(kids)) != len(kids) or not set(kids) <= by_kid.keys():
        raise Refused(200020)
    keywords = [by_kid[kid] for kid in kids]
    if title.code and title.code not in [keyword.key for keyword in keywords]:
        raise Refused(200020)
    if any((one.title, one.keywords) == (title, keywords) for one in app.templates.values()):
        raise Refused(200022)
    if len(app.templates) >= MOST:
        raise Refused(200012)
    template = Template(app.dice.text(f"template {app.appid}", 43), title, keywords)
    app.templates[template.id] = template
    return template


def pick_all(app) -> None:
    """Of each title of its categories, with the keywords as they stand in the library."""
    for title in LIBRARY.values():
        if title.category in app.categories:
            pick(app, title, [keyword.kid for keyword in title.keywords])


def template_of(app, template_id: str) -> Template:
    if template_id not in app.templates:
        raise Misused(f"{app.appid} has no template {template_id}")
    return app.templates[template_id]


def good(data: list, **more) -> dict:
    return {"errcode": 0, "errmsg": "ok", **more, "data": data}


def title_of(tid: object) -> Title:
    if not str(tid).isdecimal() or int(str(tid)) not in LIBRARY:
        raise Refused(200014)
    return LIBRARY[int(str(tid))]


def get_template(asked) -> dict:
    return good([template.shown() for template in asked.app.templates.values()])


def get_category(asked) -> dict:
    return good([{"id": number, "name": CATEGORIES[number]} for number in asked.app.categories])


def in_list(title: Title) -> dict:
    """The category is a text here, a number in the list of categories."""
    shown = {"tid": title.tid, "title": title.title, "type": title.type}
    return {**shown, "categoryId": str(title.category)}


def get_pub_template_titles(asked) -> dict:
    """Of the app's own categories only; `ids` may stand in quotes, as in the documentation."""
    if not (ids := asked.query.get("ids", "").strip('"')):
        raise Refused(200018)
    if not all(one.strip().isdecimal() for one in ids.split(",")):
        raise Refused(200019)
    start, limit = asked.query.get("start", ""), asked.query.get("limit", "")
    if not start.isdecimal():
        raise Refused(200016)
    if not limit.isdecimal() or int(limit) > LARGEST_PAGE:
        raise Refused(200017)
    wanted = {int(one) for one in ids.split(",")} & set(asked.app.categories)
    found = [title for title in LIBRARY.values() if title.category in wanted]
    page = found[int(start) : int(start) + int(limit)]
    return good([in_list(title) for title in page], count=len(found))


def get_pub_template_keywords(asked) -> dict:
    title = title_of(asked.query.get("tid", ""))
    names = ("kid", "name", "example", "rule")
    shown = [{name: getattr(keyword, name) for name in names} for keyword in title.keywords]
    return good(shown, count=len(shown))


def add_template(asked) -> dict:
    title = title_of(asked.body.get("tid", ""))
    scene = asked.body.get("sceneDesc")
    if not isinstance(scene, str) or not 0 < len(scene) <= LONGEST_SCENE:
        raise Refused(200021)
    kids = asked.body.get("kidList")
    if not isinstance(kids, list) or not all(isinstance(kid, int) for kid in kids):
        raise Refused(200020)
    return {"errcode": 0, "errmsg": "ok", "priTmplId": pick(asked.app, title, kids).id}


def delete_template(asked) -> dict:
    if asked.app.templates.pop(str(asked.body.get("priTmplId")), None) is None:
        raise Refused(200014)
    return {"errcode": 0, "errmsg": "ok"}
