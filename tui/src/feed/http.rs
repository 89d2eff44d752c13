//! Posting over HTTP, and what the answers mean for what was posted.

use std::net::IpAddr;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response, StatusCode, Url};

use super::sink::Trouble;

/// How long it may take until somebody is reached.
const REACHING: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const ANSWER: usize = 64 << 10;

/// Says once which code does the cryptography; true when it is there.
pub(super) fn cryptography() -> bool {
    static READY: LazyLock<bool> = LazyLock::new(|| {
        // Somebody else of this process may have said so before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        rustls::crypto::CryptoProvider::get_default().is_some()
    });
    *READY
}

/// An address that may be posted to: `https`, or `http` within this machine, or anywhere when that is said to be right.
///
/// # Errors
/// What is wrong with it, in words without the address, as that may be a secret.
pub fn address(text: &str, insecure: bool) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("no address like https://host/path: {error}"))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("it names no host")?;
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let here = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if here || insecure => Ok(url),
        "http" => Err("http can be read by everybody on the way: use https".to_owned()),
        scheme => Err(format!("`{scheme}` is neither https nor http")),
    }
}

/// Who may have signed the certificate of the other side, instead of whom this system trusts: certificates in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority(Vec<u8>);

impl Authority {
    /// What stands in `file`.
    ///
    /// # Errors
    /// When it cannot be read, or holds no certificate.
    pub fn read(file: &Path) -> Result<Authority, String> {
        let pem = std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let none = || format!("{} holds no certificate in PEM", file.display());
        let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| none())?;
        if certificates.is_empty() { Err(none()) } else { Ok(Authority(pem)) }
    }

    /// As it stands in the file.
    pub(super) fn pem(&self) -> &[u8] {
        &self.0
    }
}

/// Posts, with the certificates that the system trusts or another authority signed, and follows nobody elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Poster {
    client: Client,
    headers: HeaderMap,
}

impl Poster {
    /// One for `url`; where that is not https, nobody asks for certificates, which a system may not have.
    pub(super) fn new(
        url: &Url,
        headers: HeaderMap,
        patience: Duration,
        authority: Option<&Authority>,
    ) -> Result<Poster, String> {
        if !cryptography() {
            return Err("there is no code for TLS".to_owned());
        }
        let mut client = Client::builder()
            .connect_timeout(REACHING)
            .timeout(patience)
            .redirect(Policy::none())
            .user_agent(concat!("ktrace-tui/", env!("CARGO_PKG_VERSION")));
        let no_tls = |error: reqwest::Error| format!("there is no TLS here{}", causes(&error));
        if let Some(authority) = authority {
            client = client.tls_certs_only(Certificate::from_pem_bundle(authority.pem()).map_err(no_tls)?);
        } else if url.scheme() == "http" {
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(no_tls)?;
        Ok(Poster { client, headers })
    }

    /// Posts `body`; gives the beginning of the answer where it was taken.
    pub(super) async fn post(&self, url: &Url, kind: &'static str, body: Vec<u8>) -> Result<Vec<u8>, Answer> {
        let request = self.client.post(url.clone()).headers(self.headers.clone());
        let sent = request.header(reqwest::header::CONTENT_TYPE, kind).body(body).send().await;
        let response = sent.map_err(|error| Answer { status: None, after: None, why: told(&error) })?;
        let status = response.status();
        if status.is_success() {
            return Ok(beginning(response).await);
        }
        let after = response.headers().get(RETRY_AFTER).and_then(|value| after(value.to_str().ok()?));
        Err(Answer { status: Some(status), after, why: format!("answered {status}") })
    }
}

/// Why something was not taken.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: Option<StatusCode>,
    pub(super) after: Option<Duration>,
    pub(super) why: String,
}

impl Answer {
    /// Nobody answered, or it was said that it may be taken later.
    pub(super) fn may_pass(&self) -> bool {
        self.status.is_none_or(|status| matches!(status.as_u16(), 408 | 429 | 502 | 503 | 504))
    }

    /// What it means for `count` things that were posted.
    pub(super) fn trouble(self, count: usize) -> Trouble {
        match self.may_pass() {
            true => Trouble::Later { why: self.why, after: self.after },
            false => Trouble::Refused { why: self.why, count },
        }
    }
}

/// An error with its cause, without the address.
fn told(error: &reqwest::Error) -> String {
    let what = match error {
        error if error.is_timeout() => "no answer in time",
        error if error.is_connect() => "cannot connect",
        _ => "cannot post",
    };
    format!("{what}{}", causes(error))
}

/// The last of its causes, which says what happened; nothing where there is none.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut cause = error.source();
    while let Some(next) = cause.and_then(std::error::Error::source) {
        cause = Some(next);
    }
    cause.map(|cause| format!(": {cause}")).unwrap_or_default()
}

async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    // An answer that breaks off was an answer.
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk[..chunk.len().min(ANSWER - body.len())]);
        if body.len() == ANSWER {
            break;
        }
    }
    body
}

/// `Retry-After`: seconds, or a moment.
fn after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = chrono::DateTime::parse_from_rfc2822(text.trim()).ok()?;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let left = moment.timestamp().saturating_sub(i64::try_from(since.as_secs()).ok()?);
    Some(Duration::from_secs(u64::try_from(left).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_could_read_is_refused() {
        for text in ["https://example.org/x", "http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:80/"] {
            assert!(address(text, false).is_ok(), "{text}");
        }
        for text in ["http://example.org/x", "ftp://localhost/x", "example.org", "", "http://127.0.0.1.example.org/"] {
            assert!(address(text, false).is_err(), "{text}");
        }
        assert!(address("http://example.org/x", true).is_ok());
    }

    #[test]
    fn certificates_are_needed_for_https_alone() {
        for url in ["http://127.0.0.1:1/", "https://127.0.0.1:1/"] {
            let Ok(url) = address(url, false) else { panic!("{url}") };
            assert!(Poster::new(&url, HeaderMap::new(), Duration::from_secs(1), None).is_ok(), "{url}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(after("17"), Some(Duration::from_secs(17)));
        assert_eq!(after("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        let far = after("Fri, 31 Dec 2100 23:59:59 GMT");
        assert!(far.is_some_and(|far| far > Duration::from_secs(3600)), "{far:?}");
        assert_eq!(after("soon"), None);
    }
}
