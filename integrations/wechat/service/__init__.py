"""What people write to the customer service (客服消息), and for how long they may be answered.
Nothing is sent from here yet."""
