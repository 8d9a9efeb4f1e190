"""The op table. One family, one file; one op, one paragraph.

A family that needs another says `from .. import ops` and writes `ops.expand_view(...)`.
"""

from .arithmetic import *
from .contract import *
from .convert import *
from .reduce import *
from .shape import *
from .table import OPS, Derived, Op, Primitive
