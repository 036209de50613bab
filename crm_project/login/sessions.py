"""Sessions in the database, with their user beside them: eight hours at most, thirty minutes
without a sign of life, and ended from outside.

Django's own table cannot say whose a session is. `SESSION_ENGINE` names this module.
"""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore as Stored

from crm_project.db.clock import Now, noted, reckoned_now
from crm_project.models import Session

LONGEST = timedelta(hours=8)
LONGEST_IDLE = timedelta(minutes=30)
NOTED_AFTER = timedelta(minutes=1)  # a sign of life is written down this often at most
USER = "_auth_user_id"


class SessionStore(Stored):
    is_sign_of_life = True  # False for what a page asks by itself (middleware.py)
    begun_at = None

    @classmethod
    def get_model_class(cls):
        return Session

    def _get_session_from_db(self):
        """Its row, which also tells this process the database's time."""
        row = (
            self.model.objects.annotate(now=Now())
            .filter(session_key=self.session_key, expire_date__gt=Now())
            .first()
        )
        if row is None:
            self._session_key = None
        else:
            noted(row.now)
        return row

    def get_expiry_date(self, **kwargs):
        return super().get_expiry_date(**{"modification": reckoned_now(), **kwargs})

    def load(self):
        """Nothing where the session is over; it is gone then."""
        row = self._get_session_from_db()
        if row and (row.now - row.begun_at > LONGEST or row.now - row.seen_at > LONGEST_IDLE):
            row.delete()
            self._session_key, row = None, None
        if not row:
            return {}
        self.begun_at = row.begun_at
        if self.is_sign_of_life and row.now - row.seen_at > NOTED_AFTER:
            Session.objects.filter(pk=row.pk).update(seen_at=row.now)
        return self.decode(row.session_data)

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        user = data.get(USER)
        row.user_id = int(user) if user else None
        row.seen_at = reckoned_now()
        row.begun_at = self.begun_at = self.begun_at or row.seen_at
        return row

    def cycle_key(self):
        """Whoever has just logged in begins anew."""
        self.is_empty()  # what there is has been read now, and when it began does not come back
        self.begun_at = None
        super().cycle_key()

    def flush(self):
        self.begun_at = None
        super().flush()


def end(users, *, but: str | None = None) -> int:
    """The sessions of these users are over (all but the one with this key). How many were."""
    return (
        Session.objects.filter(user_id__in=[user.pk for user in users])
        .exclude(session_key=but or "")
        .delete()[0]
    )
