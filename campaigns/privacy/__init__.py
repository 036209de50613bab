"""Messages and coupons of a person: erased, copied out, kept only so long."""
