"""Days and times as people read them: one way everywhere, in both languages, and none that ends
with a full stop ("8 a.m.")."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i"
TIME_FORMAT = "H:i"
