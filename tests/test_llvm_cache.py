"""Compiled code on disk: found again by other processes, and no trouble whatever happens to it."""

import json
import multiprocessing
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

pytest.importorskip("llvmlite")

from rushlight.engines.llvm import cache, jit
from rushlight.engines.llvm.builder import Builder, parameter
from rushlight.engines.llvm.recall import edition
from rushlight.runtime import compiling

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    compiling.wait()  # for what other tests have left
    monkeypatch.setenv("RUSHLIGHT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def module(number):
    """A module with the function `seven`, and a number that makes it another one."""
    b = Builder()
    b.function("seven", [parameter("x", "ptr")], result=b.number(7 + number, "i64"))
    return b.module()


def compiled_by(work):
    before = jit.compile_count()
    work()
    return jit.compile_count() - before


def test_code_is_compiled_once(own_folder):
    assert compiled_by(lambda: jit.build(module(0), ["seven"])) == 1
    assert compiled_by(lambda: jit.build(module(0), ["seven"])) == 0
    assert compiled_by(lambda: jit.build(module(1), ["seven"])) == 1
    assert len(cache.entries(own_folder)) == 2


def test_keys_depend_on_everything():
    keys = {cache.key(t, i) for t in ("ab", "a", "") for i in ("c", "bc", "abc", "")}
    assert len(keys) == 12


def test_what_is_saved_is_loaded(own_folder):
    assert cache.load("x") is None
    assert cache.save("x", b"code")
    assert cache.load("x") == b"code"
    assert cache.clear() == 1 and cache.load("x") is None
    assert cache.clear() == 0


DAMAGE = {
    "cut": lambda data: data[:-1],
    "cut in the head": lambda data: data[:5],
    "empty": lambda data: b"",
    "changed": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "longer": lambda data: data + b"\0",
    "another sort": lambda data: b"\x7fELF" + data,
    "zeros": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_files_are_noticed_and_made_again(own_folder, how):
    jit.build(module(2), ["seven"])
    (path,) = own_folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(DAMAGE[how](whole))
    assert compiled_by(lambda: jit.build(module(2), ["seven"])) == 1
    assert path.read_bytes() == whole


def test_whole_files_that_are_no_code_are_made_again():
    key = cache.key(module(3), jit.target().identity)
    cache.save(key, b"this is not an object file")
    assert compiled_by(lambda: jit.build(module(3), ["seven"])) == 1


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("not a folder")
    monkeypatch.setenv("RUSHLIGHT_CACHE", str(file / "below"))
    assert not cache.save("x", b"code") and cache.load("x") is None
    assert jit.build(module(4), ["seven"])["seven"]
    assert cache.clear() == 0


def test_the_cache_can_be_turned_off_and_moved(tmp_path, monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_CACHE", "0")
    assert cache.folder() is None and not cache.save("x", b"code") and cache.clear() == 0
    monkeypatch.delenv("RUSHLIGHT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform.startswith("linux"):
        assert cache.folder() == tmp_path / "rushlight"


def test_what_was_not_used_for_longest_is_deleted(own_folder, monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_CACHE_MB", "0.1")
    monkeypatch.setattr(cache, "LOOKS", 0)
    now = time.time()
    for k in range(12):
        cache.save(f"{k:02}", bytes(10_000))
        os.utime(own_folder / f"{k:02}{cache.SUFFIX}", (now, now - 1000 + k))
    cache.load("00")  # now it is the last one used
    monkeypatch.setattr(cache, "LOOKS", 256)
    cache.save("12", bytes(10_000))
    left = sorted([path.stem for _, _, path in cache.entries(own_folder)])
    assert left == ["00", "06", "07", "08", "09", "10", "11", "12"]
    assert sum([size for _, size, _ in cache.entries(own_folder)]) < cache.cap()


def write_and_read(folder, seed):
    os.environ["RUSHLIGHT_CACHE"] = folder
    os.environ["RUSHLIGHT_CACHE_MB"] = "0.05"
    cache.LOOKS = 128
    wrong = 0
    for k in range(150):
        name = str((k * seed) % 7)
        expected = name.encode() * 5000
        if k % 3 == 0:
            cache.save(name, expected)
        wrong += cache.load(name) not in (None, expected)
        if k % 50 == 49:
            cache.clear()
    return wrong


def test_processes_may_write_read_and_delete_at_once(own_folder):
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as crew:
        assert crew.starmap(write_and_read, [(str(own_folder), k) for k in (1, 2, 3)]) == [0] * 3


PROGRAM = """
import json, numpy as np
from rushlight.engines.llvm import jit, pool
from rushlight.engines.llvm.entrance import Array, Number, enter, program
from rushlight.engines.llvm.builder import Builder, parameter
from rushlight.engines.llvm.vector_math import sin
kept = [bytes(k) for k in range(len(__import__("sys").argv) * 10_000)]  # other addresses
b = Builder()
step = [parameter(n, k) for n, k in
        (("table", "ptr"), ("pool", "ptr"), ("thread", "i64"), ("threads", "i64"))]
x = b.load(b.load(step[0], "ptr"), "float", 8)
b.store(sin(b, x), b.load(b.address(step[0], 1, "i64"), "ptr"))
pool.barrier(b, step[1])
b.function("step", step)
f4 = np.dtype(np.float32)
specs = [Array("x", f4, (8,)), Array("y", f4, (8,), written=True), Number("k", "double")]
enter(b, specs, parallel=True, release=True)
call = program(b, specs, "sines", {"arena": np.zeros(64)})
class Recorder: pass
y = np.zeros(8, f4)
call(Recorder(), None, np.arange(8, dtype=f4), y, 1.0)
print(json.dumps([jit.compile_count(), b.module(), y.tolist()]))
"""


def test_another_process_finds_the_code_and_the_text_names_no_address(own_folder):
    def run(*args):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(PROGRAM), *args],
            capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ,
        )  # fmt: skip
        return json.loads(done.stdout)

    count, text, result = run()
    assert count == 2 and "inttoptr" not in text  # the program and the pool
    assert run("a", "b") == [0, text, result]
    assert result[1] == pytest.approx(0.841470985)


def test_the_interpreter_may_exit_while_another_thread_compiles():
    program = """
        import threading, time
        from rushlight.engines.llvm import jit
        from rushlight.engines.llvm.builder import Builder, parameter
        from rushlight.engines.llvm.vector_math import erfc
        def compile():
            while True:
                b, p = Builder(), parameter("p", "ptr")
                x = b.load(p, "float", 16)
                for k in range(20):
                    x = erfc(b, b.add(x, b.number(time.time(), "float")))
                b.store(x, p)
                b.function("f", [p])
                jit.link(jit.compile_text(b.module()), ["f"], {})
        threading.Thread(target=compile, daemon=True).start()
        time.sleep(0.1)
        print("end")
    """
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            capture_output=True, text=True, cwd=ROOT, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_programs_of_another_python_have_other_names(monkeypatch):
    before = edition.__wrapped__()
    assert edition.__wrapped__() == before
    monkeypatch.setattr(sys, "version", "3.12.0 (another)")
    assert edition.__wrapped__() != before
