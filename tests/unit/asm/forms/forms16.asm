; Instruction forms in 16-bit code, a line each; the test compares ours with NASM's.
bits 16
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
add [bx], eax
add eax, [bx]
add byte [bp+di+5], 7
add word [bp+di+5], 0x1234
add dword [bp+di+5], -3
add dword [bx], 0x80000000
add [bp+di+5], al
add bx, [bp+di+5]
add dword [bx], byte 4
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
or [bx], eax
or eax, [bx]
or byte [bp+di+5], 7
or word [bp+di+5], 0x1234
or dword [bp+di+5], -3
or dword [bx], 0x80000000
or [bp+di+5], al
or bx, [bp+di+5]
or dword [bx], byte 4
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
adc [bx], eax
adc eax, [bx]
adc byte [bp+di+5], 7
adc word [bp+di+5], 0x1234
adc dword [bp+di+5], -3
adc dword [bx], 0x80000000
adc [bp+di+5], al
adc bx, [bp+di+5]
adc dword [bx], byte 4
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
sbb [bx], eax
sbb eax, [bx]
sbb byte [bp+di+5], 7
sbb word [bp+di+5], 0x1234
sbb dword [bp+di+5], -3
sbb dword [bx], 0x80000000
sbb [bp+di+5], al
sbb bx, [bp+di+5]
sbb dword [bx], byte 4
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
and [bx], eax
and eax, [bx]
and byte [bp+di+5], 7
and word [bp+di+5], 0x1234
and dword [bp+di+5], -3
and dword [bx], 0x80000000
and [bp+di+5], al
and bx, [bp+di+5]
and dword [bx], byte 4
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
sub [bx], eax
sub eax, [bx]
sub byte [bp+di+5], 7
sub word [bp+di+5], 0x1234
sub dword [bp+di+5], -3
sub dword [bx], 0x80000000
sub [bp+di+5], al
sub bx, [bp+di+5]
sub dword [bx], byte 4
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
xor [bx], eax
xor eax, [bx]
xor byte [bp+di+5], 7
xor word [bp+di+5], 0x1234
xor dword [bp+di+5], -3
xor dword [bx], 0x80000000
xor [bp+di+5], al
xor bx, [bp+di+5]
xor dword [bx], byte 4
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
cmp [bx], eax
cmp eax, [bx]
cmp byte [bp+di+5], 7
cmp word [bp+di+5], 0x1234
cmp dword [bp+di+5], -3
cmp dword [bx], 0x80000000
cmp [bp+di+5], al
cmp bx, [bp+di+5]
cmp dword [bx], byte 4
mov ecx, [bx]
mov [bx], dl
lea edi, [bx]
inc dword [bx]
mov word [bx], 0x55aa
mov ecx, [bx+si]
mov [bx+si], dl
lea edi, [bx+si]
inc dword [bx+si]
mov word [bx+si], 0x55aa
mov ecx, [bp+di+5]
mov [bp+di+5], dl
lea edi, [bp+di+5]
inc dword [bp+di+5]
mov word [bp+di+5], 0x55aa
mov ecx, [si-0x80]
mov [si-0x80], dl
lea edi, [si-0x80]
inc dword [si-0x80]
mov word [si-0x80], 0x55aa
mov ecx, [bp]
mov [bp], dl
lea edi, [bp]
inc dword [bp]
mov word [bp], 0x55aa
mov ecx, [0x1234]
mov [0x1234], dl
lea edi, [0x1234]
inc dword [0x1234]
mov word [0x1234], 0x55aa
mov ecx, [bx+0x1234]
mov [bx+0x1234], dl
lea edi, [bx+0x1234]
inc dword [bx+0x1234]
mov word [bx+0x1234], 0x55aa
mov ecx, [eax]
mov [eax], dl
lea edi, [eax]
inc dword [eax]
mov word [eax], 0x55aa
mov ecx, [ebp+ecx*4+3]
mov [ebp+ecx*4+3], dl
lea edi, [ebp+ecx*4+3]
inc dword [ebp+ecx*4+3]
mov word [ebp+ecx*4+3], 0x55aa
mov ecx, [esp]
mov [esp], dl
lea edi, [esp]
inc dword [esp]
mov word [esp], 0x55aa
mov eax, [cs:bx]
mov [cs:bp+di+5], cl
cs lodsb
nop
mov dx, cs
mov [bx], cs
nop
mov ebx, cs
mov eax, [ds:bx]
mov [ds:bp+di+5], cl
ds lodsb
mov ds, ax
mov dx, ds
mov [bx], ds
mov ds, [bx]
mov ebx, ds
mov eax, [es:bx]
mov [es:bp+di+5], cl
es lodsb
mov es, ax
mov dx, es
mov [bx], es
mov es, [bx]
mov ebx, es
mov eax, [fs:bx]
mov [fs:bp+di+5], cl
fs lodsb
mov fs, ax
mov dx, fs
mov [bx], fs
mov fs, [bx]
mov ebx, fs
mov eax, [gs:bx]
mov [gs:bp+di+5], cl
gs lodsb
mov gs, ax
mov dx, gs
mov [bx], gs
mov gs, [bx]
mov ebx, gs
mov eax, [ss:bx]
mov [ss:bp+di+5], cl
ss lodsb
mov ss, ax
mov dx, ss
mov [bx], ss
mov ss, [bx]
mov ebx, ss
rol al, 1
rol ax, 1
rol eax, 1
rol eax, 4
rol bl, 7
rol ecx, cl
rol byte [bx], cl
rol word [bx], 1
rol dword [bp+di+5], 31
ror al, 1
ror ax, 1
ror eax, 1
ror eax, 4
ror bl, 7
ror ecx, cl
ror byte [bx], cl
ror word [bx], 1
ror dword [bp+di+5], 31
rcl al, 1
rcl ax, 1
rcl eax, 1
rcl eax, 4
rcl bl, 7
rcl ecx, cl
rcl byte [bx], cl
rcl word [bx], 1
rcl dword [bp+di+5], 31
rcr al, 1
rcr ax, 1
rcr eax, 1
rcr eax, 4
rcr bl, 7
rcr ecx, cl
rcr byte [bx], cl
rcr word [bx], 1
rcr dword [bp+di+5], 31
shl al, 1
shl ax, 1
shl eax, 1
shl eax, 4
shl bl, 7
shl ecx, cl
shl byte [bx], cl
shl word [bx], 1
shl dword [bp+di+5], 31
shr al, 1
shr ax, 1
shr eax, 1
shr eax, 4
shr bl, 7
shr ecx, cl
shr byte [bx], cl
shr word [bx], 1
shr dword [bp+di+5], 31
sar al, 1
sar ax, 1
sar eax, 1
sar eax, 4
sar bl, 7
sar ecx, cl
sar byte [bx], cl
sar word [bx], 1
sar dword [bp+di+5], 31
sal al, 1
sal ax, 1
sal eax, 1
sal eax, 4
sal bl, 7
sal ecx, cl
sal byte [bx], cl
sal word [bx], 1
sal dword [bp+di+5], 31
seto al
seto [bx]
cmovo eax, ecx
cmovo dx, [bp+di+5]
jo $+10
jo short $-3
jo near $+0x1000
jo $-0x200
setno al
setno [bx]
cmovno eax, ecx
cmovno dx, [bp+di+5]
jno $+10
jno short $-3
jno near $+0x1000
jno $-0x200
setb al
setb [bx]
cmovb eax, ecx
cmovb dx, [bp+di+5]
jb $+10
jb short $-3
jb near $+0x1000
jb $-0x200
setc al
setc [bx]
cmovc eax, ecx
cmovc dx, [bp+di+5]
jc $+10
jc short $-3
jc near $+0x1000
jc $-0x200
setnae al
setnae [bx]
cmovnae eax, ecx
cmovnae dx, [bp+di+5]
jnae $+10
jnae short $-3
jnae near $+0x1000
jnae $-0x200
setae al
setae [bx]
cmovae eax, ecx
cmovae dx, [bp+di+5]
jae $+10
jae short $-3
jae near $+0x1000
jae $-0x200
setnb al
setnb [bx]
cmovnb eax, ecx
cmovnb dx, [bp+di+5]
jnb $+10
jnb short $-3
jnb near $+0x1000
jnb $-0x200
setnc al
setnc [bx]
cmovnc eax, ecx
cmovnc dx, [bp+di+5]
jnc $+10
jnc short $-3
jnc near $+0x1000
jnc $-0x200
sete al
sete [bx]
cmove eax, ecx
cmove dx, [bp+di+5]
je $+10
je short $-3
je near $+0x1000
je $-0x200
setz al
setz [bx]
cmovz eax, ecx
cmovz dx, [bp+di+5]
jz $+10
jz short $-3
jz near $+0x1000
jz $-0x200
setne al
setne [bx]
cmovne eax, ecx
cmovne dx, [bp+di+5]
jne $+10
jne short $-3
jne near $+0x1000
jne $-0x200
setnz al
setnz [bx]
cmovnz eax, ecx
cmovnz dx, [bp+di+5]
jnz $+10
jnz short $-3
jnz near $+0x1000
jnz $-0x200
setbe al
setbe [bx]
cmovbe eax, ecx
cmovbe dx, [bp+di+5]
jbe $+10
jbe short $-3
jbe near $+0x1000
jbe $-0x200
setna al
setna [bx]
cmovna eax, ecx
cmovna dx, [bp+di+5]
jna $+10
jna short $-3
jna near $+0x1000
jna $-0x200
seta al
seta [bx]
cmova eax, ecx
cmova dx, [bp+di+5]
ja $+10
ja short $-3
ja near $+0x1000
ja $-0x200
setnbe al
setnbe [bx]
cmovnbe eax, ecx
cmovnbe dx, [bp+di+5]
jnbe $+10
jnbe short $-3
jnbe near $+0x1000
jnbe $-0x200
sets al
sets [bx]
cmovs eax, ecx
cmovs dx, [bp+di+5]
js $+10
js short $-3
js near $+0x1000
js $-0x200
setns al
setns [bx]
cmovns eax, ecx
cmovns dx, [bp+di+5]
jns $+10
jns short $-3
jns near $+0x1000
jns $-0x200
setp al
setp [bx]
cmovp eax, ecx
cmovp dx, [bp+di+5]
jp $+10
jp short $-3
jp near $+0x1000
jp $-0x200
setpe al
setpe [bx]
cmovpe eax, ecx
cmovpe dx, [bp+di+5]
jpe $+10
jpe short $-3
jpe near $+0x1000
jpe $-0x200
setnp al
setnp [bx]
cmovnp eax, ecx
cmovnp dx, [bp+di+5]
jnp $+10
jnp short $-3
jnp near $+0x1000
jnp $-0x200
setpo al
setpo [bx]
cmovpo eax, ecx
cmovpo dx, [bp+di+5]
jpo $+10
jpo short $-3
jpo near $+0x1000
jpo $-0x200
setl al
setl [bx]
cmovl eax, ecx
cmovl dx, [bp+di+5]
jl $+10
jl short $-3
jl near $+0x1000
jl $-0x200
setnge al
setnge [bx]
cmovnge eax, ecx
cmovnge dx, [bp+di+5]
jnge $+10
jnge short $-3
jnge near $+0x1000
jnge $-0x200
setge al
setge [bx]
cmovge eax, ecx
cmovge dx, [bp+di+5]
jge $+10
jge short $-3
jge near $+0x1000
jge $-0x200
setnl al
setnl [bx]
cmovnl eax, ecx
cmovnl dx, [bp+di+5]
jnl $+10
jnl short $-3
jnl near $+0x1000
jnl $-0x200
setle al
setle [bx]
cmovle eax, ecx
cmovle dx, [bp+di+5]
jle $+10
jle short $-3
jle near $+0x1000
jle $-0x200
setng al
setng [bx]
cmovng eax, ecx
cmovng dx, [bp+di+5]
jng $+10
jng short $-3
jng near $+0x1000
jng $-0x200
setg al
setg [bx]
cmovg eax, ecx
cmovg dx, [bp+di+5]
jg $+10
jg short $-3
jg near $+0x1000
jg $-0x200
setnle al
setnle [bx]
cmovnle eax, ecx
cmovnle dx, [bp+di+5]
jnle $+10
jnle short $-3
jnle near $+0x1000
jnle $-0x200
not al
not cx
not edx
not byte [bx]
not word [bp+di+5]
not dword [bx]
neg al
neg cx
neg edx
neg byte [bx]
neg word [bp+di+5]
neg dword [bx]
mul al
mul cx
mul edx
mul byte [bx]
mul word [bp+di+5]
mul dword [bx]
imul al
imul cx
imul edx
imul byte [bx]
imul word [bp+di+5]
imul dword [bx]
div al
div cx
div edx
div byte [bx]
div word [bp+di+5]
div dword [bx]
idiv al
idiv cx
idiv edx
idiv byte [bx]
idiv word [bp+di+5]
idiv dword [bx]
inc al
inc cx
inc edx
inc byte [bx]
inc word [bp+di+5]
inc dword [bx]
dec al
dec cx
dec edx
dec byte [bx]
dec word [bp+di+5]
dec dword [bx]
imul eax, ecx
imul eax, [bx]
imul eax, ecx, 5
imul eax, ecx, 0x12345
imul eax, 7
imul cx, dx, -3
imul edx, [bx], 100
imul eax, -1
mov eax, 5
mov eax, -1
mov al, 'a'
mov ah, 0x80
mov bx, 0xffff
mov eax, 'abcd'
mov eax, ebx
mov bl, bh
mov dword [bx], 0x12345678
mov byte [bp+di+5], -1
mov [bx], dword 9
mov edx, ~0xff
mov cl, (1<<3)|1
test al, 1
test eax, 0x100
test ecx, ecx
test [bx], edx
test edx, [bx]
test byte [bx], 0x80
test dword [bp+di+5], 0x80000000
test bx, -1
xchg eax, ecx
xchg ecx, eax
xchg ebx, esi
xchg al, ah
xchg [bx], edx
xchg dl, [bx]
xchg ax, bp
movzx eax, al
movzx eax, cx
movzx dx, bl
movzx eax, byte [bx]
movzx ecx, word [bp+di+5]
movsx eax, al
movsx edi, si
movsx edx, byte [bx]
movsx ebp, word [bx]
shld eax, ecx, 5
shrd eax, ecx, cl
shld [bx], dx, 3
shrd [bp+di+5], ebx, cl
bt eax, 5
bt ecx, edx
bt [bx], ax
bt dword [bx], 31
bt word [bp+di+5], 3
bts eax, 5
bts ecx, edx
bts [bx], ax
bts dword [bx], 31
bts word [bp+di+5], 3
btr eax, 5
btr ecx, edx
btr [bx], ax
btr dword [bx], 31
btr word [bp+di+5], 3
btc eax, 5
btc ecx, edx
btc [bx], ax
btc dword [bx], 31
btc word [bp+di+5], 3
bsf eax, ecx
bsf dx, [bx]
bsf edi, [bp+di+5]
bsr eax, ecx
bsr dx, [bx]
bsr edi, [bp+di+5]
popcnt eax, ecx
popcnt dx, [bx]
popcnt edi, [bp+di+5]
tzcnt eax, ecx
tzcnt dx, [bx]
tzcnt edi, [bp+di+5]
lzcnt eax, ecx
lzcnt dx, [bx]
lzcnt edi, [bp+di+5]
cmpxchg [bx], ecx
cmpxchg al, dl
lock cmpxchg8b [bx]
xadd [bp+di+5], eax
xadd cl, dl
lock xadd [bx], ebx
lock inc dword [bx]
lock add byte [bp+di+5], 1
bswap eax
bswap edi
movbe eax, [bx]
movbe [bx], cx
crc32 eax, bl
crc32 ecx, dword [bx]
andn eax, ebx, ecx
bextr eax, [bx], edx
blsi eax, ecx
blsr edx, ebx
blsmsk esi, edi
bzhi eax, ecx, edx
mulx eax, ebx, ecx
pdep eax, ebx, [bx]
pext ecx, edx, esi
rorx eax, ebx, 5
sarx eax, ebx, ecx
shlx eax, [bx], ecx
shrx edx, esi, edi
adcx eax, ebx
adox ecx, [bx]
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
sysexit
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
lgdt [bx]
lgdt [bp+di+5]
sgdt [bx]
sgdt [bp+di+5]
lidt [bx]
lidt [bp+di+5]
sidt [bx]
sidt [bp+di+5]
invlpg [bx]
invlpg [bp+di+5]
fxsave [bx]
fxsave [bp+di+5]
fxrstor [bx]
fxrstor [bp+di+5]
lldt ax
lldt [bx]
ltr cx
ltr [bx]
sldt ax
sldt eax
sldt [bx]
str bx
str ebx
str [bx]
verr ax
verw [bx]
lmsw ax
lmsw [bx]
smsw ax
smsw ecx
smsw [bx]
lar eax, ecx
lar ax, cx
lar edx, [bx]
lsl eax, ecx
lsl bx, dx
lsl esi, [bx]
clflush [bx]
prefetchnta [bx]
vmptrld [bx]
vmptrst [bx]
vmclear [bx]
vmxon [bx]
nop dword [bx]
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
lock dec byte [bx]
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
aaa
aas
aam
aad
aam 16
aad 7
daa
das
into
pusha
popa
pushad
popad
pushaw
popaw
push cs
push ds
push es
push ss
pop ds
pop es
pop ss
salc
pushfd
popfd
pushfw
popfw
arpl ax, bx
push eax
push cx
pop edi
pop bp
push 5
push -1
push 0x80
push 0x1234
push byte 5
push word 5
push word 0x1234
push dword 5
push dword 0x12345678
push word [bx]
push dword [bx]
pop word [bx]
pop dword [bx]
push fs
push gs
pop fs
pop gs
jmp 0x08:0x1234
call 0x1b:0x1234
jmp dword 0x10:0x12345678
jmp word 0x10:0x1234
call dword 8:16
jmp eax
jmp cx
call edx
call bx
jmp [bx]
call [bx]
jmp dword [bx]
call word [bx]
jmp far [bx]
call far [bx]
jmp far dword [bx]
call far word [bx]
jcxz $
jecxz $
loop $, ecx
loop $, cx
loope $+3, cx
arpl [bx], dx
bound eax, [bx]
bound cx, [bx]
lds esi, [bx]
les di, [bx]
lss esp, [bx]
lfs ecx, [bx]
lgs bx, [bx]
mov eax, cr0
mov cr0, ecx
mov eax, cr2
mov cr2, ecx
mov eax, cr3
mov cr3, ecx
mov eax, cr4
mov cr4, ecx
mov eax, dr0
mov dr0, esi
mov eax, dr1
mov dr1, esi
mov eax, dr2
mov dr2, esi
mov eax, dr3
mov dr3, esi
mov eax, dr6
mov dr6, esi
mov eax, dr7
mov dr7, esi
vmread eax, ecx
vmread [bx], edx
vmwrite eax, ecx
vmwrite esi, [bx]
invept eax, [bx]
invvpid ecx, [bx]
invpcid edx, [bx]
o16 iret
o32 iret
o16 ret
o32 ret
o16 retf
o32 retf
o16 pushf
o32 popf
a16 lodsb
a32 stosd
a16 rep movsb
a32 rep movsd
o32 lgdt [bx]
o16 lidt [bx]
o16 push ds
o32 pop es
es movsb
rep es lodsb
fs outsb
mov eax, [dword 0x1234]
mov [word 0x1234], cl
mov ecx, [dword 0x12345678]
mov al, [word 0x55]
inc byte [es:0x10]
