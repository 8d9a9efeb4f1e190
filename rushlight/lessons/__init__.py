"""Lessons: deep learning from scratch, in files to be read from top to bottom."""
