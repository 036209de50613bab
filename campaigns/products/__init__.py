"""The page of a product: who looked, put it into the cart, bought; who is interested and has not;
what it sold before and after campaigns."""
