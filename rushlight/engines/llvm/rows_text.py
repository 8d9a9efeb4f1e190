"""The IR of loops that copy rows of memory."""

from __future__ import annotations

from string import Template

from .pool_text import PLACES

WIDE, NARROW = 10, 5
"""How many rows are copied side by side, and how many of the last ones: so many that the memory is
kept busy, which a single row cannot do."""

LINE, AHEAD = 64, 512
"""How many bytes of each row at a time, and how far ahead the last rows are fetched."""

SHARED, WAKING, TILE = 1 << 17, 1 << 21, 1 << 15
"""Copies of so many bytes are shared out among the threads of the pool while all are awake, of so
many even if they sleep; and how many bytes a thread takes at a time."""

JOB = {"to": "ptr", "from": "ptr", "bytes": "i64", "rows": "ptr", "count": "i64", "tile": "i64"}
"""What the threads are told: a word each; `tile` is how many rows they take at a time."""


def copy_text() -> str:
    """The functions `copy_rows` and `copy_any`: `count` rows of so many `bytes` to one another.

    The numbers of the rows are in memory. At the end `copy_rows` fetches the rows that `then` has
    the numbers of, as far as they are side by side. `copy_any` has all threads do it if it is much.
    Rows shorter than a line are copied word by word; `fetch_rows` is there to ask for them before.
    """
    tell, hear = [], []
    for k, (word, kind) in enumerate(JOB.items()):
        place = f"  %{word}_at = getelementptr i64, ptr %job, i64 {k}"
        tell += [place, f"  store {kind} %{word}, ptr %{word}_at"]
        hear += [place, f"  %{word} = load {kind}, ptr %{word}_at"]
    return Template(COPY + FETCH + SHARE).substitute(
        WIDE_GROUP=group("wide", WIDE), NARROW_GROUP=group("narrow", NARROW), WIDE=WIDE, LINE=LINE,
        SHARED=SHARED, WAKING=WAKING, TILE=TILE, SLEEPERS=PLACES["SLEEPERS"], WORDS=len(JOB),
        TELL="\n".join(tell), HEAR="\n".join(hear), SHORT_ROW="\n".join(row_at("%short")),
        ROW="\n".join(row_at("%r")),
    )  # fmt: skip


def group(name: str, rows: int) -> str:
    """Blocks that copy some rows side by side, and fetch those that come next meanwhile.

    Of each row its first bytes are copied, then whole lines of the cache as they lie in memory,
    then its last bytes: a vector that lay across two lines would wait for both. The last row is
    copied again if there are not so many.
    """
    head, body = [], []
    for j in range(rows):
        own, at = f"%{name}{j}", f"%{name}_line{j}"
        head += [
            f"  {own}_wanted = add i64 %{name}_row, {j}",
            f"  {own} = call i64 @llvm.smin.i64(i64 {own}_wanted, i64 %last)",
            f"  {own}_at = getelementptr i64, ptr %rows, i64 {own}",
            *row_at(own),
            f"  {own}_to_start = mul i64 {own}, %bytes",
            f"  {own}_to = getelementptr i8, ptr %to, i64 {own}_to_start",
            f"  {own}_place = ptrtoint ptr {own}_from to i64",
            f"  {own}_in_line = and i64 {own}_place, {LINE - 1}",
            f"  {own}_line_starts = sub i64 {LINE}, {own}_in_line",
            *following(own, f"%{name}_row", j + rows),
            f"  call void @llvm.prefetch.p0(ptr {own}_fetched, i32 0, i32 2, i32 1)",
            f"  {own}_first = load <{LINE} x i8>, ptr {own}_from, align 1",
            f"  store <{LINE} x i8> {own}_first, ptr {own}_to, align 1",
        ]
        body += [
            f"  {own}_fetch = getelementptr i8, ptr {own}_fetched, i64 %{name}_k_last",
            f"  call void @llvm.prefetch.p0(ptr {own}_fetch, i32 0, i32 2, i32 1)",
            f"  {at}_wanted = add i64 %{name}_k, {own}_line_starts",
            f"  {at} = call i64 @llvm.smin.i64(i64 {at}_wanted, i64 %last_line)",
            f"  {at}_from = getelementptr i8, ptr {own}_from, i64 {at}",
            f"  {at}_bytes = load <{LINE} x i8>, ptr {at}_from, align 1",
            f"  {at}_to = getelementptr i8, ptr {own}_to, i64 {at}",
            f"  store <{LINE} x i8> {at}_bytes, ptr {at}_to, align 1",
        ]
    return Template(GROUP).substitute(
        NAME=name, HEAD="\n".join(head), BODY="\n".join(body), ROWS=rows, LINE=LINE, END=LINE - 1
    )


