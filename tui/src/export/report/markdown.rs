//! Reports as Markdown (GitHub's), with the chain as a Mermaid flowchart.

use super::dossier::{Dossier, FindingTold};
use super::mermaid::mermaid;
use super::words::{self, Clock};
use crate::escape::shown;

/// Every dossier, one after the other.
pub fn markdown(dossiers: &[Dossier], clock: Clock) -> String {
    let mut page = Page::default();
    if dossiers.is_empty() {
        page.line("# Incident report");
        page.line("No incident was found that is worth a look.");
    }
    for dossier in dossiers {
        page.dossier(dossier, clock);
    }
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    /// A block: what follows is another one.
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push_str("\n\n");
    }

    fn list(&mut self, items: impl IntoIterator<Item = String>) {
        for item in items {
            self.0.push_str(&format!("- {item}\n"));
        }
        self.0.push('\n');
    }

    /// A table; nothing where there are no rows.
    fn table<const N: usize>(&mut self, head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return self.line("None.");
        }
        self.0.push_str(&format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(N)));
        for row in rows {
            self.0.push_str(&format!("| {} |\n", row.join(" | ")));
        }
        self.0.push('\n');
    }

    fn dossier(&mut self, dossier: &Dossier, clock: Clock) {
        self.line(&format!("# Incident {}: {}", dossier.id, prose(&dossier.title)));
        let host = &dossier.node.host;
        let host = if host.is_empty() { "not named".to_owned() } else { code(host) };
        let both = |time| format!("{} UTC ({})", clock.utc(time), clock.local(time));
        self.table(
            ["", ""],
            [
                ["Severity".to_owned(), format!("**{}**", dossier.severity.name().to_uppercase())],
                ["First".to_owned(), both(dossier.first)],
                ["Last".to_owned(), both(dossier.last)],
                ["Node".to_owned(), host],
                ["Redacted".to_owned(), if dossier.redacted { "yes" } else { "no" }.to_owned()],
            ],
        );
        self.line("## Summary");
        self.line(&words::summary(dossier).join(" "));
        self.line("## What happened");
        for (number, stage) in (1..).zip(&dossier.stages) {
            self.line(&format!("### {number}. {}, {} UTC", words::capital(&stage.stage), clock.utc(stage.time)));
            for finding in &stage.findings {
                self.finding(dossier, finding, clock);
            }
        }
        self.line("## The chain");
        // Mermaid's own escaping leaves no backtick.
        self.line(&format!("```mermaid\n{}```", mermaid(std::slice::from_ref(dossier))));
        self.times(dossier, clock);
        self.processes(dossier, clock);
        self.indicators(dossier);
        self.rest(dossier);
    }

    fn finding(&mut self, dossier: &Dossier, finding: &FindingTold, clock: Clock) {
        let severity = finding.severity.name().to_uppercase();
        let tried = if finding.failed { " It was tried and refused." } else { "" };
        let doubt = if finding.complete { "" } else { " Records were lost: it may be incomplete." };
        self.line(&format!("**{severity}** {} (`{}`).{tried}{doubt}", prose(&finding.title), finding.rule));
        if let Some(process) = finding.process.and_then(|key| dossier.process(key)) {
            let place = dossier.place(process.place).map(|place| place.label()).unwrap_or_default();
            self.line(&format!("{} in {}: {}", code(&process.name()), code(&place), code(&process.command())));
        }
        self.line(&prose(&finding.meaning));
        self.list(finding.why.iter().map(|why| {
            let time = clock.utc(why.time);
            format!("{}: {time}, {} by {}: {}", prose(&why.predicate), why.kind, why.pid, code(&why.text))
        }));
        self.line(&format!("Next: {}", prose(&finding.next)));
    }

    fn times(&mut self, dossier: &Dossier, clock: Clock) {
        self.line("## Times");
        let rows = words::moments(dossier).into_iter().map(|it| {
            let what = match it.severity {
                Some(severity) => format!("**{}** {}", severity.name().to_uppercase(), prose(&it.what)),
                None => code(&it.what),
            };
            [clock.utc(it.time), clock.local(it.time), code(&it.who), what]
        });
        self.table(["UTC", "local time", "who", "what"], rows);
    }

    fn processes(&mut self, dossier: &Dossier, clock: Clock) {
        self.line("## Processes and their lineage");
        let number = |number: Option<u32>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        let rows = dossier.processes.iter().map(|process| {
            [
                process.key.to_string(),
                number(Some(process.pid)),
                number(process.parent_pid),
                clock.utc(process.start_time),
                process.ended.map(|time| clock.utc(time)).unwrap_or_default(),
                words::user(process),
                code(&dossier.place(process.place).map(|place| place.label()).unwrap_or_default()),
                code(process.exe.as_deref().unwrap_or_default()),
                code(&process.command()),
                code(process.cwd.as_deref().unwrap_or_default()),
            ]
        });
        let head = ["", "pid", "made by", "started (UTC)", "ended (UTC)", "uid", "where", "program", "arguments", "in"];
        self.table(head, rows);
    }

    fn indicators(&mut self, dossier: &Dossier) {
        self.line("## Indicators");
        self.line("### Files");
        let place = |key| dossier.place(key).map(|place| code(&place.label())).unwrap_or_default();
        let files = dossier.files.iter().map(|file| {
            let hash = file.sha256.as_deref().map_or_else(|| "not read".to_owned(), code);
            [code(&file.path), file.place.map(place).unwrap_or_default(), hash]
        });
        self.table(["path", "where", "SHA-256"], files);
        self.line("### Addresses");
        let addresses = dossier.endpoints.iter().map(|contact| {
            let how: std::collections::BTreeSet<_> =
                contact.uses.iter().map(|it| format!("{} {}", it.protocol, it.direction)).collect();
            let who: std::collections::BTreeSet<_> =
                contact.uses.iter().map(|it| words::name_of(dossier, it.process)).collect();
            let who: Vec<String> = who.iter().map(|name| code(name)).collect();
            [code(&contact.text()), how.into_iter().collect::<Vec<_>>().join(", "), who.join(" ")]
        });
        self.table(["address", "how", "who"], addresses);
        self.line("### Containers and images");
        let containers = dossier.places.iter().filter(|place| place.kind == "container");
        let told = |text: &Option<String>| text.as_deref().map(code).unwrap_or_default();
        let rows =
            containers.map(|it| [code(&it.name), told(&it.id), told(&it.image), told(&it.pod), told(&it.namespace)]);
        self.table(["container", "id", "image", "pod", "namespace"], rows);
    }

    fn rest(&mut self, dossier: &Dossier) {
        self.line("## Techniques");
        self.list(dossier.techniques.iter().map(|it| format!("[{}]({}) {}", it.id, it.address(), prose(&it.name))));
        if !dossier.references.is_empty() {
            self.line(&format!("References: {}.", prose(&dossier.references.join(", "))));
        }
        self.line("## What to do next");
        self.list(dossier.next.iter().map(|next| prose(next)));
        self.line("## What evidence is missing");
        if dossier.missing.is_empty() {
            self.line("Nothing is known to be missing.");
        }
        self.list(dossier.missing.iter().map(|it| prose(it)));
        self.line("## How to verify this");
        let (said, command) = words::proof(dossier);
        self.list(said.iter().map(|it| prose(it)).chain(command.map(|it| code(&it))));
    }
}

/// Text that stands in a sentence: every sign that means something to Markdown is taken at its word.
fn prose(text: &str) -> String {
    let text = shown(text);
    let text = text.as_str();
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        let means = match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&' | '$' => true,
            // A list, a rule, a heading of what stands above.
            '-' | '+' | '=' => at == 0,
            '.' | ')' => before.bytes().all(|byte| byte.is_ascii_digit()) || before.to_lowercase().ends_with("www"),
            // What would become a link by itself.
            ':' => after.starts_with("//"),
            '@' => true,
            _ => false,
        };
        if means {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text as code, in a line or in the cell of a table: fenced by more backticks than it holds in a row.
fn code(text: &str) -> String {
    let text = shown(text);
    let text = text.as_str();
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}
