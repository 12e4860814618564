; Each word of the paravirtual interface once, as one guest alone can check it.

bits 32
%include "check.inc"

section .text
main:
    lea esi, [esi + START_COMMAND_LINE]
    mov [command_line], esi
%ifndef ANY_LOADER                  ; each has its own idea of what comes before the words
    SAY "command line: "
    mov esi, [command_line]
    call serial_puts
    SAY 10
%endif
    call check_traps
    call check_events
    call check_channels
    call check_page_tables
    call check_privileged
    call check_failsafe
    call check_others
    FINISH

; ---- traps

; From ring 3, with events masked, by INT %1. In eax: EFLAGS.IF as the handler's frame shows it.
%macro FROM_RING_3 1
    mov dword [after_trap], %%back
    mov byte [ring_3_vector], %1
    mov [kernel_esp], esp
    mov eax, esp
    sub eax, 512
    HYPERCALL STACK_SWITCH, KERNEL_DATA, eax
    MUST_SUCCEED
    push dword USER_DATA
    push dword ring_3_stack
    push dword 0x002                ; IF = 0: the mask is 1 in ring 3
    push dword USER_CODE
    push dword ring_3_page
    RETURN_FROM_TRAP
%%back:
%endmacro

on_system_call:
    mov ecx, [ss:esp + 4]           ; CS: the byte above it is the mask, if the VMM has made this frame
    shr ecx, 16
    mov eax, [ss:esp + 8]
    shr eax, 9
    and eax, 1
    mov edx, KERNEL_DATA
    mov ds, edx
    mov es, edx
    mov esp, [kernel_esp]
    jmp [after_trap]

check_traps:
    mov eax, ring_3_page
    add eax, [machine_base]
    or eax, USER
    HYPERCALL UPDATE_VA_MAPPING, ring_3_page, eax, FLUSH_PAGE
    MUST_SUCCEED
    HYPERCALL SET_TRAP_TABLE, traps
    IS "set_trap_table", 0
    FROM_RING_3 0x80
    IS "a direct system call: the CPU pushed EFLAGS, whose IF is real", 1
    mov byte [traps + 1], 3 | 4     ; now with events masked on entry
    HYPERCALL SET_TRAP_TABLE, traps
    IS "set_trap_table again", 0
    FROM_RING_3 0x80
    push ecx
    IS "a system call by way of the VMM: IF is not the mask", 0
    pop eax
    IS "its frame holds the mask", 1
    FROM_RING_3 0x90
    IS "another vector for ring 3", 0
    mov byte [traps + 1], 3
    HYPERCALL SET_TRAP_TABLE, traps
    IS "and direct again", 0
    FROM_RING_3 0x80
    IS "a direct system call again", 1
    ret

; ---- iret, mask, pending, upcalls

; The VMM's upcall: counts, clears all that is pending, and goes back.
count_event:
    inc dword [upcalls]
    push eax
    mov byte [EVENT_PENDING], 0
    movzx eax, byte [EVENT_MASK]
    mov [mask_in_upcall], eax
    mov eax, [EVENT_CHANNELS]
    mov [ports_seen], eax
    mov dword [EVENT_SELECTOR], 0
    mov dword [EVENT_CHANNELS], 0
    mov eax, [esp + 8]
    shr eax, 16
    and eax, 0xFF
    mov [mask_in_frame], eax
    pop eax
    RETURN_FROM_TRAP

; The same, and wants the next tick too.
count_and_ask_again:
    pusha
    mov ebx, [SYSTEM_TIME]
    mov ecx, [SYSTEM_TIME + 4]
    add ebx, 1000000
    adc ecx, 0
    HYPERCALL SET_TIMER_OP
    popa
    jmp count_event

; A timer event that is due at once. Changes ebx, ecx.
%macro DUE_NOW 0
    HYPERCALL SET_TIMER_OP, 1, 0
%endmacro

