"""Workers: threads and processes that fetch batches ahead."""

import contextlib
import gc
import itertools
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref

import numpy as np
import pytest
from test_collate import shown
from test_loader import SETTINGS, Broken, Count, Squares, digest, pair, tensors

import rushlight as torch
from rushlight.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    get_worker_info,
)
from rushlight.data.streams import own
from rushlight.data.workers import copied
from rushlight.generator import Generator, default_generator

FORK = "fork" in __import__("multiprocessing").get_all_start_methods()
CONTEXTS = [None, *(["fork"] if FORK else [])]
every_kind = pytest.mark.parametrize("context", CONTEXTS, ids=["thread", "fork"][: len(CONTEXTS)])


def crew():
    """The worker threads there are."""
    return [t for t in threading.enumerate() if t.name.startswith("DataLoader worker")]


def wait_for(condition, seconds=10):
    """Whether `condition()` comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


@pytest.fixture(autouse=True)
def no_worker_is_left():
    yield
    gc.collect()
    assert wait_for(lambda: not crew())
    assert type(default_generator) is Generator


class Noisy(Dataset):
    """Samples that say who fetched them, and what the global random functions gave."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        info = get_worker_info()
        drawn = random.random(), random.gauss(0, 1), np.random.rand(), torch.rand(1).item()
        return [index, info.id, info.num_workers, info.seed, torch.initial_seed(), *drawn]


class Slow(Squares):
    def __init__(self, n=10, seconds=0.05, where=None):
        super().__init__(n)
        self.seconds = seconds
        self.where = where

    def __getitem__(self, index):
        if self.where is None or index == self.where:
            time.sleep(self.seconds)
        return index


# -- order -------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_batches_come_in_order(workers, context):
    with_workers = DataLoader(tensors(23), 4, num_workers=workers, multiprocessing_context=context)
    if context is not None:
        with_workers.check_worker_number_rationality = lambda: None
    assert [shown(b) for b in with_workers] == [shown(b) for b in DataLoader(tensors(23), 4)]
    assert len(iter(with_workers)) == 6


def test_a_slow_batch_does_not_let_others_pass():
    loader = DataLoader(Slow(12, 0.1, 0), 2, num_workers=3)
    assert [b.tolist() for b in loader] == [[k, k + 1] for k in range(0, 12, 2)]


def test_out_of_order_a_slow_batch_comes_late():
    loader = DataLoader(Slow(20, 0.3, 0), 2, num_workers=2, in_order=False)
    found = [b.tolist() for b in loader]
    assert found[0] != [0, 1]
    assert sorted(found) == [[k, k + 1] for k in range(0, 20, 2)]


def test_batches_are_fetched_ahead_and_no_further():
    asked = []

    class Asked(Squares):
        def __getitem__(self, index):
            asked.append(index)
            return index

    iterator = iter(DataLoader(Asked(40), 2, num_workers=2, prefetch_factor=3))
    assert wait_for(lambda: len(asked) == 12)
    next(iterator)
    assert wait_for(lambda: len(asked) == 14)
    time.sleep(0.05)
    assert sorted(asked) == list(range(14))


def test_several_iterators_at_once():
    loader = DataLoader(tensors(12), 3, num_workers=2)
    pairs = list(zip(loader, loader, loader, strict=True))
    assert [[x[0].tolist() for x in p] for p in pairs] == [
        [list(range(k, k + 3))] * 3 for k in range(0, 12, 3)
    ]


@every_kind
def test_batches_are_concrete(context):
    class Lazy(Squares):
        def __getitem__(self, index):
            return {"x": torch.ones(2) * index + 1, "y": torch.tensor(index)}

    loader = DataLoader(Lazy(4), 2, num_workers=2, multiprocessing_context=context)
    for batch in loader:
        assert batch["x"]._value.leaf
        assert batch["x"].tolist() == [[i + 1.0] * 2 for i in batch["y"].tolist()]
    loader.collate_fn = lambda samples: [s["x"] * 2 for s in samples]
    if context is None:
        assert [x._value.leaf for batch in loader for x in batch] == [True] * 4


def test_a_dataset_that_is_pending_when_the_iteration_begins():
    data = TensorDataset(torch.arange(6) * 2)
    found = [x.tolist() for (x,) in DataLoader(data, 4, num_workers=2)]
    assert found == [[0, 2, 4, 6], [8, 10]]


