"""Levels of brightness changed at random, and pictures seen from the side."""

from __future__ import annotations

from typing import Any

from ...errors import ChoiceError, explain
from ...nn.module import Module
from . import draw
from . import functional as F
from .kinds import InterpolationMode, interpolation_of


class _Now(Module):
    """What the transforms that are done with probability `p` have in common; `names` are shown."""

    names: tuple[str, ...] = ()

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def changed(self, img: Any) -> Any:
        """What is made of `img`, when it is done."""
        raise NotImplementedError

    def forward(self, img: Any) -> Any:
        """`img`, perhaps changed."""
        return self.changed(img) if draw.coin(self.p) else img

    def __repr__(self) -> str:
        shown = ",".join([f"{name}={getattr(self, name)}" for name in (*self.names, "p")])
        return f"{type(self).__name__}({shown})"


class RandomInvert(_Now):
    """The negative of the picture or tensor, with probability `p`.

    >>> torchvision.transforms.RandomInvert(p=1)(torch.tensor([[[0.25]]]))
    tensor([[[0.7500]]])
    """

    def changed(self, img: Any) -> Any:
        """The negative."""
        return F.invert(img)


class RandomPosterize(_Now):
    """The first `bits` of each byte of a picture or tensor, with probability `p`.

    >>> torchvision.transforms.RandomPosterize(bits=2)
    RandomPosterize(bits=2,p=0.5)
    """

    names = ("bits",)

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def changed(self, img: Any) -> Any:
        """The picture with fewer levels."""
        return F.posterize(img, self.bits)


class RandomSolarize(_Now):
    """Whatever is not below `threshold` turned about, with probability `p`.

    >>> torchvision.transforms.RandomSolarize(0.5, p=1)(torch.tensor([[[0.25, 0.75]]]))
    tensor([[[0.2500, 0.2500]]])
    """

    names = ("threshold",)

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def changed(self, img: Any) -> Any:
        """The picture with its upper levels turned about."""
        return F.solarize(img, self.threshold)


class RandomAdjustSharpness(_Now):
    """The picture or tensor with sharper edges or softer ones, with probability `p`.

    >>> torchvision.transforms.RandomAdjustSharpness(2)
    RandomAdjustSharpness(sharpness_factor=2,p=0.5)
    """

    names = ("sharpness_factor",)

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def changed(self, img: Any) -> Any:
        """The picture with other edges."""
        return F.adjust_sharpness(img, self.sharpness_factor)


class RandomAutocontrast(_Now):
    """The picture or tensor stretched over the whole range, with probability `p`.

    >>> torchvision.transforms.RandomAutocontrast(p=1)(torch.tensor([[[0.25, 0.5]]]))
    tensor([[[0., 1.]]])
    """

    def changed(self, img: Any) -> Any:
        """The picture with more contrast."""
        return F.autocontrast(img)


class RandomEqualize(_Now):
    """The picture with as many pixels of each level as of any, about, with probability `p`.

    >>> torchvision.transforms.RandomEqualize()
    RandomEqualize(p=0.5)
    """

    def changed(self, img: Any) -> Any:
        """The picture with its levels evened out."""
        return F.equalize(img)


class RandomPerspective(Module):
    """The picture or tensor seen from the side, with probability `p`.

    Each corner moves inwards by up to `distortion_scale` of half the width and half the height.

    >>> torchvision.transforms.RandomPerspective(p=1)(torch.rand(3, 8, 8)).shape
    torch.Size([3, 8, 8])
    """

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: Any = InterpolationMode.BILINEAR,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.p = p
        self.interpolation = interpolation_of(interpolation, "RandomPerspective")
        self.distortion_scale = distortion_scale
        self.fill = draw.check_fill(fill, "RandomPerspective")

    @staticmethod
    def get_params(width: int, height: int, distortion_scale: float) -> tuple[Any, Any]:
        """The corners of the picture, and where they go."""
        most_x = int(distortion_scale * (width // 2)) + 1
        most_y = int(distortion_scale * (height // 2)) + 1
        moved = []
        for right, lower in ((0, 0), (1, 0), (1, 1), (0, 1)):
            x, y = draw.integer(most_x), draw.integer(most_y)
            moved.append([right * (width - most_x) + x, lower * (height - most_y) + y])
        end_x, end_y = width - 1, height - 1
        return [[0, 0], [end_x, 0], [end_x, end_y], [0, end_y]], moved

    def forward(self, img: Any) -> Any:
        """`img`, perhaps seen from the side."""
        channels, height, width = F.get_dimensions(img)
        fill = draw.fill_for(img, self.fill, channels)
        if not draw.coin(self.p):
            return img
        points = self.get_params(width, height, self.distortion_scale)
        return F.perspective(img, *points, self.interpolation, fill)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class LinearTransformation(Module):
    """A tensor as a row of numbers, less `mean_vector` and times `transformation_matrix`.

    Raises ValueError unless the matrix is square and as large as the vector, or if a tensor has
    another number of elements. (What whitens pictures is such a matrix.)

    >>> whiten = torchvision.transforms.LinearTransformation(torch.eye(4) * 2, torch.ones(4))
    >>> whiten(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[0., 2.],
            [4., 6.]])
    """

    def __init__(self, transformation_matrix: Any, mean_vector: Any) -> None:
        super().__init__()
        rows, columns = transformation_matrix.shape
        if rows != columns:
            problem = "transformation_matrix should be square"
            got = {"it": transformation_matrix._value.spec}
            raise ChoiceError(explain("LinearTransformation", problem, got))
        if mean_vector.shape[0] != rows:
            problem = "mean_vector should have the same length as any dimension of the matrix"
            got = {"it": mean_vector._value.spec, "the matrix": transformation_matrix._value.spec}
            raise ChoiceError(explain("LinearTransformation", problem, got))
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def forward(self, tensor: Any) -> Any:
        """A tensor as large as `tensor`."""
        size = self.transformation_matrix.shape[0]
        count = 1
        for n in tensor.shape[-3:]:
            count *= n
        if count != size:
            problem = f"Input tensor and transformation matrix have incompatible shape: {size}"
            raise ChoiceError(
                explain("LinearTransformation", problem, {"tensor": tensor._value.spec})
            )
        flat = tensor.reshape(-1, size) - self.mean_vector
        return (flat @ self.transformation_matrix).reshape(tensor.shape)

    def __repr__(self) -> str:
        matrix, mean = self.transformation_matrix.tolist(), self.mean_vector.tolist()
        return f"{type(self).__name__}(transformation_matrix={matrix}, mean_vector={mean})"
