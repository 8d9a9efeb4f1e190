"""Runs programs of `examples/`, shortened, and prints what they print: JSON, {name: text}.

python tests/example_runs.py [NAME ...]             under PyTorch
rushlight run tests/example_runs.py [NAME ...]      under rushlight
"""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

SHORT = {
    "char_rnn": "--steps 6 --log-every 2 --hidden 32 --batch-size 4 --chunk 8 --length 12",
    "cnn": "--epochs 1 --train-size 80 --test-size 40 --batch-size 16 --log-interval 2",
    "curve_fit": "--steps 3 --points 100",
    "dcgan": "--steps 3 --log-every 1 --batch-size 4 --width 4",
    "diffusion": "--steps 8 --log-every 2 --batch-size 32 --dim 32 --timesteps 8",
    "dqn": "--steps 40 --log-every 4 --batch-size 16",
    "gan": "--steps 8 --log-every 2 --batch-size 32 --hidden 32",
    "gcn": "--epochs 6 --log-every 2 --nodes 80",
    "gpt": "--steps 6 --log-every 2 --batch-size 4 --n-embd 32 --tokens 8",
    "mlp": "--epochs 2 --size 250",
    "neural_ode": "--steps 4 --log-every 1 --data-size 40 --batch-size 8",
    "neural_ode --adjoint": "--steps 4 --log-every 1 --data-size 40 --batch-size 8",
    "ppo": "--updates 2 --envs 4 --horizon 16 --epochs 2 --minibatch 16 --hidden 16",
    "reinforce": "--episodes 4 --log-interval 1 --limit 20 --hidden 32",
    "resnet": "--steps 3 --log-every 1 --batch-size 8 --width 4",
    "seq2seq": "--steps 4 --log-every 1 --batch-size 8 --hidden 32",
    "siamese": "--epochs 2 --pairs 64 --batch-size 16",
    "super_resolution": "--steps 4 --log-every 1 --batch-size 4 --size 8 --width 8",
    "transformer": "--steps 4 --log-every 1 --batch-size 8 --d-model 32",
    "vae": "--steps 6 --log-every 2 --batch-size 16 --size 64",
    "word_lm": "--sentences 60 --epochs 2 --log-interval 3 --emsize 32",
}
"""The options that shorten each example; a name may have options of its own."""


def printed(name):
    """What an example prints, and how it fails if it does."""
    example, *options = name.split()
    path = EXAMPLES / f"{example}.py"
    sys.argv = [str(path), *options, *SHORT[name].split()]
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        try:
            runpy.run_path(str(path), run_name="__main__")
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    return text.getvalue()


if __name__ == "__main__":
    names = sys.argv[1:] or list(SHORT)
    print(json.dumps({name: printed(name) for name in names}))
