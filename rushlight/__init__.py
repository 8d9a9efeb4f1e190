"""rushlight: a small torch that lights quickly."""
