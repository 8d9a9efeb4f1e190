"""The op table. One family, one file; one op, one paragraph.

A family that needs another says `from .. import ops` and writes `ops.expand_view(...)`.
"""

from .activation import *
from .adaptive import *
from .affine import *
from .airy import *
from .along import *
from .arithmetic import *
from .attention import *
from .batching import one_by_one as one_by_one
from .bessel import *
from .bessel_ordinary import *
from .bitwise import *
from .blend import *
from .bounds import *
from .cholesky import *
from .choose import *
from .classify import *
from .compare import *
from .complexes import *
from .contract import *
from .control import *
from .convert import *
from .convolution import *
from .convolve import *
from .ctc import *
from .curves import *
from .decompose import *
from .determinant import *
from .diagonals import *
from .distance import *
from .einsum import *
from .error_function import *
from .exponential import *
from .extremes import *
from .fold import *
from .fourier import *
from .frames import *
from .gamma import *
from .gathering import *
from .general_eigen import *
from .grids import *
from .householder import *
from .implicit import *
from .incomplete_gamma import *
from .indefinite import *
from .index import *
from .integrate import *
from .join import *
from .layers import *
from .likelihood import *
from .lookup import *
from .loss import *
from .lower_upper import *
from .lp_pool import *
from .margins import *
from .matrix import *
from .normalize import *
from .norms import *
from .order import *
from .orthogonal import *
from .padding import *
from .picking import *
from .polynomials import *
from .pool import *
from .power import *
from .powers import *
from .ranking import *
from .rare import *
from .rearrange import *
from .recurrent import *
from .reduce import *
from .registry import OPS as OPS
from .resample import *
from .rounding import *
from .scan import *
from .search import *
from .shape import *
from .signs import *
from .slicing import *
from .softmax import *
from .solve import *
from .sort import *
from .special_curves import *
from .statistics import *
from .strided import *
from .table import Derived as Derived
from .table import Op as Op
from .table import Primitive as Primitive
from .trigonometry import *
from .truth import *
from .unpool import *
from .variance import *
from .views import *
from .warp import *
from .windows import *
from .writing import *

globals().update(OPS)  # a helper of a family may have the name of an op of another
