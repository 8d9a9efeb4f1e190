"""The IR of the function that makes batches of rows; `rote.GATHER` says what it is given."""

from __future__ import annotations

FITS = """
declare ptr @PyObject_GetAttr(ptr, ptr)
declare ptr @PyList_New(i64)

define internal i1 @fits(ptr %array, ptr %source, i64 %count, i32 %flags) nounwind {
entry:
  %type_at = getelementptr i8, ptr %array, i64 8
  %type = load ptr, ptr %type_at
  %is_array = icmp eq ptr %type, @ndarray_type
  br i1 %is_array, label %typed, label %no
typed:
  %dtype_at = getelementptr i8, ptr %array, i64 $DESCR
  %dtype = load i64, ptr %dtype_at
  %wanted_dtype_at = getelementptr i64, ptr %source, i64 $DTYPE
  %wanted_dtype = load i64, ptr %wanted_dtype_at
  %is_dtype = icmp eq i64 %dtype, %wanted_dtype
  br i1 %is_dtype, label %flagged, label %no
flagged:
  %flags_at = getelementptr i8, ptr %array, i64 $FLAGS
  %found_flags = load i32, ptr %flags_at
  %both_flags = and i32 %found_flags, %flags
  %is_flagged = icmp eq i32 %both_flags, %flags
  br i1 %is_flagged, label %shaped, label %no
shaped:
  %ndim_at = getelementptr i8, ptr %array, i64 $NDIM
  %ndim_narrow = load i32, ptr %ndim_at
  %ndim = zext i32 %ndim_narrow to i64
  %wanted_ndim_at = getelementptr i64, ptr %source, i64 $NDIMS
  %wanted_ndim = load i64, ptr %wanted_ndim_at
  %is_ndim = icmp eq i64 %ndim, %wanted_ndim
  br i1 %is_ndim, label %counted, label %no
counted:
  %shape_at = getelementptr i8, ptr %array, i64 $SHAPE
  %shape = load ptr, ptr %shape_at
  %length = load i64, ptr %shape
  %is_length = icmp eq i64 %length, %count
  br i1 %is_length, label %next, label %no
next:
  %k = phi i64 [1, %counted], [%k_on, %one]
  %done = icmp eq i64 %k, %ndim
  br i1 %done, label %yes, label %one
one:
  %size_at = getelementptr i64, ptr %shape, i64 %k
  %size = load i64, ptr %size_at
  %wanted_place = add i64 %k, $NDIMS
  %wanted_at = getelementptr i64, ptr %source, i64 %wanted_place
  %wanted = load i64, ptr %wanted_at
  %is_size = icmp eq i64 %size, %wanted
  %k_on = add i64 %k, 1
  br i1 %is_size, label %next, label %no
yes:
  ret i1 true
no:
  ret i1 false
}
"""
"""Whether an object is an array of so many rows like those of a source, with these flags."""

