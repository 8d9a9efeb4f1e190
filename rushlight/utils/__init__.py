"""PyTorch's `torch.utils`: only names. `torch.utils.data` is `rushlight.data` itself."""

import sys

from .. import data
from ..nn import hooks
from . import _pytree, benchmark, checkpoint, dlpack, model_zoo, tensorboard

__all__ = ["_pytree", "benchmark", "checkpoint", "data", "dlpack", "model_zoo", "tensorboard"]

data._utils = data  # type: ignore[attr-defined] # where programs look for collate.default_collate
_PLACES = {
    "hooks": hooks,
    "data": data,
    "data.dataset": data.dataset,
    "data.sampler": data.sampler,
    "data.distributed": data.distributed,
    "data.dataloader": data.dataloader,
    "data._utils": data,
    "data._utils.collate": data.collate,
}
for _name, _module in _PLACES.items():
    # Without this `import torch.utils.data.sampler` would load a second copy of that file.
    sys.modules[f"{__name__}.{_name}"] = _module
