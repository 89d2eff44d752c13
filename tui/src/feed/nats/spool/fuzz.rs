//! What was left in the spool: by a run that was killed, or on a disk that forgets.
#![cfg(any(test, fuzzing))]

use super::record;

/// Tries bytes as a file of the spool: whatever is whole in it is the same when it is written and read again. The first byte
/// says whether their sums are made right before.
pub(crate) fn spool(bytes: &[u8]) {
    let Some((how, bytes)) = bytes.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if how & 1 == 1 {
        mend(&mut bytes);
    }
    let mut end = 0;
    for (place, message, at) in record::all(&bytes) {
        assert!(at > end && at <= bytes.len());
        end = at;
        let mut written = Vec::new();
        record::write(&mut written, place, &message);
        let again = record::read(&written);
        assert_eq!(again, Some((place, message, written.len())));
    }
}

/// Makes the sum of each record right, as far as lengths lead from one to the next.
fn mend(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + record::HEAD) {
        let length = usize::from(head[0]) | usize::from(head[1]) << 8;
        let body = at + record::HEAD..at + record::HEAD + length;
        let Some(sum) = bytes.get(body.clone()).map(record::sum) else { return };
        bytes[at + 2..at + 4].fill(0);
        bytes[at + 4..at + record::HEAD].copy_from_slice(&sum);
        at = body.end;
    }
}
