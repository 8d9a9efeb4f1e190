"""The op table. One family, one file; one op, one paragraph.

A family that needs another says `from .. import ops` and writes `ops.expand_view(...)`.
"""

from .activation import *
from .along import *
from .arithmetic import *
from .bitwise import *
from .bounds import *
from .classify import *
from .compare import *
from .contract import *
from .control import *
from .convert import *
from .distance import *
from .einsum import *
from .error_function import *
from .exponential import *
from .extremes import *
from .index import *
from .join import *
from .lookup import *
from .loss import *
from .norms import *
from .order import *
from .power import *
from .ranking import *
from .reduce import *
from .rounding import *
from .scan import *
from .search import *
from .shape import *
from .signs import *
from .slicing import *
from .softmax import *
from .sort import *
from .statistics import *
from .strided import *
from .table import OPS, Derived, Op, Primitive
from .trigonometry import *
from .views import *