def following(own: str, first: str, k: int) -> list[str]:
    """Lines that find what is fetched meanwhile: a row that comes later, or more of its own."""
    later = f"{own}_later"
    return [
        f"  {later} = add i64 {first}, {k}",
        f"  {later}_over = sub i64 {later}, %count",
        f"  {later}_is_here = icmp slt i64 {later}_over, 0",
        f"  {later}_is_then = icmp slt i64 {later}_over, %then_count",
        f"  {later}_here = getelementptr i64, ptr %rows, i64 {later}",
        f"  {later}_then = getelementptr i64, ptr %then, i64 {later}_over",
        f"  {later}_there = select i1 {later}_is_then, ptr {later}_then, ptr {own}_at",
        f"  {later}_at = select i1 {later}_is_here, ptr {later}_here, ptr {later}_there",
        *row_at(later),
        f"  {own}_ahead = getelementptr i8, ptr {own}_from, i64 {AHEAD}",
        f"  {later}_is_any = or i1 {later}_is_here, {later}_is_then",
        f"  {own}_fetched = select i1 {later}_is_any, ptr {later}_from, ptr {own}_ahead",
    ]


def row_at(name: str) -> list[str]:
    """Lines that find the row whose number is at `name`_at."""
    return [
        f"  {name}_number = load i64, ptr {name}_at",
        f"  {name}_start = mul i64 {name}_number, %bytes",
        f"  {name}_from = getelementptr i8, ptr %from, i64 {name}_start",
    ]


GROUP = """$HEAD
  br label %${NAME}_line
${NAME}_line:
  %${NAME}_k = phi i64 [0, %$NAME], [%${NAME}_k_on, %${NAME}_line]
  %${NAME}_k_last = add i64 %${NAME}_k, $END
$BODY
  %${NAME}_k_on = add i64 %${NAME}_k, $LINE
  %${NAME}_inside = icmp slt i64 %${NAME}_k_on, %bytes
  br i1 %${NAME}_inside, label %${NAME}_line, label %${NAME}_done
${NAME}_done:
  %${NAME}_row_on = add i64 %${NAME}_row, $ROWS"""

COPY = """
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
declare i64 @llvm.smin.i64(i64, i64)

define internal void @copy_rows(ptr %to, ptr %from, i64 %bytes, ptr %rows, i64 %count, ptr %then,
                                i64 %then_count) nounwind {
entry:
  %last = sub i64 %count, 1
  %last_line = sub i64 %bytes, $LINE
  %is_long = icmp sge i64 %last_line, 0
  br i1 %is_long, label %long, label %short

long:
  %wide_row = phi i64 [0, %entry], [%wide_row_on, %wide_done]
  %left = sub i64 %count, %wide_row
  %is_wide = icmp sge i64 %left, $WIDE
  br i1 %is_wide, label %wide, label %long_rest
wide:
$WIDE_GROUP
  br label %long
long_rest:
  %narrow_row = phi i64 [%wide_row, %long], [%narrow_row_on, %narrow_done]
  %more = icmp slt i64 %narrow_row, %count
  br i1 %more, label %narrow, label %done
narrow:
$NARROW_GROUP
  br label %long_rest

short:
  %s = phi i64 [0, %entry], [%s_on, %short_done]
  %short_at = getelementptr i64, ptr %rows, i64 %s
$SHORT_ROW
  %short_to_start = mul i64 %s, %bytes
  %short_to = getelementptr i8, ptr %to, i64 %short_to_start
  br label %words
words:
  %w = phi i64 [0, %short], [%w_on, %word]
  %w_on = add i64 %w, 8
  %is_word = icmp sle i64 %w_on, %bytes
  br i1 %is_word, label %word, label %singles
word:
  %word_from = getelementptr i8, ptr %short_from, i64 %w
  %word_to = getelementptr i8, ptr %short_to, i64 %w
  %moved_word = load i64, ptr %word_from, align 1
  store i64 %moved_word, ptr %word_to, align 1
  br label %words
singles:
  %b = phi i64 [%w, %words], [%b_on, %single]
  %is_single = icmp slt i64 %b, %bytes
  br i1 %is_single, label %single, label %short_done
single:
  %single_from = getelementptr i8, ptr %short_from, i64 %b
  %single_to = getelementptr i8, ptr %short_to, i64 %b
  %moved = load i8, ptr %single_from
  store i8 %moved, ptr %single_to
  %b_on = add i64 %b, 1
  br label %singles
short_done:
  %s_on = add i64 %s, 1
  %more_short = icmp slt i64 %s_on, %count
  br i1 %more_short, label %short, label %done
done:
  ret void
}
"""

