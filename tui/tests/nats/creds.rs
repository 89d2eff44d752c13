//! Credentials as operators hand them out: an operator, accounts and users as signed tokens, which the server knows from
//! a resolver in memory.

use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

use super::*;
use agent::Agent;

/// A token of what `claims` says about `of`, signed by `by`.
fn token(of: &KeyPair, name: &str, by: &KeyPair, claims: Value, more: Value) -> String {
    let mut body =
        json!({"jti": name, "iat": 1_700_000_000, "iss": by.public_key(), "sub": of.public_key(), "name": name});
    body["nats"] = claims;
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let text = format!("{}.{}", part(&json!({"typ": "JWT", "alg": "ed25519-nkey"})), part(&body));
    format!("{text}.{}", BASE64URL_NOPAD.encode(&by.sign(text.as_bytes()).unwrap()))
}

/// Who hands out rights to the bus.
struct Operator {
    account: KeyPair,
    config: String,
}

impl Operator {
    fn new() -> Operator {
        let (keys, system, account) = (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
        let limits = json!({"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
            "conn": -1, "leaf": -1, "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1});
        let of_account = json!({"type": "account", "version": 2, "limits": limits});
        let mut of_system = of_account.clone();
        for limit in ["mem_storage", "disk_storage", "streams", "consumer"] {
            of_system["limits"].as_object_mut().unwrap().remove(limit);
        }
        let operator = json!({"type": "operator", "version": 2, "system_account": system.public_key()});
        let config = format!(
            "operator: {}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{\n {}: {}\n {}: {}\n}}",
            token(&keys, "operator", &keys, operator, json!({})),
            system.public_key(),
            system.public_key(),
            token(&system, "system", &keys, of_system, json!({})),
            account.public_key(),
            token(&account, "nodes", &keys, of_account, json!({})),
        );
        Operator { account, config }
    }

    /// Credentials of a node: it may do what docs/AGENT.md says.
    fn creds(dir: &Path, name: &str, account: &KeyPair, more: Value) -> PathBuf {
        let publish =
            ["ktrace.c.node%2E1.>", "ktrace.c.n%2E1.>", "$JS.API.STREAM.INFO.KTRACE", "$JS.API.STREAM.CREATE.KTRACE"];
        let subscribe = ["_INBOX_node%2E1.>", "_INBOX_n%2E1.>"];
        write(dir, name, account, json!({"pub": {"allow": publish}, "sub": {"allow": subscribe}}), more)
    }

    /// Credentials of somebody who may do everything.
    fn admin(&self, dir: &Path) -> PathBuf {
        write(dir, "admin", &self.account, json!({}), json!({}))
    }
}

/// A new user of `account`, in a file as `nsc generate creds` writes them.
fn write(dir: &Path, name: &str, account: &KeyPair, may: Value, more: Value) -> PathBuf {
    let (user, path) = (KeyPair::new_user(), dir.join(format!("{name}.creds")));
    let mut claims = json!({"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1});
    claims.as_object_mut().unwrap().extend(may.as_object().unwrap().clone());
    let (jwt, seed) = (token(&user, name, account, claims, more), user.seed().unwrap());
    let text = format!(
        "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
         ************************* IMPORTANT *************************\n\n\
         -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn credentials_that_are_wrong_are_named_the_spool_keeps_all_and_the_right_ones_send_it() {
    if !runs() {
        return;
    }
    let operator = Operator::new();
    let server = Server::started(&operator.config);
    let dir = server.dir().to_owned();
    let right = Operator::creds(&dir, "right", &operator.account, json!({}));
    // Of an account that the operator never signed; of one that he did, but that was over long ago; no credentials at all.
    let stranger = Operator::creds(&dir, "stranger", &KeyPair::new_account(), json!({}));
    let over = Operator::creds(&dir, "over", &operator.account, json!({"exp": 1_700_000_001}));
    let forged = dir.join("forged.creds");
    std::fs::write(&forged, std::fs::read_to_string(&right).unwrap().replace("\nSU", "\nSV")).unwrap();
    let (gone, garbage) = (dir.join("gone.creds"), dir.join("garbage.creds"));
    std::fs::write(&garbage, "nothing of use").unwrap();

    let with = |creds: &Path| BusOptions { creds: Some(creds.to_owned()), ..server.options() };
    let spool = || Some(Spool::open(&dir.join("spool"), 64 << 20).unwrap());
    let mut next = 1;
    for (creds, words) in [
        (&stranger, "uthorization"),
        (&over, "uth"),
        (&forged, "forged.creds"),
        (&gone, "gone.creds"),
        (&garbage, "garbage.creds"),
    ] {
        let mut feed = start(with(creds), spool());
        feed.offer(next..next + 10, 10);
        next += 10;
        feed.hears(Health::Degraded, words);
        feed.hears(Health::Degraded, "what leaves waits in the spool");
        let counts = Arc::clone(feed.feed.counts());
        feed.finish(Duration::from_secs(2));
        assert_eq!(counts.lost_in_all(), 0, "{}", creds.display());
    }
    let mut feed = start(with(&right), spool());
    feed.offer(next..next + 10, 10);
    feed.hears(Health::Ok, "connected; nothing waits");
    feed.finish(LATE);
    let got = server.all_as(Some(&operator.admin(&dir)), 60).await;
    assert_eq!(numbers(&got), (1..=60).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_agent_with_credentials_sends_and_with_others_keeps() {
    if !runs() {
        return;
    }
    let operator = Operator::new();
    let server = Server::started(&operator.config);
    let dir = server.dir().to_owned();
    let spool = dir.join("spool");
    let agent = |creds: &Path| {
        let more = ["--nats-creds", creds.to_str().unwrap(), "--spool", spool.to_str().unwrap()];
        Agent::start(&[], &dir, &server.url(), "ofthecreds", &more)
    };
    let first = agent(&Operator::creds(&dir, "stranger", &KeyPair::new_account(), json!({})));
    first.says("nats: degraded: no connection to 127.0.0.1");
    assert!(first.heard().contains("uthorization"), "{}", first.heard());
    (0..20).for_each(|_| assert!(Command::new("true").arg("ofthecreds").status().unwrap().success()));
    std::thread::sleep(Duration::from_secs(1));
    first.stop();
    let second = agent(&Operator::creds(&dir, "right", &operator.account, json!({})));
    second.says("nats: ok: connected");
    let got = server.execs_as(Some(&operator.admin(&dir)), 20).await;
    second.stop();
    let places: Vec<_> = got.iter().map(|got| (got.line["run"].as_u64(), got.line["seq"].as_u64())).collect();
    assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
}
