"""The IR of a loop that copies rows of memory."""

from __future__ import annotations

from string import Template

ROWS, LINE, AHEAD = 5, 64, 512
"""How many rows are copied side by side, how many bytes of each at a time, and how far ahead the
last rows are fetched: so many that the memory is kept busy, which a single row cannot do."""


def copy_text() -> str:
    """The function `copy_rows`: `count` rows of so many `bytes` whose numbers are in memory.

    Rows shorter than a line are copied word by word. Of others a few are copied side by side, and
    those that come next are fetched meanwhile. Of each row its first bytes are copied, then whole
    lines of the cache as they lie in memory, then its last bytes: a vector that lay across two
    lines would wait for both. The last rows are copied once more if they do not suffice.
    """
    head, body = [], []
    for j in range(ROWS):
        for what, first in (("", f"add i64 %r, {j}"), ("_next", f"add i64 %r, {j + ROWS}")):
            row = f"%row{what}{j}"
            head += [
                f"  {row}_wanted = {first}",
                f"  {row}_there = icmp ule i64 {row}_wanted, %last",
                f"  {row} = select i1 {row}_there, i64 {row}_wanted, i64 %last",
                f"  {row}_at = getelementptr i64, ptr %rows, i64 {row}",
                f"  {row}_number = load i64, ptr {row}_at",
                f"  {row}_start = mul i64 {row}_number, %bytes",
                f"  {row}_from = getelementptr i8, ptr %from, i64 {row}_start",
            ]
        head += [
            f"  %to_start{j} = mul i64 %row{j}, %bytes",
            f"  %to{j} = getelementptr i8, ptr %to, i64 %to_start{j}",
            f"  %row{j}_ahead = getelementptr i8, ptr %row{j}_from, i64 {AHEAD}",
            f"  %fetched{j} = select i1 %row_next{j}_there,"
            f" ptr %row_next{j}_from, ptr %row{j}_ahead",
            f"  %address{j} = ptrtoint ptr %row{j}_from to i64",
            f"  %into_line{j} = and i64 %address{j}, {LINE - 1}",
            f"  %line_starts{j} = sub i64 {LINE}, %into_line{j}",
            f"  call void @llvm.prefetch.p0(ptr %fetched{j}, i32 0, i32 2, i32 1)",
            f"  %first{j} = load <{LINE} x i8>, ptr %row{j}_from, align 1",
            f"  store <{LINE} x i8> %first{j}, ptr %to{j}, align 1",
        ]
        body += [
            f"  %fetch{j} = getelementptr i8, ptr %fetched{j}, i64 %k_last",
            f"  call void @llvm.prefetch.p0(ptr %fetch{j}, i32 0, i32 2, i32 1)",
            f"  %place{j} = add i64 %k, %line_starts{j}",
            f"  %at{j} = call i64 @llvm.smin.i64(i64 %place{j}, i64 %last_line)",
            f"  %line{j}_from = getelementptr i8, ptr %row{j}_from, i64 %at{j}",
            f"  %line{j} = load <{LINE} x i8>, ptr %line{j}_from, align 1",
            f"  %line{j}_to = getelementptr i8, ptr %to{j}, i64 %at{j}",
            f"  store <{LINE} x i8> %line{j}, ptr %line{j}_to, align 1",
        ]
    return Template(COPY).substitute(
        FROM="\n".join(head), LINES="\n".join(body), ROWS=ROWS, LINE=LINE, LAST=LINE - 1
    )


COPY = """
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
declare i64 @llvm.smin.i64(i64, i64)

define internal void @copy_rows(ptr %to, ptr %from, i64 %bytes, ptr %rows, i64 %count) nounwind {
entry:
  %last = sub i64 %count, 1
  %last_line = sub i64 %bytes, $LINE
  %is_long = icmp sge i64 %last_line, 0
  br i1 %is_long, label %group, label %short

group:
  %r = phi i64 [0, %entry], [%r_on, %group_done]
$FROM
  br label %line
line:
  %k = phi i64 [0, %group], [%k_on, %line]
  %k_last = add i64 %k, $LAST
$LINES
  %k_on = add i64 %k, $LINE
  %inside = icmp slt i64 %k_on, %bytes
  br i1 %inside, label %line, label %group_done
group_done:
  %r_on = add i64 %r, $ROWS
  %more = icmp slt i64 %r_on, %count
  br i1 %more, label %group, label %done

short:
  %s = phi i64 [0, %entry], [%s_on, %short_done]
  %short_at = getelementptr i64, ptr %rows, i64 %s
  %short_number = load i64, ptr %short_at
  %short_start = mul i64 %short_number, %bytes
  %short_from = getelementptr i8, ptr %from, i64 %short_start
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
