; A disk of 64 KiB that boots: the boot sector loads the rest by INT 13h, enters protected mode, and
; then uses the disk by itself. What it says on COM1 is tests/golden/boot_disk.txt everywhere.
bits 16
org 0x7c00

COM1        equ 0x3f8
SELF        equ 8                           ; sectors of this program
TEXT_AT     equ 20                          ; the sector with the text
SCRATCH     equ 100

start:
    cli
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, start
    sti
    cld
    mov [drive], dl
    mov si, hello
    call say16
    cmp byte [drive], 0x80
    jne failed
    ; Cylinder, head and sector.
    mov ax, 0x0201
    mov cx, 2
    xor dh, dh
    mov dl, [drive]
    mov bx, 0x7e00
    int 0x13
    jc failed
    ; The extensions.
    mov si, packet
    mov ah, 0x42
    mov dl, [drive]
    int 0x13
    jc failed
    jmp loaded
failed:
    mov si, bad
    call say16
    mov al, 1
    out 0xf4, al
.halt:
    cli
    hlt
    jmp .halt

say16:
    mov dx, COM1
.next:
    lodsb
    test al, al
    jz .done
    out dx, al
    jmp .next
.done:
    ret

drive:  db 0
hello:  db "boot sector at 7C00, drive 80", 10, 0
bad:    db "failed", 10, 0
packet: db 16, 0
        dw SELF - 1, 0x7e00, 0
        dq 1
times 510 - ($ - $$) db 0
        dw 0xaa55

loaded:
    mov si, rest
    call say16
    int 0x12
    cmp ax, 639
    jne failed
    mov si, memory
    call say16
    ; The timer's ticks go on by an interrupt.
    mov ah, 0
    int 0x1a
    mov bx, dx
.tick:
    hlt
    mov ah, 0
    int 0x1a
    cmp dx, bx
    je .tick
    mov si, ticks
    call say16
    cli
    o32 lgdt [table_register]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp dword 0x08:protected

rest:   db "the rest was loaded by INT 13h", 10, 0
memory: db "639 KiB of base memory", 10, 0
ticks:  db "INT 1Ah goes on", 10, 0

bits 32
protected:
    mov ax, 0x10
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, 0x90000
    mov esi, mode
    call say
    call prepare_interrupts
    call by_polling
    call by_interrupt
    call write_and_read
    call by_apic_timer
    xor eax, eax
    out 0xf4, eax
halt:
    cli
    hlt
    jmp halt

; ESI: the text. DX is kept.
say:
    push edx
    mov dx, COM1
.next:
    lodsb
    test al, al
    jz .done
    out dx, al
    jmp .next
.done:
    pop edx
    ret

; Command BL for one sector, EAX.
command:
    mov ecx, eax
    mov dx, 0x1f2
    mov al, 1
    out dx, al
    inc dx
    mov al, cl
    out dx, al
    inc dx
    mov al, ch
    out dx, al
    shr ecx, 16
    inc dx
    mov al, cl
    out dx, al
    inc dx
    mov al, 0xe0
    out dx, al
    inc dx
    mov al, bl
    out dx, al
    ret

ready:
    mov dx, 0x3f6
.busy:
    in al, dx
    test al, 0x80
    jnz .busy
    test al, 1
    jnz wrong
    ret
wrong:
    mov esi, disk_wrong
    call say
    mov al, 2
    out 0xf4, al
    jmp halt

read_data:
    mov edi, 0x20000
    mov ecx, 128
    mov dx, 0x1f0
    rep insd
    mov dx, 0x1f7
    in al, dx
    ret

by_polling:
    mov dx, 0x3f6
    mov al, 2                               ; no interrupts
    out dx, al
    mov eax, TEXT_AT
    mov bl, 0x20
    call command
    call ready
    call read_data
    mov esi, 0x20000
    call say
    ; IDENTIFY DEVICE: as many sectors as there are.
    xor eax, eax
    mov bl, 0xec
    call command
    call ready
    call read_data
    cmp dword [0x20000 + 120], SECTORS
    jne wrong
    mov esi, sectors_right
    jmp say

