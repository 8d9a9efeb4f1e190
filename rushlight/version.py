"""`torch.version`: which PyTorch programs may take this for."""

from .settings import API_VERSION as __version__

cuda = None
hip = None
git_version = "unknown"

__all__ = ["__version__", "cuda", "git_version", "hip"]
