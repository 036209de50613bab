"""What is known of a customer, key by key: values with their history, and changes relative to
them."""
