//! `verify`: whether a recording is whole and unchanged.

use super::arguments::{Format, VerifyArguments};
use super::progress::Bar;
use super::{Exit, Failure};
use crate::escape::shown;
use crate::export::rfc3339;
use crate::store::{PublicKey, Recording, Report, Verdict, hex};

/// Tells what became of a recording, in one line.
pub(super) fn verify(arguments: &VerifyArguments) -> Result<(), Failure> {
    let trust = arguments.trust.as_deref().map(PublicKey::read).transpose()?;
    let mut bar = Bar::new("verifying");
    let verified = Recording::open(&arguments.file).and_then(|recording| {
        recording.verify(trust.as_ref(), &mut |done, of| {
            bar.step(done, of);
            true
        })
    });
    drop(bar);
    let report = match verified {
        // So much of it that nothing can be told of the rest.
        Err(error) if error.is_damaged() => return Err(Failure::new(Exit::NotVerified, error.to_string())),
        verified => verified?,
    };
    match arguments.format {
        Format::Text => tell(&report),
        Format::Json => println!("{}", json(&report)),
    }
    match &report.verdict {
        Verdict::Whole => Ok(()),
        _ => Err(Failure::new(Exit::NotVerified, format!("{} does not verify: {report}", arguments.file.display()))),
    }
}

fn tell(report: &Report) {
    if report.verdict == Verdict::Whole {
        println!("{report}");
    }
    if report.until.0 > 0 {
        println!("unchanged up to {}", rfc3339(report.until));
    }
    if report.pruned > 0 {
        println!("{} batches were let go to keep within its limits", report.pruned);
    }
    match report.signer.as_deref().map(shown) {
        Some(signer) if report.trusted => println!("signed by {}, which is trusted", signer.as_str()),
        Some(signer) => {
            println!("signed by {}; whether that is to be trusted is told with --trust", signer.as_str());
        }
        None => println!("not signed: whoever can write the file could have made the chain anew"),
    }
}

fn json(report: &Report) -> serde_json::Value {
    let (verdict, change) = match &report.verdict {
        Verdict::Whole => ("whole", None),
        Verdict::CutShort => ("cut_short", None),
        Verdict::Changed(change) => ("changed", Some(change)),
    };
    serde_json::json!({
        "type": "verification",
        "verdict": verdict,
        "what": change.map(|change| change.what.as_str()),
        "batch": change.and_then(|change| change.batch),
        "event": change.and_then(|change| change.event),
        "batches": report.batches,
        "events": report.events,
        "until": rfc3339(report.until),
        "pruned": report.pruned,
        "root": hex(&report.root),
        "signer": report.signer,
        "trusted": report.trusted,
    })
}
