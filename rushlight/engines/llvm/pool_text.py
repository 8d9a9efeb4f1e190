"""The IR of the pool of threads; `pool` says what it is for and puts it together."""

from __future__ import annotations

PLACES = {
    "EPOCH": 0,  # number of the job << 16 | its threads; changes when there is a new job
    "SLEEPERS": 64,  # threads that sleep until EPOCH changes
    "JOB": 128,  # the step, its table, its number of threads, its first phase
    "JOB_TABLE": 136, "JOB_THREADS": 144, "JOB_PHASE": 152, "STARTED_EPOCH": 200,
    "STARTED": 192,  # how many workers there are; then the epoch before they were started
    "STATE": 256,  # phase << 32 | closing << 31 | joined << 16 | arrived
    "WAITERS": 320,  # threads that sleep until the phase changes
    "LOCK": 384,  # 1 while a step has the pool
    "SWEPT": 392,  # the phase before which all words of ranges were last set
    "OPENED": 448,  # the phase once more, for those who wait for it: few write here
    "RANGES": 512,  # a line for each thread's tiles: phase << 32 | taken last << 16 | first
    "ALONE": 512 + 64,  # bytes of a pool for one thread
    "SIZE": 512 + 1024 * 64,
    "MOST": 1024,  # threads; more are not started
    "PAUSES": 64,  # looks, with a pause between them, before a thread offers its core to others
    "BARRIER_YIELDS": 256,  # such offers before it sleeps
    "IDLE_YIELDS": 32,  # the same without a job
    "CLOSING": 1 << 31, "ONE_JOINED": 1 << 16, "JOINED": 0x7FFF0000,
    "SWEEP": 1 << 30,  # phases after which words of ranges are set anew: half of them look older
    # what a thread has of its own: the pool, and in bytes from there
    "VIEW_PHASE": 8, "VIEW_THREAD": 16, "VIEW_THREADS": 24,
    "VIEW_ROBBED": 32,  # ranges, from its own on, that it has seen empty in this phase
    "VIEW": 48,
}  # fmt: skip
"""Where in its memory the words of the pool stand, in bytes, each in a cache line of its own; and
how patient its threads are."""

