# The pieces that the VMMs share, for ringside_freestanding(... SOURCES ${VMM_COMMON} ...).
set(VMM_COMMON_DIR ${CMAKE_CURRENT_LIST_DIR})
set(VMM_LINKER_SCRIPT ${VMM_COMMON_DIR}/vmm.ld)
# What happens when a VMM gives up that has all guests.
set(VMM_ENDS_MACHINE ${VMM_COMMON_DIR}/end_run.cpp)
# Log, loader: for every VMM.
set(VMM_COMMON_ANY_MODE
    ${VMM_COMMON_DIR}/runtime.cpp
    ${VMM_COMMON_DIR}/serial.cpp
    ${VMM_COMMON_DIR}/interrupt_controllers.cpp
    ${VMM_COMMON_DIR}/loader.cpp
    ${VMM_COMMON_DIR}/command_line.cpp
    ${VMM_COMMON_DIR}/host_clock.cpp)
# And start-up.
set(VMM_COMMON_START
    ${VMM_COMMON_DIR}/start.S
    ${VMM_COMMON_DIR}/traps.S
    ${VMM_COMMON_DIR}/host.cpp
    ${VMM_COMMON_ANY_MODE})
# And devices, for those that are not in a host that has them.
set(VMM_COMMON_DEVICES
    ${VMM_COMMON_DIR}/virtual_pic.cpp
    ${VMM_COMMON_DIR}/virtual_pit.cpp
    ${VMM_COMMON_DIR}/virtual_board.cpp)
set(VMM_COMMON_BASE ${VMM_COMMON_START} ${VMM_COMMON_DEVICES})
# The same for a VMM of 64-bit mode, which lies where it is loaded.
set(VMM_LONG_LINKER_SCRIPT ${VMM_COMMON_DIR}/long_mode/vmm.ld)
set(VMM_COMMON_LONG_BASE
    ${VMM_COMMON_DIR}/long_mode/start.S
    ${VMM_COMMON_DIR}/long_mode/traps.S
    ${VMM_COMMON_DIR}/long_mode/host.cpp
    ${VMM_COMMON_ANY_MODE}
    ${VMM_COMMON_DEVICES})
# And the virtual CPU, for those that run the guest's kernel at ring 1.
set(VMM_COMMON_RING_1
    ${VMM_COMMON_DIR}/decode.cpp
    ${VMM_COMMON_DIR}/guest_walk.cpp
    ${VMM_COMMON_DIR}/guest_linear.cpp
    ${VMM_COMMON_DIR}/shadow_paging.cpp
    ${VMM_COMMON_DIR}/shadow_tables.cpp
    ${VMM_COMMON_DIR}/shadow_descriptors.cpp
    ${VMM_COMMON_DIR}/virtual_apic.cpp
    ${VMM_COMMON_DIR}/interrupts.cpp
    ${VMM_COMMON_DIR}/segments.cpp
    ${VMM_COMMON_DIR}/operands.cpp
    ${VMM_COMMON_DIR}/memory_operand.cpp
    ${VMM_COMMON_DIR}/emulate.cpp
    ${VMM_COMMON_DIR}/emulate_memory.cpp
    ${VMM_COMMON_DIR}/emulate_control.cpp
    ${VMM_COMMON_DIR}/emulate_ports.cpp
    ${VMM_COMMON_DIR}/emulate_transfers.cpp)
# One such guest or two on the real machine. (Beside a host there is another answer.)
set(VMM_TWO_GUESTS_LINKER_SCRIPT ${VMM_COMMON_DIR}/two_guests.ld)
set(VMM_COMMON ${VMM_COMMON_BASE} ${VMM_COMMON_RING_1}
    ${VMM_COMMON_DIR}/host_alarm.cpp
    ${VMM_COMMON_DIR}/two_guests.cpp
    ${VMM_COMMON_DIR}/world_switch.S)
# And the guest's processor by VT-x.
set(VMM_COMMON_VMX_ANY_MODE
    ${VMM_COMMON_DIR}/decode.cpp
    ${VMM_COMMON_DIR}/memory_operand.cpp
    ${VMM_COMMON_DIR}/emulate_memory.cpp
    ${VMM_COMMON_DIR}/guest_walk.cpp
    ${VMM_COMMON_DIR}/shadow_paging.cpp
    ${VMM_COMMON_DIR}/shadow_tables.cpp
    ${VMM_COMMON_DIR}/virtual_apic.cpp
    ${VMM_COMMON_DIR}/vmx/control_registers.cpp
    ${VMM_COMMON_DIR}/vmx/controls.cpp
    ${VMM_COMMON_DIR}/vmx/ept.cpp
    ${VMM_COMMON_DIR}/vmx/events.cpp
    ${VMM_COMMON_DIR}/vmx/failed_entry.cpp
    ${VMM_COMMON_DIR}/vmx/port_access.cpp
    ${VMM_COMMON_DIR}/vmx/processor_exits.cpp
    ${VMM_COMMON_DIR}/vmx/memory_access.cpp
    ${VMM_COMMON_DIR}/vmx/run_guest.cpp
    ${VMM_COMMON_DIR}/vmx/task_switch.cpp
    ${VMM_COMMON_DIR}/vmx/vmcs.cpp)
set(VMM_COMMON_VMX ${VMM_COMMON_VMX_ANY_MODE} ${VMM_COMMON_DIR}/vmx/run_guest.S)
set(VMM_COMMON_LONG_VMX
    ${VMM_COMMON_VMX_ANY_MODE}
    ${VMM_COMMON_DIR}/vmx/long_mode.cpp
    ${VMM_COMMON_DIR}/vmx/run_guest_64.S)
