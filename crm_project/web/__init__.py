"""What every request meets: whose address, how large, who looks, is all well; and the admin's
theme."""