def test_training_with_workers():
    x = torch.arange(12.0).reshape(6, 2)
    w = torch.zeros(2, requires_grad=True)

    class Scaled(Squares):
        def __getitem__(self, index):
            return x[index] / 10, float(index)

    for rows, targets in DataLoader(Scaled(6), 2, num_workers=2):
        ((rows @ w - targets.float()) ** 2).sum().backward()
    v = torch.zeros(2, requires_grad=True)
    ((x / 10 @ v - torch.arange(6.0)) ** 2).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), v.grad.numpy(), rtol=1e-6)


# -- random streams ----------------------------------------------------------------------------

# What PyTorch 2.13 gives: seed of worker 0, then random(), numpy.random.rand(), torch.rand(1) of
# its first sample and of that of worker 1, after manual_seed(0).
SEED = 900450186894289455
FIRST = [
    (0.21315340548154382, 0.8371640508861415, 0.7821398973464966),
    (0.7733861492043289, 0.6702704958690073, 0.6938178539276123),
]


@every_kind
def test_streams_of_workers_are_pytorchs(context):
    torch.manual_seed(0)
    loader = DataLoader(Noisy(), None, num_workers=2, multiprocessing_context=context)
    samples = list(loader)
    assert [s[:5] for s in samples] == [[i, i % 2, 2, SEED + i % 2, SEED + i % 2] for i in range(8)]
    assert [(s[5], s[7], s[8]) for s in samples[:2]] == FIRST
    assert len({s[5] for s in samples}) == 8


def main_draws():
    """Some of each global stream."""
    numpy = np.random.randint(1000), float(np.random.normal())
    return random.random(), random.gauss(0, 1), random.randint(0, 99), numpy, torch.rand(2).tolist()


def seed_all():
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)


def seed_worker(worker_id):
    """What PyTorch's notes on reproducibility recommend."""
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)
    random.seed(seed)
    torch.manual_seed(seed + 1)


def test_workers_leave_the_streams_of_the_main_thread_alone():
    seed_all()
    DataLoader(Noisy(), 2).sampler  # noqa: B018
    Generator().manual_seed(0)
    expected = []
    for _ in range(3):
        int(torch.empty((), dtype=torch.int64).random_())  # the base seed
        expected += [main_draws() for _ in range(8)]
    seed_all()
    found = []
    loader = DataLoader(Noisy(), None, num_workers=2, worker_init_fn=seed_worker)
    runs = []
    for _ in range(3):
        drawn = []
        for sample in loader:
            found.append(main_draws())
            drawn.append(sample[5:])
        runs.append(drawn)
    assert found == expected
    seed_all()
    assert [s[5:] for s in loader] == runs[0]  # and the workers' own begin anew each time
    assert runs[0] != runs[1]


def test_methods_taken_out_of_random_reach_the_worker_too():
    from random import choice, randint, shuffle

    class Drawn(Squares):
        def __getitem__(self, index):
            order = list(range(5))
            shuffle(order)
            return [randint(0, 999), choice("abc"), *order]

    torch.manual_seed(0)
    random.seed(5)
    state = random.getstate()
    found = list(DataLoader(Drawn(2), None, num_workers=1))
    assert random.getstate() == state
    same = random.Random(SEED)
    for sample in found:
        order = list(range(5))
        same.shuffle(order)
        assert sample == [same.randint(0, 999), same.choice("abc"), *order]


def test_the_random_functions_are_the_old_ones_afterwards():
    names = [(random, n) for n in dir(random)] + [(np.random, n) for n in dir(np.random)]
    before = [getattr(module, name) for module, name in names]
    list(DataLoader(Noisy(), 2, num_workers=2))
    assert wait_for(lambda: type(default_generator) is Generator)
    after = [getattr(module, name) for module, name in names]
    assert all(a is b or a == b for a, b in zip(before, after, strict=True))


def test_a_function_that_somebody_else_replaced_meanwhile_stays(monkeypatch):
    iterator = iter(DataLoader(Squares(), 2, num_workers=1))
    monkeypatch.setattr(np.random, "rand", len)
    list(iterator)
    assert wait_for(lambda: not crew())
    assert np.random.rand is len
    monkeypatch.undo()
    np.random.rand = np.random.mtrand._rand.rand


def test_an_own_generator_is_nobody_elses_business():
    g = torch.Generator().manual_seed(4)
    same = torch.Generator().manual_seed(4)
    loader = DataLoader(tensors(6), 2, True, num_workers=2, generator=g)
    state = torch.get_rng_state()
    list(loader)
    assert torch.equal(torch.get_rng_state(), state)
    list(DataLoader(tensors(6), 2, True, generator=same))
    assert torch.equal(g.get_state(), same.get_state())


