# Language level, warnings, sanitizers, output folders: one place for all targets.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

find_program(RINGSIDE_CCACHE ccache)
if(RINGSIDE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${RINGSIDE_CCACHE})
endif()

add_library(ringside_options INTERFACE)
target_include_directories(ringside_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(ringside_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wcast-qual -Werror
    # When it optimises, g++ 12 sees overlaps and overflows in the library's strings and vectors
    # where there are none (GCC bugs 105651, 105329).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds>)
if(RINGSIDE_SANITIZE)
    target_compile_options(ringside_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(ringside_options INTERFACE -fsanitize=address,undefined)
endif()
if(RINGSIDE_FUZZ)
    # What libFuzzer is guided by, in every file; its main comes with the targets (tests/fuzz).
    target_compile_options(ringside_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(ringside_options INTERFACE -fsanitize=address,undefined)
endif()
# g++ makes tail calls from -O2 on only, and clang none that a sanitizer would miss: in debug builds
# the interpreter dispatches by its loop (sim/cpu/threaded.hpp).
if(CMAKE_BUILD_TYPE STREQUAL "Debug" OR RINGSIDE_SANITIZE OR RINGSIDE_FUZZ)
    target_compile_definitions(ringside_options INTERFACE RINGSIDE_LOOP_DISPATCH=1)
endif()
if(RINGSIDE_TIDY)
    find_program(RINGSIDE_CLANG_TIDY clang-tidy REQUIRED)
    # The options above may hold names that only g++ knows.
    set(CMAKE_CXX_CLANG_TIDY ${RINGSIDE_CLANG_TIDY} --extra-arg=-Wno-unknown-warning-option)
endif()
