"""The programs written for JAX: one jitted function for a whole step, the optimizer included."""