GATHER = """
define ptr @gather(ptr %self, ptr %arguments, i64 %given) nounwind {
entry:
  %own_at = getelementptr i8, ptr %self, i64 $OWN
  %own = load ptr, ptr %own_at
  %data_at = getelementptr i8, ptr %own, i64 $DATA
  %data = load ptr, ptr %data_at
$GATHER_HEAD
  %first_look = getelementptr i64, ptr %index_like, i64 $SOURCE
  %is_single = icmp ne i64 %single, 0
  %is_mapped = icmp ne ptr %map_data, null
  %expected = icmp eq i64 %given, 1
  br i1 %expected, label %look, label %other

look:
  %c = phi i64 [0, %entry], [%c_on, %looked]
  %all_looked = icmp eq i64 %c, %looks
  br i1 %all_looked, label %make, label %look_one
look_one:
  %look_place = mul i64 %c, 4
  %owner_at = getelementptr i64, ptr %first_look, i64 %look_place
  %owner = load ptr, ptr %owner_at
  %name_at = getelementptr i64, ptr %owner_at, i64 1
  %name = load ptr, ptr %name_at
  %attribute = call ptr @PyObject_GetAttr(ptr %owner, ptr %name)
  %no_attribute = icmp eq ptr %attribute, null
  br i1 %no_attribute, label %failed, label %look_same
look_same:
  call void @Py_DecRef(ptr %attribute)
  %found_at = getelementptr i64, ptr %owner_at, i64 2
  %found = load ptr, ptr %found_at
  %is_found = icmp eq ptr %attribute, %found
  br i1 %is_found, label %look_size, label %other
look_size:
  %length_at = getelementptr i64, ptr %owner_at, i64 3
  %length = load i64, ptr %length_at
  %any_length = icmp slt i64 %length, 0
  br i1 %any_length, label %looked, label %look_list
look_list:
  %list_size_at = getelementptr i8, ptr %found, i64 $SIZE
  %list_size = load i64, ptr %list_size_at
  %is_length = icmp eq i64 %list_size, %length
  br i1 %is_length, label %looked, label %other
looked:
  %c_on = add i64 %c, 1
  br label %look

make:
  %looks_size = mul i64 %looks, 4
  %sources = getelementptr i64, ptr %first_look, i64 %looks_size
  %list = call ptr @PyList_New(i64 %tables)
  %no_list = icmp eq ptr %list, null
  br i1 %no_list, label %failed, label %fill
fill:
  %items_at = getelementptr i8, ptr %list, i64 $LIST_ITEMS
  %items = load ptr, ptr %items_at
  %slot_items_at = getelementptr i8, ptr %slots, i64 $LIST_ITEMS
  %spare_items_at = getelementptr i8, ptr %spares, i64 $LIST_ITEMS
  br label %fill_next
fill_next:
  %m = phi i64 [0, %fill], [%m_on, %filled]
  %all_filled = icmp eq i64 %m, %tables
  br i1 %all_filled, label %ready, label %fill_one
fill_one:
  %tensor = call ptr %new(ptr %tensor_type, ptr %no_arguments, ptr null)
  %no_tensor = icmp eq ptr %tensor, null
  br i1 %no_tensor, label %drop_failed, label %fill_item
fill_item:
  %item_at = getelementptr ptr, ptr %items, i64 %m
  store ptr %tensor, ptr %item_at
  %source_place = mul i64 %m, $SOURCE
  %source = getelementptr i64, ptr %sources, i64 %source_place
  %leaf_at = getelementptr i64, ptr %source, i64 $LEAF
  %leaf = load ptr, ptr %leaf_at
  call void @Py_IncRef(ptr %leaf)
  %tensor_value_at = getelementptr i8, ptr %tensor, i64 %value_offset
  store ptr %leaf, ptr %tensor_value_at
  %tensor_array_at = getelementptr i8, ptr %tensor, i64 %array_offset
  %slot_items = load ptr, ptr %slot_items_at
  %slot_at = getelementptr ptr, ptr %slot_items, i64 %m
  %slot = load ptr, ptr %slot_at
  %slot_references = load i32, ptr %slot
  %slot_is_sole = icmp eq i32 %slot_references, 1
  br i1 %slot_is_sole, label %use, label %spare_look
spare_look:
  %spare_items = load ptr, ptr %spare_items_at
  %spare_at = getelementptr ptr, ptr %spare_items, i64 %m
  %spare = load ptr, ptr %spare_at
  %spare_references = load i32, ptr %spare
  %spare_is_sole = icmp eq i32 %spare_references, 1
  br i1 %spare_is_sole, label %swap, label %renew
swap:
  store ptr %spare, ptr %slot_at
  store ptr %slot, ptr %spare_at
  br label %use
use:
  %used = phi ptr [%slot, %fill_item], [%spare, %swap]
  call void @Py_IncRef(ptr %used)
  br label %filled
renew:
  %another = call ptr @PyObject_Vectorcall(ptr %like, ptr %slot_at, i64 1, ptr null)
  %no_other = icmp eq ptr %another, null
  br i1 %no_other, label %drop_failed, label %filled
filled:
  %array = phi ptr [%used, %use], [%another, %renew]
  store ptr %array, ptr %tensor_array_at
  %m_on = add i64 %m, 1
  br label %fill_next

ready:
  %index = load ptr, ptr %arguments
  %index_fits = call i1 @fits(ptr %index, ptr %index_like, i64 %count, i32 $READABLE)
  br i1 %index_fits, label %resolve, label %drop
resolve:
  %noted = getelementptr i64, ptr %scratch, i64 %count
  %index_data_at = getelementptr i8, ptr %index, i64 $DATA
  %index_data = load ptr, ptr %index_data_at
  br label %resolve_next
resolve_next:
  %i = phi i64 [0, %resolve], [%i_on, %resolved]
  %all_resolved = icmp eq i64 %i, %count
  br i1 %all_resolved, label %check, label %resolve_one
resolve_one:
  %given_at = getelementptr i64, ptr %index_data, i64 %i
  %given_row = load i64, ptr %given_at
  br i1 %is_mapped, label %map, label %row
map:
  %map_from_end = add i64 %given_row, %map_count
  %map_negative = icmp slt i64 %given_row, 0
  %map_row = select i1 %map_negative, i64 %map_from_end, i64 %given_row
  %is_in_map = icmp ult i64 %map_row, %map_count
  br i1 %is_in_map, label %mapped, label %drop
mapped:
  %mapped_at = getelementptr i64, ptr %map_data, i64 %map_row
  %mapped_row = load i64, ptr %mapped_at
  br label %row
row:
  %any_row = phi i64 [%given_row, %resolve_one], [%mapped_row, %mapped]
  %row_from_end = add i64 %any_row, %rows
  %row_negative = icmp slt i64 %any_row, 0
  %row_wanted = select i1 %row_negative, i64 %row_from_end, i64 %any_row
  %is_row = icmp ult i64 %row_wanted, %rows
  br i1 %is_row, label %resolved, label %drop
resolved:
  %scratch_at = getelementptr i64, ptr %scratch, i64 %i
  store i64 %row_wanted, ptr %scratch_at
  %i_on = add i64 %i, 1
  br label %resolve_next

check:
  %t = phi i64 [0, %resolve_next], [%t_on, %checked]
  %all_checked = icmp eq i64 %t, %tables
  br i1 %all_checked, label %copy, label %check_one
check_one:
  %t_place = mul i64 %t, $SOURCE
  %t_source = getelementptr i64, ptr %sources, i64 %t_place
  %t_from = load ptr, ptr %t_source
  %t_value_at = getelementptr i64, ptr %t_source, i64 $VALUE
  %t_value = load ptr, ptr %t_value_at
  %is_plain = icmp eq ptr %t_value, null
  br i1 %is_plain, label %from, label %from_tensor
from_tensor:
  %from_value_at = getelementptr i8, ptr %t_from, i64 %value_offset
  %from_value = load ptr, ptr %from_value_at
  %is_value = icmp eq ptr %from_value, %t_value
  br i1 %is_value, label %from_tensor_array, label %drop
from_tensor_array:
  %from_array_at = getelementptr i8, ptr %t_from, i64 %array_offset
  %from_array = load ptr, ptr %from_array_at
  %no_array = icmp eq ptr %from_array, null
  br i1 %no_array, label %drop, label %from
from:
  %read = phi ptr [%t_from, %check_one], [%from_array, %from_tensor_array]
  %read_fits = call i1 @fits(ptr %read, ptr %t_source, i64 %rows, i32 $READABLE)
  br i1 %read_fits, label %to, label %drop
to:
  %to_tensor_at = getelementptr ptr, ptr %items, i64 %t
  %to_tensor = load ptr, ptr %to_tensor_at
  %to_array_at = getelementptr i8, ptr %to_tensor, i64 %array_offset
  %to_array = load ptr, ptr %to_array_at
  %to_fits = call i1 @fits(ptr %to_array, ptr %t_source, i64 %count, i32 $WRITABLE)
  br i1 %to_fits, label %note, label %drop
note:
  %read_data_at = getelementptr i8, ptr %read, i64 $DATA
  %read_data = load ptr, ptr %read_data_at
  %to_data_at = getelementptr i8, ptr %to_array, i64 $DATA
  %to_data = load ptr, ptr %to_data_at
  %bytes_at = getelementptr i64, ptr %t_source, i64 $BYTES
  %bytes = load i64, ptr %bytes_at
  %t_pair = mul i64 %t, 2
  %t_noted = getelementptr ptr, ptr %noted, i64 %t_pair
  %t_noted_to = getelementptr ptr, ptr %t_noted, i64 1
  store ptr %read_data, ptr %t_noted
  store ptr %to_data, ptr %t_noted_to
  %is_short = icmp ult i64 %bytes, $LINE
  br i1 %is_short, label %ask, label %checked
ask:
  call void @fetch_rows(ptr %read_data, i64 %bytes, ptr %scratch, i64 %count)
  br label %checked
checked:
  %t_on = add i64 %t, 1
  br label %check

copy:
  %u = phi i64 [0, %check], [%u_on, %copy_one]
  %all_copied = icmp eq i64 %u, %tables
  br i1 %all_copied, label %hand_over, label %copy_one
copy_one:
  %u_pair = mul i64 %u, 2
  %u_noted = getelementptr ptr, ptr %noted, i64 %u_pair
  %u_noted_to = getelementptr ptr, ptr %u_noted, i64 1
  %u_from = load ptr, ptr %u_noted
  %u_to = load ptr, ptr %u_noted_to
  %u_place = mul i64 %u, $SOURCE
  %u_source = getelementptr i64, ptr %sources, i64 %u_place
  %u_bytes_at = getelementptr i64, ptr %u_source, i64 $BYTES
  %u_bytes = load i64, ptr %u_bytes_at
  call void @copy_any(ptr %u_to, ptr %u_from, i64 %u_bytes, ptr %scratch, i64 %count)
  %u_on = add i64 %u, 1
  br label %copy
hand_over:
  br i1 %is_single, label %alone, label %all
alone:
  %only = load ptr, ptr %items
  call void @Py_IncRef(ptr %only)
  call void @Py_DecRef(ptr %list)
  ret ptr %only
all:
  ret ptr %list

drop_failed:
  call void @Py_DecRef(ptr %list)
  br label %failed
failed:
  ret ptr null
drop:
  call void @Py_DecRef(ptr %list)
  br label %other
other:
  %answer = call ptr @PyObject_Vectorcall(ptr %otherwise, ptr %arguments, i64 %given, ptr null)
  ret ptr %answer
}
"""
