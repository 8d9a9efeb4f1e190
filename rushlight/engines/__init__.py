"""Engines turn programs into arrays. They are strangers to one another."""
