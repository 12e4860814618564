// The virtual local APIC: no guest can tell it from the one that the machine has.
#include "tests/unit/vmm_memory/everywhere.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

/// A kernel with paging on, the low 4 MiB mapped one to one, the local APIC's page at APIC.
std::string with_apic(const std::string& body) {
    return "APIC equ 0x00400000\nOPEN equ 7\nID equ APIC + 0x20\nVERSION equ APIC + 0x30\n"
           "TPR equ APIC + 0x80\nPPR equ APIC + 0xA0\nEOI equ APIC + 0xB0\nLDR equ APIC + 0xD0\n"
           "DFR equ APIC + 0xE0\nSVR equ APIC + 0xF0\nISR equ APIC + 0x100\nTMR equ APIC + 0x180\n"
           "IRR equ APIC + 0x200\nESR equ APIC + 0x280\nICR equ APIC + 0x300\n"
           "ICR_HIGH equ APIC + 0x310\nTIMER equ APIC + 0x320\nLINT0 equ APIC + 0x350\n"
           "ERROR equ APIC + 0x370\nINITIAL equ APIC + 0x380\nCURRENT equ APIC + 0x390\n"
           "DIVIDE equ APIC + 0x3E0\nSELF equ 1 << 18\nMASKED equ 1 << 16\nPERIODIC equ 1 << 17\n"
           "main:\n    mov ecx, 1023\n"
           ".identity:\n    mov eax, ecx\n    shl eax, 12\n    or eax, OPEN\n"
           "    mov [low_table + ecx * 4], eax\n    dec ecx\n    jns .identity\n"
           "    mov dword [directory], low_table + OPEN\n"
           "    mov dword [directory + 4], apic_table + OPEN\n"
           "    mov dword [apic_table], 0xFEE00000 + 0x13\n"  // not cached
           "    mov eax, directory\n    mov cr3, eax\n"
           "    mov eax, cr0\n    or eax, 1 << 31\n    mov cr0, eax\n"
           // Every line of the 8259s masked: what comes, comes from here.
           "    mov al, 0xFF\n    out 0x21, al\n    out 0xA1, al\n"
           "    SET_GATE 0x41, on_41, GATE_KERNEL\n    SET_GATE 0x52, on_52, GATE_KERNEL\n"
           "    SET_GATE 0x63, on_63, GATE_KERNEL\n" +
           body +
           "    ret\n"
           "on_41:\n    mov [seen], byte 0x41\n    jmp note\n"
           "on_52:\n    mov [seen], byte 0x52\n    jmp note\n"
           "on_63:\n    mov [seen], byte 0x63\n"
           // The sequence of what came, and how often.
           "note:\n    push eax\n    mov eax, [trail]\n    shl eax, 8\n    mov al, [seen]\n"
           "    mov [trail], eax\n    inc dword [times]\n    mov dword [EOI], 0\n    pop eax\n"
           "    iret\n"
           "section .data\nalign 4\nseen: dd 0\ntrail: dd 0\ntimes: dd 0\n"
           "section .bss\nalignb 4096\ndirectory: resb 4096\nlow_table: resb 4096\n"
           "apic_table: resb 4096\nsection .text\n%include \"common/tick.inc\"\n";
}

void same_everywhere(const std::string& body) {
    const WrittenGuest guest(with_apic(body));
    same_under(shadowing_vmms, guest);
    same_under(ept_vmms, guest);
}

std::string report(std::initializer_list<const char*> registers) {
    std::string out;
    for (const std::string name : registers) out += "    REPORT \"" + name + "\", [" + name + "]\n";
    return out;
}

}  // namespace

TEST_CASE("the registers of the virtual local APIC read as the real one's") {
    same_everywhere(
        report({"ID", "VERSION", "TPR", "PPR", "LDR", "DFR", "SVR", "ISR", "TMR", "IRR", "ESR",
                "ICR", "TIMER", "LINT0", "ERROR", "INITIAL", "CURRENT", "DIVIDE"}) +
        "    mov dword [TPR], 0x1234\n    mov dword [ID], -1\n    mov dword [LDR], -1\n"
        "    mov dword [DFR], 0\n    mov dword [SVR], 0x1AB\n    mov dword [DIVIDE], -1\n"
        "    mov dword [ICR_HIGH], -1\n    mov dword [TIMER], MASKED + 0xFFFF\n"
        "    mov dword [VERSION], 0\n    mov dword [ISR], -1\n" +
        report({"ID", "VERSION", "TPR", "PPR", "LDR", "DFR", "SVR", "ISR", "TIMER", "LINT0",
                "ICR_HIGH", "DIVIDE"}) +
        "    mov dword [SVR], 0xAB\n" + report({"SVR", "TIMER", "LINT0", "ERROR"}) +
        // An address between registers, and one that is none.
        "    mov eax, [APIC + 0x40]\n    mov dword [APIC + 0x3F0], 1\n"
        "    mov dword [ESR], 0\n" +
        report({"ESR"}) + "    mov dword [ESR], 0\n" + report({"ESR"}));
}

