"""From pictures to tensors and back, between dtypes, and to a mean of 0 and a deviation of 1."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...nn.module import Module
from . import functional as F


class ToTensor:
    """A picture, or an array (height, width, channels), as a tensor (channels, height, width).

    Bytes become numbers from 0 to 1.

    >>> torchvision.transforms.ToTensor()(np.array([[0, 255]], np.uint8))
    tensor([[[0., 1.]]])
    """

    def __call__(self, pic: Any) -> Any:
        """The tensor of `pic`."""
        return F.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PILToTensor:
    """A picture as a tensor (channels, height, width) of the same numbers.

    >>> from rushlight.vision.image import Image
    >>> torchvision.transforms.PILToTensor()(Image(np.array([[0, 255]], np.uint8)))
    tensor([[[  0, 255]]], dtype=torch.uint8)
    """

    def __call__(self, pic: Any) -> Any:
        """The tensor of `pic`, unscaled."""
        return F.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToPILImage:
    """A tensor (channels, height, width) or an array (height, width, channels) as a picture.

    >>> torchvision.transforms.ToPILImage()(torch.rand(3, 4, 5))
    <Image mode=RGB size=5x4>
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        """The picture of `pic`."""
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        mode = "" if self.mode is None else f"mode={self.mode}"
        return f"{type(self).__name__}({mode})"


class ConvertImageDtype(Module):
    """A tensor in another dtype, its numbers scaled to the range of that.

    >>> to = torchvision.transforms.ConvertImageDtype(torch.float)
    >>> to(torch.tensor([[[0, 255]]], dtype=torch.uint8))
    tensor([[[0., 1.]]])
    """

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Any) -> Any:
        """`image` in the dtype."""
        return F.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """A float tensor (..., channels, height, width), less `mean` and divided by `std`.

    >>> torchvision.transforms.Normalize((0.5,), (0.5,))(torch.tensor([[[0.0, 0.5, 1.0]]]))
    tensor([[[-1.,  0.,  1.]]])
    """

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Any) -> Any:
        """`tensor` normalised."""
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"
