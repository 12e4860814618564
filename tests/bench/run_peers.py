#!/usr/bin/env python3
"""Runs the bench guests on every installed peer, interleaved, and prints
workload x contender tables: MIPS (median) and the ratio to a baseline.

  ./run_peers.py                      # build, count, run 5 rounds, print
  ./run_peers.py -n 7 -w alu,mix -c qemu,bochs
  RINGSIDE=/path/to/ringside ./run_peers.py          # another build than build/release
  PEER_foo="/path/to/foo {disk}" ./run_peers.py       # any number of extra contenders

Templates are split as a shell splits words and run without a shell:
  {image} multiboot ELF32   {disk} bootable 504 KiB disk (16 heads x 63 sectors)
  {flat}  flat binary, loaded at 0x100000   {entry} its entry, hex   {workload} name
The contender must show COM1 on its standard output, unbuffered.  See README.md.
"""
import argparse, fcntl, hashlib, json, os, pty, re, select, shlex
import shutil, signal, statistics, struct, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
WORKLOADS = ("alu sieve mix fib memcpy chase repmov jit smc "
             "syscall pf sens pio alu64").split()
# Event rates shown next to MIPS: events in one run = N * factor.
EVENTS = {"syscall": (1, "INT80+IRET"), "pf": (1024, "#PF+INVLPG"),
          "sens": (4, "#GP traps"), "jit": (1, "translations"), "smc": (1, "patches"),
          "pio": (2, "IN/OUT"), "repmov": (1 << 20, "bytes")}
MEM_MB = 64


# ---------------------------------------------------------------- contenders
class Contender:
    """argv(workload) -> list, or None where the contender cannot run it."""
    pty = False             # give it a terminal as stdin/stdout
    serial_fifo = False     # COM1 goes to a FIFO, not to stdout

    def __init__(self, name, argv, skip=(), optional=False):
        self.name, self._argv, self.skip, self.optional = name, argv, set(skip), optional

    def argv(self, b, w, tmp):
        return None if w in self.skip else self._argv(b, w, tmp)


def qemu(*extra):
    def f(b, w, tmp):
        exe = "qemu-system-x86_64" if w.endswith("64") else "qemu-system-i386"
        return [exe, "-machine", "pc", "-cpu", "max", "-m", str(MEM_MB),
                "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
                "-device", "isa-debug-exit,iobase=0xf4", "-kernel", b.elf(w), *extra]
    return f


def qemu_x64(*extra):
    def f(b, w, tmp):
        return ["qemu-system-x86_64"] + qemu(*extra)(b, w, tmp)[1:]
    return f


def bochs(exe, gui, debugger, share="/usr/share/bochs", ips=200_000_000):
    # Debian's build opens ALSA and aborts where there is no card; a build without
    # sound support rejects the directive.
    sound = ("sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\nspeaker: enabled=0\n"
             if exe == "bochs" else "")

    def f(b, w, tmp):
        rc = os.path.join(tmp, "bochsrc")
        with open(rc, "w") as o:
            o.write(f"""megs: {MEM_MB}
romimage: file={share}/BIOS-bochs-latest
vgaromimage: file={share}/VGABIOS-lgpl-latest
display_library: {gui}
boot: disk
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path="{b.img(w)}", mode=flat, cylinders=1, heads=16, spt=63
com1: enabled=1, mode=file, dev={tmp}/com1
cpu: model=corei7_haswell_4770, count=1, ips={ips}, reset_on_triple_fault=0
{sound}log: {tmp}/log
panic: action=fatal
error: action=ignore
info: action=ignore
mouse: enabled=0
""")
        cmd = [exe, "-q", "-f", rc]
        if debugger:
            with open(os.path.join(tmp, "dbg"), "w") as o:
                o.write("c\n")
            cmd += ["-rc", os.path.join(tmp, "dbg")]
        return cmd
    return f


