"""The IR of the function that goes through a rote; `rote` says what it is for."""

from __future__ import annotations

FUNCTION = """
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
@ndarray_type = external global i64
@tuple_type = external global i64
@list_type = external global i64
@true_object = external global i64
@false_object = external global i64

define ptr @rote(ptr %self, ptr %arguments, i64 %count) nounwind {
entry:
  %enough = icmp sge i64 %count, 1
  br i1 %enough, label %typed, label %other
typed:
  %table = load ptr, ptr %arguments
  %table_type_at = getelementptr i8, ptr %table, i64 8
  %table_type = load ptr, ptr %table_type_at
  %is_array = icmp eq ptr %table_type, @ndarray_type
  br i1 %is_array, label %head, label %other
other:
  call void @Py_IncRef(ptr @false_object)
  ret ptr @false_object
head:
  %data_at = getelementptr i8, ptr %table, i64 $DATA
  %data = load ptr, ptr %data_at
  %given = load i64, ptr %data
  %arguments_at = getelementptr i8, ptr %data, i64 8
  %size = load i64, ptr %arguments_at
  %replaced_at = getelementptr i8, ptr %data, i64 16
  %replaced = load i64, ptr %replaced_at
  %function_at = getelementptr i8, ptr %data, i64 24
  %function = load ptr, ptr %function_at
  %renew_at = getelementptr i8, ptr %data, i64 32
  %renew = load ptr, ptr %renew_at
  %value_offset_at = getelementptr i8, ptr %data, i64 $ROW
  %value_offset = load i64, ptr %value_offset_at
  %array_offset_at = getelementptr i8, ptr %value_offset_at, i64 8
  %array_offset = load i64, ptr %array_offset_at
  %wanted = add i64 %given, 1
  %as_many = icmp eq i64 %count, %wanted
  br i1 %as_many, label %make, label %other
make:
  %kept = add i64 %size, %replaced
  %held = alloca ptr, i64 %kept, align 16
  %old = getelementptr ptr, ptr %held, i64 %size
  %first = getelementptr i8, ptr %data, i64 $TWO_ROWS
  br label %clear
clear:
  %n = phi i64 [0, %make], [%n_next, %clear_one]
  %cleared = icmp eq i64 %n, %kept
  br i1 %cleared, label %next, label %clear_one
clear_one:
  %clear_at = getelementptr ptr, ptr %held, i64 %n
  store ptr null, ptr %clear_at
  %n_next = add i64 %n, 1
  br label %clear
on:
  %row_on = getelementptr i8, ptr %row, i64 $ROW
  br label %next
next:
  %row = phi ptr [%first, %clear], [%row_on, %on]
  %what = load i64, ptr %row
  %place_at = getelementptr i8, ptr %row, i64 8
  %place = load ptr, ptr %place_at
  %q_at = getelementptr i8, ptr %row, i64 16
  %q = load i64, ptr %q_at
  %q_pointer = inttoptr i64 %q to ptr
  %r_at = getelementptr i8, ptr %row, i64 24
  %r = load i64, ptr %r_at
  %s_at = getelementptr i8, ptr %row, i64 32
  %s = load i64, ptr %s_at
  %d_at = getelementptr i8, ptr %row, i64 40
  %d = load i64, ptr %d_at
  %argument_at = getelementptr ptr, ptr %held, i64 %d
  %old_at = getelementptr ptr, ptr %old, i64 %d
  %t_at = getelementptr i8, ptr %row, i64 48
  %t = load i64, ptr %t_at
  %direct = icmp eq i64 %t, 0
  br i1 %direct, label %dispatch, label %within
within:
  %in_list = load ptr, ptr %place
  %in_nothing = icmp eq ptr %in_list, null
  br i1 %in_nothing, label %astray, label %in_something
in_something:
  %in_type_at = getelementptr i8, ptr %in_list, i64 8
  %in_type = load ptr, ptr %in_type_at
  %is_in_list = icmp eq ptr %in_type, @list_type
  br i1 %is_in_list, label %in_known_list, label %astray
in_known_list:
  %in_size_at = getelementptr i8, ptr %in_list, i64 $SIZE
  %in_size = load i64, ptr %in_size_at
  %in_has = icmp uge i64 %in_size, %t
  br i1 %in_has, label %in_place, label %astray
in_place:
  %in_items_at = getelementptr i8, ptr %in_list, i64 $LIST_ITEMS
  %in_items = load ptr, ptr %in_items_at
  %in_index = sub i64 %t, 1
  %in_item_at = getelementptr ptr, ptr %in_items, i64 %in_index
  br label %dispatch
astray:
  %is_delivery = icmp uge i64 %what, $DELIVER
  br i1 %is_delivery, label %on, label %refuse
dispatch:
  %p = phi ptr [%place, %next], [%in_item_at, %in_place]
  switch i64 %what, label %refuse [$CASES]

same:
  %same_word = load i64, ptr %p
  %is_same = icmp eq i64 %same_word, %q
  br i1 %is_same, label %on, label %refuse

field:
  %field_object = load ptr, ptr %p
  %field_none = icmp eq ptr %field_object, null
  br i1 %field_none, label %refuse, label %field_there
field_there:
  %field_at = getelementptr i8, ptr %field_object, i64 %q
  %field_word = load i64, ptr %field_at
  %is_field = icmp eq i64 %field_word, %r
  br i1 %is_field, label %on, label %refuse

sole:
  %sole_object = load ptr, ptr %p
  %sole_none = icmp eq ptr %sole_object, null
  br i1 %sole_none, label %refuse, label %sole_there
sole_there:
  %sole_references = load i32, ptr %sole_object
  %sole_wide = zext i32 %sole_references to i64
  %is_sole = icmp ule i64 %sole_wide, %q
  br i1 %is_sole, label %on, label %refuse

item:
  %item_list_at = getelementptr i8, ptr %p, i64 $LIST_ITEMS
  %item_list = load ptr, ptr %item_list_at
  %item_at = getelementptr ptr, ptr %item_list, i64 %q
  %item_word = load i64, ptr %item_at
  %is_item = icmp eq i64 %item_word, %r
  br i1 %is_item, label %on, label %refuse

thing:
  store ptr %p, ptr %argument_at
  call void @Py_IncRef(ptr %p)
  br label %on

passed:
  %passed_place = ptrtoint ptr %p to i64
  %passed_given = add i64 %passed_place, 1
  %passed_at = getelementptr ptr, ptr %arguments, i64 %passed_given
  %passed_object = load ptr, ptr %passed_at
  br label %take

argument:
  %argument_object = load ptr, ptr %p
  br label %take

bound:
  %bound_object = load ptr, ptr %p
  %bound_none = icmp eq ptr %bound_object, null
  br i1 %bound_none, label %refuse, label %bound_there
bound_there:
  %bound_type_at = getelementptr i8, ptr %bound_object, i64 8
  %bound_type = load ptr, ptr %bound_type_at
  %bound_size_at = getelementptr i8, ptr %bound_object, i64 16
  %bound_size = load i64, ptr %bound_size_at
  %bound_has = icmp ugt i64 %bound_size, %q
  br i1 %bound_has, label %bound_kind, label %refuse
bound_kind:
  %bound_is_tuple = icmp eq ptr %bound_type, @tuple_type
  %bound_tuple = getelementptr i8, ptr %bound_object, i64 $TUPLE_ITEMS
  br i1 %bound_is_tuple, label %bound_item, label %bound_no_tuple
bound_no_tuple:
  %bound_is_list = icmp eq ptr %bound_type, @list_type
  %bound_list_at = getelementptr i8, ptr %bound_object, i64 $LIST_ITEMS
  br i1 %bound_is_list, label %bound_list, label %refuse
bound_list:
  %bound_list_items = load ptr, ptr %bound_list_at
  br label %bound_item
bound_item:
  %bound_items = phi ptr [%bound_tuple, %bound_kind], [%bound_list_items, %bound_list]
  %bound_at = getelementptr ptr, ptr %bound_items, i64 %q
  %bound_found = load ptr, ptr %bound_at
  br label %take

number:
  %number_place = ptrtoint ptr %p to i64
  %number_given = add i64 %number_place, 1
  %number_tuple_at = getelementptr ptr, ptr %arguments, i64 %number_given
  %number_tuple = load ptr, ptr %number_tuple_at
  %number_type_at = getelementptr i8, ptr %number_tuple, i64 8
  %number_type = load ptr, ptr %number_type_at
  %number_is_tuple = icmp eq ptr %number_type, @tuple_type
  br i1 %number_is_tuple, label %number_size, label %refuse
number_size:
  %number_size_at = getelementptr i8, ptr %number_tuple, i64 16
  %number_count = load i64, ptr %number_size_at
  %number_has = icmp ugt i64 %number_count, %q
  br i1 %number_has, label %number_item, label %refuse
number_item:
  %number_items = getelementptr i8, ptr %number_tuple, i64 $TUPLE_ITEMS
  %number_at = getelementptr ptr, ptr %number_items, i64 %q
  %number_found = load ptr, ptr %number_at
  br label %take

take:
  %taken = phi ptr [%passed_object, %passed], [%argument_object, %argument],
    [%bound_found, %bound_item], [%number_found, %number_item],
    [%slot_object, %slot_free], [%spare_object, %swap]
  %taken_none = icmp eq ptr %taken, null
  br i1 %taken_none, label %refuse, label %take_it
take_it:
  store ptr %taken, ptr %argument_at
  call void @Py_IncRef(ptr %taken)
  br label %on

slot:
  %slot_list_at = getelementptr i8, ptr %p, i64 $LIST_ITEMS
  %slot_list = load ptr, ptr %slot_list_at
  %slot_at = getelementptr ptr, ptr %slot_list, i64 %q
  %slot_object = load ptr, ptr %slot_at
  %slot_references = load i32, ptr %slot_object
  %slot_is_sole = icmp eq i32 %slot_references, 1
  br i1 %slot_is_sole, label %slot_look, label %spare
slot_look:
  %base_at = getelementptr i8, ptr %slot_object, i64 $BASE
  %base = load ptr, ptr %base_at
  %base_none = icmp eq ptr %base, null
  br i1 %base_none, label %slot_free, label %base_there
base_there:
  %base_references = load i32, ptr %base
  %base_is_sole = icmp eq i32 %base_references, 1
  br i1 %base_is_sole, label %slot_free, label %spare
slot_free:
  br label %take
spare:
  %spares = inttoptr i64 %s to ptr
  %spare_list_at = getelementptr i8, ptr %spares, i64 $LIST_ITEMS
  %spare_list = load ptr, ptr %spare_list_at
  %spare_at = getelementptr ptr, ptr %spare_list, i64 %q
  %spare_object = load ptr, ptr %spare_at
  %spare_type_at = getelementptr i8, ptr %spare_object, i64 8
  %spare_type = load ptr, ptr %spare_type_at
  %spare_there = icmp eq ptr %spare_type, @ndarray_type
  br i1 %spare_there, label %spare_look, label %slot_renew
spare_look:
  %spare_references = load i32, ptr %spare_object
  %spare_is_sole = icmp eq i32 %spare_references, 1
  br i1 %spare_is_sole, label %spare_base, label %slot_renew
spare_base:
  %spare_base_at = getelementptr i8, ptr %spare_object, i64 $BASE
  %base_of_spare = load ptr, ptr %spare_base_at
  %no_spare_base = icmp eq ptr %base_of_spare, null
  br i1 %no_spare_base, label %swap, label %spare_base_there
spare_base_there:
  %spare_base_references = load i32, ptr %base_of_spare
  %spare_base_is_sole = icmp eq i32 %spare_base_references, 1
  br i1 %spare_base_is_sole, label %swap, label %slot_renew
swap:
  store ptr %spare_object, ptr %slot_at
  store ptr %slot_object, ptr %spare_at
  br label %take
slot_renew:
  %renewed = call ptr @PyObject_Vectorcall(ptr %renew, ptr %r_at, i64 1, ptr null)
  store ptr %renewed, ptr %argument_at
  %renewed_none = icmp eq ptr %renewed, null
  br i1 %renewed_none, label %leave, label %on

run:
  %returned = call ptr @PyObject_Vectorcall(ptr %function, ptr %held, i64 %size, ptr null)
  %returned_none = icmp eq ptr %returned, null
  br i1 %returned_none, label %leave, label %ran
ran:
  call void @Py_DecRef(ptr %returned)
  br label %on

set:
  br label %put
put_given:
  %given_place = add i64 %q, 1
  %given_at = getelementptr ptr, ptr %arguments, i64 %given_place
  %given_object = load ptr, ptr %given_at
  br label %put
move:
  %moved = load ptr, ptr %q_pointer
  br label %put
put:
  %new = phi ptr [%q_pointer, %set], [%given_object, %put_given], [%moved, %move]
  %before = load ptr, ptr %p
  store ptr %before, ptr %old_at
  store ptr %new, ptr %p
  call void @Py_IncRef(ptr %new)
  br label %on

deliver:
  %tensor = load ptr, ptr %p
  %tensor_value_at = getelementptr i8, ptr %tensor, i64 %value_offset
  %tensor_value = load ptr, ptr %tensor_value_at
  %is_wanted = icmp eq ptr %tensor_value, %q_pointer
  br i1 %is_wanted, label %deliver_it, label %on
deliver_it:
  %tensor_array_at = getelementptr i8, ptr %tensor, i64 %array_offset
  %tensor_array = load ptr, ptr %tensor_array_at
  %made_at = getelementptr ptr, ptr %held, i64 %s
  %made = load ptr, ptr %made_at
  store ptr %made, ptr %tensor_array_at
  call void @Py_IncRef(ptr %made)
  store ptr %tensor_array, ptr %old_at
  %leaf = inttoptr i64 %r to ptr
  store ptr %leaf, ptr %tensor_value_at
  call void @Py_IncRef(ptr %leaf)
  %old_value_at = getelementptr ptr, ptr %old_at, i64 1
  store ptr %tensor_value, ptr %old_value_at
  br label %on

denote:
  %changed = load ptr, ptr %p
  %changed_value_at = getelementptr i8, ptr %changed, i64 %value_offset
  %changed_value = load ptr, ptr %changed_value_at
  %is_changed = icmp eq ptr %changed_value, %q_pointer
  br i1 %is_changed, label %denote_it, label %on
denote_it:
  store ptr %changed_value, ptr %old_at
  %changed_leaf = inttoptr i64 %r to ptr
  store ptr %changed_leaf, ptr %changed_value_at
  call void @Py_IncRef(ptr %changed_leaf)
  br label %on

done:
  call void @Py_IncRef(ptr @true_object)
  br label %leave
refuse:
  call void @Py_IncRef(ptr @false_object)
  br label %leave
leave:
  %result = phi ptr [@true_object, %done], [@false_object, %refuse],
    [null, %slot_renew], [null, %run]
  br label %release
release:
  %m = phi i64 [0, %leave], [%m_next, %release_on]
  %released = icmp eq i64 %m, %kept
  br i1 %released, label %return, label %release_one
release_one:
  %release_at = getelementptr ptr, ptr %held, i64 %m
  %last = load ptr, ptr %release_at
  %m_next = add i64 %m, 1
  %last_none = icmp eq ptr %last, null
  br i1 %last_none, label %release_on, label %let_go
let_go:
  call void @Py_DecRef(ptr %last)
  br label %release_on
release_on:
  br label %release
return:
  ret ptr %result
}
"""
