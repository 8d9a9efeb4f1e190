"""The LLVM engine: programs into native code, in explicit vectors, through llvmlite."""
