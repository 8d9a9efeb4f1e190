"""The runtime: records calls, recognises repeated ones, makes values real."""
