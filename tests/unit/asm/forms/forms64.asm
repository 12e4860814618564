; Instruction forms in 64-bit code, a line each; the test compares ours with NASM's.
bits 64
add al, 5
add al, -1
add al, 0xff
add bl, 0x80
add ax, 5
add ax, 0x1234
add cx, -1
add eax, 5
add eax, -128
add eax, 0x80
add eax, 0xffffff80
add edx, 0x12345678
add edx, 0xffffffff
add eax, ebx
add cl, dh
add si, di
add [rax], eax
add eax, [rax]
add byte [rsp], 7
add word [rsp], 0x1234
add dword [rsp], -3
add dword [rax], 0x80000000
add [rsp], al
add bx, [rsp]
add dword [rax], byte 4
or al, 5
or al, -1
or al, 0xff
or bl, 0x80
or ax, 5
or ax, 0x1234
or cx, -1
or eax, 5
or eax, -128
or eax, 0x80
or eax, 0xffffff80
or edx, 0x12345678
or edx, 0xffffffff
or eax, ebx
or cl, dh
or si, di
or [rax], eax
or eax, [rax]
or byte [rsp], 7
or word [rsp], 0x1234
or dword [rsp], -3
or dword [rax], 0x80000000
or [rsp], al
or bx, [rsp]
or dword [rax], byte 4
adc al, 5
adc al, -1
adc al, 0xff
adc bl, 0x80
adc ax, 5
adc ax, 0x1234
adc cx, -1
adc eax, 5
adc eax, -128
adc eax, 0x80
adc eax, 0xffffff80
adc edx, 0x12345678
adc edx, 0xffffffff
adc eax, ebx
adc cl, dh
adc si, di
adc [rax], eax
adc eax, [rax]
adc byte [rsp], 7
adc word [rsp], 0x1234
adc dword [rsp], -3
adc dword [rax], 0x80000000
adc [rsp], al
adc bx, [rsp]
adc dword [rax], byte 4
sbb al, 5
sbb al, -1
sbb al, 0xff
sbb bl, 0x80
sbb ax, 5
sbb ax, 0x1234
sbb cx, -1
sbb eax, 5
sbb eax, -128
sbb eax, 0x80
sbb eax, 0xffffff80
sbb edx, 0x12345678
sbb edx, 0xffffffff
sbb eax, ebx
sbb cl, dh
sbb si, di
sbb [rax], eax
sbb eax, [rax]
sbb byte [rsp], 7
sbb word [rsp], 0x1234
sbb dword [rsp], -3
sbb dword [rax], 0x80000000
sbb [rsp], al
sbb bx, [rsp]
sbb dword [rax], byte 4
and al, 5
and al, -1
and al, 0xff
and bl, 0x80
and ax, 5
and ax, 0x1234
and cx, -1
and eax, 5
and eax, -128
and eax, 0x80
and eax, 0xffffff80
and edx, 0x12345678
and edx, 0xffffffff
and eax, ebx
and cl, dh
and si, di
and [rax], eax
and eax, [rax]
and byte [rsp], 7
and word [rsp], 0x1234
and dword [rsp], -3
and dword [rax], 0x80000000
and [rsp], al
and bx, [rsp]
and dword [rax], byte 4
sub al, 5
sub al, -1
sub al, 0xff
sub bl, 0x80
sub ax, 5
sub ax, 0x1234
sub cx, -1
sub eax, 5
sub eax, -128
sub eax, 0x80
sub eax, 0xffffff80
sub edx, 0x12345678
sub edx, 0xffffffff
sub eax, ebx
sub cl, dh
sub si, di
sub [rax], eax
sub eax, [rax]
sub byte [rsp], 7
sub word [rsp], 0x1234
sub dword [rsp], -3
sub dword [rax], 0x80000000
sub [rsp], al
sub bx, [rsp]
sub dword [rax], byte 4
xor al, 5
xor al, -1
xor al, 0xff
xor bl, 0x80
xor ax, 5
xor ax, 0x1234
xor cx, -1
xor eax, 5
xor eax, -128
xor eax, 0x80
xor eax, 0xffffff80
xor edx, 0x12345678
xor edx, 0xffffffff
xor eax, ebx
xor cl, dh
xor si, di
xor [rax], eax
xor eax, [rax]
xor byte [rsp], 7
xor word [rsp], 0x1234
xor dword [rsp], -3
xor dword [rax], 0x80000000
xor [rsp], al
xor bx, [rsp]
xor dword [rax], byte 4
cmp al, 5
cmp al, -1
cmp al, 0xff
cmp bl, 0x80
cmp ax, 5
cmp ax, 0x1234
cmp cx, -1
cmp eax, 5
cmp eax, -128
cmp eax, 0x80
cmp eax, 0xffffff80
cmp edx, 0x12345678
cmp edx, 0xffffffff
cmp eax, ebx
cmp cl, dh
cmp si, di
cmp [rax], eax
cmp eax, [rax]
cmp byte [rsp], 7
cmp word [rsp], 0x1234
cmp dword [rsp], -3
cmp dword [rax], 0x80000000
cmp [rsp], al
cmp bx, [rsp]
cmp dword [rax], byte 4
mov ecx, [rax]
mov [rax], dl
lea edi, [rax]
inc dword [rax]
mov word [rax], 0x55aa
mov ecx, [rbp]
mov [rbp], dl
lea edi, [rbp]
inc dword [rbp]
mov word [rbp], 0x55aa
mov ecx, [rsp]
mov [rsp], dl
lea edi, [rsp]
inc dword [rsp]
mov word [rsp], 0x55aa
mov ecx, [r12]
mov [r12], dl
lea edi, [r12]
inc dword [r12]
mov word [r12], 0x55aa
mov ecx, [r13]
mov [r13], dl
lea edi, [r13]
inc dword [r13]
mov word [r13], 0x55aa
mov ecx, [r8+r9*8]
mov [r8+r9*8], dl
lea edi, [r8+r9*8]
inc dword [r8+r9*8]
mov word [r8+r9*8], 0x55aa
mov ecx, [rbx+rcx*4+0x10]
mov [rbx+rcx*4+0x10], dl
lea edi, [rbx+rcx*4+0x10]
inc dword [rbx+rcx*4+0x10]
mov word [rbx+rcx*4+0x10], 0x55aa
mov ecx, [rbp+0x1234]
mov [rbp+0x1234], dl
lea edi, [rbp+0x1234]
inc dword [rbp+0x1234]
mov word [rbp+0x1234], 0x55aa
mov ecx, [eax]
mov [eax], dl
lea edi, [eax]
inc dword [eax]
mov word [eax], 0x55aa
mov ecx, [r13d+4]
mov [r13d+4], dl
lea edi, [r13d+4]
inc dword [r13d+4]
mov word [r13d+4], 0x55aa
mov ecx, [rsp+8]
mov [rsp+8], dl
lea edi, [rsp+8]
inc dword [rsp+8]
mov word [rsp+8], 0x55aa
mov eax, [cs:rax]
mov [cs:rsp], cl
cs lodsb
nop
mov dx, cs
mov [rax], cs
nop
mov ebx, cs
mov eax, [ds:rax]
mov [ds:rsp], cl
ds lodsb
mov ds, ax
mov dx, ds
mov [rax], ds
mov ds, [rax]
mov eax, [es:rax]
mov [es:rsp], cl
es lodsb
mov es, ax
mov dx, es
mov [rax], es
mov es, [rax]
mov ebx, es
mov eax, [fs:rax]
mov [fs:rsp], cl
fs lodsb
mov fs, ax
mov dx, fs
mov [rax], fs
mov fs, [rax]
mov ebx, fs
mov eax, [gs:rax]
mov [gs:rsp], cl
gs lodsb
mov gs, ax
mov dx, gs
mov [rax], gs
mov gs, [rax]
mov ebx, gs
mov eax, [ss:rax]
mov [ss:rsp], cl
ss lodsb
mov ss, ax
mov dx, ss
mov [rax], ss
mov ss, [rax]
mov ebx, ss
rol al, 1
rol ax, 1
rol eax, 1
rol eax, 4
rol bl, 7
rol ecx, cl
rol byte [rax], cl
rol word [rax], 1
rol dword [rsp], 31
ror al, 1
ror ax, 1
ror eax, 1
ror eax, 4
ror bl, 7
ror ecx, cl
ror byte [rax], cl
ror word [rax], 1
ror dword [rsp], 31
rcl al, 1
rcl ax, 1
rcl eax, 1
rcl eax, 4
rcl bl, 7
rcl ecx, cl
rcl byte [rax], cl
rcl word [rax], 1
rcl dword [rsp], 31
rcr al, 1
rcr ax, 1
rcr eax, 1
rcr eax, 4
rcr bl, 7
rcr ecx, cl
rcr byte [rax], cl
rcr word [rax], 1
rcr dword [rsp], 31
shl al, 1
shl ax, 1
shl eax, 1
shl eax, 4
shl bl, 7
shl ecx, cl
shl byte [rax], cl
shl word [rax], 1
shl dword [rsp], 31
shr al, 1
shr ax, 1
shr eax, 1
shr eax, 4
shr bl, 7
shr ecx, cl
shr byte [rax], cl
shr word [rax], 1
shr dword [rsp], 31
sar al, 1
sar ax, 1
sar eax, 1
sar eax, 4
sar bl, 7
sar ecx, cl
sar byte [rax], cl
sar word [rax], 1
sar dword [rsp], 31
sal al, 1
sal ax, 1
sal eax, 1
sal eax, 4
sal bl, 7
sal ecx, cl
sal byte [rax], cl
sal word [rax], 1
sal dword [rsp], 31
seto al
seto [rax]
cmovo eax, ecx
cmovo dx, [rsp]
jo $+10
jo short $-3
jo near $+0x1000
jo $-0x200
setno al
setno [rax]
cmovno eax, ecx
cmovno dx, [rsp]
jno $+10
jno short $-3
jno near $+0x1000
jno $-0x200
setb al
setb [rax]
cmovb eax, ecx
cmovb dx, [rsp]
jb $+10
jb short $-3
jb near $+0x1000
jb $-0x200
setc al
setc [rax]
cmovc eax, ecx
cmovc dx, [rsp]
jc $+10
jc short $-3
jc near $+0x1000
jc $-0x200
setnae al
setnae [rax]
cmovnae eax, ecx
cmovnae dx, [rsp]
jnae $+10
jnae short $-3
jnae near $+0x1000
jnae $-0x200
setae al
setae [rax]
cmovae eax, ecx
cmovae dx, [rsp]
jae $+10
jae short $-3
jae near $+0x1000
jae $-0x200
setnb al
setnb [rax]
cmovnb eax, ecx
cmovnb dx, [rsp]
jnb $+10
jnb short $-3
jnb near $+0x1000
jnb $-0x200
setnc al
setnc [rax]
cmovnc eax, ecx
cmovnc dx, [rsp]
jnc $+10
jnc short $-3
jnc near $+0x1000
jnc $-0x200
sete al
sete [rax]
cmove eax, ecx
cmove dx, [rsp]
je $+10
je short $-3
je near $+0x1000
je $-0x200
setz al
setz [rax]
cmovz eax, ecx
cmovz dx, [rsp]
jz $+10
jz short $-3
jz near $+0x1000
jz $-0x200
setne al
setne [rax]
cmovne eax, ecx
cmovne dx, [rsp]
jne $+10
jne short $-3
jne near $+0x1000
jne $-0x200
setnz al
setnz [rax]
cmovnz eax, ecx
cmovnz dx, [rsp]
jnz $+10
jnz short $-3
jnz near $+0x1000
jnz $-0x200
setbe al
setbe [rax]
cmovbe eax, ecx
cmovbe dx, [rsp]
jbe $+10
jbe short $-3
jbe near $+0x1000
jbe $-0x200
setna al
setna [rax]
cmovna eax, ecx
cmovna dx, [rsp]
jna $+10
jna short $-3
jna near $+0x1000
jna $-0x200
seta al
seta [rax]
cmova eax, ecx
cmova dx, [rsp]
ja $+10
ja short $-3
ja near $+0x1000
ja $-0x200
setnbe al
setnbe [rax]
cmovnbe eax, ecx
cmovnbe dx, [rsp]
jnbe $+10
jnbe short $-3
jnbe near $+0x1000
jnbe $-0x200
sets al
sets [rax]
cmovs eax, ecx
cmovs dx, [rsp]
js $+10
js short $-3
js near $+0x1000
js $-0x200
setns al
setns [rax]
cmovns eax, ecx
cmovns dx, [rsp]
jns $+10
jns short $-3
jns near $+0x1000
jns $-0x200
setp al
setp [rax]
cmovp eax, ecx
cmovp dx, [rsp]
jp $+10
jp short $-3
jp near $+0x1000
jp $-0x200
setpe al
setpe [rax]
cmovpe eax, ecx
cmovpe dx, [rsp]
jpe $+10
jpe short $-3
jpe near $+0x1000
jpe $-0x200
setnp al
setnp [rax]
cmovnp eax, ecx
cmovnp dx, [rsp]
jnp $+10
jnp short $-3
jnp near $+0x1000
jnp $-0x200
setpo al
setpo [rax]
cmovpo eax, ecx
cmovpo dx, [rsp]
jpo $+10
jpo short $-3
jpo near $+0x1000
jpo $-0x200
setl al
setl [rax]
cmovl eax, ecx
cmovl dx, [rsp]
jl $+10
jl short $-3
jl near $+0x1000
jl $-0x200
setnge al
setnge [rax]
cmovnge eax, ecx
cmovnge dx, [rsp]
jnge $+10
jnge short $-3
jnge near $+0x1000
jnge $-0x200
setge al
setge [rax]
cmovge eax, ecx
cmovge dx, [rsp]
jge $+10
jge short $-3
jge near $+0x1000
jge $-0x200
setnl al
setnl [rax]
cmovnl eax, ecx
cmovnl dx, [rsp]
jnl $+10
jnl short $-3
jnl near $+0x1000
jnl $-0x200
setle al
setle [rax]
cmovle eax, ecx
cmovle dx, [rsp]
jle $+10
jle short $-3
jle near $+0x1000
jle $-0x200
setng al
setng [rax]
cmovng eax, ecx
cmovng dx, [rsp]
jng $+10
jng short $-3
jng near $+0x1000
jng $-0x200
setg al
setg [rax]
cmovg eax, ecx
cmovg dx, [rsp]
jg $+10
jg short $-3
jg near $+0x1000
jg $-0x200
setnle al
setnle [rax]
cmovnle eax, ecx
cmovnle dx, [rsp]
jnle $+10
jnle short $-3
jnle near $+0x1000
jnle $-0x200
not al
not cx
not edx
not byte [rax]
not word [rsp]
not dword [rax]
neg al
neg cx
neg edx
neg byte [rax]
neg word [rsp]
neg dword [rax]
mul al
mul cx
mul edx
mul byte [rax]
mul word [rsp]
mul dword [rax]
imul al
imul cx
imul edx
imul byte [rax]
imul word [rsp]
imul dword [rax]
div al
div cx
div edx
div byte [rax]
div word [rsp]
div dword [rax]
idiv al
idiv cx
idiv edx
idiv byte [rax]
idiv word [rsp]
idiv dword [rax]
inc al
inc cx
inc edx
inc byte [rax]
inc word [rsp]
inc dword [rax]
dec al
dec cx
dec edx
dec byte [rax]
dec word [rsp]
dec dword [rax]
imul eax, ecx
imul eax, [rax]
imul eax, ecx, 5
imul eax, ecx, 0x12345
imul eax, 7
imul cx, dx, -3
imul edx, [rax], 100
imul eax, -1
mov eax, 5
mov eax, -1
mov al, 'a'
mov ah, 0x80
mov bx, 0xffff
mov eax, 'abcd'
mov eax, ebx
mov bl, bh
mov dword [rax], 0x12345678
mov byte [rsp], -1
mov [rax], dword 9
mov edx, ~0xff
mov cl, (1<<3)|1
test al, 1
test eax, 0x100
test ecx, ecx
test [rax], edx
test edx, [rax]
test byte [rax], 0x80
test dword [rsp], 0x80000000
test bx, -1
xchg eax, ecx
xchg ecx, eax
xchg ebx, esi
xchg al, ah
xchg [rax], edx
xchg dl, [rax]
xchg ax, bp
movzx eax, al
movzx eax, cx
movzx dx, bl
movzx eax, byte [rax]
movzx ecx, word [rsp]
movsx eax, al
movsx edi, si
movsx edx, byte [rax]
movsx ebp, word [rax]
shld eax, ecx, 5
shrd eax, ecx, cl
shld [rax], dx, 3
shrd [rsp], ebx, cl
bt eax, 5
bt ecx, edx
bt [rax], ax
bt dword [rax], 31
bt word [rsp], 3
bts eax, 5
bts ecx, edx
bts [rax], ax
bts dword [rax], 31
bts word [rsp], 3
btr eax, 5
btr ecx, edx
btr [rax], ax
btr dword [rax], 31
btr word [rsp], 3
btc eax, 5
btc ecx, edx
btc [rax], ax
btc dword [rax], 31
btc word [rsp], 3
bsf eax, ecx
bsf dx, [rax]
bsf edi, [rsp]
bsr eax, ecx
bsr dx, [rax]
bsr edi, [rsp]
popcnt eax, ecx
popcnt dx, [rax]
popcnt edi, [rsp]
tzcnt eax, ecx
tzcnt dx, [rax]
tzcnt edi, [rsp]
lzcnt eax, ecx
lzcnt dx, [rax]
lzcnt edi, [rsp]
cmpxchg [rax], ecx
cmpxchg al, dl
lock cmpxchg8b [rax]
xadd [rsp], eax
xadd cl, dl
lock xadd [rax], ebx
lock inc dword [rax]
lock add byte [rsp], 1
bswap eax
bswap edi
movbe eax, [rax]
movbe [rax], cx
crc32 eax, bl
crc32 ecx, dword [rax]
andn eax, ebx, ecx
bextr eax, [rax], edx
blsi eax, ecx
blsr edx, ebx
blsmsk esi, edi
bzhi eax, ecx, edx
mulx eax, ebx, ecx
pdep eax, ebx, [rax]
pext ecx, edx, esi
rorx eax, ebx, 5
sarx eax, ebx, ecx
shlx eax, [rax], ecx
shrx edx, esi, edi
adcx eax, ebx
adox ecx, [rax]
rdrand eax
cbw
cwde
cwd
cdq
clc
stc
cmc
cld
std
cli
sti
hlt
nop
pause
lahf
sahf
leave
ret
retf
iret
iretd
iretw
pushf
popf
cpuid
rdtsc
rdtscp
rdmsr
wrmsr
rdpmc
ud2
clts
invd
wbinvd
int3
int1
icebp
sysenter
mfence
lfence
sfence
xlatb
xlat
movsb
movsw
movsd
stosb
stosw
stosd
lodsb
lodsw
lodsd
scasb
scasw
scasd
cmpsb
cmpsw
cmpsd
insb
insw
insd
outsb
outsw
outsd
vmcall
vmlaunch
vmresume
vmxoff
vmfunc
monitor
mwait
xgetbv
xsetbv
rsm
wait
rep movsb
rep movsd
rep stosw
repe cmpsb
repne scasb
repz cmpsd
repnz scasd
rep insb
rep outsd
rep lodsb
rep ret
ret 4
ret 0xfff0
retf 8
int 0x80
int 3
int 0xff
in al, 0x60
in ax, 0x60
in eax, 0xff
in al, dx
in ax, dx
in eax, dx
out 0xf4, al
out 0x80, ax
out 0xf4, eax
out dx, al
out dx, ax
out dx, eax
enter 16, 0
enter 0x8000, 3
lgdt [rax]
lgdt [rsp]
sgdt [rax]
sgdt [rsp]
lidt [rax]
lidt [rsp]
sidt [rax]
sidt [rsp]
invlpg [rax]
invlpg [rsp]
fxsave [rax]
fxsave [rsp]
fxrstor [rax]
fxrstor [rsp]
lldt ax
lldt [rax]
ltr cx
ltr [rax]
sldt ax
sldt eax
sldt [rax]
str bx
str ebx
str [rax]
verr ax
verw [rax]
lmsw ax
lmsw [rax]
smsw ax
smsw ecx
smsw [rax]
lar eax, ecx
lar ax, cx
lar edx, [rax]
lsl eax, ecx
lsl bx, dx
lsl esi, [rax]
clflush [rax]
prefetchnta [rax]
vmptrld [rax]
vmptrst [rax]
vmclear [rax]
vmxon [rax]
nop dword [rax]
call $+5
call $-0x100
jmp $
jmp $+2
jmp short $+0x20
jmp near $+0x20
jmp $+0x1000
jmp $-0x81
jmp $-0x7e
loop $
loope $+5
loopne $-5
loopz $
loopnz $
lock dec byte [rax]
mov eax, 1 + 2 * 3
mov eax, 10 / 3
mov eax, 10 % 3
mov eax, -10 // 3
mov eax, 1 << 20
mov eax, 0x80 >> 3
mov eax, 5 == 5
mov eax, !5
mov eax, ~5
mov eax, (1 ? 7 : 9)
mov eax, 0b1010
mov eax, 1010b
mov eax, 0ffh
mov eax, $0ff
mov eax, 777q
mov eax, 1_000_000
mov al, 5 ^ 1 | 8 & 12
mov rax, 5
mov rax, -1
mov rax, 0x123456789abcdef0
mov r8, 0x80000000
mov r9d, -1
mov rax, [rbx]
mov [r15+8], r14
add rax, 5
add r10, 0x1234
sub rsp, 0x28
push rax
push r12
pop r13
push 5
push -1
push 0x1234
push qword [rax]
pop qword [rax]
push fs
pop gs
mov rax, cr0
mov cr3, r8
mov cr8, rax
mov rax, dr7
cdqe
cqo
movsxd rax, ecx
movsxd rdx, dword [rbx]
movzx rax, byte [rcx]
movsx rax, word [rcx]
syscall
sysret
swapgs
iretq
pushfq
popfq
movsq
stosq
lodsq
cmpsq
scasq
rep movsq
cmpxchg16b [rax]
jmp rax
call [rax]
jmp [r8]
jrcxz $
jecxz $
bswap rax
bsf r8, r9
imul rax, rbx, 5
shl rax, 5
sar r15, cl
xchg rax, r8
test r8, r9
mov sil, 5
mov dil, al
mov r8b, 1
vmread rax, rcx
vmwrite rcx, [rax]
invept rax, [rbx]
invlpg [r12]
lgdt [rax]
str rax
lar rax, ecx
mov ds, eax
adc r8d, 7
mov eax, [rel $+0x100]
lea rsi, [rel $-5]
mov [rel $+16], rax
mov eax, [abs 0x1234]
wrfsbase rax
rdgsbase ecx
popcnt rax, rcx
andn rax, rbx, r9
rorx rax, r8, 5
in al, dx
xadd [rax], r9
movnti [rax], rcx
rdrand r9
mov word [r13+r14*2], 5
neg qword [rax]
not r11
div rcx
inc r8
dec qword [r9]
enter 8, 1
ret 8
int 0x80
o64 retf
call $+0x100
jmp $+0x1000
jmp qword [rax]
fxsave64 [rax]
sysexit
