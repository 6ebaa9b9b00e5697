# SPDX-License-Identifier: MIT
# Several test sources of a family as one program: what they instantiate in common is compiled once.
#
# The program's source includes first what its tests include, and then each test in a namespace of its own, so that
# names in them need not differ. A test stays alone if no namespace can hold it: one that includes a header under a
# condition, replaces operator new, includes another test, or specializes a template of std or plait.
set(PLAIT_TESTS_IN_A_PROGRAM 6)  # more would take gigabytes to compile

# plait_join_tests(LIST LIBRARIES...): adds programs of the sources that can be joined, and takes them off LIST.
function(plait_join_tests list)
  set(families)
  set(alone)
  foreach(source IN LISTS ${list})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})  # its includes are copied
    file(STRINGS ${source} lines REGEX "^#(include|if|endif)|^(struct|class) (std|plait)::|^namespace (std|plait)|^[a-z].*operator (new|delete)")
    plait_includes_of(includes ${lines})
    cmake_path(GET source PARENT_PATH family)
    cmake_path(GET family FILENAME family)
    if(NOT includes)
      list(APPEND alone ${source})
      continue()
    endif()
    list(APPEND families ${family})
    list(APPEND tests_of_${family} ${source})
    list(APPEND includes_of_${family} ${includes})
  endforeach()
  list(REMOVE_DUPLICATES families)
  foreach(family IN LISTS families)
    list(REMOVE_DUPLICATES includes_of_${family})
    list(JOIN includes_of_${family} "\n" includes)
    set(number 0)
    while(tests_of_${family})
      math(EXPR number "${number} + 1")
      list(SUBLIST tests_of_${family} 0 ${PLAIT_TESTS_IN_A_PROGRAM} tests)
      list(REMOVE_ITEM tests_of_${family} ${tests})
      set(text "${includes}\n")
      foreach(test IN LISTS tests)
        cmake_path(GET test STEM stem)
        string(APPEND text "namespace ${stem}_tests {\n#include \"${test}\"\n}\n")
      endforeach()
      set(joined ${CMAKE_CURRENT_BINARY_DIR}/together/${family}_${number}.cpp)
      file(CONFIGURE OUTPUT ${joined} CONTENT "${text}" @ONLY)
      plait_test_program(${family}_${number}.tests ${joined} ${ARGN})
      plait_run_tests(${family}_${number}.tests)
    endwhile()
  endforeach()
  set(${list} ${alone} PARENT_SCOPE)
endfunction()

# The #include lines among those of a test; none if it has to stay alone.
function(plait_includes_of result)  # ARGN: lines
  set(includes)
  set(conditions 0)
  foreach(line IN LISTS ARGN)
    if(line MATCHES "^#if")
      math(EXPR conditions "${conditions} + 1")
    elseif(line MATCHES "^#endif")
      math(EXPR conditions "${conditions} - 1")
    elseif(line MATCHES "^#include" AND conditions EQUAL 0 AND NOT line MATCHES "allocations\\.hpp|\\.cpp\"|<verify/")
      list(APPEND includes ${line})
    else()
      set(${result} "" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${result} "${includes}" PARENT_SCOPE)
endfunction()