check_events:
    HYPERCALL SET_CALLBACKS, KERNEL_CODE, count_event, KERNEL_CODE, count_event
    IS "set_callbacks", 0
    HYPERCALL EVENT_CHANNEL_OP, BIND_VIRQ, bind_timer
    IS "bind_virq", 0
    HYPERCALL EVENT_CHANNEL_OP, BIND_VIRQ, bind_timer
    IS "bind_virq twice", EEXIST
    DUE_NOW
    mov eax, [upcalls]
    IS "a masked event makes no upcall", 0
    movzx eax, byte [EVENT_PENDING]
    IS "but it is pending", 1
    mov eax, [EVENT_CHANNELS]
    IS "on the timer's port", 2
    mov eax, [EVENT_SELECTOR]
    IS "and selected", 1
    mov byte [EVENT_MASK], 0
    call take_events
    mov eax, [upcalls]
    IS "unmasked, then any hypercall: an upcall", 1
    mov eax, [mask_in_upcall]
    IS "with the mask set", 1
    mov eax, [mask_in_frame]
    IS "that was not set before", 0
    movzx eax, byte [EVENT_MASK]
    IS "nor after iret", 0

    mov dword [EVENT_CHANNEL_MASK], 2       ; this channel
    DUE_NOW
    mov eax, [upcalls]
    IS "a masked channel makes no upcall", 1
    mov eax, [EVENT_CHANNELS]
    IS "but its bit is set", 2
    HYPERCALL EVENT_CHANNEL_OP, UNMASK_EVENT, bind_timer.port
    mov eax, [upcalls]
    IS "unmask delivers it", 2
    mov eax, [EVENT_CHANNEL_MASK]
    IS "and has cleared the mask bit", 0

    mov byte [EVENT_MASK], 1
    mov ebx, [SYSTEM_TIME]
    add ebx, 3000000
    mov ecx, [SYSTEM_TIME + 4]
    adc ecx, 0
    mov [deadline], ebx
    mov [deadline + 4], ecx
    HYPERCALL SET_TIMER_OP
    HYPERCALL SCHED_OP, BLOCK
    IS "block", 0
    mov eax, [upcalls]
    IS "ended by the timer", 3
    mov eax, [SYSTEM_TIME]
    mov edx, [SYSTEM_TIME + 4]
    add eax, 500000                 ; it comes at the tick that is nearest
    adc edx, 0
    sub eax, [deadline]
    sbb edx, [deadline + 4]
    mov eax, edx
    IS "not before its time", 0
    movzx eax, byte [EVENT_MASK]
    IS "block clears the mask", 0
    mov byte [EVENT_MASK], 1
    ret

; ---- channels, as far as one guest can have both ends

check_channels:
    HYPERCALL EVENT_CHANNEL_OP, ALLOC_UNBOUND, own_end
    IS "alloc_unbound", 0
    HYPERCALL EVENT_CHANNEL_OP, CHANNEL_STATUS, status
    IS "status", 0
    mov eax, [status + 8]
    IS "unbound", 1
    HYPERCALL EVENT_CHANNEL_OP, SEND_EVENT, own_end.port
    IS "send to nobody", 0
    HYPERCALL EVENT_CHANNEL_OP, BIND_INTERDOMAIN, other_end
    IS "bind_interdomain", 0
    HYPERCALL EVENT_CHANNEL_OP, BIND_INTERDOMAIN, other_end
    IS "an end that is taken", EINVAL
    HYPERCALL EVENT_CHANNEL_OP, BIND_INTERDOMAIN, nobodys_end
    IS "a domain that is not there", ESRCH
    HYPERCALL EVENT_CHANNEL_OP, CHANNEL_STATUS, status
    mov eax, [status + 8]
    IS "interdomain", 2
    mov eax, [status + 20]
    IS "the other port", 3
    mov eax, [EVENT_CHANNELS]
    IS "the end that is new has an event already", 8
    HYPERCALL EVENT_CHANNEL_OP, SEND_EVENT, other_end.port
    IS "send", 0
    mov eax, [EVENT_CHANNELS]
    IS "arrives at the other end", 8 | 4
    HYPERCALL EVENT_CHANNEL_OP, CLOSE_CHANNEL, own_end.port
    IS "close", 0
    mov eax, [EVENT_CHANNELS]
    IS "takes the event with it", 8
    HYPERCALL EVENT_CHANNEL_OP, CLOSE_CHANNEL, own_end.port
    IS "close twice", EINVAL
    mov dword [status + 4], 3
    HYPERCALL EVENT_CHANNEL_OP, CHANNEL_STATUS, status
    mov eax, [status + 8]
    IS "the other end is unbound again", 1
    HYPERCALL EVENT_CHANNEL_OP, CLOSE_CHANNEL, other_end.port
    IS "close the other end", 0
    HYPERCALL EVENT_CHANNEL_OP, SEND_EVENT, other_end.port
    IS "send by a closed channel", EINVAL
    HYPERCALL EVENT_CHANNEL_OP, SEND_EVENT, bind_timer.port
    IS "send by a virtual interrupt", EINVAL
    HYPERCALL EVENT_CHANNEL_OP, ALLOC_UNBOUND, others_end
    IS "a channel for somebody else", EPERM

    mov dword [EVENT_CHANNELS], 0
    mov byte [EVENT_PENDING], 0
    ret

