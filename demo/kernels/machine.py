"""A machine of ours in qemu: its image of files, and one boot."""
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# How long a machine may take, in seconds: it is emulated, and others may work beside it.
LONGEST = 900
# As old and slow as is enough: newer instructions are emulated more slowly.
QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "Nehalem,+rdrand", "-smp", "2", "-m", "1G"]
QEMU += ["-nic", "none", "-display", "none", "-no-reboot", "-monitor", "none"]


def libraries(program):
    """The libraries of a dynamic program; none of a static one."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", said)


def image(program, work):
    """A cpio archive of all that the machine has."""
    root = pathlib.Path(work, "root")
    for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
        (root / name).mkdir(parents=True)
    busybox = shutil.which("busybox") or sys.exit("demo/kernels/run: no busybox: install busybox-static")
    shutil.copy(busybox, root / "bin" / "busybox")
    shutil.copy(program, root / "bin" / "ktrace-tui")
    subprocess.run(["strip", root / "bin" / "ktrace-tui"], check=True)
    for library in libraries(program):
        to = root / library.lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, to)
    subprocess.run(["gcc", "-O1", "-static", "-o", root / "bin" / "helper", HERE / "helper.c"], check=True)
    shutil.copy(HERE / "init.sh", root / "init")
    (root / "init").chmod(0o755)
    shutil.copy(HERE / "attacks.sh", root / "attacks.sh")
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    packed = subprocess.run([busybox, "cpio", "-o", "-H", "newc"], input=names.encode(), cwd=root, capture_output=True)
    return packed.stdout


def boot(kernel, files, work, options):
    """What a machine with this kernel tells on its second serial line, until it turns itself off."""
    if not shutil.which(QEMU[0]):
        sys.exit("demo/kernels/run: no qemu-system-x86_64: install qemu-system-x86")
    console, told = pathlib.Path(work, "console"), pathlib.Path(work, "told")
    line = f"console=ttyS0 quiet panic=-1 mitigations=off {options}"
    command = QEMU + ["-kernel", kernel, "-initrd", files, "-append", line]
    command += ["-serial", f"file:{console}", "-serial", f"file:{told}"]
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        pass
    said = told.read_text(errors="replace") if told.exists() else ""
    if "\nend" not in said:
        sys.stderr.write(console.read_text(errors="replace")[-3000:])
        print(f"{kernel.name}: the machine did not come to its end; its last words are above")
    return said
