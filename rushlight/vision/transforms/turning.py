"""Pictures and tensors turned, shifted, scaled and sheared at random."""

from __future__ import annotations

from typing import Any

from ...errors import ChoiceError, explain
from ...nn.module import Module
from . import draw
from . import functional as F
from .kinds import InterpolationMode, interpolation_of

NEAREST = InterpolationMode.NEAREST


class RandomRotation(Module):
    """The picture or tensor turned by an angle between the `degrees` (or -degrees and degrees).

    >>> torchvision.transforms.RandomRotation((90, 90))(torch.tensor([[[1, 2], [3, 4]]]))
    tensor([[[2, 4],
             [1, 3]]])
    """

    def __init__(
        self,
        degrees: Any,
        interpolation: Any = NEAREST,
        expand: bool = False,
        center: Any = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees = draw.range_of(degrees, "RandomRotation", "degrees")
        if center is not None:
            draw.check_length(center, "RandomRotation", "center", (2,))
        self.center = center
        self.interpolation = interpolation_of(interpolation, "RandomRotation")
        self.expand = expand
        self.fill = draw.check_fill(fill, "RandomRotation")

    @staticmethod
    def get_params(degrees: Any) -> float:
        """The angle."""
        return draw.uniform(float(degrees[0]), float(degrees[1]))

    def forward(self, img: Any) -> Any:
        """`img` turned."""
        angle = self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, self.fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        fill = "" if self.fill is None else f", fill={self.fill}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, "
            f"interpolation={self.interpolation.value}, expand={self.expand}{center}{fill})"
        )


class RandomAffine(Module):
    """The picture or tensor turned, shifted, scaled and sheared, its middle staying in place.

    `degrees` and `shear` are ranges of degrees (of the shear along x, or of both). `translate` is
    the most that it is shifted, as parts of its width and height; `scale` a range of factors.
    Raises ValueError or TypeError if they are of another kind.

    >>> torchvision.transforms.RandomAffine(0, translate=(0.1, 0.1))(torch.rand(1, 8, 8)).shape
    torch.Size([1, 8, 8])
    """

    def __init__(
        self,
        degrees: Any,
        translate: Any = None,
        scale: Any = None,
        shear: Any = None,
        interpolation: Any = NEAREST,
        fill: Any = 0,
        center: Any = None,
    ) -> None:
        super().__init__()
        self.degrees = draw.range_of(degrees, "RandomAffine", "degrees")
        if translate is not None:
            draw.check_length(translate, "RandomAffine", "translate", (2,))
            if not all([0.0 <= t <= 1.0 for t in translate]):
                problem = "translation values should be between 0 and 1"
                raise ChoiceError(explain("RandomAffine", problem, {"translate": translate}))
        if scale is not None:
            draw.check_length(scale, "RandomAffine", "scale", (2,))
            if min(scale) <= 0:
                problem = "scale values should be positive"
                raise ChoiceError(explain("RandomAffine", problem, {"scale": scale}))
        if center is not None:
            draw.check_length(center, "RandomAffine", "center", (2,))
        self.translate = translate
        self.scale = scale
        leans = None if shear is None else draw.range_of(shear, "RandomAffine", "shear", (2, 4))
        self.shear = leans
        self.interpolation = interpolation_of(interpolation, "RandomAffine")
        self.fill = draw.check_fill(fill, "RandomAffine")
        self.center = center

    @staticmethod
    def get_params(
        degrees: Any, translate: Any, scale_ranges: Any, shears: Any, img_size: Any
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """The angle, the shift, the scale and the shear, for a picture of (width, height)."""
        angle = draw.uniform(float(degrees[0]), float(degrees[1]))
        shift = (0, 0)
        if translate is not None:
            x, y = float(translate[0] * img_size[0]), float(translate[1] * img_size[1])
            shift = (round(draw.uniform(-x, x)), round(draw.uniform(-y, y)))
        scale = 1.0
        if scale_ranges is not None:
            scale = draw.uniform(scale_ranges[0], scale_ranges[1])
        lean_x = lean_y = 0.0
        if shears is not None:
            lean_x = draw.uniform(shears[0], shears[1])
            if len(shears) == 4:
                lean_y = draw.uniform(shears[2], shears[3])
        return angle, shift, scale, (lean_x, lean_y)

    def forward(self, img: Any) -> Any:
        """`img` turned, shifted, scaled and sheared."""
        size = F.get_image_size(img)
        params = self.get_params(self.degrees, self.translate, self.scale, self.shear, size)
        return F.affine(img, *params, self.interpolation, self.fill, self.center)

    def __repr__(self) -> str:
        words = [f"degrees={self.degrees}"]
        given = [n for n in ("translate", "scale", "shear") if getattr(self, n) is not None]
        words += [f"{name}={getattr(self, name)}" for name in given]
        if self.interpolation is not NEAREST:
            words.append(f"interpolation={self.interpolation.value}")
        if self.fill != 0:
            words.append(f"fill={self.fill}")
        if self.center is not None:
            words.append(f"center={self.center}")
        return f"{type(self).__name__}({', '.join(words)})"
