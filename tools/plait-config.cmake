# SPDX-License-Identifier: MIT
# find_package(plait [COMPONENTS verify]): the target plait::plait, and with the component plait::verify and
# plait::histories.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include("${CMAKE_CURRENT_LIST_DIR}/plait-targets.cmake")
foreach(component IN LISTS plait_FIND_COMPONENTS)
  if(NOT component STREQUAL "verify")
    set(plait_NOT_FOUND_MESSAGE "plait has no component '${component}'; it has: verify")
  elseif(NOT EXISTS "${CMAKE_CURRENT_LIST_DIR}/../../libplait_verify.a")
    set(plait_NOT_FOUND_MESSAGE "this plait was installed without its model checker: configure it with -DPLAIT_BUILD_VERIFY=ON, build, and install again")
  else()
    include("${CMAKE_CURRENT_LIST_DIR}/plait-verify-targets.cmake")
    set(plait_${component}_FOUND TRUE)
  endif()
  if(plait_FIND_REQUIRED_${component} AND NOT plait_${component}_FOUND)
    set(plait_FOUND FALSE)
  endif()
endforeach()