FETCH = """
define internal void @fetch_rows(ptr %from, i64 %bytes, ptr %rows, i64 %count) nounwind {
entry:
  %to_end = sub i64 %bytes, 1
  br label %row
row:
  %r = phi i64 [0, %entry], [%r_on, %row]
  %r_at = getelementptr i64, ptr %rows, i64 %r
$ROW
  %r_end = getelementptr i8, ptr %r_from, i64 %to_end
  call void @llvm.prefetch.p0(ptr %r_from, i32 0, i32 2, i32 1)
  call void @llvm.prefetch.p0(ptr %r_end, i32 0, i32 2, i32 1)
  %r_on = add i64 %r, 1
  %more = icmp slt i64 %r_on, %count
  br i1 %more, label %row, label %done
done:
  ret void
}
"""

SHARE = """
@pool_memory = external global i64
declare i64 @llvm.umax.i64(i64, i64)
declare void @pool_dispatch(ptr, ptr)
declare i64 @pool_take(ptr, i64)

define internal void @copy_any(ptr %to, ptr %from, i64 %bytes, ptr %rows, i64 %count) nounwind {
entry:
  %job = alloca [$WORDS x i64]
  %size = mul i64 %bytes, %count
  %sleepers_at = getelementptr i8, ptr @pool_memory, i64 $SLEEPERS
  %sleepers = load atomic i64, ptr %sleepers_at monotonic, align 8
  %awake = icmp eq i64 %sleepers, 0
  %much = select i1 %awake, i64 $SHARED, i64 $WAKING
  %is_much = icmp uge i64 %size, %much
  br i1 %is_much, label %share, label %alone
share:
  %fit = udiv i64 $TILE, %bytes
  %in_group = urem i64 %fit, $WIDE
  %in_groups = sub i64 %fit, %in_group
  %tile = call i64 @llvm.umax.i64(i64 %in_groups, i64 $WIDE)
$TELL
  call void @pool_dispatch(ptr @copy_share, ptr %job)
  ret void
alone:
  call void @copy_rows(ptr %to, ptr %from, i64 %bytes, ptr %rows, i64 %count, ptr %rows, i64 0)
  ret void
}

define internal void @copy_share(ptr %job, ptr %view, i64 %thread, i64 %threads) nounwind {
entry:
$HEAR
  %rounded = add i64 %count, %tile
  %above = sub i64 %rounded, 1
  %tiles = udiv i64 %above, %tile
  %first_tile = call i64 @pool_take(ptr %view, i64 %tiles)
  br label %next
next:
  %taken = phi i64 [%first_tile, %entry], [%following, %copy]
  %any = icmp sge i64 %taken, 0
  br i1 %any, label %copy, label %done
copy:
  %following = call i64 @pool_take(ptr %view, i64 %tiles)
  %first = mul i64 %taken, %tile
  %left = sub i64 %count, %first
  %some = call i64 @llvm.smin.i64(i64 %left, i64 %tile)
  %into = mul i64 %first, %bytes
  %some_to = getelementptr i8, ptr %to, i64 %into
  %some_rows = getelementptr i64, ptr %rows, i64 %first
  %then_first = mul i64 %following, %tile
  %then_left = sub i64 %count, %then_first
  %then = getelementptr i64, ptr %rows, i64 %then_first
  %is_then = icmp sge i64 %following, 0
  %then_count = select i1 %is_then, i64 %then_left, i64 0
  call void @copy_rows(ptr %some_to, ptr %from, i64 %bytes, ptr %some_rows, i64 %some,
                       ptr %then, i64 %then_count)
  br label %next
done:
  ret void
}
"""
