# hwm_valgrind_tool(NAME SOURCE…): links a Valgrind tool NAME-ARCH-linux, out of Valgrind's tree, into
# ${CMAKE_BINARY_DIR}/libexec/hwprof/model, and puts beside it links to those of the installed
# Valgrind's files that its core looks for in the tool's directory ($VALGRIND_LIB). The target is
# NAME_tool. There is none, and a message says why, where Valgrind's headers or libraries aren't.
#
# A tool is a static program without libc at an address of its own, so it is built by Valgrind's
# rules, not by hwprof's: nothing of CMAKE_C_FLAGS that would need a run-time library must win.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(hwm_arch amd64)
  set(hwm_other_arch x86)
  set(hwm_arch_flags)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(hwm_arch arm64)
  set(hwm_other_arch arm)
  set(hwm_arch_flags -mno-outline-atomics) # these would be calls of libgcc, which asks the libc
else()
  set(hwm_arch "")
endif()

# Sets hwm_include, hwm_libs, hwm_support (Valgrind's directory of data) and hwm_address; hwm_missing
# says what there isn't. pkg-config knows an unusual prefix, but only of the machine it runs on.
function(hwm_find_valgrind)
  set(HWM_LOAD_ADDRESS 0x58000000)
  set(prefix)
  if(NOT CMAKE_CROSSCOMPILING)
    pkg_get_variable(prefix valgrind prefix)
    pkg_get_variable(libdir valgrind libdir)
    pkg_get_variable(address valgrind valt_load_address)
    if(address)
      set(HWM_LOAD_ADDRESS ${address})
    endif()
  endif()
  set(missing)
  find_path(HWM_VALGRIND_INCLUDE pub_tool_tooliface.h HINTS ${prefix}/include
            PATH_SUFFIXES valgrind)
  set(libs)
  foreach(lib coregrind vex gcc-sup)
    find_library(HWM_VALGRIND_${lib} ${lib}-${hwm_arch}-linux HINTS ${libdir}
                 PATH_SUFFIXES valgrind)
    if(HWM_VALGRIND_${lib})
      list(APPEND libs ${HWM_VALGRIND_${lib}})
    elseif(NOT lib STREQUAL "gcc-sup") # older ones do without
      list(APPEND missing lib${lib}-${hwm_arch}-linux.a)
    endif()
  endforeach()
  # 3.18 and later keep it in libexec, earlier ones beside the libraries.
  find_path(HWM_VALGRIND_SUPPORT vgpreload_core-${hwm_arch}-linux.so
            HINTS ${prefix}/libexec ${libdir} PATHS /usr/libexec /usr/lib PATH_SUFFIXES valgrind)
  if(NOT HWM_VALGRIND_INCLUDE)
    list(APPEND missing pub_tool_tooliface.h)
  endif()
  if(NOT HWM_VALGRIND_SUPPORT)
    list(APPEND missing vgpreload_core-${hwm_arch}-linux.so)
  endif()
  set(hwm_include ${HWM_VALGRIND_INCLUDE} PARENT_SCOPE)
  set(hwm_libs ${libs} PARENT_SCOPE)
  set(hwm_support ${HWM_VALGRIND_SUPPORT} PARENT_SCOPE)
  set(hwm_address ${HWM_LOAD_ADDRESS} PARENT_SCOPE)
  set(hwm_missing ${missing} PARENT_SCOPE)
endfunction()

set(hwm_directory libexec/hwprof/model)

# Links to the files of hwm_support that Valgrind's core opens: in the build directory now, and in
# the place of installation then (where a cross build's sysroot is no part of the path any more).
function(hwm_link_support)
  file(GLOB files ${hwm_support}/vgpreload_core-${hwm_arch}-linux.so ${hwm_support}/default.supp
       ${hwm_support}/*.xml)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/${hwm_directory})
  set(installed)
  foreach(file ${files})
    get_filename_component(name ${file} NAME)
    file(CREATE_LINK ${file} ${CMAKE_BINARY_DIR}/${hwm_directory}/${name} SYMBOLIC)
    if(CMAKE_SYSROOT)
      string(REGEX REPLACE "^${CMAKE_SYSROOT}" "" file ${file})
    endif()
    list(APPEND installed ${file})
  endforeach()
  install(CODE "
    set(directory \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${hwm_directory}\")
    file(MAKE_DIRECTORY \"\${directory}\")
    foreach(file ${installed})
      get_filename_component(name \"\${file}\" NAME)
      file(CREATE_LINK \"\${file}\" \"\${directory}/\${name}\" SYMBOLIC)
    endforeach()")
endfunction()

function(hwm_valgrind_tool name)
  if(NOT hwm_arch)
    message(STATUS "no modelled PMU: not made for ${CMAKE_SYSTEM_PROCESSOR}")
    return()
  endif()
  hwm_find_valgrind()
  if(hwm_missing)
    message(STATUS "no modelled PMU: Valgrind's files for tools are missing: ${hwm_missing} "
                   "(install valgrind, or run scripts/install-deps)")
    return()
  endif()
  set(target ${name}_tool)
  add_executable(${target} ${ARGN})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name}-${hwm_arch}-linux
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${hwm_directory}
    POSITION_INDEPENDENT_CODE OFF INTERPROCEDURAL_OPTIMIZATION OFF)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  target_include_directories(${target} SYSTEM PRIVATE ${hwm_include})
  target_compile_definitions(${target} PRIVATE
    VGA_${hwm_arch} VGO_linux VGP_${hwm_arch}_linux VGPV_${hwm_arch}_linux_vanilla)
  # What Valgrind's own makefiles say (no run-time library is there to call), then warnings. Valgrind
  # reads its tool's debug information, and 3.19 can't read all of DWARF 5.
  target_compile_options(${target} PRIVATE
    -O2 -gdwarf-4 -U_FORTIFY_SOURCE -fno-pie -fno-stack-protector -fno-builtin -fno-strict-aliasing
    -fno-lto -fno-exceptions -fno-asynchronous-unwind-tables -fomit-frame-pointer
    -fno-sanitize=all ${hwm_arch_flags}
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef
    -Wno-missing-field-initializers -Wno-gnu-variable-sized-type-not-at-end
    $<$<BOOL:${HWP_WERROR}>:-Werror>)
  target_link_options(${target} PRIVATE
    -static $<$<C_COMPILER_ID:GNU>:-no-pie> -nodefaultlibs -nostartfiles -u _start -fno-lto -fno-sanitize=all
    LINKER:--build-id=none LINKER:-Ttext-segment=${hwm_address}
    # see tool/park.c
    LINKER:--wrap=vgPlain_nuke_all_threads_except LINKER:--wrap=vgPlain_poll_signals)
  target_link_libraries(${target} PRIVATE -Wl,--start-group ${hwm_libs} -lgcc -Wl,--end-group)
  hwm_link_support()
  # For programs of 32 bits.
  set(as_is ${CMAKE_BINARY_DIR}/${hwm_directory}/${name}-${hwm_other_arch}-linux)
  configure_file(${CMAKE_SOURCE_DIR}/counters/model/run-as-is.sh ${as_is} COPYONLY)
  install(PROGRAMS ${as_is} DESTINATION ${hwm_directory})
  install(TARGETS ${target} RUNTIME DESTINATION ${hwm_directory})
  message(STATUS "modelled PMU: ${name}-${hwm_arch}-linux, with Valgrind's ${hwm_support}")
endfunction()
