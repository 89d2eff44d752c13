"""What a machine told, held against what was done there."""
import datetime
import json

# What must be found: class, and the least severity.
FINDINGS = {
    "a shell on a connection": ("reverse_shell", "critical"),
    "a shell that waits": ("bind_shell", "high"),
    "a program in memory": ("fileless_exec", "high"),
    "hashes of passwords": ("sensitive_read", "medium"),
    "out of a container": ("container_escape", "critical"),
}
SEVERITIES = ["info", "low", "medium", "high", "critical"]

# What a kernel does not have, and what is not found without it: docs/RELIABILITY.md says why.
EXPECTED = {
    "5.10": (
        {"on_connect", "on_mount", "on_name", "on_opened", "on_root", "on_write", "ring_submit"},
        {"a shell through pipes", "hashes of passwords"},
    ),
}


def lines(said):
    for line in said.replace("\r", "").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            pass


def words(said, word):
    """The number in the line that begins with this word; -1 without one."""
    found = [line.split()[1] for line in said.replace("\r", "").splitlines() if line.startswith(word + " ")]
    return int(found[-1]) if found else -1


def faults(name, said):
    """Whatever is not as it should be."""
    told = list(lines(said))
    lacking, unfound = EXPECTED.get(name, (set(), set()))
    unwell = {line["topic"] for line in told if line["type"] == "status" and line["health"] != "ok"}
    probes = {topic.removeprefix("probe ") for topic in unwell if topic.startswith("probe")}
    for probe in sorted(probes ^ lacking):
        yield f"probe {probe} is {'not ' if probe in probes else ''}attached"
    execs, ran = words(said, "execs"), words(said, "ran")
    if ran <= 0 or execs != ran:
        yield f"{execs} of {ran} execs were told"
    yield from (f"lost: {line['count']} of {line['kind']}" for line in told if line["type"] == "loss")
    found = [(line["class"], line["severity"]) for line in told if line["type"] == "finding"]
    # The two reverse shells are two findings.
    shells = sum(of == "reverse_shell" for of, _ in found)
    if (shells >= 2) == ("a shell through pipes" in unfound):
        yield f"{shells} of 2 reverse shells were found"
    for what, (of, least) in FINDINGS.items():
        enough = any(of == one and SEVERITIES.index(how) >= SEVERITIES.index(least) for one, how in found)
        if enough == (what in unfound):
            yield f"{what}: {'found after all' if enough else 'not found'}"
    kinds = [line for line in told if line["type"] == "event"]
    if not any(line["kind"] == "listen" for line in kinds):
        yield "no listener was told"
    yield from slept(kinds, words(said, "woke"))
    named = [line["endpoint"].get("name", {}) for line in kinds if line["kind"] == "connect"]
    if not any(name.get("name") == "tracked.example" for name in named):
        yield "the name of an address was not told"
    if words(said, "code") != 0:
        yield f"watch ended with {words(said, 'code')}"


def slept(events, woke):
    """What is wrong with what was told around the machine's sleep, which ended at the second `woke`."""
    execs = [line for line in events if line["kind"] == "exec"]
    times = {line["process"]["argv"][-1]: datetime.datetime.fromisoformat(line["time"][:26] + "+00:00") for line in execs}
    before, after = (times.get(f"asleep-{word}") for word in ("before", "after"))
    if not before or not after:
        yield f"around the machine's sleep were told: {sorted(times)}"
    elif after.timestamp() - before.timestamp() < 2 or abs(after.timestamp() - woke) > 2:
        yield f"the machine slept from {before} to {woke}, and what came after is told at {after}"


def tell(name, said, show):
    """Prints it; true when all is well."""
    told, wrong = list(lines(said)), list(faults(name, said))
    kernel = next((line["text"] for line in told if line.get("topic") == "kernel"), "no kernel was told")
    findings = [line for line in told if line["type"] == "finding"]
    attached = sum(line.get("topic", "").startswith("probe ") and line["health"] == "ok" for line in told)
    print(f"{name}: {kernel}: {attached} probes, {words(said, 'execs')} of {words(said, 'ran')} execs, {len(findings)} findings")
    for line in wrong:
        print(f"    {line}")
    for line in told if show else []:
        if line["type"] == "finding":
            print(f"    {line['severity']:8} {line['class']:18} {line['title']}")
        if line["type"] == "status" and line["health"] != "ok":
            print(f"    {line['health']:8} {line['topic']:18} {line['text']}")
    return not wrong


def tell_locked(name, said, show):
    """As [`tell`], of a kernel where nobody may read kernel memory: that is said, and nothing is watched."""
    told = list(lines(said))
    doctor = {line["topic"]: line for line in told if line["type"] == "status"}
    last = [line.split(" ", 1)[1] for line in said.replace("\r", "").splitlines() if line.startswith("said ")]
    wrong = []
    if doctor.get("lockdown", {}).get("health") != "missing":
        wrong.append(f"doctor says of lockdown: {doctor.get('lockdown')}")
    if words(said, "code") != 3 or not any("lockdown" in line for line in last):
        wrong.append(f"watch ended with {words(said, 'code')} and said: {last}")
    print(f"{name}, locked down: {doctor.get('lockdown', {}).get('text')}")
    for line in wrong + (last if show else []):
        print(f"    {line}")
    return not wrong