TEST_CASE("any simple instruction may read and write it") {
    same_everywhere(
        "    mov dword [TPR], 0x20\n    add dword [TPR], 0x10\n    or dword [TPR], 4\n"
        "    inc dword [TPR]\n    REPORT \"tpr\", [TPR]\n"
        "    mov ebx, TPR\n    xor eax, eax\n    xor eax, [ebx]\n    mov esi, eax\n"
        "    cmp dword [TPR], 0x35\n    setz cl\n    movzx ecx, cl\n    add esi, ecx\n"
        "    test dword [VERSION], 0x10\n    setnz cl\n    movzx ecx, cl\n    add esi, ecx\n"
        "    cmp [ebx], esi\n    setb cl\n    movzx ecx, cl\n    add esi, ecx\n"
        "    mov al, [VERSION]\n    movzx eax, al\n    add esi, eax\n"
        "    mov ax, [VERSION + 2]\n    movzx eax, ax\n    add esi, eax\n"
        "    push dword [TPR]\n    pop eax\n    add esi, eax\n"
        "    movzx eax, byte [VERSION]\n    add esi, eax\n    movzx eax, word [TPR]\n"
        "    add esi, eax\n    mov dword [TPR], 0xF3\n    movsx eax, byte [TPR]\n"
        "    add esi, eax\n    movsx eax, word [TPR]\n    add esi, eax\n"
        "    movsx ax, byte [TPR]\n    movzx eax, ax\n    add esi, eax\n"
        "    REPORT \"sum\", esi\n");
}

TEST_CASE("the task priority holds back what is below it, and only that") {
    same_everywhere(
        "    mov dword [SVR], 0x1FF\n    mov dword [TPR], 0x50\n    sti\n"
        "    mov dword [ICR], SELF + 0x41\n    nop\n    REPORT \"held\", [times]\n"
        "    mov dword [ICR], SELF + 0x63\n    nop\n    REPORT \"above\", [trail]\n"
        "    mov dword [ICR], SELF + 0x52\n    nop\n    REPORT \"same\", [trail]\n"
        "    REPORT \"requests\", [IRR + 0x20]\n"
        "    mov dword [TPR], 0x40\n    nop\n    REPORT \"lower\", [trail]\n"
        "    mov dword [TPR], 0x3F\n    nop\n    REPORT \"lowest\", [trail]\n"
        "    mov dword [TPR], 0\n    cli\n"
        "    mov dword [ICR], SELF + 0x41\n    mov dword [ICR], SELF + 0x52\n"
        "    REPORT \"with cli\", [trail]\n    sti\n    nop\n    nop\n    cli\n"
        "    REPORT \"highest first\", [trail]\n    REPORT \"times\", [times]\n");
}

TEST_CASE("a vector in service holds back those of its class until its EOI") {
    same_everywhere(
        "    SET_GATE 0x70, on_70, GATE_KERNEL\n    mov dword [SVR], 0x1FF\n    sti\n"
        "    mov dword [ICR], SELF + 0x70\n    nop\n    cli\n"
        "    REPORT \"trail\", [trail]\n    REPORT \"isr\", [inside]\n"
        "    REPORT \"ppr\", [priority]\n    ret\n"
        "on_70:\n    push eax\n    sti\n    mov dword [ICR], SELF + 0x63\n    nop\n"
        "    mov eax, [ISR + 0x30]\n    mov [inside], eax\n    mov eax, [PPR]\n"
        "    mov [priority], eax\n    mov eax, [trail]\n    mov [inside], eax\n"
        "    cli\n    mov dword [EOI], 0\n    pop eax\n    iret\n"
        "section .data\ninside: dd 0\npriority: dd 0\nsection .text\n");
}

