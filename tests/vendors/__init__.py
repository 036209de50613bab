"""Tests of the vendors' stand-ins (demo/vendors/), and what they are told by."""
