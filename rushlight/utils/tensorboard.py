"""`torch.utils.tensorboard`: curves and pictures for TensorBoard, written by tensorboardX."""

from __future__ import annotations

from typing import Any

from ..errors import MissingError, explain
from ..runtime.entry import Handle
from ..runtime.record import realise

__all__ = ["SummaryWriter"]


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


METHODS = words(
    """
    add_scalar add_scalars add_histogram add_histogram_raw add_image add_images
    add_image_with_boxes add_figure add_video add_audio add_text add_embedding add_pr_curve
    add_pr_curve_raw add_custom_scalars add_custom_scalars_multilinechart
    add_custom_scalars_marginchart add_mesh add_hparams flush close export_scalars_to_json
    """
)
"""What is handed on to tensorboardX, with arrays for tensors."""


class SummaryWriter:
    """Writes what there is to see of a training into the folder `log_dir`.

    By default that is `runs/` with a name of the time and the machine, and `comment`. Its methods
    are those of tensorboardX's class of this name, which must be installed, and take tensors.
    Raises MissingError if it is not.

    >>> writer = torch.utils.tensorboard.SummaryWriter("runs/first")  # doctest: +SKIP
    >>> writer.add_scalar("loss", torch.tensor(0.5), 1)  # doctest: +SKIP
    >>> writer.close()  # doctest: +SKIP
    """

    def __init__(
        self,
        log_dir: Any = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        try:
            import tensorboardX
        except ImportError:
            problem = "tensorboardX, which writes the files, is not installed"
            hint = "pip install tensorboardX"
            raise MissingError(explain("SummaryWriter", problem, hint=hint)) from None
        place = None if log_dir is None else str(log_dir)
        self.writer = tensorboardX.SummaryWriter(
            place,
            comment=comment,
            purge_step=purge_step,
            max_queue=max_queue,
            flush_secs=flush_secs,
            filename_suffix=filename_suffix,
        )
        self.log_dir = str(self.writer.logdir)

    def get_logdir(self) -> str:
        """The folder of the files."""
        return self.log_dir

    def add_graph(self, model: Any, *args: Any, **options: Any) -> None:
        """Not here: raises MissingError."""
        problem = "graphs cannot be written for TensorBoard"
        hint = "`rushlight trace` prints what is recorded; torch.onnx.export writes a graph"
        raise MissingError(explain("add_graph", problem, hint=hint))

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: Any) -> None:
        self.writer.close()


def plain(value: Any) -> Any:
    """`value` with arrays in the place of tensors."""
    if isinstance(value, Handle):
        return realise(value)
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return type(value)([plain(v) for v in value]) if type(value) in (list, tuple) else value


def handed_on(name: str) -> Any:
    """The method called `name`, as tensorboardX has it."""

    def method(self: SummaryWriter, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.writer, name)(*plain(args), **plain(kwargs))

    method.__name__, method.__qualname__ = name, f"SummaryWriter.{name}"
    method.__doc__ = f"What tensorboardX's `{name}` does; tensors are taken as arrays."
    return method


for _name in METHODS:
    setattr(SummaryWriter, _name, handed_on(_name))
