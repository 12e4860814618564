# ringside_freestanding(NAME LINKER_SCRIPT script SOURCES ... [MODULE_SOURCES ...] [PROCESS_SOURCES ...]
# [WORLD_SOURCES ...] [DEFINES ...] [LONG_MODE]): a 32-bit program for the
# simulated machine, built by clang and lld for i386-none-elf into <build>/share/ringside/vmms/NAME.elf.
#
# MODULE_SOURCES are a part of the program that has pages of its own, so that cycles can be told apart. Their objects are
# named module_*.
#
# With LONG_MODE it is 64-bit code, but for its first steps, with pointers of 32 bits (the x32 ABI). Boot loaders that know
# Multiboot take ELF files for the i386 only, so the finished image says that it is one: e_machine, at offset 18, is EM_386.
#
# PROCESS_SOURCES run at ring 3, in an address space of their own, and are linked into the same image: so it has the
# symbols, lines and probe points of both. Their namespace `ringside` is another: what both sides compile (inline functions
# of headers, too) exists twice, and a call across the rings does not link. Their objects are named process_*.
#
# WORLD_SOURCES are a second kernel in the image, with descriptor tables, traps and a stack of its own; so these have other
# names there too. Their objects are named world_*.
find_program(RINGSIDE_CLANG NAMES clang++ clang++-14 clang++-15 clang++-16 REQUIRED)
find_program(RINGSIDE_LLD NAMES ld.lld ld.lld-14 ld.lld-15 ld.lld-16 REQUIRED)

set(RINGSIDE_WORLD_NAMES -Dringside=ringside_world)
foreach(name trap_stubs trap_entry load_registers sysenter_entry vmm_enter vmm_on_trap page_directory vmm_stack_top)
    list(APPEND RINGSIDE_WORLD_NAMES -D${name}=world_${name})
endforeach()

set(RINGSIDE_FREESTANDING_FLAGS
    -std=c++20 -ffreestanding -fno-exceptions -fno-rtti -fno-stack-protector -fno-pic
    -mno-sse -mno-mmx -mno-80387 -fno-threadsafe-statics -fno-asynchronous-unwind-tables
    -O2 -gdwarf-4 -Wall -Wextra -Werror -I${CMAKE_SOURCE_DIR} -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

set(RINGSIDE_LONG_MODE_FLAGS --target=x86_64-none-gnux32 -mno-red-zone -fomit-frame-pointer)

# Adds the object of `source` to the list `objects` of the caller.
macro(ringside_freestanding_object name source prefix)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE OUTPUT_VARIABLE path)
    cmake_path(GET path FILENAME leaf)
    cmake_path(GET path PARENT_PATH parent)
    cmake_path(GET parent FILENAME folder)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/${prefix}${folder}_${leaf}.o)
    if(leaf MATCHES "\\.S$")
        set(language -x assembler-with-cpp)
    else()
        set(language -x c++)
    endif()
    add_custom_command(
        OUTPUT ${object}
        COMMAND ${RINGSIDE_CLANG} ${language} ${FS_TARGET} ${RINGSIDE_FREESTANDING_FLAGS} ${FS_DEFINES} ${ARGN} -MD -MF ${object}.d -c ${path} -o ${object}
        DEPENDS ${path} DEPFILE ${object}.d
        COMMENT "freestanding ${name}: ${leaf}" VERBATIM)
    list(APPEND objects ${object})
endmacro()

function(ringside_freestanding name)
    cmake_parse_arguments(FS "LONG_MODE" "LINKER_SCRIPT" "SOURCES;MODULE_SOURCES;PROCESS_SOURCES;WORLD_SOURCES;DEFINES" ${ARGN})
    set(FS_TARGET --target=i386-none-elf)
    set(emulation elf_i386)
    set(finish)
    if(FS_LONG_MODE)
        set(FS_TARGET ${RINGSIDE_LONG_MODE_FLAGS})
        set(emulation elf32_x86_64)
    endif()
    set(objects)
    foreach(source ${FS_SOURCES})
        ringside_freestanding_object(${name} "${source}" "")
    endforeach()
    foreach(source ${FS_MODULE_SOURCES})
        ringside_freestanding_object(${name} "${source}" module_)
    endforeach()
    foreach(source ${FS_PROCESS_SOURCES})
        ringside_freestanding_object(${name} "${source}" process_ -Dringside=ringside_process)
    endforeach()
    foreach(source ${FS_WORLD_SOURCES})
        ringside_freestanding_object(${name} "${source}" world_ ${RINGSIDE_WORLD_NAMES})
    endforeach()
    set(image ${CMAKE_BINARY_DIR}/share/ringside/vmms/${name}.elf)
    if(FS_LONG_MODE)
        set(finish COMMAND sh -c "printf '\\003' | dd of='${image}' bs=1 seek=18 conv=notrunc 2> /dev/null")
    endif()
    cmake_path(ABSOLUTE_PATH FS_LINKER_SCRIPT BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    add_custom_command(
        OUTPUT ${image}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/share/ringside/vmms
        COMMAND ${RINGSIDE_LLD} -m ${emulation} -T ${FS_LINKER_SCRIPT} -o ${image} ${objects}
        ${finish}
        DEPENDS ${objects} ${FS_LINKER_SCRIPT}
        COMMENT "freestanding ${name}: link" VERBATIM)
    add_custom_target(vmm_${name} ALL DEPENDS ${image})
endfunction()
