"""What is kept of the platform itself."""

from django.db import models

from customers.models import Connection
from customers.privacy.sealing import SealedField


class AccessToken(models.Model):
    """The access token of one account, shared by all hosts; tokens.py keeps it.

    Whoever moves `renewing_until` forward is the one who asks the platform for another; if he dies,
    the next one may when that is over.
    """

    connection = models.OneToOneField(
        Connection, models.CASCADE, primary_key=True, related_name="+", editable=False
    )
    sealed_value = SealedField(null=True, editable=False, row=["connection_id"])
    expires_at = models.DateTimeField(null=True, editable=False)
    renewed_at = models.DateTimeField(null=True, editable=False)
    forced_at = models.DateTimeField(null=True, editable=False)
    renewing_until = models.DateTimeField(null=True, editable=False)
    # Of the last try, where it was in vain.
    failed_at = models.DateTimeField(null=True, editable=False)
    error = models.CharField(max_length=300, blank=True, default="", editable=False)

    class Meta:
        verbose_name = "access token"
        verbose_name_plural = "access tokens"

    def __str__(self):
        return f"{self.connection_id}"