TEST_CASE("the timer interrupts a guest that loops, one that halts, and an application") {
    same_everywhere(
        "    mov dword [SVR], 0x1FF\n    mov dword [DIVIDE], 0xB\n"
        "    mov dword [TIMER], 0x41\n    mov dword [INITIAL], 20000\n    sti\n"
        ".loop:\n    cmp dword [times], 1\n    jb .loop\n"
        "    REPORT \"once\", [times]\n    REPORT \"stands\", [CURRENT]\n"
        "    mov dword [INITIAL], 20000\n    hlt\n    REPORT \"after hlt\", [times]\n"
        "    mov dword [TIMER], PERIODIC + 0x52\n    mov dword [DIVIDE], 0\n"
        "    mov dword [INITIAL], 20000\n"
        ".again:\n    cmp dword [times], 6\n    jb .again\n"
        "    mov dword [INITIAL], 0\n    cli\n    REPORT \"trail\", [trail]\n");
}

TEST_CASE("the timer counts down, masked or not") {
    same_everywhere(
        "    mov dword [SVR], 0x1FF\n    mov dword [DIVIDE], 0xB\n"
        "    mov dword [TIMER], MASKED + 0x41\n    mov dword [INITIAL], 0xFFFFFFFF\n"
        "    mov esi, [CURRENT]\n    mov edi, [CURRENT]\n    cmp edi, esi\n"
        "    setb al\n    movzx eax, al\n    mov [seen], eax\n"
        "    REPORT \"less\", [seen]\n    mov dword [INITIAL], 0\n"
        "    REPORT \"stopped\", [CURRENT]\n    REPORT \"times\", [times]\n");
}

TEST_CASE("IA32_APIC_BASE tells where it is, and CPUID that there is one") {
    same_everywhere(
        "    mov ecx, 0x1B\n    rdmsr\n    mov [seen], eax\n"
        "    REPORT \"base\", [seen]\n"
        "    mov eax, 1\n    cpuid\n    shr edx, 9\n    and edx, 1\n    mov [seen], edx\n"
        "    REPORT \"has one\", [seen]\n    shr ebx, 24\n    mov [seen], ebx\n"
        "    REPORT \"initial id\", [seen]\n");
}

TEST_CASE("the 8259s' interrupts come through it, or not, as LINT0 says") {
    same_everywhere(
        "    call tick_init\n    sti\n"
        ".wait:\n    cmp dword [ticks], 3\n    jb .wait\n    cli\n"
        "    mov dword [LINT0], MASKED + 0x700\n    mov dword [ticks], 0\n    sti\n"
        "    mov ecx, 200000\n.spin:\n    dec ecx\n    jnz .spin\n    cli\n"
        "    REPORT \"masked\", [ticks]\n"
        "    mov dword [LINT0], 0x700\n    mov dword [TPR], 0xFF\n    sti\n"
        ".again:\n    cmp dword [ticks], 2\n    jb .again\n    cli\n"
        "    SAY \"open again, whatever the priority\", 10\n");
}

TEST_CASE("the local APIC where it lies, without paging or mapped one to one") {
    const std::string accesses =
        "    mov dword [0xFEE00080], 0x30\n    REPORT \"tpr\", [0xFEE00080]\n"
        "    mov ebx, 0xFEE00000\n    add dword [ebx + 0x80], 5\n    mov ecx, 20\n"
        ".more:\n    inc dword [ebx + 0x80]\n    dec ecx\n    jnz .more\n"
        "    REPORT \"and\", [ebx + 0xA0]\n    REPORT \"version\", [ss:ebx + 0x30]\n";
    const WrittenGuest guest("main:\n" + accesses + "    ret\n");
    same_under(shadowing_vmms, guest);
    same_under(ept_vmms, guest);
    same_everywhere(
        "    mov dword [directory + 4 * 1019], apic_table + OPEN\n"
        "    mov dword [apic_table + 4 * 0x200], 0xFEE00000 + 0x13\n" +
        accesses);
}

TEST_CASE("in binary translation an access that keeps trapping becomes a call-out") {
    const WrittenGuest guest(
        with_apic("    mov ecx, 300\n.again:\n    mov [TPR], ecx\n    dec ecx\n"
                  "    jnz .again\n    REPORT \"tpr\", [TPR]\n"));
    const Passed run = guest.translated();
    CHECK(run.serial == guest.native().serial);
    CHECK(run.count("apic.access") < 5);
    CHECK(run.count("bt.simulate") > 290);
}
