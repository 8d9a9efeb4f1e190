"""Modules of PyTorch's own table, copied: by `copy.deepcopy`, by `pickle`, by their state dicts.

Each copy must give what the module gives, print as it does, and share no memory with it. Some of
the modules are tried; `--full` tries all.
"""

import copy
import io
import pickle

import pytest

import rushlight

db = pytest.importorskip("test_module_db")
torch = db.torch


def by_state(module, make):
    """A module made anew that has taken over the state of another."""
    made = make()
    made.load_state_dict(module.state_dict())
    return made


def by_file(module, make):
    """A module made anew whose state was saved and loaded."""
    file = io.BytesIO()
    rushlight.save(module.state_dict(), file)
    file.seek(0)
    made = make()
    made.load_state_dict(rushlight.load(file))
    return made


WAYS = {
    "deepcopy": lambda module, make: copy.deepcopy(module),
    "pickle": lambda module, make: pickle.loads(pickle.dumps(module)),
    "state": by_state,
    "file": by_file,
}


def seen(module, translate, sample):
    """What can be seen of a module: its text, its parameters, its memory, and what it gives."""
    places = [t.data_ptr() for t in module.state_dict().values() if t.numel()]
    params = [(k, p.requires_grad, p.is_leaf, type(p)) for k, p in module.named_parameters()]
    text = repr(module)
    rushlight.manual_seed(8)
    args, kwargs = translate((sample.forward_input.args, sample.forward_input.kwargs))
    out = db.tensors(module(*args, **kwargs), rushlight.Tensor)
    return (type(module), text, params), places, [db.array(t) for t in out]


def verdicts(info):
    """What is wrong with copies of the first sample of a module."""
    torch.manual_seed(1)
    sample = next(
        iter(
            info.module_inputs_func(
                info, device="cpu", dtype=torch.float32, requires_grad=True, training=True
            )
        )
    )
    translate = db.Translation(rushlight)
    args, kwargs = translate((sample.constructor_input.args, sample.constructor_input.kwargs))

    def make():
        return getattr(rushlight.nn, info.module_cls.__name__)(*args, **kwargs).float()

    rushlight.manual_seed(7)
    module = make()
    copies = {way: copied(module, make) for way, copied in WAYS.items()}
    facts, places, out = seen(module, translate, sample)
    for way, made in copies.items():
        made = seen(made, translate, sample)
        if made[0] != facts:
            yield f"{way}: {made[0]} instead of {facts}"
        if set(made[1]) & set(places) or len(made[1]) != len(places):
            yield f"{way}: memory is shared"
        same = [db.np.array_equal(a, b, equal_nan=True) for a, b in zip(made[2], out, strict=True)]
        if not all(same):
            yield f"{way}: other results"


@pytest.mark.filterwarnings("ignore")
def test_copies_are_alike(few):
    wrong = [f"{info.name}: {v}" for info in few(db.module_db, 30) for v in verdicts(info)]
    assert not wrong, "\n".join(wrong)
