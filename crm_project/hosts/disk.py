"""How full the disk of this host's data folder is, as others hear of it."""

import shutil

from crm_project.hosts.duties import Duty
from crm_project.runtime import home


class Disk(Duty):
    key = "disk"

    def work(self):
        return False

    def report(self):
        found = shutil.disk_usage(home.folder())
        return {"used_percent": round(100 * found.used / (found.used + found.free))}
