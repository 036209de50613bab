"""How the database is used: transactions of others, prepared statements, sets, patience."""
