"""Data for training: datasets, samplers, and the DataLoader that makes batches of them.

PyTorch's `torch.utils.data`, with its random orders bit for bit. From the bottom up:

    dataset, sampler, distributed   what the samples are, and in which order they are visited
    collate                         from samples to a batch
    gather                          the short way, where samples are rows of arrays
    fetch, epoch                    one batch; one pass in the main thread
    streams, workers, processes     workers: their random streams, threads, processes
    ahead, loader                   one pass with workers; the DataLoader

    >>> data = torch.utils.data.TensorDataset(torch.arange(4.0), torch.tensor([0, 1, 0, 1]))
    >>> for x, y in torch.utils.data.DataLoader(data, batch_size=2):
    ...     print(x, y)
    tensor([0., 1.]) tensor([0, 1])
    tensor([2., 3.]) tensor([0, 1])
"""

from ..missing import refusing
from . import distributed
from . import loader as dataloader
from .collate import default_collate, default_convert
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .distributed import DistributedSampler
from .loader import DataLoader
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .streams import get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "dataloader",
    "default_collate",
    "default_convert",
    "distributed",
    "get_worker_info",
    "random_split",
]

__getattr__ = refusing("torch.utils.data", __all__)