; ---- page tables: batches, types, counts, pins

; eax = machine frame number of the page at %1
%macro FRAME_OF 1
    mov eax, %1
    add eax, [machine_base]
    shr eax, 12
%endmacro

; The entry of the page at %1 with flags %2, in edx; where it lies (a machine address), in ecx.
%macro ENTRY_OF 2
    mov edx, %1
    shr edx, 12
    mov ecx, [kernel_entry]
    and ecx, 0xFFFFF000
    lea ecx, [ecx + edx * 4]
    mov edx, %1
    add edx, [machine_base]
    or edx, %2
%endmacro

check_page_tables:
    mov ecx, 300                    ; longer than what the VMM does at one go
    mov edi, batch
.fill:
    mov eax, table
    add eax, [machine_base]
    mov edx, ecx
    dec edx
    lea eax, [eax + edx * 4]
    mov [edi], eax
    mov dword [edi + 4], 0
    shl edx, 12                     ; page 0, 1, ... of ours, read-only
    add edx, [machine_base]
    or edx, 1
    mov [edi + 8], edx
    mov dword [edi + 12], 0
    add edi, 16
    loop .fill
    HYPERCALL MMU_UPDATE, batch, 300, done, DOMAIN_SELF
    IS "a batch of 300", 0
    mov eax, [done]
    IS "all done", 300
    mov eax, [table]
    sub eax, [machine_base]
    IS "the last one too", 1
    mov eax, [table + 299 * 4]
    sub eax, [machine_base]
    IS "and the first", 299 << 12 | 1
    mov dword [batch + 250 * 16], 0x100000          ; an entry in the VMM's memory
    HYPERCALL MMU_UPDATE, batch, 300, done, DOMAIN_SELF
    IS "a batch with a bad one", EPERM
    mov eax, [done]
    IS "is done up to there", 250

    mov dword [page], 0x11111111
    mov dword [page_2], 0x22222222
    ENTRY_OF page, WRITABLE
    or ecx, 2                       ; keep A and D
    MMU ecx, edx
    IS "mmu_update that keeps A and D", 0
    ENTRY_OF page, WRITABLE
    sub ecx, [machine_base]
    mov eax, [ecx]
    and eax, 0x60
    IS "both are there", 0x60
    ENTRY_OF page, WRITABLE
    MMU ecx, edx
    ENTRY_OF page, WRITABLE
    sub ecx, [machine_base]
    mov eax, [ecx]
    and eax, 0x40
    IS "without, D is gone", 0
    ENTRY_OF page_2, 0              ; page_2 shows page
    mov edx, page
    add edx, [machine_base]
    or edx, WRITABLE
    MMU ecx, edx
    MMUEXT INVLPG_LOCAL, page_2
    mov eax, [page_2]
    IS "invlpg_local", 0x11111111
    ENTRY_OF page_2, WRITABLE
    MMU ecx, edx
    MMUEXT INVLPG_LOCAL, page_2
    mov eax, [page_2]
    IS "and back", 0x22222222
    mov dword [page], 0
    mov dword [page_2], 0

    mov ecx, LONG_BATCH             ; the same entry, again and again
    mov edi, long_batch
