"""What is done to all rows of a list at once: chosen on the list as it is filtered, worked through
in the background, each row accounted for."""