COMMON = """
@pool_memory = external global i64
@threads_wanted = external global i64
@fork_count = external global i64
declare i32 @sched_yield()
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define void @pool_barrier(ptr %view) nounwind noinline {
  call void @meet(ptr %view, i1 false, i1 true)
  ret void
}

define void @meet(ptr %view, i1 %leave, i1 %remain) nounwind noinline {
entry:
  %pool = load ptr, ptr %view
  %phase_at = getelementptr i8, ptr %view, i64 $VIEW_PHASE
  %robbed_at = getelementptr i8, ptr %view, i64 $VIEW_ROBBED
  %mine = load i64, ptr %phase_at
  %sum = add i64 %mine, 1
  %following = and i64 %sum, 4294967295
  store i64 %following, ptr %phase_at
  store i64 0, ptr %robbed_at
  %state_at = getelementptr i8, ptr %pool, i64 $STATE
  %opened_at = getelementptr i8, ptr %pool, i64 $OPENED
  %waiters_at = getelementptr i8, ptr %pool, i64 $WAITERS
  %next_phase = shl i64 %following, 32
  %mine_half = trunc i64 %mine to i32
  %following_half = trunc i64 %following to i32
  %state = load atomic i64, ptr %state_at acquire, align 8
  %phase = lshr i64 %state, 32
  %here = icmp eq i64 %phase, %mine
  br i1 %here, label %arrive, label %done
arrive:  ; the phase stays until this thread, which has joined, is counted
  %before = atomicrmw add ptr %state_at, i64 1 acq_rel
  %counted = add i64 %before, 1
  %arrived = and i64 %counted, 65535
  %joined_part = and i64 %counted, $JOINED
  %joined = lshr i64 %joined_part, 16
  %last = icmp eq i64 %arrived, %joined
  br i1 %last, label %open, label %others
open:
  %expected = phi i64 [%counted, %arrive], [%changed, %again_open]
  %kept = and i64 %expected, 4294901760
  %left = select i1 %leave, i64 0, i64 %kept
  %next = or i64 %next_phase, %left
  %try_open = cmpxchg ptr %state_at, i64 %expected, i64 %next seq_cst acquire
  %changed = extractvalue {i64, i1} %try_open, 0
  %opened = extractvalue {i64, i1} %try_open, 1
  br i1 %opened, label %after, label %again_open
again_open:  ; who has joined meanwhile arrives later, and opens
  %difference = xor i64 %expected, %changed
  %joined_since = and i64 %difference, $JOINED
  %none_joined = icmp eq i64 %joined_since, 0
  br i1 %none_joined, label %open, label %others
after:
  store atomic i32 %following_half, ptr %opened_at seq_cst, align 4
  $WAKE
others:
  br i1 %remain, label %waiting, label %done
waiting:
  $WAIT
done:
  ret void
}

define void @look(ptr %view, ptr %pool, i64 %phase, i64 %thread, i64 %threads) nounwind {
  %phase_at = getelementptr i8, ptr %view, i64 $VIEW_PHASE
  %thread_at = getelementptr i8, ptr %view, i64 $VIEW_THREAD
  %threads_at = getelementptr i8, ptr %view, i64 $VIEW_THREADS
  %robbed_at = getelementptr i8, ptr %view, i64 $VIEW_ROBBED
  store ptr %pool, ptr %view
  store i64 %phase, ptr %phase_at
  store i64 %thread, ptr %thread_at
  store i64 %threads, ptr %threads_at
  store i64 0, ptr %robbed_at
  ret void
}

define void @run_alone(ptr %step, ptr %table) nounwind noinline {
  %pool = alloca [$ALONE x i8], align 64
  %view = alloca [$VIEW x i8], align 16
  call void @llvm.memset.p0.i64(ptr align 64 %pool, i8 0, i64 $ALONE, i1 false)
  %state_at = getelementptr i8, ptr %pool, i64 $STATE
  store i64 $ONE_JOINED, ptr %state_at
  call void @look(ptr %view, ptr %pool, i64 0, i64 0, i64 1)
  call void %step(ptr %table, ptr %view, i64 0, i64 1)
  ret void
}

define void @pool_lock(ptr %lock) nounwind noinline {
entry:
  %mark = load i64, ptr @fork_count
  br label %try
try:
  %free = phi i64 [0, %entry], [0, %wait], [%holder, %stale]
  %pair = cmpxchg ptr %lock, i64 %free, i64 %mark acquire monotonic
  %holder = extractvalue {i64, i1} %pair, 0
  %mine = extractvalue {i64, i1} %pair, 1
  br i1 %mine, label %done, label %taken
taken:
  %here = icmp eq i64 %holder, %mark
  br i1 %here, label %wait, label %stale
stale:
  br label %try
wait:
  %ignored = call i32 @sched_yield()
  br label %try
done:
  ret void
}

define void @pool_unlock(ptr %lock) nounwind {
  store atomic i64 0, ptr %lock release, align 8
  ret void
}
"""

ALONE = """
define void @pool_dispatch(ptr %step, ptr %table) nounwind {
  call void @run_alone(ptr %step, ptr %table)
  ret void
}
"""

WAKING = """
  %waiters = load atomic i64, ptr %waiters_at seq_cst, align 8
  %any = icmp ne i64 %waiters, 0
  br i1 %any, label %wake, label %done
wake:
  call i64 @futex(ptr %opened_at, i64 129, i64 2147483647)
  br label %done
"""

WAITING_LOOP = """
wait:
  %yields = phi i64 [0, %waiting], [%one_more, %again]
  br label %look
look:
  %looks = phi i64 [0, %wait], [%next_look, %pause]
  %current = load atomic i32, ptr %opened_at acquire, align 4
  %ahead = sub i32 %current, %mine_half
  %moved = icmp sgt i32 %ahead, 0
  br i1 %moved, label %done, label %stay
stay:
  %tired = icmp uge i64 %looks, $PAUSES
  br i1 %tired, label %offer, label %pause
pause:
  call void @$PAUSE
  %next_look = add i64 %looks, 1
  br label %look
offer:
  %patient = icmp ult i64 %yields, $BARRIER_YIELDS
  br i1 %patient, label %yield, label %sleep
yield:
  %ignored = call i32 @sched_yield()
  br label %again
sleep:
  %added = atomicrmw add ptr %waiters_at, i64 1 seq_cst
  %unchanged = zext i32 %current to i64
  call i64 @futex(ptr %opened_at, i64 128, i64 %unchanged)
  %taken = atomicrmw sub ptr %waiters_at, i64 1 seq_cst
  br label %again
again:
  %one_more = add i64 %yields, 1
  br label %wait
"""

