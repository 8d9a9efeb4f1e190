"""Machine code of programs that are gone is unloaded, and no sooner."""

import gc
import importlib
import threading

import conftest
import numpy as np
import pytest

pytest.importorskip("llvmlite")

import rushlight as torch
from rushlight import config
from rushlight.engines.llvm import arguments, jit, layout, native
from rushlight.engines.llvm.builder import Builder, parameter
from rushlight.engines.llvm.entrance import Array, enter
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local

pytestmark = pytest.mark.skipif(not layout.supported(), reason="another interpreter")

F8 = np.dtype(np.float64)


@pytest.fixture(autouse=True)
def alone():
    """Nothing else is compiled meanwhile."""
    compiling.wait()


class Recorder:
    at = None


def image(number):
    """A program that adds `number` to what it is given."""
    b = Builder()
    step = [parameter(n, "ptr" if k < 2 else "i64") for k, n in enumerate("abcd")]
    x = b.load(step[0], "ptr")
    b.store(b.add(b.load(x, "double"), b.number(float(number), "double")), x)
    b.function("step", step)
    specs = [Array("x", F8, (1,), written=True)]
    enter(b, specs)
    return jit.image_of(b.module()), specs


@pytest.mark.parametrize("x86", [False, True])
def test_both_of_llvms_linkers_load_and_unload(monkeypatch, x86):
    images = [(number, *image(number)) for number in (1, 2, 3)]
    monkeypatch.setattr(jit, "is_x86", lambda triple: x86)
    made = jit.linker()
    jit._forever.append(made)
    monkeypatch.setattr(jit, "_once", lambda name, make: made)
    before = jit.loaded_count()
    for number, code, specs in images:
        x = np.zeros(1)
        arguments.of_image(code, specs)(Recorder(), None, x)
        assert x[0] == number
    assert jit.loaded_count() <= before + 1


def test_modules_of_200_dropped_programs():
    code, specs = image(1)
    call = arguments.of_image(code, specs)
    before = jit.loaded_count()
    for k in range(200):
        x = np.zeros(1)
        call = arguments.of_image(code, specs)
        call(Recorder(), None, x)
        assert x[0] == 1
        assert jit.loaded_count() <= before + 1, k
    del call
    assert jit.loaded_count() == before - 1


def test_threads_inside_keep_the_code():
    code, specs = image(2)
    calls = [arguments.of_image(code, specs)]
    done = []

    def work():
        x = np.zeros(1)
        for _ in range(3000):
            calls[-1](Recorder(), None, x)
        done.append(x[0])

    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    while any(t.is_alive() for t in threads):
        calls[:] = [arguments.of_image(code, specs)]
    for t in threads:
        t.join()
    assert done == [6000.0] * 3


def test_the_collector_of_cycles_unloads_nothing_itself():
    code, specs = image(3)
    call = arguments.of_image(code, specs)
    number = max(jit._trackers)
    around = [call]
    around.append(around)
    del call, around
    gc.collect()
    assert number in jit._dropped
    assert not jit._trackers[number].closed
    arguments.of_image(code, specs)
    assert number not in jit._trackers


def trained(n):
    """What a small model, another one for each `n`, has learned."""
    torch.manual_seed(0)
    w, x = torch.rand(3, n, requires_grad=True), torch.rand(5, 3)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = (x @ w).sum()
        loss.backward()
        optimizer.step()
    return loss.item()


def test_programs_of_models_that_are_gone(monkeypatch):
    conftest.compile_with(importlib.import_module("rushlight.engines.llvm"), monkeypatch)
    monkeypatch.setattr(config, "hot", 1)
    monkeypatch.setattr(native, "MOST", 3)
    first = trained(2)
    counts = []
    for n in range(2, 22):
        trained(n)
        local.recorder.flush()
        gc.collect()
        counts.append(jit.loaded_count())
    assert max(counts[5:]) <= max(counts[:5])
    assert len(native.RECENT) == 3
    assert trained(2) == first


def test_programs_that_are_alike_share_their_code(monkeypatch):
    conftest.compile_with(importlib.import_module("rushlight.engines.llvm"), monkeypatch)
    monkeypatch.setattr(config, "hot", 1)
    trained(40)
    count = jit.loaded_count()
    for _ in range(3):
        local.recorder.flush()
        local.recorder.restart()
        gc.collect()
        trained(40)
    assert jit.loaded_count() == count


def test_little_memory_is_kept_for_what_may_not_be_used_again(monkeypatch):
    monkeypatch.setattr(native, "RECENT", type(native.RECENT)())
    for k in range(10):
        native.keep(object(), native.MOST_BYTES // 4)
        assert len(native.RECENT) == min(k + 1, 4)
    native.keep(object(), 2 * native.MOST_BYTES)
    assert not native.RECENT
