"""Random numbers: PyTorch's CPU streams, bit for bit, on arrays.

A `Twister` is a generator with its whole state. Each function takes one, draws from it exactly the
words that PyTorch's kernel would, and returns a new flat-ordered array; what a tensor is, how it
lies in memory and when it draws is for the callers to know. From the bottom up:

    rule, borrowed, block, state, twister
                            the engine: words, their uniform forms, the 5056 bytes
    exact, formats          rounding once; the C library's functions; float16, bfloat16
    uniform, normal, integers, permutation, continuous, discrete, rejection
                            one family each; polynomials, ties and supply help three of them
    machine, trial          what an engine's machine code may do instead, and whether it does

A dtype is NumPy's, or the word "bfloat16", whose values are carried by float32.

    >>> from rushlight import rng
    >>> rng.uniform(rng.Twister(0), 3)
    array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
"""

from rushlight.rng.continuous import cauchy, exponential, log_normal
from rushlight.rng.discrete import (
    bernoulli,
    bernoulli_from,
    dropout_keep,
    geometric,
    multinomial,
)
from rushlight.rng.integers import integers, random_full
from rushlight.rng.normal import normal
from rushlight.rng.permutation import permutation
from rushlight.rng.rejection import binomial, dirichlet, gamma, poisson
from rushlight.rng.trial import use
from rushlight.rng.twister import DEFAULT_SEED, Token, Twister
from rushlight.rng.uniform import uniform

__all__ = [
    "DEFAULT_SEED",
    "Token",
    "Twister",
    "bernoulli",
    "bernoulli_from",
    "binomial",
    "cauchy",
    "dirichlet",
    "dropout_keep",
    "exponential",
    "gamma",
    "geometric",
    "integers",
    "log_normal",
    "multinomial",
    "normal",
    "permutation",
    "poisson",
    "random_full",
    "uniform",
    "use",
]
