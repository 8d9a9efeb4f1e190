"""Whether arrays that a program reads share memory with those that it writes."""

from __future__ import annotations

from collections.abc import Sequence

from .lines import Lines
from .specs import Array, Spec

LANES = 8
"""So many addresses are compared at once."""

MEETS = """define internal i1 @meets(
  ptr %begins, ptr %ends, i64 %room, i64 %begin, i64 %end
) nounwind {
entry:
  %begin1 = insertelement <8 x i64> poison, i64 %begin, i32 0
  %begin8 = shufflevector <8 x i64> %begin1, <8 x i64> poison, <8 x i32> zeroinitializer
  %end1 = insertelement <8 x i64> poison, i64 %end, i32 0
  %end8 = shufflevector <8 x i64> %end1, <8 x i64> poison, <8 x i32> zeroinitializer
  br label %loop
loop:
  %k = phi i64 [0, %entry], [%next, %loop]
  %met = phi <8 x i1> [zeroinitializer, %entry], [%now, %loop]
  %begins_at = getelementptr i64, ptr %begins, i64 %k
  %ends_at = getelementptr i64, ptr %ends, i64 %k
  %theirs = load <8 x i64>, ptr %begins_at, align 64
  %last = load <8 x i64>, ptr %ends_at, align 64
  %early = icmp ult <8 x i64> %begin8, %last
  %late = icmp ult <8 x i64> %theirs, %end8
  %both = and <8 x i1> %early, %late
  %now = or <8 x i1> %met, %both
  %next = add i64 %k, 8
  %more = icmp ult i64 %next, %room
  br i1 %more, label %loop, label %out
out:
  %bits = bitcast <8 x i1> %now to i8
  %any = icmp ne i8 %bits, 0
  ret i1 %any
}
"""
"""Whether memory from `begin` to `end` has a part in common with one of `room` others."""


def check_apart(lines: Lines, specs: Sequence[Spec], apart: Sequence[int]) -> bool:
    """Go on only if no array at one of the places `apart` shares memory with one that is written.

    The table has the addresses of their elements. Whether there is anything to look at.
    """
    written = [k for k, spec in enumerate(specs) if isinstance(spec, Array) and spec.written]
    if not written or not apart:
        return False
    room = -(-len(written) // LANES) * LANES
    places = [*written, *[written[0]] * (room - len(written))]  # the last vector is filled up
    for name in ("begins", "ends"):
        lines.add(f"%{name} = alloca [{room} x i64], align 64")
    for k, place in enumerate(places):
        for name, at in zip(("begins", "ends"), extent_of(lines, specs, place), strict=True):
            lines.add(f"store i64 {at}, ptr {lines.at(f'%{name}', 8 * k)}, align 8")
    for place in apart:
        begin, end = extent_of(lines, specs, place)
        given = f"ptr %begins, ptr %ends, i64 {room}, i64 {begin}, i64 {end}"
        meets = lines.let(f"call i1 @meets({given})")
        lines.go_on(lines.let(f"xor i1 {meets}, true"), "refused")
    return True


def extent_of(lines: Lines, specs: Sequence[Spec], place: int) -> list[str]:
    """Where the memory of the array at `place` begins and ends."""
    spec = specs[place]
    assert isinstance(spec, Array)
    data = lines.load("i64", "%table", 8 * place)
    return [lines.let(f"add i64 {data}, {e}") if e else data for e in spec.extent()]
