"""The cases: scripts whose first comments say what they are and what is expected."""
import re

FIELDS = ("about", "expect", "needs", "where", "incidents")


def all_cases(root):
    """Every case, in the order of their names; the whole story first, on a node on which nothing else has happened."""
    found = []
    others = sorted([*root.glob("attacks/**/*.sh"), *root.glob("innocent/*.sh")])
    for path in [*root.glob("kubernetes-attack/*.sh"), *others]:
        found.append(read(path, root))
    return found


def read(path, root):
    """A case: its name, path, header fields, and what is expected of it as (class, least severity)."""
    case = {"name": str(path.relative_to(root).with_suffix("")), "path": str(path)}
    for line in path.read_text().splitlines():
        field = re.match(r"# (\w+): (.*)", line)
        if field and field[1] in FIELDS:
            case[field[1]] = field[2].strip()
    case["attack"] = not case["name"].startswith("innocent/")
    case["incidents"] = int(case.get("incidents", 0))
    case["expect"] = [tuple(one.split()) for one in case.get("expect", "").split(",") if one.strip()]
    case["needs"] = case.get("needs", "").split()
    case["where"] = case.get("where", "node")
    if case["attack"] != bool(case["expect"]) or "about" not in case:
        raise SystemExit(f"{path}: an attack says `# expect: CLASS SEVERITY`, an innocent does not, both `# about:`")
    return case
