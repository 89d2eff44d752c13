"""Kernels as Debian packages: which there are, and how the newest of each is brought."""
import pathlib
import re
import subprocess
import sys

# Name: the release that has it, and its package, of which the newest is taken.
KERNELS = {
    "5.10": ("bullseye", r"linux-image-5\.10\.[-\d.]+-cloud-amd64"),
    "6.1": ("bookworm", r"linux-image-6\.1\.[-\d.]+-cloud-amd64"),
    "6.1-rt": ("bookworm", r"linux-image-6\.1\.[-\d.]+-rt-amd64"),
    "6.12": ("trixie", r"linux-image-6\.12\.[\d.+deb]+-cloud-amd64"),
    "newest": ("sid", r"linux-(?:image|binary)-[\d.+deb]+-cloud-amd64"),
}
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def run(*command, cwd=None):
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        sys.exit(f"demo/kernels/run: {command[0]} failed: {' '.join(said[:3])}")
    return done.stdout


def site():
    """Where this machine gets its own Debian from."""
    for line in run("apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages").splitlines():
        if line.rstrip("/").endswith("/debian"):
            return line
    sys.exit("demo/kernels/run: apt of this machine names no Debian mirror: the kernels are Debian's packages")


def lists(release, cache):
    """Options of apt for one release, beside whatever this machine is set up for; its list of packages is brought once."""
    folder = cache / release
    sources = folder / "sources.list"
    options = ["-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null"]
    options += ["-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::State::status={folder}/status"]
    options += ["-o", f"Dir::Cache={folder}/cache", "-o", "APT::Sandbox::User=root"]
    if not sources.is_file():
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        sources.write_text(f"deb [signed-by={KEYS}] {site()} {release} main\n")
        # Without it a list that could not be had is a warning.
        run("apt-get", *options, "-o", "APT::Update::Error-Mode=any", "update", "-q")
    return options


def version(text):
    return [int(number) for number in re.findall(r"\d+", text)]


def kernel(name, cache):
    """The path of a kernel's bzImage. Ends the program, and says why, where it cannot be had."""
    there = sorted((cache / name).glob("vmlinuz*"))
    if there:
        return there[0]
    release, pattern = KERNELS[name]
    try:
        return bring(name, release, pattern, cache)
    except SystemExit as failure:
        # The list of packages may be an old one: the next time it is brought anew.
        (cache / release / "sources.list").unlink(missing_ok=True)
        where = cache / name / "vmlinuz"
        sys.exit(f"{failure}\ndemo/kernels/run: kernel {name} cannot be had; connect this machine to its Debian mirror, or put a bzImage to {where}")


def bring(name, release, pattern, cache):
    options = lists(release, cache)
    names = run("apt-cache", *options, "pkgnames", "linux-").split()
    fitting = sorted((found for found in names if re.fullmatch(pattern, found)), key=version)
    if not fitting:
        sys.exit(f"demo/kernels/run: {release} has no package {pattern}")
    # Of a new kind the image package is empty and depends on the one with the kernel.
    newest = [found for found in fitting if version(found) == version(fitting[-1])]
    package = next((found for found in newest if "-binary-" in found), newest[-1])
    folder = cache / name
    folder.mkdir(parents=True, exist_ok=True)
    run("apt-get", *options, "download", "-q", package, cwd=folder)
    archive = next(folder.glob("*.deb"))
    run("dpkg-deb", "--extract", str(archive), str(folder / "files"))
    archive.unlink()
    found = next(path for path in pathlib.Path(folder / "files").rglob("vmlinuz*") if path.is_file())
    found.rename(folder / f"vmlinuz-{package}")
    run("rm", "-r", str(folder / "files"))
    return folder / f"vmlinuz-{package}"
