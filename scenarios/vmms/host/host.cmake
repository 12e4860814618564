# The host kernel, for ringside_freestanding(... LINKER_SCRIPT ${HOST_LINKER_SCRIPT} SOURCES ${VMM_COMMON_START} ${HOST_KERNEL}
# MODULE_SOURCES ... PROCESS_SOURCES ${HOST_PROCESSES}). The technique adds what vmm_driver.hpp asks for.
set(HOST_DIR ${CMAKE_CURRENT_LIST_DIR})
set(HOST_LINKER_SCRIPT ${HOST_DIR}/host.ld)
set(HOST_KERNEL
    ${HOST_DIR}/console.cpp
    ${HOST_DIR}/disk.cpp
    ${HOST_DIR}/kernel.cpp
    ${HOST_DIR}/network.cpp
    ${HOST_DIR}/process.cpp
    ${HOST_DIR}/run_process.S
    ${HOST_DIR}/system_calls.cpp)
set(HOST_PROCESSES
    ${HOST_DIR}/process/calculator.cpp
    ${HOST_DIR}/process/device_process.cpp
    ${HOST_DIR}/process/disk.cpp
    ${HOST_DIR}/process/network_card.cpp
    ${HOST_DIR}/process/uart.cpp
    ${HOST_DIR}/../common/virtual_pit.cpp)