.fill_long:
    mov eax, table
    add eax, [machine_base]
    mov [edi], eax
    add edi, 16
    loop .fill_long
    mov dword [upcalls], 0
    HYPERCALL SET_CALLBACKS, KERNEL_CODE, count_and_ask_again, KERNEL_CODE, count_and_ask_again
    HYPERCALL SET_TIMER_OP, 1, 0
    mov byte [EVENT_MASK], 0
    HYPERCALL MMU_UPDATE, long_batch, LONG_BATCH, done, DOMAIN_SELF
    mov byte [EVENT_MASK], 1
    IS "a long batch", 0
    mov eax, [done]
    IS "all of it", LONG_BATCH
    xor eax, eax
    cmp dword [upcalls], 3
    setae al
    IS "with events in between", 1
    mov edx, [machine_base]
    or edx, 1
    mov ecx, table
    add ecx, [machine_base]
    MMU ecx, edx

    FRAME_OF table
    MMUEXT PIN_L1_TABLE, eax
    IS "pin a page that is mapped writable", EINVAL
    mov eax, table
    call make_page_read_only
    FRAME_OF table
    MMUEXT PIN_L1_TABLE, eax
    IS "pin it when it is not", 0
    FRAME_OF table
    MMUEXT PIN_L1_TABLE, eax
    IS "pin it twice", -16
    ENTRY_OF table, WRITABLE
    MMU ecx, edx
    IS "a pinned table writable", EINVAL
    ENTRY_OF page, WRITABLE
    mov ecx, table
    add ecx, [machine_base]
    MMU ecx, edx
    IS "an entry of it", 0
    mov eax, page                   ; mapped writable twice now
    call make_page_read_only
    FRAME_OF page
    MMUEXT PIN_L1_TABLE, eax
    IS "the other mapping is still there", EINVAL
    mov ecx, table
    add ecx, [machine_base]
    MMU ecx, 0
    IS "it goes", 0
    FRAME_OF page
    MMUEXT PIN_L1_TABLE, eax
    IS "now the page may be a table", 0
    FRAME_OF page
    MMUEXT 4, eax
    IS "unpin", 0
    ENTRY_OF page, WRITABLE
    MMU ecx, edx
    IS "and be written to again", 0

    mov eax, page_2                 ; a directory that holds the table, and is not pinned itself
    call make_page_read_only
    FRAME_OF page_2
    MMUEXT 1, eax
    IS "pin a directory", 0
    mov ecx, page_2
    add ecx, [machine_base]
    mov edx, table
    add edx, [machine_base]
    or edx, USER
    MMU ecx, edx
    IS "a table in it", 0
    FRAME_OF table
    MMUEXT 4, eax
    IS "the table's pin goes", 0
    ENTRY_OF table, WRITABLE
    MMU ecx, edx
    IS "the directory still uses it", EINVAL
    FRAME_OF page_2
    MMUEXT 4, eax
    IS "the directory's pin goes", 0
    ENTRY_OF table, WRITABLE
    MMU ecx, edx
    IS "and its tables are pages again", 0
    FRAME_OF page_2
    MMUEXT 4, eax
    IS "unpin what is not pinned", EINVAL

    mov eax, shared_info            ; the VMM writes there
    call make_page_read_only
    FRAME_OF shared_info
    MMUEXT PIN_L1_TABLE, eax
    IS "the shared page as a page table", EINVAL
    ENTRY_OF shared_info, WRITABLE
    MMU ecx, edx
    IS "and writable again", 0
    MMUEXT 6, 0                     ; flush the TLB
    IS "tlb_flush_local", 0
    ret

