// ringside isa: the instructions that are modelled, out of the table that the core runs by.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/cli/command.hpp"
#include "sim/cpu/ops/binding.hpp"
#include "sim/isa/instruction_modes.hpp"

namespace ringside::cli {
namespace {

using isa::ExitRule;
using isa::InstructionRow;

std::string_view name_of(isa::Sensitivity s) {
    switch (s) {
        case isa::Sensitivity::Innocuous: return "innocuous";
        case isa::Sensitivity::Behaviour: return "behaviour-sensitive";
        case isa::Sensitivity::Control: return "control-sensitive";
        case isa::Sensitivity::ControlBehaviour: return "control- and behaviour-sensitive";
        case isa::Sensitivity::Privileged: return "privileged";
        case isa::Sensitivity::Conditional: return "sensitive, traps by IOPL or control bit";
    }
    return "";
}

std::string control_name(const ExitRule& rule) {
    using isa::ProcBased;
    using isa::ProcBased2;
    if (rule.kind == ExitRule::WhenSecondary) {
        switch (ProcBased2(rule.bit)) {
            case ProcBased2::descriptor_table_exiting: return "descriptor-table exiting";
            case ProcBased2::RDRAND_exiting: return "RDRAND exiting";
            case ProcBased2::RDSEED_exiting: return "RDSEED exiting";
            case ProcBased2::WBINVD_exiting: return "WBINVD exiting";
            default: return fmt::format("secondary control {}", rule.bit);
        }
    }
    switch (ProcBased(rule.bit)) {
        case ProcBased::HLT_exiting: return "HLT exiting";
        case ProcBased::INVLPG_exiting: return "INVLPG exiting";
        case ProcBased::MWAIT_exiting: return "MWAIT exiting";
        case ProcBased::RDPMC_exiting: return "RDPMC exiting";
        case ProcBased::RDTSC_exiting: return "RDTSC exiting";
        case ProcBased::MOV_DR_exiting: return "MOV-DR exiting";
        case ProcBased::MONITOR_exiting: return "MONITOR exiting";
        case ProcBased::PAUSE_exiting: return "PAUSE exiting";
        default: return fmt::format("primary control {}", rule.bit);
    }
}

/// When it leaves VMX non-root operation, in words.
std::string exit_text(const ExitRule& rule) {
    switch (rule.kind) {
        case ExitRule::Never: return "never";
        case ExitRule::Always: return "always";
        case ExitRule::ByOperand: return "by operand, mask or bitmap";
        case ExitRule::WhenPrimary:
        case ExitRule::WhenSecondary: return "with \"" + control_name(rule) + "\"";
    }
    return "";
}

std::vector<std::string> mode_names(isa::Op op) {
    const isa::Modes m = isa::modes_of(op);
    std::vector<std::string> names;
    if (m.real) names.emplace_back("real");
    if (m.virtual_8086) names.emplace_back("v8086");
    if (m.protected_32) names.emplace_back("protected");
    if (m.long_64) names.emplace_back("64-bit");
    return names;
}

std::vector<const InstructionRow*> modelled() {
    std::vector<const InstructionRow*> rows;
    for (const InstructionRow& row : isa::rows_detail::table)
        if (cpu::ops::has_body(row.op)) rows.push_back(&row);
    return rows;
}

void print_text() {
    size_t name_width = 0, exit_width = 0;
    for (const InstructionRow* row : modelled()) {
        name_width = std::max(name_width, std::string_view(row->name).size());
        exit_width = std::max(exit_width, exit_text(row->exit).size());
    }
    fmt::print("{:{}}  CPL  {:29}  {:{}}  class\n", "instruction", name_width, "modes",
               "leaves a VMX guest", exit_width);
    for (const InstructionRow* row : modelled())
        fmt::print("{:{}}  {:>3}  {:29}  {:{}}  {}\n", row->name, name_width, row->cpl,
                   fmt::format("{}", fmt::join(mode_names(row->op), " ")), exit_text(row->exit),
                   exit_width, name_of(row->sensitivity));
}

void print_json() {
    auto list = nlohmann::ordered_json::array();
    for (const InstructionRow* row : modelled()) {
        const bool leaves = row->exit.kind != ExitRule::Never;
        list.push_back(
            {{"instruction", row->name},
             {"modes", mode_names(row->op)},
             {"highest_cpl", row->cpl},
             {"class", name_of(row->sensitivity)},
             {"leaves_vmx_guest", exit_text(row->exit)},
             {"exit_reason", leaves ? isa::exit_reason_name(u32(row->exit.reason)) : ""}});
    }
    fmt::print("{}\n", nlohmann::ordered_json{{"instructions", list}}.dump(2));
}

}  // namespace

Action add_isa(CLI::App& app, const Program&) {
    CLI::App* command = app.add_subcommand("isa", "The instructions that are modelled");
    command->footer(
        "Examples:\n"
        "  ringside isa\n"
        "  ringside isa --report json\n\n"
        "For each: the modes that have it, the highest CPL that may run it, when it leaves a VMX\n"
        "guest, and its Popek-Goldberg class. An instruction that is not listed stops the "
        "machine.");
    auto format = std::make_shared<std::string>();
    command->add_option("--report", *format, "text (default) or json")
        ->check(CLI::IsMember({"text", "json"}));
    return [format] {
        if (*format == "json")
            print_json();
        else
            print_text();
        return int(success);
    };
}

}  // namespace ringside::cli
