//! Findings and incidents to a webhook, one request each.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::http::{Authority, Poster};
use super::item::{Outgoing, Sort};
use super::sink::{Batch, Sink, Trouble};
use crate::detect::Severity;
use crate::escape::shown;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often something is posted that makes the other side fail (500 and the like) before it is given up.
const FAILURES: u32 = 5;
/// Predicates that a message names.
const WHY: usize = 8;

/// How a finding is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Message {
    /// The line of docs/JSON.md.
    #[default]
    Json,
    /// `{"text": …}`, as Slack, Mattermost and others take it.
    Slack,
}

/// Posts findings.
#[derive(Debug)]
pub struct Webhook {
    poster: Poster,
    url: Url,
    message: Message,
    least: Severity,
    failures: u32,
}

impl Webhook {
    /// Posts what is at least `least` to `url`, which [`super::address`] has let pass; `authority` signs for it, where that
    /// is not one that the system trusts.
    ///
    /// # Errors
    /// When there is no TLS to be had.
    pub fn new(url: Url, message: Message, least: Severity, authority: Option<&Authority>) -> Result<Webhook, String> {
        let poster = Poster::new(&url, HeaderMap::new(), PATIENCE, authority)?;
        Ok(Webhook { poster, url, message, least, failures: 0 })
    }
}

impl Sink for Webhook {
    fn wants(&self) -> &[Sort] {
        &[Sort::Finding, Sort::Incident]
    }

    fn least(&self) -> Severity {
        self.least
    }

    fn batch(&self) -> Batch {
        Batch { items: 1, ..Batch::default() }
    }

    fn patience(&self) -> Duration {
        PATIENCE + Duration::from_secs(1)
    }

    async fn send(&mut self, items: &[Arc<Outgoing>]) -> Result<(), Trouble> {
        for item in items {
            let body = match self.message {
                Message::Json => item.line.to_string(),
                Message::Slack => json!({"text": text(&item.value())}).to_string(),
            };
            match self.poster.post(&self.url, "application/json", body.into_bytes()).await {
                Ok(_) => self.failures = 0,
                Err(answer) if answer.status.is_some_and(|it| it.is_server_error()) && !answer.may_pass() => {
                    self.failures += 1;
                    if self.failures < FAILURES {
                        return Err(Trouble::Later { why: answer.why, after: answer.after });
                    }
                    self.failures = 0;
                    return Err(answer.trouble(1));
                }
                Err(answer) => return Err(answer.trouble(1)),
            }
        }
        Ok(())
    }
}

/// A finding or an incident for people, in the markup of Slack.
fn text(line: &Value) -> String {
    let said = |value: &Value| plain(value.as_str().unwrap_or_default());
    let severity = said(&line["severity"]).to_uppercase();
    let mut text = format!("*[{severity}] {}*\nnode {}", said(&line["title"]), said(&line["node"]));
    if line["type"] == "incident" {
        let stages = line["stages"].as_array().into_iter().flatten().map(|stage| said(&stage["stage"]));
        text.push_str(&format!(", incident {}: {}", said(&line["id"]), stages.collect::<Vec<_>>().join(" → ")));
        return text;
    }
    let container = &line["process"]["container"];
    for (what, value) in
        [("container", &container["name"]), ("pod", &container["pod"]), ("namespace", &container["namespace"])]
    {
        if value.is_string() {
            text.push_str(&format!(", {what} {}", said(value)));
        }
    }
    text.push_str(&format!(", rule {}", said(&line["rule"])));
    if line["incident"].is_string() {
        text.push_str(&format!(", incident {}", said(&line["incident"])));
    }
    for why in line["why"].as_array().into_iter().flatten().take(WHY) {
        text.push_str(&format!("\n• {}", said(&why["predicate"])));
    }
    let lineage = std::iter::once(&line["process"]).chain(line["lineage"].as_array().into_iter().flatten());
    let names: Vec<_> = lineage
        .map(|process| {
            let exe = process["exe"].as_str().and_then(|exe| exe.rsplit('/').next()).unwrap_or("?");
            format!("{} ({})", plain(exe), process["pid"])
        })
        .collect();
    text.push_str(&format!("\n{}", names.join(" ← ")));
    text
}

/// Text that is nothing but text: no control characters, no markup that mentions or links.
fn plain(text: &str) -> String {
    shown(text).as_str().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
