"""What is concluded from events: stage of life, interests, habits, activity, kept figures."""
