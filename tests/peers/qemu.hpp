// Programs we did not write, as oracles: NASM and lld build a guest, QEMU runs it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ringside::peers {

/// The first of the programs that is not installed; empty if all are.
std::string missing_program(const std::vector<std::string>& programs);

/// A folder of our own under the system's temporary folder, gone at the end.
class WorkFolder {
  public:
    WorkFolder();
    ~WorkFolder();
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Assembles a guest with NASM and links it with lld at 1 MiB. False: `messages` says why. What it
/// includes is looked for in the folder of guests and beside the source.
bool build_guest(const std::filesystem::path& source, const std::vector<std::string>& defines,
                 const std::filesystem::path& image, std::string& messages);

struct QemuRun {
    std::string serial, serial2;
    int status = -1;  ///< 2 * value + 1 after a debug exit; 124 = it did not end in time
};

/// Boots a Multiboot image (and a module, if `module` is not empty) on QEMU without KVM. Its clock
/// counts instructions (8 ns each), so that the result does not depend on how busy this machine is.
/// `words` are for the command line of the module, or of the image if there is none.
QemuRun run_qemu(const std::filesystem::path& image, const std::filesystem::path& module = {},
                 const std::string& words = "");
/// The same with several modules, and the image's command line. `serial2` of the result is COM2's.
QemuRun run_qemu_with_guests(const std::filesystem::path& image,
                             const std::vector<std::filesystem::path>& modules,
                             const std::string& command_line = "");
/// The same with a 64-bit CPU that has all QEMU knows.
QemuRun run_qemu64(const std::filesystem::path& image);

/// The same from a disk; `options` are further ones of QEMU's.
QemuRun run_qemu_disk(const std::filesystem::path& disk, const std::string& options);

/// The guests that processor, timer and serial port are enough for: the folders that hold a source
/// of the same name, but for the two whose disk and network card Bochs has.
std::vector<std::string> guest_names();
/// And those whose code is 64-bit, which are not among these.
std::vector<std::string> guest_names_64();

/// A golden text as QEMU 7 gives it: it takes F1 for undefined, where the processor has INT1, and
/// at CPL 0 it knows no RDPMC (SDM 2A "INT n/INTO/INT3/INT1", SDM 2B "RDPMC"). `cpl`: that of the
/// guest's kernel.
std::string as_qemu_says(std::string golden, unsigned cpl = 0);

std::string read_file(const std::filesystem::path& file);

}  // namespace ringside::peers
