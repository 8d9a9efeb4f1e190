"""`torch.version`: which PyTorch programs may take this for."""

from .settings import API_VERSION as __version__

cuda = None
hip = None
rocm = None
xpu = None
debug = False
git_version = "unknown"

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "rocm", "xpu"]
