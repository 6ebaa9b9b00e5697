# SPDX-License-Identifier: MIT
# Several sources as one: what they instantiate in common is compiled once.
#
# The joined source includes first what its parts include, and then each part in a namespace of its own, so that names
# in them need not differ. A source stays alone if no namespace can hold it: one that includes a header under a
# condition, replaces operator new, includes another source, or specializes a template of std or plait.
set(PLAIT_PARTS_OF_A_SOURCE 6)  # more would take gigabytes to compile

# plait_join_tests(LIST LIBRARIES...): adds programs of the sources that can be joined, a family's with each other, and
# takes them off LIST. One that is left over stays there.
function(plait_join_tests list)
  plait_take_what_can_be_joined(${list} joined)
  set(families)
  foreach(source IN LISTS joined)
    plait_family_of(family ${source})
    list(APPEND families ${family})
    list(APPEND tests_of_${family} ${source})
  endforeach()
  list(REMOVE_DUPLICATES families)
  foreach(family IN LISTS families)
    set(number 0)
    while(tests_of_${family})
      math(EXPR number "${number} + 1")
      list(SUBLIST tests_of_${family} 0 ${PLAIT_PARTS_OF_A_SOURCE} tests)
      list(REMOVE_ITEM tests_of_${family} ${tests})
      list(LENGTH tests parts)
      if(parts EQUAL 1)
        list(APPEND ${list} ${tests})
        continue()
      endif()
      set(name ${family}_${number}.tests)
      set(joined ${CMAKE_CURRENT_BINARY_DIR}/together/${family}_${number}.cpp)
      plait_join(${joined} ${tests})
      plait_test_program(${name} ${family} ${joined} ${ARGN})
      plait_run_tests(${name})
    endwhile()
  endforeach()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

# plait_join_programs(LIST NAME): adds a program NAME, whose first argument says which of the sources' main() it runs, by
# the source's stem; and takes these sources off LIST. Those stay that cannot be joined, or whose main() has parameters.
function(plait_join_programs list program)
  plait_take_what_can_be_joined(${list} joined)
  set(parts)
  set(choices)
  foreach(source IN LISTS joined)
    file(READ ${source} text)
    if(NOT text MATCHES "\nint main\\(\\) {")
      list(REMOVE_ITEM joined ${source})
      list(APPEND ${list} ${source})
      continue()
    endif()
    cmake_path(GET source STEM stem)
    # Only the main() of a program may end without a return.
    string(REGEX REPLACE "}\n$" "return 0;\n}\n" text "${text}")
    string(APPEND parts "namespace part_${stem} {\n#line 1 \"${source}\"\n${text}}\n")
    string(APPEND choices "  if (which == \"${stem}\") return part_${stem}::main();\n")
  endforeach()
  plait_includes_of(includes ${joined})
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${program}.cpp)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[
#include <string_view>
@includes@
@parts@
int main(int count, char** arguments) {
  const std::string_view which = count > 1 ? arguments[1] : "";
@choices@  return 2;
}
]])
  add_executable(${program} ${file})
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

# plait_join_sources(LIST NAME): in place of the sources of a program that can be joined, the joined ones.
function(plait_join_sources list name)
  plait_take_what_can_be_joined(${list} joined)
  set(number 0)
  while(joined)
    math(EXPR number "${number} + 1")
    list(SUBLIST joined 0 ${PLAIT_PARTS_OF_A_SOURCE} parts)
    list(REMOVE_ITEM joined ${parts})
    set(file ${CMAKE_CURRENT_BINARY_DIR}/together/${name}_${number}.cpp)
    plait_join(${file} ${parts})
    list(APPEND ${list} ${file})
  endwhile()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

# plait_take_what_can_be_joined(LIST RESULT): moves these sources from LIST to RESULT.
function(plait_take_what_can_be_joined list result)
  set(alone)
  set(joined)
  foreach(source IN LISTS ${list})
    file(STRINGS ${source} lines REGEX "^#(include|if|endif)|^template <>|^namespace (std|plait)|^[a-z].*operator (new|delete)")
    plait_can_be_joined(can_be_joined ${lines})
    if(can_be_joined)
      list(APPEND joined ${source})
    else()
      list(APPEND alone ${source})
    endif()
  endforeach()
  set(${list} ${alone} PARENT_SCOPE)
  set(${result} ${joined} PARENT_SCOPE)
endfunction()

function(plait_can_be_joined result)  # ARGN: the lines of the source on which it depends
  set(${result} FALSE PARENT_SCOPE)
  set(conditions 0)
  foreach(line IN LISTS ARGN)
    if(line MATCHES "^#if")
      math(EXPR conditions "${conditions} + 1")
    elseif(line MATCHES "^#endif")
      math(EXPR conditions "${conditions} - 1")
    elseif(NOT line MATCHES "^#include" OR conditions GREATER 0 OR line MATCHES "allocations\\.hpp|\\.cpp\"")
      return()
    endif()
  endforeach()
  set(${result} TRUE PARENT_SCOPE)
endfunction()

# plait_join(FILE SOURCES...): writes the joined source.
function(plait_join file)
  plait_includes_of(includes ${ARGN})
  set(parts)
  foreach(source IN LISTS ARGN)
    cmake_path(GET source STEM stem)
    string(APPEND parts "namespace part_${stem} {\n#include \"${source}\"\n}\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT "@includes@\n@parts@")
  # A warning for headers, which the parts are not.
  set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# plait_includes_of(RESULT SOURCES...)
function(plait_includes_of result)
  set(includes)
  foreach(source IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(STRINGS ${source} lines REGEX "^#include")
    list(APPEND includes ${lines})
  endforeach()
  list(REMOVE_DUPLICATES includes)
  list(JOIN includes "\n" includes)
  set(${result} "${includes}" PARENT_SCOPE)
endfunction()
