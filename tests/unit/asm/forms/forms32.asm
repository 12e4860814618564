; Instruction forms in 32-bit code, a line each; the test compares ours with NASM's.
bits 32
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
add [eax], eax
add eax, [eax]
add byte [esp], 7
add word [esp], 0x1234
add dword [esp], -3
add dword [eax], 0x80000000
add [esp], al
add bx, [esp]
add dword [eax], byte 4
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
or [eax], eax
or eax, [eax]
or byte [esp], 7
or word [esp], 0x1234
or dword [esp], -3
or dword [eax], 0x80000000
or [esp], al
or bx, [esp]
or dword [eax], byte 4
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
adc [eax], eax
adc eax, [eax]
adc byte [esp], 7
adc word [esp], 0x1234
adc dword [esp], -3
adc dword [eax], 0x80000000
adc [esp], al
adc bx, [esp]
adc dword [eax], byte 4
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
sbb [eax], eax
sbb eax, [eax]
sbb byte [esp], 7
sbb word [esp], 0x1234
sbb dword [esp], -3
sbb dword [eax], 0x80000000
sbb [esp], al
sbb bx, [esp]
sbb dword [eax], byte 4
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
and [eax], eax
and eax, [eax]
and byte [esp], 7
and word [esp], 0x1234
and dword [esp], -3
and dword [eax], 0x80000000
and [esp], al
and bx, [esp]
and dword [eax], byte 4
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
sub [eax], eax
sub eax, [eax]
sub byte [esp], 7
sub word [esp], 0x1234
sub dword [esp], -3
sub dword [eax], 0x80000000
sub [esp], al
sub bx, [esp]
sub dword [eax], byte 4
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
xor [eax], eax
xor eax, [eax]
xor byte [esp], 7
xor word [esp], 0x1234
xor dword [esp], -3
xor dword [eax], 0x80000000
xor [esp], al
xor bx, [esp]
xor dword [eax], byte 4
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
cmp [eax], eax
cmp eax, [eax]
cmp byte [esp], 7
cmp word [esp], 0x1234
cmp dword [esp], -3
cmp dword [eax], 0x80000000
cmp [esp], al
cmp bx, [esp]
cmp dword [eax], byte 4
mov ecx, [eax]
mov [eax], dl
lea edi, [eax]
inc dword [eax]
mov word [eax], 0x55aa
mov ecx, [ebp]
mov [ebp], dl
lea edi, [ebp]
inc dword [ebp]
mov word [ebp], 0x55aa
mov ecx, [esp]
mov [esp], dl
lea edi, [esp]
inc dword [esp]
mov word [esp], 0x55aa
mov ecx, [esp+8]
mov [esp+8], dl
lea edi, [esp+8]
inc dword [esp+8]
mov word [esp+8], 0x55aa
mov ecx, [ebx+ecx*4]
mov [ebx+ecx*4], dl
lea edi, [ebx+ecx*4]
inc dword [ebx+ecx*4]
mov word [ebx+ecx*4], 0x55aa
mov ecx, [ebp+esi*8+0x1234]
mov [ebp+esi*8+0x1234], dl
lea edi, [ebp+esi*8+0x1234]
inc dword [ebp+esi*8+0x1234]
mov word [ebp+esi*8+0x1234], 0x55aa
mov ecx, [eax*2]
mov [eax*2], dl
lea edi, [eax*2]
inc dword [eax*2]
mov word [eax*2], 0x55aa
mov ecx, [eax*4]
mov [eax*4], dl
lea edi, [eax*4]
inc dword [eax*4]
mov word [eax*4], 0x55aa
mov ecx, [eax*8+0x10]
mov [eax*8+0x10], dl
lea edi, [eax*8+0x10]
inc dword [eax*8+0x10]
mov word [eax*8+0x10], 0x55aa
mov ecx, [ecx+eax-0x80]
mov [ecx+eax-0x80], dl
lea edi, [ecx+eax-0x80]
inc dword [ecx+eax-0x80]
mov word [ecx+eax-0x80], 0x55aa
mov ecx, [ebx+0x7f]
mov [ebx+0x7f], dl
lea edi, [ebx+0x7f]
inc dword [ebx+0x7f]
mov word [ebx+0x7f], 0x55aa
mov ecx, [ebx+0x80]
mov [ebx+0x80], dl
lea edi, [ebx+0x80]
inc dword [ebx+0x80]
mov word [ebx+0x80], 0x55aa
mov ecx, [0x12345678]
mov [0x12345678], dl
lea edi, [0x12345678]
inc dword [0x12345678]
mov word [0x12345678], 0x55aa
mov ecx, [eax*5]
mov [eax*5], dl
lea edi, [eax*5]
inc dword [eax*5]
mov word [eax*5], 0x55aa
mov ecx, [ebp+eax]
mov [ebp+eax], dl
lea edi, [ebp+eax]
inc dword [ebp+eax]
mov word [ebp+eax], 0x55aa
mov ecx, [eax+ebp]
mov [eax+ebp], dl
lea edi, [eax+ebp]
inc dword [eax+ebp]
mov word [eax+ebp], 0x55aa
mov ecx, [eax+esp]
mov [eax+esp], dl
lea edi, [eax+esp]
inc dword [eax+esp]
mov word [eax+esp], 0x55aa
mov ecx, [esp+ebp]
mov [esp+ebp], dl
lea edi, [esp+ebp]
inc dword [esp+ebp]
mov word [esp+ebp], 0x55aa
mov ecx, [bx+si]
mov [bx+si], dl
lea edi, [bx+si]
inc dword [bx+si]
mov word [bx+si], 0x55aa
mov ecx, [bp-1]
mov [bp-1], dl
lea edi, [bp-1]
inc dword [bp-1]
mov word [bp-1], 0x55aa
mov ecx, [edi-1]
mov [edi-1], dl
lea edi, [edi-1]
inc dword [edi-1]
mov word [edi-1], 0x55aa
mov eax, [cs:eax]
mov [cs:esp], cl
cs lodsb
nop
mov dx, cs
mov [eax], cs
nop
mov ebx, cs
mov eax, [ds:eax]
mov [ds:esp], cl
ds lodsb
mov ds, ax
mov dx, ds
mov [eax], ds
mov ds, [eax]
mov ebx, ds
mov eax, [es:eax]
mov [es:esp], cl
es lodsb
mov es, ax
mov dx, es
mov [eax], es
mov es, [eax]
mov ebx, es
mov eax, [fs:eax]
mov [fs:esp], cl
fs lodsb
mov fs, ax
mov dx, fs
mov [eax], fs
mov fs, [eax]
mov ebx, fs
mov eax, [gs:eax]
mov [gs:esp], cl
gs lodsb
mov gs, ax
mov dx, gs
mov [eax], gs
mov gs, [eax]
mov ebx, gs
mov eax, [ss:eax]
mov [ss:esp], cl
ss lodsb
mov ss, ax
mov dx, ss
mov [eax], ss
mov ss, [eax]
mov ebx, ss
rol al, 1
rol ax, 1
rol eax, 1
rol eax, 4
rol bl, 7
rol ecx, cl
rol byte [eax], cl
rol word [eax], 1
rol dword [esp], 31
ror al, 1
ror ax, 1
ror eax, 1
ror eax, 4
ror bl, 7
ror ecx, cl
ror byte [eax], cl
ror word [eax], 1
ror dword [esp], 31
rcl al, 1
rcl ax, 1
rcl eax, 1
rcl eax, 4
rcl bl, 7
rcl ecx, cl
rcl byte [eax], cl
rcl word [eax], 1
rcl dword [esp], 31
rcr al, 1
rcr ax, 1
rcr eax, 1
rcr eax, 4
rcr bl, 7
rcr ecx, cl
rcr byte [eax], cl
rcr word [eax], 1
rcr dword [esp], 31
shl al, 1
shl ax, 1
shl eax, 1
shl eax, 4
shl bl, 7
shl ecx, cl
shl byte [eax], cl
shl word [eax], 1
shl dword [esp], 31
shr al, 1
shr ax, 1
shr eax, 1
shr eax, 4
shr bl, 7
shr ecx, cl
shr byte [eax], cl
shr word [eax], 1
shr dword [esp], 31
sar al, 1
sar ax, 1
sar eax, 1
sar eax, 4
sar bl, 7
sar ecx, cl
sar byte [eax], cl
sar word [eax], 1
sar dword [esp], 31
sal al, 1
sal ax, 1
sal eax, 1
sal eax, 4
sal bl, 7
sal ecx, cl
sal byte [eax], cl
sal word [eax], 1
sal dword [esp], 31
seto al
seto [eax]
cmovo eax, ecx
cmovo dx, [esp]
jo $+10
jo short $-3
jo near $+0x1000
jo $-0x200
setno al
setno [eax]
cmovno eax, ecx
cmovno dx, [esp]
jno $+10
jno short $-3
jno near $+0x1000
jno $-0x200
setb al
setb [eax]
cmovb eax, ecx
cmovb dx, [esp]
jb $+10
jb short $-3
jb near $+0x1000
jb $-0x200
setc al
setc [eax]
cmovc eax, ecx
cmovc dx, [esp]
jc $+10
jc short $-3
jc near $+0x1000
jc $-0x200
setnae al
setnae [eax]
cmovnae eax, ecx
cmovnae dx, [esp]
jnae $+10
jnae short $-3
jnae near $+0x1000
jnae $-0x200
setae al
setae [eax]
cmovae eax, ecx
cmovae dx, [esp]
jae $+10
jae short $-3
jae near $+0x1000
jae $-0x200
setnb al
setnb [eax]
cmovnb eax, ecx
cmovnb dx, [esp]
jnb $+10
jnb short $-3
jnb near $+0x1000
jnb $-0x200
setnc al
setnc [eax]
cmovnc eax, ecx
cmovnc dx, [esp]
jnc $+10
jnc short $-3
jnc near $+0x1000
jnc $-0x200
sete al
sete [eax]
cmove eax, ecx
cmove dx, [esp]
je $+10
je short $-3
je near $+0x1000
je $-0x200
setz al
setz [eax]
cmovz eax, ecx
cmovz dx, [esp]
jz $+10
jz short $-3
jz near $+0x1000
jz $-0x200
setne al
setne [eax]
cmovne eax, ecx
cmovne dx, [esp]
jne $+10
jne short $-3
jne near $+0x1000
jne $-0x200
setnz al
setnz [eax]
cmovnz eax, ecx
cmovnz dx, [esp]
jnz $+10
jnz short $-3
jnz near $+0x1000
jnz $-0x200
setbe al
setbe [eax]
cmovbe eax, ecx
cmovbe dx, [esp]
jbe $+10
jbe short $-3
jbe near $+0x1000
jbe $-0x200
setna al
setna [eax]
cmovna eax, ecx
cmovna dx, [esp]
jna $+10
jna short $-3
jna near $+0x1000
jna $-0x200
seta al
seta [eax]
cmova eax, ecx
cmova dx, [esp]
ja $+10
ja short $-3
ja near $+0x1000
ja $-0x200
setnbe al
setnbe [eax]
cmovnbe eax, ecx
cmovnbe dx, [esp]
jnbe $+10
jnbe short $-3
jnbe near $+0x1000
jnbe $-0x200
sets al
sets [eax]
cmovs eax, ecx
cmovs dx, [esp]
js $+10
js short $-3
js near $+0x1000
js $-0x200
setns al
setns [eax]
cmovns eax, ecx
cmovns dx, [esp]
jns $+10
jns short $-3
jns near $+0x1000
jns $-0x200
setp al
setp [eax]
cmovp eax, ecx
cmovp dx, [esp]
jp $+10
jp short $-3
jp near $+0x1000
jp $-0x200
setpe al
setpe [eax]
cmovpe eax, ecx
cmovpe dx, [esp]
jpe $+10
jpe short $-3
jpe near $+0x1000
jpe $-0x200
setnp al
setnp [eax]
cmovnp eax, ecx
cmovnp dx, [esp]
jnp $+10
jnp short $-3
jnp near $+0x1000
jnp $-0x200
setpo al
setpo [eax]
cmovpo eax, ecx
cmovpo dx, [esp]
jpo $+10
jpo short $-3
jpo near $+0x1000
jpo $-0x200
setl al
setl [eax]
cmovl eax, ecx
cmovl dx, [esp]
jl $+10
jl short $-3
jl near $+0x1000
jl $-0x200
setnge al
setnge [eax]
cmovnge eax, ecx
cmovnge dx, [esp]
jnge $+10
jnge short $-3
jnge near $+0x1000
jnge $-0x200
setge al
setge [eax]
cmovge eax, ecx
cmovge dx, [esp]
jge $+10
jge short $-3
jge near $+0x1000
jge $-0x200
setnl al
setnl [eax]
cmovnl eax, ecx
cmovnl dx, [esp]
jnl $+10
jnl short $-3
jnl near $+0x1000
jnl $-0x200
setle al
setle [eax]
cmovle eax, ecx
cmovle dx, [esp]
jle $+10
jle short $-3
jle near $+0x1000
jle $-0x200
setng al
setng [eax]
cmovng eax, ecx
cmovng dx, [esp]
jng $+10
jng short $-3
jng near $+0x1000
jng $-0x200
setg al
setg [eax]
cmovg eax, ecx
cmovg dx, [esp]
jg $+10
jg short $-3
jg near $+0x1000
jg $-0x200
setnle al
setnle [eax]
cmovnle eax, ecx
cmovnle dx, [esp]
jnle $+10
jnle short $-3
jnle near $+0x1000
jnle $-0x200
not al
not cx
not edx
not byte [eax]
not word [esp]
not dword [eax]
neg al
neg cx
neg edx
neg byte [eax]
neg word [esp]
neg dword [eax]
mul al
mul cx
mul edx
mul byte [eax]
mul word [esp]
mul dword [eax]
imul al
imul cx
imul edx
imul byte [eax]
imul word [esp]
imul dword [eax]
div al
div cx
div edx
div byte [eax]
div word [esp]
div dword [eax]
idiv al
idiv cx
idiv edx
idiv byte [eax]
idiv word [esp]
idiv dword [eax]
inc al
inc cx
inc edx
inc byte [eax]
inc word [esp]
inc dword [eax]
dec al
dec cx
dec edx
dec byte [eax]
dec word [esp]
dec dword [eax]
imul eax, ecx
imul eax, [eax]
imul eax, ecx, 5
imul eax, ecx, 0x12345
imul eax, 7
imul cx, dx, -3
imul edx, [eax], 100
imul eax, -1
mov eax, 5
mov eax, -1
mov al, 'a'
mov ah, 0x80
mov bx, 0xffff
mov eax, 'abcd'
mov eax, ebx
mov bl, bh
mov dword [eax], 0x12345678
mov byte [esp], -1
mov [eax], dword 9
mov edx, ~0xff
mov cl, (1<<3)|1
test al, 1
test eax, 0x100
test ecx, ecx
test [eax], edx
test edx, [eax]
test byte [eax], 0x80
test dword [esp], 0x80000000
test bx, -1
xchg eax, ecx
xchg ecx, eax
xchg ebx, esi
xchg al, ah
xchg [eax], edx
xchg dl, [eax]
xchg ax, bp
movzx eax, al
movzx eax, cx
movzx dx, bl
movzx eax, byte [eax]
movzx ecx, word [esp]
movsx eax, al
movsx edi, si
movsx edx, byte [eax]
movsx ebp, word [eax]
shld eax, ecx, 5
shrd eax, ecx, cl
shld [eax], dx, 3
shrd [esp], ebx, cl
bt eax, 5
bt ecx, edx
bt [eax], ax
bt dword [eax], 31
bt word [esp], 3
bts eax, 5
bts ecx, edx
bts [eax], ax
bts dword [eax], 31
bts word [esp], 3
btr eax, 5
btr ecx, edx
btr [eax], ax
btr dword [eax], 31
btr word [esp], 3
btc eax, 5
btc ecx, edx
btc [eax], ax
btc dword [eax], 31
btc word [esp], 3
bsf eax, ecx
bsf dx, [eax]
bsf edi, [esp]
bsr eax, ecx
bsr dx, [eax]
bsr edi, [esp]
popcnt eax, ecx
popcnt dx, [eax]
popcnt edi, [esp]
tzcnt eax, ecx
tzcnt dx, [eax]
tzcnt edi, [esp]
lzcnt eax, ecx
lzcnt dx, [eax]
lzcnt edi, [esp]
cmpxchg [eax], ecx
cmpxchg al, dl
lock cmpxchg8b [eax]
xadd [esp], eax
xadd cl, dl
lock xadd [eax], ebx
lock inc dword [eax]
lock add byte [esp], 1
bswap eax
bswap edi
movbe eax, [eax]
movbe [eax], cx
crc32 eax, bl
crc32 ecx, dword [eax]
andn eax, ebx, ecx
bextr eax, [eax], edx
blsi eax, ecx
blsr edx, ebx
blsmsk esi, edi
bzhi eax, ecx, edx
mulx eax, ebx, ecx
pdep eax, ebx, [eax]
pext ecx, edx, esi
rorx eax, ebx, 5
sarx eax, ebx, ecx
shlx eax, [eax], ecx
shrx edx, esi, edi
adcx eax, ebx
adox ecx, [eax]
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
lgdt [eax]
lgdt [esp]
sgdt [eax]
sgdt [esp]
lidt [eax]
lidt [esp]
sidt [eax]
sidt [esp]
invlpg [eax]
invlpg [esp]
fxsave [eax]
fxsave [esp]
fxrstor [eax]
fxrstor [esp]
lldt ax
lldt [eax]
ltr cx
ltr [eax]
sldt ax
sldt eax
sldt [eax]
str bx
str ebx
str [eax]
verr ax
verw [eax]
lmsw ax
lmsw [eax]
smsw ax
smsw ecx
smsw [eax]
lar eax, ecx
lar ax, cx
lar edx, [eax]
lsl eax, ecx
lsl bx, dx
lsl esi, [eax]
clflush [eax]
prefetchnta [eax]
vmptrld [eax]
vmptrst [eax]
vmclear [eax]
vmxon [eax]
nop dword [eax]
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
lock dec byte [eax]
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
push word [ebx]
push dword [ebx]
pop word [ebx]
pop dword [ebx]
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
jmp [ebx]
call [ebx]
jmp dword [ebx]
call word [ebx]
jmp far [ebx]
call far [ebx]
jmp far dword [ebx]
call far word [ebx]
jcxz $
jecxz $
loop $, ecx
loop $, cx
loope $+3, cx
arpl [ebx], dx
bound eax, [ebx]
bound cx, [ebx]
lds esi, [ebx]
les di, [ebx]
lss esp, [ebx]
lfs ecx, [ebx]
lgs bx, [ebx]
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
vmread [ebx], edx
vmwrite eax, ecx
vmwrite esi, [ebx]
invept eax, [ebx]
invvpid ecx, [ebx]
invpcid edx, [ebx]
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
o32 lgdt [ebx]
o16 lidt [ebx]
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
nop
mov eax, [dword ebx+4]
mov eax, [byte ebx+0]
mov eax, [nosplit eax*2]
add eax, strict dword 5
push strict dword 5
mov eax, [es:eax+ebx*2]
lea eax, [eax*2+5]
lea eax, [eax*3]
lea edx, [ebx*9-1]
lea ecx, [5+eax*4]