; ---- privileged instructions that were not ported: #GP, and the VMM does them

on_protection:                      ; of a MOV to a control register, which the VMM does not do
    mov dword [refused], 1
    add dword [esp + 4], 3
    add esp, 4
    RETURN_FROM_TRAP

check_privileged:
    mov eax, cr3
    sub eax, [machine_base]
    sub eax, [first_directory]
    IS "MOV from CR3: the directory's machine address", 0
    mov eax, cr3
    mov cr3, eax
    mov eax, [refused]
    IS "MOV to CR3", 0
    mov eax, [machine_base]
    mov cr3, eax
    mov eax, [refused]
    IS "of a page that is no directory", 1
    mov dword [refused], 0
    mov eax, 0x12345678
    mov cr2, eax
    mov eax, [FAULT_ADDRESS]
    IS "MOV to CR2: the shared page has it", 0x12345678
    mov dword [FAULT_ADDRESS], 0x87654321
    mov eax, cr2
    IS "MOV from CR2", 0x87654321
    mov eax, cr0
    or eax, 8
    mov cr0, eax
    smsw eax
    and eax, 8
    IS "MOV to CR0 sets TS", 8
    mov eax, cr0
    and eax, 8
    IS "MOV from CR0 shows it", 8
    db 0x0F, 0x06                   ; CLTS itself
    smsw eax
    and eax, 8
    IS "CLTS clears it", 0
    mov eax, cr0
    xor eax, 0x10000
    mov cr0, eax
    mov eax, [refused]
    IS "the other bits of CR0 are the VMM's", 1
    mov dword [refused], 0
    mov eax, cr4
    mov cr4, eax
    mov eax, [refused]
    IS "MOV to CR4 of what is there", 0
    xor eax, eax
    mov cr4, eax
    mov eax, [refused]
    IS "and of something else", 1
    wbinvd
    ret

; ---- what the CPU refuses at the return to the guest

; The VMM's call: DS ES FS GS, and then what could not be returned to.
on_failsafe:
    inc dword [failsafes]
    push eax
    mov eax, [esp + 4 + 8]
    mov [fs_in_frame], eax
    mov eax, fs
    mov [fs_now], eax
    pop eax
    add esp, 16
    RETURN_FROM_TRAP

on_bad_return:
    mov eax, [esp + 16 + 4]
    mov edx, KERNEL_DATA
    mov ds, edx
    mov es, edx
    mov esp, [kernel_esp]
    jmp bad_return_is_back

; The descriptor of USER_DATA: its two words.
%macro SET_USER_DATA 2
    mov eax, gdt + 0x20
    add eax, [machine_base]
    HYPERCALL UPDATE_DESCRIPTOR, eax, 0, %1, %2
%endmacro

check_failsafe:
    HYPERCALL SET_CALLBACKS, KERNEL_CODE, count_event, KERNEL_CODE, on_failsafe
    IS "set_callbacks with a failsafe handler", 0
    mov eax, USER_DATA
    mov fs, eax
    SET_USER_DATA 0, 0              ; FS cannot be loaded again
    IS "update_descriptor", 0
    mov eax, [failsafes]
    IS "a segment that is gone: the failsafe handler", 1
    mov eax, [fs_in_frame]
    and eax, 0xFFFF
    IS "is told which", USER_DATA
    mov eax, [fs_now]
    and eax, 0xFFFF
    IS "and finds it null", 0
    SET_USER_DATA 0x0000BFFF, 0x00CFF200
    HYPERCALL SET_CALLBACKS, KERNEL_CODE, count_event, KERNEL_CODE, on_bad_return
    mov [kernel_esp], esp
    mov eax, esp
    sub eax, 512
    HYPERCALL STACK_SWITCH, KERNEL_DATA, eax
    push dword USER_DATA
    push dword ring_3_stack
    push dword 0x202
    push dword 0x7FF3               ; a code segment that is none
    push dword ring_3_page
    RETURN_FROM_TRAP
