"""The IR of calls that repeat the last, and of modules that are called; `warm` says what for."""

from __future__ import annotations

CALL = """
declare ptr @PyThreadState_Get()
declare ptr @PyTuple_New(i64)

define ptr @warm(ptr %self, ptr %arguments, i64 %count) nounwind {
entry:
  %own_at = getelementptr i8, ptr %self, i64 $OWN
  %own = load ptr, ptr %own_at
  %data_at = getelementptr i8, ptr %own, i64 $DATA
  %data = load ptr, ptr %data_at
$HEAD
  %expected = icmp eq i64 %count, %tensors
  br i1 %expected, label %mine, label %other
mine:
  %here = call ptr @PyThreadState_Get()
  %is_here = icmp eq ptr %here, %thread
  br i1 %is_here, label %place, label %other
place:
  %at_at = getelementptr i8, ptr %recorder, i64 %at_offset
  %at = load ptr, ptr %at_at
  %at_type_at = getelementptr i8, ptr %at, i64 8
  %at_type = load ptr, ptr %at_type_at
  %at_is_entry = icmp eq ptr %at_type, %entry_type
  br i1 %at_is_entry, label %follow, label %other
follow:
  %next_at = getelementptr i8, ptr %at, i64 %next_offset
  %next = load ptr, ptr %next_at
  %plain_at = getelementptr i8, ptr %next, i64 %plain_offset
  %plain = load ptr, ptr %plain_at
  %is_form = icmp eq ptr %plain, %form
  br i1 %is_form, label %moded, label %other
moded:
  %mode_at = getelementptr i8, ptr %next, i64 %mode_offset
  %mode = load ptr, ptr %mode_at
  %grad_at = getelementptr i8, ptr %recorder, i64 %grad_offset
  %grad = load ptr, ptr %grad_at
  %is_mode = icmp eq ptr %mode, %grad
  br i1 %is_mode, label %compare, label %other
compare:
  %k = phi i64 [0, %moded], [%k_on, %compare_value]
  %compared = icmp eq i64 %k, %tensors
  br i1 %compared, label %binding, label %compare_type
compare_type:
  %x_at = getelementptr ptr, ptr %arguments, i64 %k
  %x = load ptr, ptr %x_at
  %x_type_at = getelementptr i8, ptr %x, i64 8
  %x_type = load ptr, ptr %x_type_at
  %x_is_tensor = icmp eq ptr %x_type, %tensor_type
  %x_is_parameter = icmp eq ptr %x_type, %parameter_type
  %x_fits = or i1 %x_is_tensor, %x_is_parameter
  br i1 %x_fits, label %compare_value, label %other
compare_value:
  %x_value_at = getelementptr i8, ptr %x, i64 %value_offset
  %x_value = load ptr, ptr %x_value_at
  %wanted_place = getelementptr i64, ptr %wanted_offsets, i64 %k
  %wanted_offset = load i64, ptr %wanted_place
  %wanted_at = getelementptr i8, ptr %next, i64 %wanted_offset
  %wanted = load ptr, ptr %wanted_at
  %is_wanted = icmp eq ptr %x_value, %wanted
  %k_on = add i64 %k, 1
  br i1 %is_wanted, label %compare, label %other

binding:
  %binds_at = getelementptr i8, ptr %next, i64 %binds_offset
  %binds = load ptr, ptr %binds_at
  %binds_none = icmp eq ptr %binds, %none
  br i1 %binds_none, label %make, label %exported
exported:
  %exported_at = getelementptr i8, ptr %exports, i64 $SIZE
  %exported_count = load i64, ptr %exported_at
  %nothing_exported = icmp eq i64 %exported_count, 0
  br i1 %nothing_exported, label %which, label %other
which:
  %binds_first = icmp eq ptr %binds, %first
  br i1 %binds_first, label %bind_one, label %maybe_second
maybe_second:
  %at_least_two = icmp eq i64 %tensors, 2
  br i1 %at_least_two, label %two_given, label %other
two_given:
  %binds_second = icmp eq ptr %binds, %second
  br i1 %binds_second, label %bind_one, label %maybe_both
maybe_both:
  %binds_both = icmp eq ptr %binds, %both
  br i1 %binds_both, label %bind_both, label %other
bind_one:
  %one_place = phi i64 [0, %which], [1, %two_given]
  %one_at = getelementptr ptr, ptr %arguments, i64 %one_place
  %one = load ptr, ptr %one_at
  %one_array_at = getelementptr i8, ptr %one, i64 %array_offset
  %one_array = load ptr, ptr %one_array_at
  %one_there = icmp ne ptr %one_array, null
  br i1 %one_there, label %bind_it, label %other
bind_it:
  %single = call ptr @PyTuple_New(i64 1)
  %no_single = icmp eq ptr %single, null
  br i1 %no_single, label %failed, label %fill_one
fill_one:
  call void @Py_IncRef(ptr %one_array)
  %single_at = getelementptr i8, ptr %single, i64 $TUPLE_ITEMS
  store ptr %one_array, ptr %single_at
  br label %make
bind_both:
  %x0 = load ptr, ptr %arguments
  %y0_at = getelementptr ptr, ptr %arguments, i64 1
  %y0 = load ptr, ptr %y0_at
  %x_array_at = getelementptr i8, ptr %x0, i64 %array_offset
  %x_array = load ptr, ptr %x_array_at
  %y_array_at = getelementptr i8, ptr %y0, i64 %array_offset
  %y_array = load ptr, ptr %y_array_at
  %x_there = icmp ne ptr %x_array, null
  %y_there = icmp ne ptr %y_array, null
  %both_there = and i1 %x_there, %y_there
  br i1 %both_there, label %bind_them, label %other
bind_them:
  %pair = call ptr @PyTuple_New(i64 2)
  %no_pair = icmp eq ptr %pair, null
  br i1 %no_pair, label %failed, label %fill_both
fill_both:
  call void @Py_IncRef(ptr %x_array)
  call void @Py_IncRef(ptr %y_array)
  %pair_at = getelementptr i8, ptr %pair, i64 $TUPLE_ITEMS
  store ptr %x_array, ptr %pair_at
  %pair_second_at = getelementptr i8, ptr %pair_at, i64 8
  store ptr %y_array, ptr %pair_second_at
  br label %make

make:
  %bound = phi ptr [null, %binding], [%single, %fill_one], [%pair, %fill_both]
  %made = call ptr %new(ptr %tensor_type, ptr %no_arguments, ptr null)
  %not_made = icmp eq ptr %made, null
  br i1 %not_made, label %drop_bound, label %still
still:
  %at_now = load ptr, ptr %at_at
  %at_same = icmp eq ptr %at_now, %at
  %next_now = load ptr, ptr %next_at
  %next_same = icmp eq ptr %next_now, %next
  %all_same = and i1 %at_same, %next_same
  br i1 %all_same, label %record, label %drop_made
drop_made:
  call void @Py_DecRef(ptr %made)
  br label %drop_bound
drop_bound:
  %is_error = phi i1 [true, %make], [false, %drop_made]
  %bound_there = icmp ne ptr %bound, null
  br i1 %bound_there, label %drop_it, label %dropped
drop_it:
  call void @Py_DecRef(ptr %bound)
  br label %dropped
dropped:
  br i1 %is_error, label %failed, label %other

record:
  %result_at = getelementptr i8, ptr %next, i64 %result_offset
  %result = load ptr, ptr %result_at
  call void @Py_IncRef(ptr %result)
  %made_value_at = getelementptr i8, ptr %made, i64 %value_offset
  store ptr %result, ptr %made_value_at
  %out_at = getelementptr i8, ptr %next, i64 %out_offset
  %old_out = load ptr, ptr %out_at
  call void @Py_IncRef(ptr %made)
  store ptr %made, ptr %out_at
  call void @Py_IncRef(ptr %next)
  store ptr %next, ptr %at_at
  %binds_any = icmp ne ptr %bound, null
  br i1 %binds_any, label %put_bound, label %release
put_bound:
  %bound_at = getelementptr i8, ptr %next, i64 %bound_offset
  %old_bound = load ptr, ptr %bound_at
  store ptr %bound, ptr %bound_at
  call void @Py_DecRef(ptr %old_bound)
  br label %release
release:
  call void @Py_DecRef(ptr %old_out)
  call void @Py_DecRef(ptr %at)
  ret ptr %made

other:
  %answer = call ptr @PyObject_Vectorcall(ptr %otherwise, ptr %arguments, i64 %count, ptr null)
  ret ptr %answer
failed:
  ret ptr null
}
"""
"""One function for all ops. Its own is the table that says which it is, and where things are."""

