"""What a file may hold, one kind a file. Each row becomes the item that a native door would make of
it."""