def template(t):
    def f(b, w, tmp):
        sub = {"image": b.elf(w), "disk": b.img(w), "flat": b.flat(w),
               "entry": b.entry(w), "workload": w}
        return [re.sub(r"\{(\w+)\}", lambda m: sub.get(m[1], m[0]), a)
                for a in shlex.split(t)]
    return f


def bochs_contender(name, exe, gui, debugger, **kw):
    c = Contender(name, bochs(exe, gui, debugger, **kw))
    c.pty = c.serial_fifo = True
    return c


def find_contenders(b):
    out, have = [], shutil.which
    if have("bochs"):
        out.append(bochs_contender("bochs", "bochs", "term", True))
    # Another Bochs build of yours: BOCHS_ALT=/path/to/bochs, BOCHS_ALT_GUI=nogui|term,
    # BOCHS_ALT_DEBUGGER=1 if it was configured with the debugger.
    for k in sorted(os.environ):
        m = re.fullmatch(r"BOCHS_(ALT\w*)", k)
        if m and not k.endswith(("_GUI", "_DEBUGGER", "_SHARE")):
            e = os.environ
            out.append(bochs_contender("bochs-" + m[1].lower(), e[k], e.get(k + "_GUI", "nogui"),
                                       e.get(k + "_DEBUGGER") == "1",
                                       share=e.get(k + "_SHARE", "/usr/share/bochs")))
    if have("qemu-system-i386"):
        tcg = ["-accel", "tcg"]
        out.append(Contender("qemu", qemu(*tcg)))
        out.append(Contender("qemu-icount", qemu(*tcg, "-icount", "shift=0,sleep=off")))
        out.append(Contender("qemu-1insn", qemu(*tcg, "-singlestep"), optional=True))
        out.append(Contender("qemu-x64", qemu_x64(*tcg), optional=True))
    uc = os.path.join(b.out, "uc_peer")
    if os.path.exists(uc):
        no = {"syscall", "pf", "sens", "alu64"}
        out.append(Contender("unicorn", lambda b, w, t: [uc, b.flat(w), b.entry(w)], no))
        out.append(Contender("unicorn-hook", lambda b, w, t: [uc, b.flat(w), b.entry(w), "--hook"],
                             no, optional=True))
    for k in sorted(os.environ):
        if k.startswith("PEER_"):
            skip = os.environ.get("SKIP_" + k[5:], "").split(",")
            out.append(Contender(k[5:].lower(), template(os.environ[k]), skip))
    ours = os.environ.get("RINGSIDE", os.path.join(HERE, "../../build/release/bin/ringside"))
    if os.path.exists(ours):
        out.append(Contender("ringside", template(shlex.quote(ours) + " boot {image}")))
    return out


# ---------------------------------------------------------------- images
class Build:
    def __init__(self, out, scale):
        self.out, self.scale = out, scale

    def make(self):
        subprocess.run(["make", "-s", "-C", HERE, f"OUT={self.out}", f"SCALE={self.scale}"], check=True)
        src, exe = os.path.join(HERE, "tools/uc_peer.c"), os.path.join(self.out, "uc_peer")
        if os.path.exists("/usr/include/unicorn/unicorn.h") and (
                not os.path.exists(exe) or os.path.getmtime(exe) < os.path.getmtime(src)):
            subprocess.run(["cc", "-O2", src, "-o", exe, "-lunicorn"], check=False)
        self.sizes = dict(l.split() for l in open(os.path.join(self.out, "sizes.txt")))

    def elf(self, w): return os.path.join(self.out, w + ".elf")
    def flat(self, w): return os.path.join(self.out, w + ".bin")
    def img(self, w): return os.path.join(self.out, w + ".img")

    def entry(self, w):
        return "%08x" % struct.unpack_from("<I", open(self.elf(w), "rb").read(), 24)[0]

    def counts(self, names):
        """Exact dynamic instruction count and checksum of each guest: RDTSC delta
        under QEMU's -icount shift=0, where one instruction is one tick.  Cached by
        the image's hash."""
        path = os.path.join(self.out, "counts.json")
        db = json.load(open(path)) if os.path.exists(path) else {}
        for w in names:
            h = hashlib.sha256(open(self.elf(w), "rb").read()).hexdigest()
            if h not in db:
                c = Contender("count", qemu("-accel", "tcg", "-icount", "shift=0,sleep=off"))
                r = run_once(c, self, w, 600)
                if not r.get("sum"):
                    sys.exit(f"cannot count {w}: {r}")
                db[h] = [w, int(self.sizes[w]), r["sum"], r["tsc"]]
                json.dump(db, open(path, "w"), indent=1)
            yield w, db[h]


