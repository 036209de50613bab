"""What every host does by itself, whatever parts run there: an entry of the seam HOST_DUTIES."""

from crm_project.registry import Registry

duties = Registry("CRM_HOST_DUTIES", "crm_project.hosts.duties.Duty")


class Duty:
    """Work with what lies on this host's disk. One process of the host does it at a time, again
    every few seconds."""

    key = ""

    def work(self) -> bool:
        """What is there to do is done. True where more is known to wait: we are asked again at
        once. Raises what it likes; the other duties are done all the same."""
        raise NotImplementedError

    def report(self) -> dict:
        """What /healthz says of it, by this host: plain numbers and times, nothing personal."""
        return {}

    def give_up(self) -> int:
        """The host was declared gone, and others went on without what waits here: it is deleted.
        How much that was."""
        return 0
