"""Names that programs use around the training: devices, flags, processes, the network, logs."""

import importlib
import multiprocessing
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import rushlight as torch
from rushlight import nn

ROOT = Path(__file__).parent.parent


def test_there_is_no_cuda_and_that_is_said():
    assert not torch.cuda.is_available()
    assert (torch.cuda.memory_allocated(), torch.cuda.max_memory_reserved(0)) == (0, 0)
    assert torch.cuda.manual_seed_all(1) is None
    assert torch.cuda.get_rng_state_all() == []
    with torch.cuda.stream(None):
        pass
    for use in (torch.cuda.current_device, lambda: torch.cuda.Event(enable_timing=True)):
        with pytest.raises(AssertionError, match="no CUDA device"):
            use()
    with pytest.raises(AssertionError):
        torch.ones(1).cuda()
    with pytest.raises(RuntimeError):
        nn.Linear(1, 1).to("cuda")
    with pytest.raises(AttributeError, match=r"torch.cuda.frobnicate"):
        torch.cuda.frobnicate  # noqa: B018
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.mps.is_available() else "cpu"
    assert torch.ones(1).to(device).device.type == "cpu"
    assert not torch.accelerator.is_available()
    assert torch.accelerator.current_accelerator() is None
    assert not torch.xpu.is_available()


def test_flags_are_taken_and_come_back():
    cudnn = importlib.import_module("rushlight.backends.cudnn")
    assert cudnn is torch.backends.cudnn
    cudnn.benchmark = True
    with cudnn.flags(benchmark=False, enabled=False):
        assert (cudnn.benchmark, cudnn.enabled) == (False, False)
    assert (cudnn.benchmark, cudnn.enabled) == (True, True)
    cudnn.benchmark = False
    assert cudnn.version() is None
    torch.backends.cuda.matmul.allow_tf32 = True
    assert not torch.backends.cuda.is_built()
    with torch.backends.cuda.sdp_kernel(enable_flash=False):
        assert torch.backends.cuda.math_sdp_enabled()
    assert torch.backends.cpu.get_cpu_capability()
    assert torch.version.cuda is None
    assert "threads" in torch.__config__.parallel_info()


def test_nothing_comes_from_the_network():
    with pytest.raises(NotImplementedError, match=r"torch.hub.load(?s:.)*from the network"):
        torch.hub.load("pytorch/vision", "resnet18")
    with pytest.raises(NotImplementedError, match="load_state_dict_from_url"):
        torch.utils.model_zoo.load_url("x")
    before = torch.hub.get_dir()
    torch.hub.set_dir("somewhere")
    assert (torch.hub.get_dir(), torch.hub.set_dir(before)) == ("somewhere", None)


def test_this_is_one_process_alone():
    assert not torch.distributed.is_available()
    assert not torch.distributed.is_initialized()
    with pytest.raises(ValueError, match="has not been initialized"):
        torch.distributed.get_rank()
    with pytest.raises(AttributeError, match="does not have this"):
        torch.distributed.init_process_group("gloo")


def fill(k, queue, tensor):
    if k == 3:
        raise ZeroDivisionError("by design")
    queue.put((k, (tensor + k).tolist()))


def test_processes_get_copies_of_tensors():
    mp = torch.multiprocessing
    assert mp.Process is multiprocessing.Process
    queue = mp.get_context("spawn").SimpleQueue()
    x = torch.tensor([1.0, 2.0])
    assert mp.spawn(fill, (queue, x), nprocs=2) is None
    assert sorted([queue.get(), queue.get()]) == [(0, [1, 2]), (1, [2, 3])]


def test_an_error_in_a_process_is_raised_here():
    mp = torch.multiprocessing
    context = mp.start_processes(fill, (None, torch.ones(1)), 1, join=False, start_method="spawn")
    assert len(context.pids()) == 1
    with pytest.raises(mp.ProcessRaisedException, match="'NoneType' object has no attribute"):
        while not context.join(10):
            pass
    assert mp.get_sharing_strategy() in mp.get_all_sharing_strategies()


FILES = """
torch.nn.modules.utils._pair torch.nn.modules.conv.Conv2d torch.autograd.function.Function
torch.utils.hooks.RemovableHandle torch.serialization.load
torchvision.datasets.vision.VisionDataset torchvision.datasets.folder.default_loader
torchvision.ops.misc.Conv2dNormActivation torchvision.transforms.transforms.Compose
torchvision.transforms.autoaugment.RandAugment torchvision.models._utils.IntermediateLayerGetter
torchvision.models.mobilenet.MobileNetV2 torchvision.models.resnet.BasicBlock
torchvision.models.utils.load_state_dict_from_url
"""
"""Where programs import names from."""


def test_names_are_where_programs_look(tmp_path):
    lines = ["import torch, torchvision"]
    for place in FILES.split():
        file, _, name = place.rpartition(".")
        lines.append(f"from {file} import {name}")
    lines += ["assert Conv2d is torch.nn.Conv2d", "assert _pair(3) == (3, 3)"]
    lines += ["assert Compose is torchvision.transforms.Compose"]
    lines += ["assert callable(torchvision.models.alexnet)"]
    (tmp_path / "names.py").write_text("\n".join(lines))
    command = [sys.executable, "-W", "error", "-m", "rushlight", "run", str(tmp_path / "names.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_no_file_is_loaded_twice():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("rushlight.nn.modules.embeddings")


# -- TensorBoard -------------------------------------------------------------------------------


def test_scalars_and_pictures_are_written(tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event

    from rushlight.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path, flush_secs=1) as writer:
        for step in range(3):
            writer.add_scalar("loss", torch.tensor(0.5 * step, requires_grad=True), step)
        writer.add_scalars("both", {"a": torch.tensor(1.0)}, 0)
        writer.add_image("picture", torch.rand(3, 4, 5), 0)
        writer.add_histogram("weights", torch.randn(10), 0)
        writer.add_text("words", "hello")
        assert writer.get_logdir() == str(tmp_path)
    (path,) = [p for p in tmp_path.iterdir() if p.is_file()]
    data, events = path.read_bytes(), []
    while data:
        (size,) = struct.unpack("<Q", data[:8])
        events.append(Event.FromString(data[12 : 12 + size]))
        data = data[16 + size :]
    values = [(e.step, v) for e in events for v in e.summary.value]
    losses = [(step, v.simple_value) for step, v in values if v.tag == "loss"]
    assert losses == [(0, 0.0), (1, 0.5), (2, 1.0)]
    assert {v.tag for _, v in values} >= {"picture", "weights"}


def test_without_a_writer_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(NotImplementedError, match="pip install tensorboardX"):
        torch.utils.tensorboard.SummaryWriter(tmp_path)