bad_return_is_back:
    and eax, 0xFFFF
    IS "a return that cannot be: the failsafe handler has its frame", 0x7FF3
    HYPERCALL SET_CALLBACKS, KERNEL_CODE, count_event, 0, 0
    IS "no failsafe handler", 0
    HYPERCALL SET_CALLBACKS, KERNEL_CODE, count_event, 8, on_failsafe
    IS "one of ring 0", EINVAL
    ret

; ---- the rest

check_others:
    HYPERCALL MULTICALL, calls, 3
    IS "multicall", 0
    mov eax, [calls + 4]
    IS "its first answer", 0
    mov eax, [calls + 32 + 4]
    IS "its second", 0x10000
    mov eax, [calls + 64 + 4]
    IS "its third", ENOSYS
    mov eax, [done]
    IS "a long batch among several calls", 250
    HYPERCALL SCHED_OP, YIELD
    IS "yield", 0
    HYPERCALL CONSOLE_IO, 1, 16, page
    IS "nothing to read", 0
    mov ecx, LONG_TEXT / 4
    mov edi, long_text
    mov eax, "abcd"
    cld
    rep stosd
    HYPERCALL CONSOLE_IO, CONSOLE_WRITE, LONG_TEXT, long_text
    push eax
    SAY 10
    pop eax
    IS "a long text at once", 0
    HYPERCALL FPU_TASKSWITCH, 1
    smsw eax
    and eax, 8
    IS "fpu_taskswitch", 8
    HYPERCALL FPU_TASKSWITCH, 0
    smsw eax
    and eax, 8
    IS "and back", 0
    HYPERCALL SET_TRAP_TABLE, 0
    IS "no trap table", 0
    ret

section .data
align 4
command_line:       dd 0
traps:
    db 0x80, 3
    dw KERNEL_CODE
    dd on_system_call
    db 0x90, 3 | 4
    dw KERNEL_CODE
    dd on_system_call
    db 13, 0
    dw KERNEL_CODE
    dd on_protection
    dd 0, 0
refused:            dd 0
failsafes:          dd 0
fs_in_frame:        dd 0
fs_now:             dd 0
after_trap:         dd 0
kernel_esp:         dd 0
upcalls:            dd 0
mask_in_upcall:     dd 0
mask_in_frame:      dd 0
ports_seen:         dd 0
deadline:           dd 0, 0
bind_timer.port     equ bind_timer + 8
own_end:            dw DOMAIN_SELF, DOMAIN_SELF
.port:              dd 0
other_end:          dw DOMAIN_SELF_NUMBER, 0
                    dd 2
.port:              dd 0
nobodys_end:        dw 5, 0
                    dd 2, 0
others_end:         dw 5, 1
                    dd 0
status:             dw DOMAIN_SELF, 0
                    dd 2
                    times 4 dd 0
done:               dd 0
calls:
    dd MMU_UPDATE, 0, batch, 250, done, DOMAIN_SELF, 0, 0
    dd XEN_VERSION, 0, 0, 0, 0, 0, 0, 0
    dd 55, 0, 0, 0, 0, 0, 0, 0

DOMAIN_SELF_NUMBER  equ 0
LONG_TEXT           equ 1000
LONG_BATCH          equ 8192

section .data
align PAGE_SIZE
ring_3_page:
    db 0xCD                         ; INT
ring_3_vector:
    db 0
    jmp ring_3_page
align PAGE_SIZE, db 0

section .bss
alignb PAGE_SIZE
    resb PAGE_SIZE
ring_3_stack:
table:              resb PAGE_SIZE
page:               resb PAGE_SIZE
page_2:             resb PAGE_SIZE
batch:              resb 300 * 16
long_batch:         resb LONG_BATCH * 16
long_text:          resb LONG_TEXT