def test_who_a_worker_is():
    assert get_worker_info() is None
    seen = []

    class Asked(Squares):
        def __getitem__(self, index):
            seen.append(get_worker_info())
            return index

    data = Asked(2)
    list(DataLoader(data, 1, num_workers=2))
    infos = sorted(seen, key=lambda info: info.id)
    assert [(i.id, i.num_workers, i.worker_method) for i in infos] == [
        (0, 2, "thread"),
        (1, 2, "thread"),
    ]
    assert all(type(i.dataset) is Asked and i.dataset is not data for i in infos)
    with pytest.raises(AttributeError):
        infos[0].id = 5
    assert get_worker_info() is None
    assert own.streams is None


# -- datasets of workers -----------------------------------------------------------------------


@every_kind
def test_what_a_worker_sets_on_its_dataset_is_its_own(context):
    class Part(IterableDataset):
        def __init__(self):
            self.range = range(8)

        def __iter__(self):
            return iter(self.range)

    def share_out(worker_id):
        info = get_worker_info()
        info.dataset.range = info.dataset.range[worker_id :: info.num_workers]

    data = Part()
    loader = DataLoader(
        data, 2, num_workers=2, worker_init_fn=share_out, multiprocessing_context=context
    )
    assert [b.tolist() for b in loader] == [[0, 2], [1, 3], [4, 6], [5, 7]]
    assert data.range == range(8)


def test_a_dataset_that_is_its_own_iterator():
    class Own(IterableDataset):
        def __iter__(self):
            self.at = 0
            return self

        def __next__(self):
            self.at += 1
            if self.at > 3:
                raise StopIteration
            return self.at

    one, other = Own(), Own()
    for data in (one, ChainDataset([one])):
        assert list(DataLoader(data, None, num_workers=2)) == [1, 1, 2, 2, 3, 3]
    chained = DataLoader(ChainDataset([one, other]), None, num_workers=1)
    assert list(chained) == [1, 2, 3] * 2


def test_what_is_copied_and_what_is_not():
    class Closing(Squares):
        def __del__(self):
            pass

    class Stubborn(Squares):
        def __reduce_ex__(self, protocol):
            raise TypeError

    squares = Squares()
    array = np.zeros(3)
    for same in ([1], array, torch.zeros(2), Closing(), Stubborn()):
        assert copied(same) is same
    assert copied(squares) is not squares
    inner = copied(Subset(squares, [1])).dataset
    assert type(inner) is Squares and inner is not squares
    assert copied(ConcatDataset([squares])).datasets[0] is not squares
    data = TensorDataset(torch.zeros(2))
    assert copied(data).tensors is data.tensors


@every_kind
@pytest.mark.parametrize("persistent", [False, True])
def test_streams_with_workers(persistent, context):
    class Parts(IterableDataset):
        def __iter__(self):
            k = get_worker_info().id
            return iter([10 * k + i for i in range(3 + 4 * k)])

    loader = DataLoader(
        Parts(),
        2,
        num_workers=2,
        persistent_workers=persistent,
        multiprocessing_context=context,
    )
    expected = [[0, 1], [10, 11], [2], [12, 13], [14, 15], [16]]  # as PyTorch deals them out
    for _ in range(3):
        assert [b.tolist() for b in loader] == expected
    del loader


# -- persistent workers ------------------------------------------------------------------------


@every_kind
def test_persistent_workers_stay(context):
    torch.manual_seed(0)
    loader = DataLoader(
        Noisy(), None, num_workers=2, persistent_workers=True, multiprocessing_context=context
    )
    first = iter(loader)
    samples = list(first)
    threads = crew()
    state = torch.get_rng_state()
    assert iter(loader) is first
    again = list(first)
    assert crew() == threads
    assert torch.equal(torch.get_rng_state(), state)  # the base seed is drawn once
    assert [s[:5] for s in again] == [s[:5] for s in samples]
    assert not {s[5] for s in again} & {s[5] for s in samples}  # their streams go on
    del loader, first


def test_an_abandoned_epoch_of_persistent_workers():
    loader = DataLoader(tensors(20), 2, num_workers=2, persistent_workers=True)
    for stop in (3, 0, None):
        batches = [x.tolist() for x, _ in itertools.islice(loader, stop)]
        assert batches == [[k, k + 1] for k in range(0, 20, 2)][:stop]
    del loader