THREADS = """
declare void @$PAUSE_TYPE
declare i64 @syscall(i64, ...)
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_detach(i64)
declare i32 @pthread_sigmask(i32, ptr, ptr)

define i64 @futex(ptr %word, i64 %operation, i64 %value) nounwind noinline {
  %r = call i64 (i64, ...) @syscall(i64 $FUTEX, ptr %word, i64 %operation, i64 %value,
                                    ptr null, ptr null, i64 0)
  ret i64 %r
}

define ptr @worker(ptr %argument) nounwind {
entry:
  %thread = ptrtoint ptr %argument to i64
  %sleepers_at = getelementptr i8, ptr @pool_memory, i64 $SLEEPERS
  %step_at = getelementptr i8, ptr @pool_memory, i64 $JOB
  %table_at = getelementptr i8, ptr @pool_memory, i64 $JOB_TABLE
  %threads_at = getelementptr i8, ptr @pool_memory, i64 $JOB_THREADS
  %first_phase_at = getelementptr i8, ptr @pool_memory, i64 $JOB_PHASE
  %state_at = getelementptr i8, ptr @pool_memory, i64 $STATE
  %view = alloca [$VIEW x i8], align 16
  %first_at = getelementptr i8, ptr @pool_memory, i64 $STARTED_EPOCH
  %first = load atomic i64, ptr %first_at acquire, align 8
  br label %rest
rest:
  %seen = phi i64 [%first, %entry], [%epoch, %new], [%epoch, %join], [%epoch_now, %run]
  br label %wait
wait:
  %yields = phi i64 [0, %rest], [%one_more, %again]
  br label %look
look:
  %looks = phi i64 [0, %wait], [%next_look, %pause]
  %epoch = load atomic i64, ptr @pool_memory acquire, align 8
  %moved = icmp ne i64 %epoch, %seen
  br i1 %moved, label %new, label %stay
stay:
  %tired = icmp uge i64 %looks, $PAUSES
  br i1 %tired, label %offer, label %pause
pause:
  call void @$PAUSE
  %next_look = add i64 %looks, 1
  br label %look
offer:
  %patient = icmp ult i64 %yields, $IDLE_YIELDS
  br i1 %patient, label %yield, label %sleep
yield:
  %ignored = call i32 @sched_yield()
  br label %again
sleep:
  %added = atomicrmw add ptr %sleepers_at, i64 1 seq_cst
  call i64 @futex(ptr @pool_memory, i64 128, i64 %seen)
  %taken = atomicrmw sub ptr %sleepers_at, i64 1 seq_cst
  br label %again
again:
  %one_more = add i64 %yields, 1
  br label %wait
new:
  %called = and i64 %epoch, 65535
  %invited = icmp ult i64 %thread, %called
  %state_first = load atomic i64, ptr %state_at acquire, align 8
  br i1 %invited, label %join, label %rest
join:
  %state = phi i64 [%state_first, %new], [%state_other, %enter]
  %closing = and i64 %state, $CLOSING
  %open = icmp eq i64 %closing, 0
  %joined = and i64 %state, $JOINED
  %some = icmp ne i64 %joined, 0
  %welcome = and i1 %open, %some
  br i1 %welcome, label %enter, label %rest
enter:
  %with_me = add i64 %state, $ONE_JOINED
  %pair = cmpxchg ptr %state_at, i64 %state, i64 %with_me acq_rel acquire
  %state_other = extractvalue {i64, i1} %pair, 0
  %inside = extractvalue {i64, i1} %pair, 1
  br i1 %inside, label %run, label %join
run:
  %epoch_now = load atomic i64, ptr @pool_memory acquire, align 8
  %step = load ptr, ptr %step_at
  %table = load ptr, ptr %table_at
  %threads = load i64, ptr %threads_at
  %first_phase = load i64, ptr %first_phase_at
  call void @look(ptr %view, ptr @pool_memory, i64 %first_phase, i64 %thread, i64 %threads)
  call void %step(ptr %table, ptr %view, i64 %thread, i64 %threads)
  call void @meet(ptr %view, i1 true, i1 false)
  br label %rest
}

define void @pool_start(i64 %workers) nounwind noinline {
entry:
  %signals = alloca [256 x i8], align 16
  %before = alloca [256 x i8], align 16
  %name = alloca i64
  %started_at = getelementptr i8, ptr @pool_memory, i64 $STARTED
  %first_at = getelementptr i8, ptr @pool_memory, i64 $STARTED_EPOCH
  %epoch = load i64, ptr @pool_memory
  store atomic i64 %epoch, ptr %first_at release, align 8
  call void @llvm.memset.p0.i64(ptr %signals, i8 -1, i64 256, i1 false)
  %masked = call i32 @pthread_sigmask(i32 2, ptr %signals, ptr %before)
  br label %next
next:
  %started = load i64, ptr %started_at
  %more = icmp ult i64 %started, %workers
  br i1 %more, label %create, label %done
create:
  %thread = add i64 %started, 1
  %argument = inttoptr i64 %thread to ptr
  %status = call i32 @pthread_create(ptr %name, ptr null, ptr @worker, ptr %argument)
  %fine = icmp eq i32 %status, 0
  br i1 %fine, label %created, label %done
created:
  store i64 %thread, ptr %started_at
  %made = load i64, ptr %name
  %detached = call i32 @pthread_detach(i64 %made)
  br label %next
done:
  %unmasked = call i32 @pthread_sigmask(i32 2, ptr %before, ptr null)
  ret void
}

define void @pool_dispatch(ptr %step, ptr %table) nounwind {
entry:
  %lock_at = getelementptr i8, ptr @pool_memory, i64 $LOCK
  %step_at = getelementptr i8, ptr @pool_memory, i64 $JOB
  %table_at = getelementptr i8, ptr @pool_memory, i64 $JOB_TABLE
  %threads_at = getelementptr i8, ptr @pool_memory, i64 $JOB_THREADS
  %started_at = getelementptr i8, ptr @pool_memory, i64 $STARTED
  %sleepers_at = getelementptr i8, ptr @pool_memory, i64 $SLEEPERS
  %first_phase_at = getelementptr i8, ptr @pool_memory, i64 $JOB_PHASE
  %state_at = getelementptr i8, ptr @pool_memory, i64 $STATE
  %swept_at = getelementptr i8, ptr @pool_memory, i64 $SWEPT
  %view = alloca [$VIEW x i8], align 16
  %any_number = load atomic i64, ptr @threads_wanted monotonic, align 8
  %small = icmp slt i64 %any_number, $MOST
  %wanted = select i1 %small, i64 %any_number, i64 $MOST
  %several = icmp sgt i64 %wanted, 1
  br i1 %several, label %try, label %alone
try:
  %pair = cmpxchg ptr %lock_at, i64 0, i64 1 acquire monotonic
  %mine = extractvalue {i64, i1} %pair, 1
  br i1 %mine, label %count, label %alone
count:
  %others = sub i64 %wanted, 1
  %started = load i64, ptr %started_at
  %enough = icmp uge i64 %started, %others
  br i1 %enough, label %post, label %start
start:
  call void @pool_start(i64 %others)
  br label %post
post:
  %workers = load i64, ptr %started_at
  %fewer = icmp ult i64 %workers, %others
  %used = select i1 %fewer, i64 %workers, i64 %others
  %threads = add i64 %used, 1
  store ptr %step, ptr %step_at
  store ptr %table, ptr %table_at
  store i64 %threads, ptr %threads_at
  %state = load atomic i64, ptr %state_at acquire, align 8
  %phase = lshr i64 %state, 32
  store i64 %phase, ptr %first_phase_at
  call void @look(ptr %view, ptr @pool_memory, i64 %phase, i64 0, i64 %threads)
  %swept = load i64, ptr %swept_at
  %since = sub i64 %phase, %swept
  %phases = and i64 %since, 4294967295
  %long_ago = icmp ugt i64 %phases, $SWEEP
  br i1 %long_ago, label %sweep, label %invite
sweep:
  call void @sweep(i64 %phase)
  br label %invite
invite:
  %ready = or i64 %state, $ONE_JOINED
  store atomic i64 %ready, ptr %state_at release, align 8
  %old = load i64, ptr @pool_memory
  %number = lshr i64 %old, 16
  %next = add i64 %number, 1
  %shifted = shl i64 %next, 16
  %epoch = or i64 %shifted, %threads
  %posted = atomicrmw xchg ptr @pool_memory, i64 %epoch seq_cst
  %sleepers = load atomic i64, ptr %sleepers_at seq_cst, align 8
  %asleep = icmp ne i64 %sleepers, 0
  br i1 %asleep, label %wake, label %run
wake:
  call i64 @futex(ptr @pool_memory, i64 129, i64 2147483647)
  br label %run
run:
  call void %step(ptr %table, ptr %view, i64 0, i64 %threads)
  %nobody_else = atomicrmw or ptr %state_at, i64 $CLOSING acq_rel
  call void @meet(ptr %view, i1 true, i1 true)
  store atomic i64 0, ptr %lock_at release, align 8
  ret void
alone:
  call void @run_alone(ptr %step, ptr %table)
  ret void
}
"""
