"""`torch.onnx`: networks as ONNX files, which other programs can run.

>>> torch.onnx.export(model, (x,), "model.onnx", input_names=["x"])  # doctest: +SKIP

The package `onnx` builds the files and must be installed. From the bottom up:

    sizes     sizes that may differ from run to run, as numbers and expressions
    tracing   the operations that a network does, once for each choice of sizes
    writer    nodes, weights and names of the graph that is written
    rows      what each operation is in ONNX; more in rows_products and rows_places
    export    the function itself
"""

from .export import ONNXProgram, TrainingMode, export, is_in_onnx_export
from .writer import OnnxExporterError

__all__ = ["ONNXProgram", "OnnxExporterError", "TrainingMode", "export", "is_in_onnx_export"]