STRAIGHT = """
declare ptr @PyObject_VectorcallMethod(ptr, ptr, i64, ptr)
declare i64 @PyTuple_Size(ptr)
@forward_name = external global i64

define ptr @straight(ptr %self, ptr %arguments, i64 %count, ptr %names) nounwind {
entry:
  %before = getelementptr i8, ptr %arguments, i64 -8
  %all = add i64 %count, 1
  %first = load ptr, ptr %before
  %is_self = icmp eq ptr %first, %self
  br i1 %is_self, label %call, label %copy
copy:
  %named = icmp ne ptr %names, null
  br i1 %named, label %count_names, label %counted
count_names:
  %name_count = call i64 @PyTuple_Size(ptr %names)
  br label %counted
counted:
  %more = phi i64 [0, %copy], [%name_count, %count_names]
  %given = add i64 %count, %more
  %size = add i64 %given, 1
  %room = alloca ptr, i64 %size
  store ptr %self, ptr %room
  br label %next
next:
  %k = phi i64 [0, %counted], [%k_on, %copy_one]
  %done = icmp eq i64 %k, %given
  br i1 %done, label %call, label %copy_one
copy_one:
  %from = getelementptr ptr, ptr %arguments, i64 %k
  %item = load ptr, ptr %from
  %k_on = add i64 %k, 1
  %to = getelementptr ptr, ptr %room, i64 %k_on
  store ptr %item, ptr %to
  br label %next
call:
  %list = phi ptr [%before, %entry], [%room, %next]
  %result = call ptr @PyObject_VectorcallMethod(ptr @forward_name, ptr %list, i64 %all, ptr %names)
  ret ptr %result
}
"""
"""`Module.__call__`: calls `forward` of the module. What comes before the arguments in memory is
nearly always the module itself; then they need not be copied."""