by_interrupt:
    mov dx, 0x3f6
    xor al, al
    out dx, al
    mov dword [seen], 0
    mov eax, TEXT_AT + 1
    mov bl, 0x20
    call command
.wait:
    sti
    hlt
    cli
    cmp dword [seen], 0
    je .wait
    call read_data
    mov esi, 0x20000
    jmp say

write_and_read:
    mov dx, 0x3f6
    mov al, 2
    out dx, al
    mov eax, SCRATCH
    mov bl, 0x30
    call command
    call ready
    mov ecx, 128
    mov esi, pattern
    mov dx, 0x1f0
    rep outsd
    call ready
    mov eax, SCRATCH
    mov bl, 0x20
    call command
    call ready
    call read_data
    mov esi, 0x20000
    mov edi, pattern
    mov ecx, 128
    repe cmpsd
    jne wrong
    mov esi, written
    jmp say

by_apic_timer:
    mov ebx, 0xfee00000
    mov dword [ebx + 0xf0], 0x1ff
    mov dword [ebx + 0x3e0], 0xb
    mov dword [ebx + 0x320], 0x40
    mov dword [seen], 0
    mov dword [ebx + 0x380], 10000
.wait:
    sti
    hlt
    cli
    cmp dword [seen], 0
    je .wait
    mov esi, timer
    jmp say

; The 8259s at 20h and 28h, only the disk's line open; handlers for 2Eh and 40h.
prepare_interrupts:
    mov al, 0x11
    out 0x20, al
    out 0xa0, al
    mov al, 0x20
    out 0x21, al
    mov al, 0x28
    out 0xa1, al
    mov al, 4
    out 0x21, al
    mov al, 2
    out 0xa1, al
    mov al, 1
    out 0x21, al
    out 0xa1, al
    mov al, 0xfb
    out 0x21, al
    mov al, 0xbf
    out 0xa1, al
    mov edi, 0x1000
    mov ecx, 2 * 256
    xor eax, eax
    rep stosd
    mov eax, disk_handler
    mov edi, 0x1000 + 0x2e * 8
    call gate
    mov eax, timer_handler
    mov edi, 0x1000 + 0x40 * 8
    call gate
    lidt [interrupt_register]
    ret
gate:
    mov [edi], ax
    mov word [edi + 2], 0x08
    mov word [edi + 4], 0x8e00
    shr eax, 16
    mov [edi + 6], ax
    ret
disk_handler:
    pushad
    mov dx, 0x1f7
    in al, dx
    inc dword [seen]
    mov al, 0x20
    out 0xa0, al
    out 0x20, al
    popad
    iretd
timer_handler:
    inc dword [seen]
    mov dword [0xfee000b0], 0
    iretd

align 8
table:  dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
table_register:
        dw $ - table - 1
        dd table
interrupt_register:
        dw 256 * 8 - 1
        dd 0x1000
seen:   dd 0
mode:           db "protected mode", 10, 0
disk_wrong:     db "the disk is wrong", 10, 0
sectors_right:  db "IDENTIFY DEVICE tells its sectors", 10, 0
written:        db "a sector was written and read back", 10, 0
timer:          db "the local APIC's timer interrupts", 10, 0
align 512
pattern:
%assign n 0
%rep 128
        dd n * 0x01030507
%assign n n + 1
%endrep
times SELF * 512 - ($ - $$) db 0

times TEXT_AT * 512 - ($ - $$) db 0
        db "a sector read by programmed I/O", 10, 0
times (TEXT_AT + 1) * 512 - ($ - $$) db 0
        db "a sector read after an interrupt", 10, 0
times 0x10000 - ($ - $$) db 0
SECTORS equ ($ - $$) / 512
