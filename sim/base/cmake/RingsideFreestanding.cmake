# ringside_freestanding(NAME LINKER_SCRIPT script SOURCES ... [DEFINES ...]): a 32-bit program for the
# simulated machine, built by clang and lld for i386-none-elf into <build>/share/ringside/vmms/NAME.elf.
find_program(RINGSIDE_CLANG NAMES clang++ clang++-14 clang++-15 clang++-16 REQUIRED)
find_program(RINGSIDE_LLD NAMES ld.lld ld.lld-14 ld.lld-15 ld.lld-16 REQUIRED)

set(RINGSIDE_FREESTANDING_FLAGS
    --target=i386-none-elf -std=c++20 -ffreestanding -fno-exceptions -fno-rtti -fno-stack-protector -fno-pic
    -mno-sse -mno-mmx -mno-80387 -fno-threadsafe-statics -fno-asynchronous-unwind-tables
    -O2 -gdwarf-4 -Wall -Wextra -Werror -I${CMAKE_SOURCE_DIR} -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

function(ringside_freestanding name)
    cmake_parse_arguments(FS "" "LINKER_SCRIPT" "SOURCES;DEFINES" ${ARGN})
    set(objects)
    foreach(source ${FS_SOURCES})
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
        cmake_path(GET source FILENAME leaf)
        cmake_path(GET source PARENT_PATH parent)
        cmake_path(GET parent FILENAME folder)
        set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/${folder}_${leaf}.o)
        if(leaf MATCHES "\\.S$")
            set(language -x assembler-with-cpp)
        else()
            set(language -x c++)
        endif()
        add_custom_command(
            OUTPUT ${object}
            COMMAND ${RINGSIDE_CLANG} ${language} ${RINGSIDE_FREESTANDING_FLAGS} ${FS_DEFINES} -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source} DEPFILE ${object}.d
            COMMENT "freestanding ${name}: ${leaf}" VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    set(image ${CMAKE_BINARY_DIR}/share/ringside/vmms/${name}.elf)
    cmake_path(ABSOLUTE_PATH FS_LINKER_SCRIPT BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    add_custom_command(
        OUTPUT ${image}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/share/ringside/vmms
        COMMAND ${RINGSIDE_LLD} -m elf_i386 -T ${FS_LINKER_SCRIPT} -o ${image} ${objects}
        DEPENDS ${objects} ${FS_LINKER_SCRIPT}
        COMMENT "freestanding ${name}: link" VERBATIM)
    add_custom_target(vmm_${name} ALL DEPENDS ${image})
endfunction()
