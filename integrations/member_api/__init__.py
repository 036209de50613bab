"""What a mini-program itself may ask for the person who has it open: they log in with a code of
their platform, and then read what is theirs with a session that proves nothing but who they are."""
