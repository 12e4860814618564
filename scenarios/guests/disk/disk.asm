; disk: does my disk keep what I give it?
;
; An IDE disk by programmed input and output (ANSI X3.279, ATA-2): IN and OUT, INS and OUTS at its data port, an interrupt
; when it has something to say. Under a hosted VMM each of these accesses travels: guest, VMM, device process, host kernel
; and its driver, the real disk.

bits 32
%include "common/guest.inc"
%include "common/timer.inc"
%include "common/mask.inc"

DISK                equ 0x1F0
DISK_ERROR          equ DISK + 1
DISK_COUNT          equ DISK + 2
DISK_LBA0           equ DISK + 3
DISK_LBA1           equ DISK + 4
DISK_LBA2           equ DISK + 5
DISK_DEVICE         equ DISK + 6
DISK_COMMAND        equ DISK + 7        ; when read: the status
DISK_CONTROL        equ 0x3F6
STATUS_ERROR        equ 0x01
STATUS_DATA         equ 0x08
STATUS_BUSY         equ 0x80
DEVICE_LBA          equ 0xE0
READ_SECTORS        equ 0x20
WRITE_SECTORS       equ 0x30
FLUSH_CACHE         equ 0xE7
IDENTIFY            equ 0xEC
IDENTIFY_SECTORS    equ 120             ; where the answer has the number of sectors
SECTOR              equ 512
DISK_VECTOR         equ TIMER_VECTOR + 14
FIRST               equ 5               ; two sectors from here on are written
COUNT               equ 2

section .bss
alignb 4
written: resb COUNT * SECTOR
read:    resb (COUNT + 2) * SECTOR

section .text
main:
    SET_GATE DISK_VECTOR, on_disk, GATE_KERNEL
    call timer_init                 ; for the interrupt controllers
    OUT_BYTE PIC_MASTER_DATA, 0xFB  ; only the cascade, and on the slave only line 14
    OUT_BYTE PIC_SLAVE_DATA, 0xBF
    mov edx, DISK_CONTROL           ; interrupts, please
    xor eax, eax
    out dx, al
    sti
    call identify
    call write_pattern
    call read_back
    call read_beyond_the_end
    cli
    MASK_ALL_LINES

    REPORT "sectors", [observations.sectors]
    REPORT "kept", [observations.kept]
    REPORT "neighbours untouched", [observations.neighbours_untouched]
    REPORT "error beyond the end", [observations.error_beyond]
    REPORT "interrupts came", [observations.interrupted]
    ret

; The status is read to take the interrupt back.
on_disk:
    push eax
    push edx
    mov edx, DISK_COMMAND
    in al, dx
    mov dword [observations.interrupted], 1
    OUT_BYTE PIC_SLAVE, PIC_END
    OUT_BYTE PIC_MASTER, PIC_END
    pop edx
    pop eax
    iret

; Gives the command in bl for cl sectors from sector eax on. Changes eax, edx.
command:
    mov edx, DISK_LBA0
    out dx, al
    shr eax, 8
    inc edx
    out dx, al
    shr eax, 8
    inc edx
    out dx, al
    shr eax, 8
    or al, DEVICE_LBA
    inc edx
    out dx, al
    mov edx, DISK_COUNT
    mov al, cl
    out dx, al
    mov edx, DISK_COMMAND
    mov al, bl
    PROBE "disk.command", "command=ebx"
    out dx, al
    ret

; Waits until the disk is not busy: al = its status. The alternate one, which leaves interrupts alone. Changes edx.
wait_ready:
    mov edx, DISK_CONTROL
.again:
    in al, dx
    test al, STATUS_BUSY
    jnz .again
    ret

identify:
    xor eax, eax
    xor ecx, ecx
    mov bl, IDENTIFY
    call command
    call wait_ready
    test al, STATUS_DATA
    jz .none
    mov edi, read
    mov edx, DISK
    mov ecx, SECTOR / 2
    cld
    rep insw
    mov eax, [read + IDENTIFY_SECTORS]
    mov [observations.sectors], eax
.none:
    ret

write_pattern:
    mov edi, written
    mov ecx, COUNT * SECTOR / 4
    mov eax, 0x12345678
    cld
.fill:
    stosd
    imul eax, eax, 69069
    inc eax
    loop .fill

    mov eax, FIRST
    mov cl, COUNT
    mov bl, WRITE_SECTORS
    call command
    mov esi, written
    mov edi, COUNT
.sector:
    call wait_ready
    mov edx, DISK
    mov ecx, SECTOR / 2
    rep outsw
    dec edi
    jnz .sector
    call wait_ready
    mov eax, FIRST
    mov bl, FLUSH_CACHE
    call command
    call wait_ready
    ret

; One sector before, those written, one behind.
read_back:
    mov eax, FIRST - 1
    mov cl, COUNT + 2
    mov bl, READ_SECTORS
    call command
    mov edi, read
    mov esi, COUNT + 2
.sector:
    call wait_ready
    mov edx, DISK
    mov ecx, SECTOR / 2
    cld
    rep insw
    dec esi
    jnz .sector

    mov esi, written
    mov edi, read + SECTOR
    mov ecx, COUNT * SECTOR / 4
    repe cmpsd
    sete [observations.kept]
    xor eax, eax
    mov edi, read
    mov ecx, SECTOR / 4
    repe scasd
    jne .touched
    mov edi, read + (COUNT + 1) * SECTOR
    mov ecx, SECTOR / 4
    repe scasd
    sete [observations.neighbours_untouched]
.touched:
    ret

read_beyond_the_end:
    mov eax, [observations.sectors]
    mov cl, 1
    mov bl, READ_SECTORS
    call command
    call wait_ready
    test al, STATUS_ERROR
    jz .done
    mov edx, DISK_ERROR
    xor eax, eax
    in al, dx
    mov [observations.error_beyond], eax
.done:
    ret

section .data
align 4
observations:
.sectors:               dd 0
.kept:                  dd 0
.neighbours_untouched:  dd 0
.error_beyond:          dd 0
.interrupted:           dd 0
.end:
