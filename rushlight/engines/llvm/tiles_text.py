"""The IR that hands tiles out: each thread of the pool has a range, and robs others' at last.

The word of a range says how many of its tiles are taken, and in which phase; nobody sets it back:
in a later phase it counts as 0, in an earlier one (that of a thread that came late and has still to
go through what is over) there is nothing to take. What is over was taken whole, so a word is never
older than a phase in which its range had tiles.

A thread that was called to a step of many and comes to the next, of few, has a number beyond
theirs: it begins with another's range.
"""

from __future__ import annotations

TAKING = """
define i64 @pool_take(ptr %view, i64 %count) nounwind noinline {
entry:
  %pool = load ptr, ptr %view
  %phase_at = getelementptr i8, ptr %view, i64 $VIEW_PHASE
  %thread_at = getelementptr i8, ptr %view, i64 $VIEW_THREAD
  %threads_at = getelementptr i8, ptr %view, i64 $VIEW_THREADS
  %robbed_at = getelementptr i8, ptr %view, i64 $VIEW_ROBBED
  %mine = load i64, ptr %phase_at
  %thread = load i64, ptr %thread_at
  %ranges = load i64, ptr %threads_at
  %first_range = urem i64 %thread, %ranges
  %robbed = load i64, ptr %robbed_at
  %mine_half = trunc i64 %mine to i32
  %this_phase = shl i64 %mine, 32
  br label %range
range:
  %k = phi i64 [%robbed, %entry], [%following, %next]
  %any = icmp ult i64 %k, %ranges
  br i1 %any, label %look, label %none
look:
  %far = add i64 %first_range, %k
  %round = sub i64 %far, %ranges
  %beyond = icmp uge i64 %far, %ranges
  %r = select i1 %beyond, i64 %round, i64 %far
  %before = mul i64 %count, %r
  %until = add i64 %before, %count
  %low = udiv i64 %before, %ranges
  %high = udiv i64 %until, %ranges
  %size = sub i64 %high, %low
  %line = shl i64 %r, 6
  %place = add i64 %line, $RANGES
  %word_at = getelementptr i8, ptr %pool, i64 %place
  %first = load atomic i64, ptr %word_at monotonic, align 8
  br label %try
try:
  %word = phi i64 [%first, %look], [%other, %take]
  %word_phase = lshr i64 %word, 32
  %word_half = trunc i64 %word_phase to i32
  %age = sub i32 %mine_half, %word_half
  %over = icmp slt i32 %age, 0
  br i1 %over, label %none, label %count_taken
count_taken:
  %now = icmp eq i32 %age, 0
  %counts = and i64 %word, 4294967295
  %taken = select i1 %now, i64 %counts, i64 0
  %front = and i64 %taken, 65535
  %back = lshr i64 %taken, 16
  %gone = add i64 %front, %back
  %some = icmp ult i64 %gone, %size
  br i1 %some, label %take, label %next
take:
  %own = icmp eq i64 %k, 0
  %one = select i1 %own, i64 1, i64 65536
  %one_more = add i64 %taken, %one
  %new = or i64 %this_phase, %one_more
  %pair = cmpxchg ptr %word_at, i64 %word, i64 %new monotonic monotonic
  %other = extractvalue {i64, i1} %pair, 0
  %got = extractvalue {i64, i1} %pair, 1
  br i1 %got, label %done, label %try
done:
  store i64 %k, ptr %robbed_at
  %in_front = add i64 %low, %front
  %from_end = sub i64 %high, %back
  %last = sub i64 %from_end, 1
  %tile = select i1 %own, i64 %in_front, i64 %last
  ret i64 %tile
next:
  %following = add i64 %k, 1
  br label %range
none:
  store i64 %ranges, ptr %robbed_at
  ret i64 -1
}

define void @sweep(i64 %phase) nounwind noinline {
entry:
  %swept_at = getelementptr i8, ptr @pool_memory, i64 $SWEPT
  store i64 %phase, ptr %swept_at
  %before = sub i64 %phase, 1
  %word = shl i64 %before, 32
  br label %next
next:
  %k = phi i64 [0, %entry], [%following, %next]
  %line = mul i64 %k, 64
  %place = add i64 %line, $RANGES
  %word_at = getelementptr i8, ptr @pool_memory, i64 %place
  store i64 %word, ptr %word_at
  %following = add i64 %k, 1
  %more = icmp ult i64 %following, $MOST
  br i1 %more, label %next, label %done
done:
  ret void
}
"""
"""The next tile of `count`, or -1; and what sets all words before they are so old that they look
new: phases are counted in 32 bits."""
