"""Files: tensors and all that holds them, in PyTorch's own format and in safetensors.

- loading, saving: `torch.load` and `torch.save`
- archive: the zip archive that such a file is
- plain: a reader of pickles that runs nothing of what is in them
- names: the names that a pickle may ask for, and what answers
- storages: pieces of memory, and tensors on them
- writer: the pickle that PyTorch would have written
- safetensors: the other format
"""

from . import safetensors
from .loading import load
from .saving import save

__all__ = ["load", "safetensors", "save"]