# -- errors ------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("kind", [ValueError, KeyError, torch.errors.ShapeError])
def test_an_error_names_sample_and_worker_and_the_loader_goes_on(kind, context):
    loader = DataLoader(
        Broken(lambda: kind("boom")), 2, num_workers=2, multiprocessing_context=context
    )
    for _ in range(2):
        iterator = iter(loader)
        assert next(iterator).tolist() == [0, 1]
        with pytest.raises(kind) as caught:
            next(iterator)
        assert type(caught.value) is kind
        text = "boom\n    raised by dataset[3], in DataLoader worker 1"
        assert str(caught.value) == text
        assert [b.tolist() for b in iterator] == [[4, 5], [6, 7], [8, 9]]


class Custom(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


@every_kind
@pytest.mark.parametrize(("kind", "args"), [(Custom, (1, 2)), (FileNotFoundError, (2, "gone"))])
def test_an_error_that_is_made_of_more_than_a_text_gets_a_note(kind, args, context):
    loader = DataLoader(
        Broken(lambda: kind(*args)), 2, num_workers=1, multiprocessing_context=context
    )
    with pytest.raises(kind) as caught:
        list(loader)
    assert caught.value.args == args
    assert "    raised by dataset[3], in DataLoader worker 0" in caught.value.__notes__


def test_the_traceback_leads_into_the_dataset():
    with pytest.raises(ValueError, match="boom") as caught:
        list(DataLoader(Broken(lambda: ValueError("boom")), 2, num_workers=1))
    trace = caught.value.__cause__.__traceback__
    names = []
    while trace:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert names[-1] == "__getitem__"


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_what_ends_a_process_ends_no_worker(kind):
    iterator = iter(DataLoader(Broken(kind), 2, num_workers=1))
    next(iterator)
    with pytest.raises(RuntimeError, match="DataLoader worker 0: exited unexpectedly"):
        next(iterator)
    assert next(iterator).tolist() == [4, 5]


@every_kind
def test_an_error_in_worker_init_fn(context):
    def init(worker_id):
        if worker_id == 1:
            raise ValueError("no")

    loader = DataLoader(
        Squares(6), 1, num_workers=2, worker_init_fn=init, multiprocessing_context=context
    )
    iterator = iter(loader)
    for k in (0, 2):
        assert next(iterator).item() == k * k
        with pytest.raises(ValueError, match="no\n    raised by worker_init_fn, in DataLoader wor"):
            next(iterator)


@every_kind
def test_errors_of_streams(context):
    class Never(IterableDataset):
        def __iter__(self):
            raise OSError("not there")

    class Breaking(IterableDataset):
        def __iter__(self):
            yield from range(3)
            raise OSError("torn")

    options = {"num_workers": 1, "multiprocessing_context": context}
    with pytest.raises(OSError, match="not there\n    raised by the dataset's __iter__, in Data"):
        list(DataLoader(Never(), 2, **options))
    with pytest.raises(OSError, match="torn\n    raised by the dataset's iterator at sample 3, in"):
        list(DataLoader(Breaking(), 2, **options))


@every_kind
def test_samples_that_do_not_stack(context):
    class Ragged(Squares):
        def __getitem__(self, index):
            return torch.zeros(index + 1)

    with pytest.raises(RuntimeError, match="collating the samples 0, 1, in DataLoader worker 0"):
        list(DataLoader(Ragged(), 2, num_workers=1, multiprocessing_context=context))


def test_a_sampler_that_fails():
    def broken():
        yield 0
        yield 1
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        iter(DataLoader(Squares(), 1, sampler=broken(), num_workers=2))
    assert not crew()


@every_kind
def test_a_timeout_can_be_waited_out(context):
    loader = DataLoader(
        Slow(4, 0.6, 0), 2, num_workers=1, timeout=0.2, multiprocessing_context=context
    )
    iterator = iter(loader)
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.2 seconds"):
        next(iterator)
    found = None
    while found is None:
        with contextlib.suppress(RuntimeError):
            found = next(iterator).tolist()
    assert found == [0, 1]
    assert next(iterator).tolist() == [2, 3]


def test_no_prefetching_at_all():
    with pytest.raises(AssertionError, match="prefetch_factor must be greater than 0"):
        iter(DataLoader(Squares(), num_workers=1, prefetch_factor=0))


def test_more_of_a_stream_than_promised():
    class Counted(Count):
        def __len__(self):
            return 2

    loader = DataLoader(Counted(6), 2, num_workers=1)
    len(loader)
    with pytest.warns(UserWarning, match="but 3 samples have been fetched. Each worker"):
        assert len(list(loader)) == 3


# -- shutdown ----------------------------------------------------------------------------------


def test_threads_end_with_the_epoch():
    iterator = iter(DataLoader(tensors(), 2, num_workers=3))
    assert len(crew()) == 3
    list(iterator)
    assert not crew()
    assert list(iterator) == []


def test_many_iterators_dropped_half_way():
    loader = DataLoader(tensors(100), 2, shuffle=True, num_workers=3)
    slow = DataLoader(Slow(100, 0.001), 4, num_workers=2)
    rng = random.Random(0)
    held = []
    for k in range(150):
        iterator = iter(slow if k % 5 == 0 else loader)
        for _ in range(rng.randrange(5)):
            next(iterator)
        held.append(iterator)
        if len(held) > rng.randrange(8):
            held.pop(rng.randrange(len(held)))
    assert crew()
    held.clear()
    del iterator
    assert wait_for(lambda: not crew())


def test_a_dropped_iterator_stops_within_a_sample():
    asked = []

    class Asked(Squares):
        def __getitem__(self, index):
            asked.append(index)
            time.sleep(0.05)
            return index

    iterator = iter(DataLoader(Asked(1000), 100, num_workers=1))
    assert wait_for(lambda: len(asked) > 1)
    del iterator
    assert wait_for(lambda: not crew(), 2)
    assert len(asked) < 20


def test_nothing_keeps_a_dropped_dataset_alive():
    data = Squares(100)
    ref = weakref.ref(data)
    gc.collect()
    gc.disable()
    try:
        iterator = iter(DataLoader(data, 2, num_workers=2))
        next(iterator)
        del iterator, data
        assert wait_for(lambda: not crew())
        assert ref() is None
    finally:
        gc.enable()


@every_kind
@pytest.mark.parametrize("error", [lambda: ValueError("boom"), lambda: Custom(1, 2)])
def test_no_error_keeps_an_iterator_alive(error, context):
    gc.collect()
    gc.disable()
    try:
        loader = DataLoader(
            Broken(error, range(10)), 2, num_workers=2, multiprocessing_context=context
        )
        with contextlib.suppress(ValueError, Custom):
            list(loader)
        assert wait_for(lambda: not crew())
    finally:
        gc.enable()


def test_an_iterator_in_a_ring_of_garbage():
    class Ring:
        pass

    for _ in range(20):
        ring = Ring()
        ring.ring = ring
        ring.iterator = iter(DataLoader(tensors(), 2, num_workers=2))
        next(ring.iterator)
    del ring
    gc.collect()
    assert wait_for(lambda: not crew())


@pytest.mark.skipif(not FORK, reason="no fork here")
def test_processes_end_too():
    import multiprocessing

    for stop in (0, 1, None):
        loader = DataLoader(Slow(6, 0.01), 1, num_workers=2, multiprocessing_context="fork")
        iterator = iter(loader)
        assert len(multiprocessing.active_children()) == 2
        assert [x.item() for x in itertools.islice(iterator, stop)] == list(range(6))[:stop]
        del iterator
        assert wait_for(lambda: not crew())
        assert not multiprocessing.active_children()


@pytest.mark.skipif(not FORK, reason="no fork here")
def test_a_process_that_is_killed():
    class Suicide(Squares):
        def __getitem__(self, index):
            if index == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return index

    iterator = iter(DataLoader(Suicide(6), 1, num_workers=2, multiprocessing_context="fork"))
    assert [next(iterator).item() for _ in range(2)] == [0, 1]
    with pytest.raises(RuntimeError, match=r"worker 0: process \d+ exited unexpectedly"):
        next(iterator)
    assert next(iterator).item() == 3
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        next(iterator)


def test_processes_by_spawn():
    torch.manual_seed(0)
    loader = DataLoader(Noisy(), 4, num_workers=1, multiprocessing_context="spawn")
    first, second = loader
    assert first[0].tolist() == [0, 1, 2, 3]
    assert first[5][0].item() == FIRST[0][0]
    assert second[1].tolist() == [0] * 4


def test_a_loader_in_a_worker():
    class Nested(Squares):
        def __getitem__(self, index):
            return sum(b.sum().item() for b in DataLoader(tensors(4).tensors[0], 2, num_workers=2))

    assert [x.tolist() for x in DataLoader(Nested(4), 2, num_workers=2)] == [[6, 6], [6, 6]]


# -- at exit and on Ctrl-C ---------------------------------------------------------------------

PROGRAM = """
import sys, time
import rushlight as torch
from rushlight.data import DataLoader, Dataset

class Data(Dataset):
    def __len__(self):
        return 1000
    def __getitem__(self, index):
        time.sleep({seconds})
        return index

if __name__ == "__main__":
    iterator = iter(DataLoader(Data(), 2, num_workers=2, {options}))
    next(iterator)
    print("ready", flush=True)
    {body}
"""


def start(body, seconds=0.01, options=""):
    program = textwrap.dedent(PROGRAM).format(body=body, seconds=seconds, options=options)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


OPTIONS = ["", "persistent_workers=True", *(["multiprocessing_context='fork'"] if FORK else [])]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("body", ["pass", "sys.exit(0)", "kept = [iterator]; kept.append(kept)"])
def test_the_interpreter_exits(body, options):
    process = start(body, options=options)
    out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("ready\n", "", 0)


@pytest.mark.parametrize("options", OPTIONS)
def test_ctrl_c_while_waiting(options):
    process = start("for batch in iterator: pass", 0.2, options)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert err.count("Traceback") == 1
    assert time.monotonic() - began < 4
    assert process.returncode in (1, -signal.SIGINT, 130)


def test_the_loader_can_be_used_after_ctrl_c():
    body = """
    try:
        import threading, _thread
        threading.Timer(0.1, _thread.interrupt_main).start()
        found = [b.tolist() for b in iterator]
    except KeyboardInterrupt:
        rest = [b.tolist()[0] for _, b in zip(range(5), iterator)]
        print(rest == list(range(rest[0], rest[0] + 10, 2)))
    """
    process = start(textwrap.indent(textwrap.dedent(body), "    ").strip(), 0.03)
    out, err = process.communicate(timeout=20)
    assert (out, err) == ("ready\nTrue\n", "")


# -- PyTorch itself ----------------------------------------------------------------------------


def worker_epochs(module, make, seed, abandon, workers, persistent):
    """Batches and generator states of three epochs, the second perhaps abandoned half-way."""
    module.manual_seed(seed)
    g = module.Generator()
    g.manual_seed(seed + 1)
    loader = make(module, module.utils.data, g)
    options = {name: getattr(loader, name) for name in ("dataset", "collate_fn", "generator")}
    if loader.batch_size is None and loader.batch_sampler is not None:
        options["batch_sampler"] = loader.batch_sampler
    else:
        options |= {n: getattr(loader, n) for n in ("sampler", "batch_size", "drop_last")}
    loader = module.utils.data.DataLoader(
        **options, num_workers=workers, persistent_workers=persistent
    )
    found = []
    for stop in (None, abandon, None):
        iterator = iter(loader)
        found.append(digest(module, g))
        for batch in itertools.islice(iterator, stop):
            found += [shown(batch), digest(module, g)]
        del iterator
        found.append(digest(module, g))
    return found


@pytest.mark.parametrize(("abandon", "workers", "persistent"), [(None, 2, False), (2, 1, True)])
@pytest.mark.parametrize("name", SETTINGS)
def test_batches_and_states_are_pytorchs(name, abandon, workers, persistent):
    real = pytest.importorskip("torch")
    pytest.importorskip("torch.utils.data")
    settings = SETTINGS[name], 3, abandon, workers, persistent
    assert worker_epochs(torch, *settings) == worker_epochs(real, *settings)


class Augmented:
    """Samples changed at random, by all three global generators."""

    def __init__(self, module):
        self.module = module

    def __len__(self):
        return 12

    def __getitem__(self, index):
        noise = self.module.rand(2) + self.module.randn(2)
        return noise, random.gauss(0, 1), np.random.permutation(4), np.random.standard_normal()


@pytest.mark.parametrize("persistent", [False, True])
def test_augmentation_in_workers_is_pytorchs(persistent):
    real = pytest.importorskip("torch")
    pytest.importorskip("torch.utils.data")
    found = []
    for module in (torch, real):
        module.manual_seed(11)
        loader = module.utils.data.DataLoader(
            Augmented(module), 4, num_workers=2, persistent_workers=persistent
        )
        found.append([shown(batch) for _ in range(3) for batch in loader])
        del loader
    assert found[0] == found[1]


def test_pair_has_rows():
    assert len(pair(torch)) == 23
