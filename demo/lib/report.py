"""The matrix: found, missed, wrongly alarmed, and how long it took."""

SEVERITIES = ("info", "low", "medium", "high", "critical")


def verdict(case):
    """One of found, missed, clean, alarmed, broken."""
    if case["failure"]:
        return "broken"
    if not case["attack"]:
        loud = [it for it in case["findings"] if SEVERITIES.index(it["severity"]) >= SEVERITIES.index("high")]
        return "alarmed" if loud else "clean"
    for wanted, least in case["expect"]:
        enough = [
            it
            for it in case["findings"]
            if it["class"] == wanted and SEVERITIES.index(it["severity"]) >= SEVERITIES.index(least)
        ]
        if not enough:
            return "missed"
    told = {it["incident"] for it in case["findings"]}
    if case["incidents"] and len(told) != case["incidents"]:
        return "missed"
    return "found"


def percentile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * percent / 100))] if values else 0.0


def worst_of(results):
    """Of each case the round that went worst, with the findings of all rounds."""
    order = ("broken", "missed", "alarmed", "found", "clean")
    rounds = {}
    for case in results:
        case["verdict"] = verdict(case)
        rounds.setdefault(case["name"], []).append(case)
    for same in rounds.values():
        worst = min(same, key=lambda case: order.index(case["verdict"]))
        yield dict(worst, findings=[it for case in same for it in case["findings"]])


def sizes(states):
    """Prints how large each node's watch was before the first round and after each, and what it had lost; gives all losses."""
    if len(states[0]) > 2:
        print()
        print("| round | " + " | ".join(f"node {at + 1}: minutes, RSS MB, lost" for at in range(len(states))) + " |")
        print("| --- |" + " --- |" * len(states))
        for at, row in enumerate(zip(*states)):
            cells = [
                f"{(state['at'] - node[0]['at']) / 60:.1f}, {state['rss_mb']:.1f}, {state['lost']}"
                for state, node in zip(row, states)
            ]
            print(f"| {at} | " + " | ".join(cells) + " |")
    lost = sum(node[-1]["lost"] for node in states)
    print()
    print(f"records lost: {lost}")
    return lost


def tell(results, states, show):
    """Prints the matrix; gives the exit code."""
    verdicts = {}
    for case in worst_of(results):
        verdicts.setdefault(case["verdict"], []).append(case)
        worst = max((SEVERITIES.index(it["severity"]) for it in case["findings"]), default=None)
        said = sorted({it["class"] for it in case["findings"]})
        severity = SEVERITIES[worst] if worst is not None else "-"
        print(f"{case['verdict']:8} {case['name']:52} {severity:9} {' '.join(said)}")
        if case["failure"]:
            print(f"         {case['failure']}")
        if show or case["verdict"] in ("alarmed", "missed", "broken"):
            for it in case["findings"]:
                print(f"           {it['severity']:9} {it['rule']}: {it['title']}")
            if case["output"]:
                print("           | " + "\n           | ".join(case["output"].splitlines()[-6:]))
    count = {name: len(cases) for name, cases in verdicts.items()}
    attacks = sum(count.get(name, 0) for name in ("found", "missed"))
    innocents = sum(count.get(name, 0) for name in ("clean", "alarmed"))
    delays = [it["delay"] for case in results for it in case["findings"]]
    share = 100 * count.get("found", 0) / attacks if attacks else 100.0
    print()
    print(f"attacks: {count.get('found', 0)} of {attacks} found ({share:.1f} %)")
    print(f"innocents: {count.get('alarmed', 0)} of {innocents} wrongly alarmed")
    print(f"cases that could not run: {count.get('broken', 0)}")
    if delays:
        median, late = percentile(delays, 50), percentile(delays, 99)
        print(f"from act to finding: median {median:.0f} ms, 99th percentile {late:.0f} ms, of {len(delays)} findings")
    lost = sizes(states)
    return 1 if share < 98 or count.get("alarmed") or count.get("broken") or lost else 0
