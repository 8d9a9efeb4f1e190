"""Pictures of what a network does, drawn with NumPy alone: line charts and galleries."""
