"""WeChat mini-programs: the account (`vendor.py`, `account.py`), calls to the platform with the
app's token (`client.py`, `tokens.py`), what its refusals mean (`errors.py`)."""
