//! What is secret is in no format, and what is not stays.

use super::*;
use crate::escape::shown;
use crate::export::redact::Redactor;

/// Secrets as they stand on command lines, each with how.
const PLANTED: &[(&str, &str)] = &[
    ("hunter2hunter2", "mysql -u bob -phunter2hunter2 shop"),
    ("correct horse", "--password=correct horse"),
    ("tiger99xyz", "DB_PASSWORD=tiger99xyz"),
    ("p4ssw0rd", "https://carol:p4ssw0rd@git.corp.example/x.git"),
    ("AKIAIOSFODNN7EXAMPLE", "aws AKIAIOSFODNN7EXAMPLE"),
    ("ghp_abcdefghijklmnopqrst1234", "x ghp_abcdefghijklmnopqrst1234 y"),
    ("xoxb-1234567890-abcdef", "curl -d token=xoxb-1234567890-abcdef"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
    ("Zm9vYmFyQmF6MTIzNDU2Nzg5MA", "run Zm9vYmFyQmF6MTIzNDU2Nzg5MA"),
    ("203.0.113.77", "nc 203.0.113.77 4444"),
    ("2a01:4f8::77", "ping6 2a01:4f8::77"),
    ("carol", "cat /home/carol/notes"),
    ("build-host-9", "ssh dave@build-host-9"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_that_was_planted_is_left_in_any_format(which in 0..PLANTED.len(), other in 0..PLANTED.len(), noise in "[a-z /]{0,30}") {
        let mut told = small(&format!("{noise} {}", PLANTED[which].1));
        // As an argument of its own, and known again in a text that does not say what it is.
        told.processes[1].argv = vec![PLANTED[which].1.to_owned()];
        told.processes[2].argv = vec!["sh".to_owned(), "-c".to_owned(), format!("{}; {}", PLANTED[which].1, PLANTED[other].1)];
        let mut redactor = Redactor::new([3; 32]);
        redactor.learn_dossier(&told);
        let told = [redactor.dossier(told)];
        for written in [html(&told, CLOCK), markdown(&told, CLOCK), json(&told).unwrap(), mermaid(&told), dot(&told)] {
            for secret in [PLANTED[which].0, PLANTED[other].0] {
                prop_assert!(!written.contains(secret), "{secret} in {written}");
            }
        }
        let again = redactor.dossier(told[0].clone());
        prop_assert_eq!(&again.endpoints.len(), &told[0].endpoints.len());
    }
}

#[test]
fn ids_of_containers_stay() {
    let mut redactor = Redactor::new([3; 32]);
    let told = small("x");
    let ids: Vec<_> = told.places.iter().map(|place| place.id.clone()).collect();
    let told = redactor.dossier(told);
    assert_eq!(told.places.iter().map(|place| place.id.clone()).collect::<Vec<_>>(), ids);
    assert!(told.redacted);
    assert_eq!(shown(&told.places[1].name).as_str(), "x");
}