# ---------------------------------------------------------------- one run
def cpu_of(pid):
    """CPU seconds of a whole live (or unreaped) process, nanosecond clock."""
    return time.clock_gettime((~pid << 3) | 2)


def peak_kb(pid):
    """Peak RSS of a live process (ru_maxrss cannot read below this script's own)."""
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def run_once(c, b, w, timeout):
    with tempfile.TemporaryDirectory(prefix="bench.") as tmp:
        argv = c.argv(b, w, tmp)
        if argv is None:
            return {"err": "n/a"}
        fds, master = [], None
        if c.serial_fifo:
            os.mkfifo(tmp + "/com1")
            fds.append(os.open(tmp + "/com1", os.O_RDWR | os.O_NONBLOCK))
        env = dict(os.environ, TERM="xterm", LC_ALL="C")
        if c.pty:
            master, slave = pty.openpty()
            fcntl.ioctl(slave, 0x5414, struct.pack("HHHH", 25, 80, 0, 0))  # TIOCSWINSZ
            stdin = stdout = slave
            fds.append(master)
        else:
            rd, stdout = os.pipe()
            stdin = os.open("/dev/null", os.O_RDONLY)
            fds.append(rd)
        err = open(tmp + "/stderr", "wb")
        t0 = time.monotonic()
        p = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=err, env=env,
                             start_new_session=True, close_fds=True)
        os.close(stdout)
        if stdin != stdout:
            os.close(stdin)
        serial = fds[0]
        buf, r, state = b"", {}, 0
        deadline = t0 + timeout
        done_at = None
        try:
            while True:
                now = time.monotonic()
                if now > deadline:
                    r["err"] = "timeout"
                    break
                if done_at and now > done_at + 1.0:
                    break
                ready, _, _ = select.select(fds, [], [], 0.05)
                for fd in ready:
                    try:
                        d = os.read(fd, 65536)
                    except (OSError, BlockingIOError):
                        d = b""
                    if not d:
                        if fd != serial or not c.serial_fifo:
                            fds = [x for x in fds if x != fd or (c.serial_fifo and x == serial)]
                        continue
                    if fd != serial:
                        continue
                    buf += d
                    if state == 0 and b"START" in buf:
                        state, r["t_start"], r["c_start"] = 1, time.monotonic() - t0, cpu_of(p.pid)
                    m = re.search(rb"DONE ([0-9A-F]{8}) ([0-9A-F]{16})", buf)
                    if m and state < 2:
                        r["t_done"], r["c_done"] = time.monotonic() - t0, cpu_of(p.pid)
                        r["rss"] = peak_kb(p.pid)
                        r["sum"], r["tsc"] = m[1].decode(), int(m[2], 16)
                        state, done_at = 2, time.monotonic()
                        if r.get("t_start") is None:
                            r["t_start"], r["c_start"] = 0, 0
                    if b"TRAP" in buf and state < 2:
                        r["err"] = "trap"
                        done_at = done_at or time.monotonic()
                # has it ended?  (leave it unreaped until its clocks are read)
                try:
                    ended = os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                except ChildProcessError:
                    ended = True
                if ended and not ready:
                    break
        finally:
            try:
                os.killpg(p.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            _, status, ru = os.wait4(p.pid, 0)
            p.returncode = status
            err.close()
            for fd in fds:
                try:
                    os.close(fd)
                except OSError:
                    pass
        r["rss"] = r.get("rss") or ru.ru_maxrss
        r["cpu"] = ru.ru_utime + ru.ru_stime
        if state == 2:
            r["roi"] = r["c_done"] - r["c_start"]
            r["roi_wall"] = r["t_done"] - r["t_start"]
        elif "err" not in r:
            tail = open(tmp + "/stderr", "rb").read()[-200:].decode(errors="replace").strip()
            r["err"] = "failed: " + (tail.splitlines() or ["no DONE"])[-1]
        return r


# ---------------------------------------------------------------- report
def med(x): return statistics.median(x) if x else None


def fmt(x, unit=""):
    if x is None:
        return "-"
    for lim, d in ((100, 0), (10, 1), (0, 2)):
        if abs(x) >= lim:
            return f"{x:.{d}f}{unit}"


def table(title, rows, cols, cell):
    print(f"\n### {title}\n")
    grid = [[""] + list(cols)] + [[r] + [cell(r, c) for c in cols] for r in rows]
    width = [max(len(g[i]) for g in grid) for i in range(len(cols) + 1)]
    for k, g in enumerate(grid):
        print("| " + " | ".join(x.ljust(n) if i == 0 else x.rjust(n)
                                for i, (x, n) in enumerate(zip(g, width))) + " |")
        if k == 0:
            print("|" + "|".join("-" * (n + 1) + (":" if i else "-") for i, n in enumerate(width)) + "|")


GROUPS = {"geomean core": "alu sieve mix fib memcpy chase".split(),
          "geomean system": "syscall pf sens pio".split()}


def report(res, counts, workloads, names, base, b):
    def ok(w, c): return [r for r in res.get((w, c), []) if "roi" in r]

    def mips(w, c):
        v = [counts[w][3] / r["roi"] / 1e6 for r in ok(w, c) if r["roi"]]
        if not v:
            e = (res.get((w, c)) or [{"err": "-"}])[0].get("err", "-")
            return {"n/a": "-", "timeout": "t/o"}.get(e, "fail" if e != "-" else "-")
        return fmt(med(v))

    def ratios(w, c):
        a, z = res.get((w, c), []), res.get((w, base), [])
        return [y["roi"] / x["roi"] for x, y in zip(a, z) if x.get("roi") and y.get("roi")]

    def ratio(w, c):
        if w in GROUPS:
            v = [med(ratios(x, c)) for x in GROUPS[w]]
            return fmt(statistics.geometric_mean(v), "x") if all(v) else "-"
        v = ratios(w, c)
        return fmt(med(v), "x") if v else "-"

    def spread(w, c):
        v = ratios(w, c)
        return f"{min(v):.3g}-{max(v):.3g}" if len(v) > 1 else "-"

    def rate(w, c):
        if w not in EVENTS:
            return "-"
        n = int(b.sizes[w]) * EVENTS[w][0]
        v = [n / r["roi"] / 1e3 for r in ok(w, c) if r["roi"]]
        return fmt(med(v)) if v else "-"

    w0 = [w for w in workloads if w != "null"]
    table("MIPS, guest instructions / CPU second between START and DONE (median)", w0, names, mips)
    groups = [g for g in GROUPS if set(GROUPS[g]) <= set(workloads)]
    table(f"Speed relative to {base} (median of per-round ratios)", w0 + groups, names, ratio)
    table(f"Range of the per-round ratios to {base}, min-max", w0, names, spread)
    ev = [w for w in w0 if w in EVENTS]
    if ev:
        table("Events, thousands a CPU second (" + ", ".join(f"{w}: {EVENTS[w][1]}" for w in ev) + ")",
              ev, names, rate)
    if "null" in workloads:
        def start(row, c):
            v = ok("null", c)
            if not v:
                return "-"
            if row.startswith("start wall"):
                return fmt(1000 * med([r["t_start"] for r in v]))
            if row.startswith("start cpu"):
                return fmt(1000 * med([r["c_start"] for r in v]))
            return fmt(med([r["rss"] for r in v]) / 1024)
        table("Start-up to START, and peak memory, of the null guest",
              ["start wall ms", "start cpu ms", "peak RSS MiB"], names, start)

        def peak(row, c):
            v = [r["rss"] for w in w0 for r in ok(w, c)]
            return fmt(max(v) / 1024) if v else "-"
        table("Largest peak RSS over all workloads", ["MiB"], names, peak)
    print("\nGuests: " + ", ".join(f"{w} {counts[w][3]/1e6:.1f}M insns" for w in w0))


def versions():
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    pk = ""
    if shutil.which("dpkg-query"):
        pk = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}; ", "bochs",
                             "qemu-system-x86", "libunicorn2"], capture_output=True, text=True).stdout
    return f"host: {cpu}; {pk}".rstrip("; ")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("-n", type=int, default=5, help="rounds (default 5)")
    ap.add_argument("-w", help="workloads, comma separated (default all)")
    ap.add_argument("-c", help="contenders, comma separated, or all (default: all but qemu-1insn, qemu-x64, unicorn-hook)")
    ap.add_argument("--base", default="bochs", help="baseline contender (default bochs)")
    ap.add_argument("--scale", type=int, default=100, help="percent of the reference sizes")
    ap.add_argument("--out", default=os.environ.get("BENCH_OUT", os.path.join(HERE, "../../build/bench")))
    ap.add_argument("--timeout", type=float, default=120, help="seconds a run")
    ap.add_argument("--json", help="also write every run here")
    ap.add_argument("--report", help="print the tables of an earlier --json file and stop")
    ap.add_argument("--pin", help="CPU list for the contenders, e.g. 1")
    a = ap.parse_args()
    b = Build(os.path.abspath(a.out), a.scale)
    if a.report:
        d = json.load(open(a.report))
        res = {(w, c): v for w, c, v in d["runs"]}
        names = a.c.split(",") if a.c else list(dict.fromkeys(c for w, c in res))
        b.sizes = {w: v[1] for w, v in d["counts"].items()}
        ws = a.w.split(",") if a.w else list(d["counts"])
        report(res, d["counts"], ws, names, a.base if a.base in names else names[0], b)
        return
    b.make()
    if a.pin:
        os.sched_setaffinity(0, {int(x) for x in a.pin.split(",")})
    workloads = (["null"] + WORKLOADS) if not a.w else a.w.split(",")
    counts = {w: v for w, v in b.counts(workloads)}
    cs = find_contenders(b)
    if a.c and a.c != "all":
        have = {c.name: c for c in cs}
        miss = [n for n in a.c.split(",") if n not in have]
        if miss:
            sys.exit(f"no such contender: {', '.join(miss)}; there are {', '.join(have)}")
        cs = [have[n] for n in a.c.split(",")]
    elif not a.c:
        cs = [c for c in cs if not c.optional]
    names = [c.name for c in cs]
    base = a.base if a.base in names else names[0]
    res, dead = {}, set()
    print(f"contenders: {', '.join(names)}; {a.n} rounds, scale {a.scale}%, "
          f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n{versions()}", flush=True)
    for rnd in range(a.n):
        for w in workloads:
            k = rnd % len(cs)
            for c in cs[k:] + cs[:k]:           # rotate who goes first
                if (w, c.name) in dead:
                    res[w, c.name].append({"err": "n/a"})
                    continue
                r = run_once(c, b, w, a.timeout)
                if r.get("sum") and r["sum"] != counts[w][2]:
                    r = {"err": f"checksum {r['sum']}, expected {counts[w][2]}"}
                res.setdefault((w, c.name), []).append(r)
                if "roi" not in r:
                    dead.add((w, c.name))
                    if r["err"] != "n/a":
                        print(f"  {w} on {c.name}: {r['err']}", file=sys.stderr, flush=True)
        print(f"  round {rnd + 1} done, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        if a.json:
            with open(a.json, "w") as o:
                json.dump({"counts": counts, "runs": [[w, c, v] for (w, c), v in res.items()]}, o)
    report(res, counts, workloads, names, base, b)


if __name__ == "__main__":
    main()
