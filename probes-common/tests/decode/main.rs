//! The decoder, for any bytes: a record or an error, and a record holds exactly what was written.
#![allow(clippy::unwrap_used, reason = "tests")]

mod records;

use ktrace_probes_common::{
    ActOp, ActParts, Answer, DecodeError, Header, Kind, NetOp, OpenParts, Parts, Record, Transport, decode,
};
use proptest::collection::vec;
use proptest::prelude::*;

use records::*;

proptest! {
    #[test]
    fn any_bytes_give_a_record_or_an_error(bytes in vec(any::<u8>(), 0..1024)) {
        let _ = decode(&bytes);
    }

    /// Random bytes seldom have a plausible beginning: here they do.
    #[test]
    fn any_bytes_after_a_plausible_beginning_give_a_record_or_an_error(
        mut bytes in vec(any::<u8>(), 8..1024), len in 0usize..1100, kind in 0u16..12,
    ) {
        say_len(&mut bytes, len);
        bytes[4..6].copy_from_slice(&kind.to_le_bytes());
        if let Ok(record) = decode(&bytes) {
            prop_assert_eq!(record.header().len as usize, len);
        }
    }

    #[test]
    fn a_record_with_one_byte_changed_gives_a_record_or_an_error(
        mut bytes in any_record(), at in any::<prop::sample::Index>(), byte: u8,
    ) {
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode(&bytes);
    }

    #[test]
    fn a_fork_is_read_as_it_was_written((mut f, path) in any_fork()) {
        let bytes = fork(&f, &path);
        f.header = with_len(f.header, &bytes);
        prop_assert_eq!(decode(&bytes), Ok(Record::Fork(f, &path)));
    }

    #[test]
    fn an_exec_is_read_as_it_was_written((mut e, parts) in any_exec()) {
        let bytes = exec(&e, &parts);
        e.header = with_len(e.header, &bytes);
        let [cgroup, exe, given, cwd, tty, argv] = parts.each_ref().map(Vec::as_slice);
        prop_assert_eq!(decode(&bytes), Ok(Record::Exec(e, Parts { cgroup, exe, given, cwd, tty, argv })));
    }

    #[test]
    fn an_exit_is_read_as_it_was_written(mut e in any_exit()) {
        let bytes = exit(&e);
        e.header = with_len(e.header, &bytes);
        prop_assert_eq!(decode(&bytes), Ok(Record::Exit(e)));
    }

    #[test]
    fn a_signal_is_read_as_it_was_written(mut s in any_signal()) {
        let bytes = signal(&s);
        s.header = with_len(s.header, &bytes);
        prop_assert_eq!(decode(&bytes), Ok(Record::Signal(s)));
    }

    #[test]
    fn a_move_is_read_as_it_was_written((mut m, path) in any_move()) {
        let bytes = moved(&m, &path);
        m.header = with_len(m.header, &bytes);
        prop_assert_eq!(decode(&bytes), Ok(Record::Move(m, &path)));
    }

    #[test]
    fn a_socket_record_is_read_as_it_was_written(mut n in any_net()) {
        let bytes = net(&n);
        n.header = with_len(n.header, &bytes);
        let op = [NetOp::Connect, NetOp::Established, NetOp::Accept, NetOp::Listen, NetOp::Close][usize::from(n.op)];
        let transport = if n.header.kind == Kind::Udp as u16 { Transport::Udp } else { Transport::Tcp };
        prop_assert_eq!(decode(&bytes), Ok(Record::Net(n, op, transport)));
    }

    #[test]
    fn a_redirect_is_read_as_it_was_written(mut r in any_redirect()) {
        let bytes = redirect(&r);
        r.header = with_len(r.header, &bytes);
        prop_assert_eq!(decode(&bytes), Ok(Record::Redirect(r)));
    }

    #[test]
    fn an_open_is_read_as_it_was_written((mut o, parts) in any_open()) {
        let bytes = open(&o, &parts);
        o.header = with_len(o.header, &bytes);
        let [path, inside, given, base] = parts.each_ref().map(Vec::as_slice);
        prop_assert_eq!(decode(&bytes), Ok(Record::Open(o, OpenParts { path, inside, given, base })));
    }

    #[test]
    fn an_answer_of_any_size_is_read_as_it_was_written((mut a, said) in any_answer()) {
        let bytes = answer(&a, &said);
        a.header = with_len(a.header, &bytes);
        prop_assert_eq!(decode(&bytes), Ok(Record::Answer(a, &said)));
    }

    #[test]
    fn an_act_is_read_as_it_was_written((mut a, parts) in any_act()) {
        let bytes = act(&a, &parts);
        a.header = with_len(a.header, &bytes);
        let op = ActOp::from_number(a.op).unwrap();
        let [base, base2, inside, first, second, third] = parts.each_ref().map(Vec::as_slice);
        let parts = ActParts { base, base2, inside, a: first, b: second, c: third };
        prop_assert_eq!(decode(&bytes), Ok(Record::Act(a, op, parts)));
    }

    #[test]
    fn a_call_that_an_operation_does_not_have_is_an_error((mut a, parts) in any_act(), how: u16) {
        prop_assume!(how >= ActOp::from_number(a.op).unwrap().calls());
        a.how = how;
        let bytes = act(&a, &parts);
        prop_assert_eq!(decode(&bytes), Err(DecodeError::UnknownOp(a.op)));
    }

    #[test]
    fn what_follows_a_record_is_ignored(bytes in any_record(), padding in vec(any::<u8>(), 0..16)) {
        let padded = [bytes.as_slice(), &padding].concat();
        prop_assert_eq!(decode(&padded), decode(&bytes));
    }

    #[test]
    fn a_record_cut_anywhere_is_an_error(bytes in any_record(), at in any::<prop::sample::Index>()) {
        let at = at.index(bytes.len());
        let truncated = matches!(
            decode(&bytes[..at]),
            Err(DecodeError::Truncated { need, have }) if have == at && need > have
        );
        prop_assert!(truncated, "{:?}", decode(&bytes[..at]));
    }

    #[test]
    fn a_length_that_ends_within_the_record_is_an_error(
        mut bytes in any_record(),
        len in any::<prop::sample::Index>(),
    ) {
        let len = len.index(bytes.len());
        say_len(&mut bytes, len);
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn lengths_that_do_not_add_up_are_an_error(
        (mut e, parts) in any_exec(), which in 0usize..6, wrong: u16,
        (mut f, path) in any_fork(), (mut m, moved_path) in any_move(),
    ) {
        let lens = [
            &mut e.cgroup_len, &mut e.exe_len, &mut e.given_len, &mut e.cwd_len, &mut e.tty_len, &mut e.argv_len,
        ];
        let len = lens.into_iter().nth(which).unwrap();
        prop_assume!(*len != wrong && f.cgroup_len != wrong && m.cgroup_len != wrong);
        *len = wrong;
        f.cgroup_len = wrong;
        m.cgroup_len = wrong;
        let refused = |bytes: &[u8]| matches!(
            decode(bytes),
            Err(DecodeError::Lengths { record, parts }) if record == bytes.len() && parts != record
        );
        prop_assert!(refused(&exec(&e, &parts)));
        prop_assert!(refused(&fork(&f, &path)));
        prop_assert!(refused(&moved(&m, &moved_path)));
    }

    #[test]
    fn an_unknown_kind_or_operation_is_named(mut bytes in any_record(), mut n in any_net(), unknown in 12u16..) {
        bytes[4..6].copy_from_slice(&unknown.to_le_bytes());
        prop_assert_eq!(decode(&bytes), Err(DecodeError::UnknownKind(unknown)));
        n.op = unknown;
        let bytes = net(&n);
        prop_assert_eq!(decode(&bytes), Err(DecodeError::UnknownOp(unknown)));
    }
}

#[test]
fn an_answer_is_read_with_what_it_said() {
    let header = Header { kind: Kind::Answer as u16, cgroup: 9, time: 7, ..Header::default() };
    let said = b"what it said";
    let mut told =
        Answer { header, server: [10; 16], family: 2, port: 40_000, len: 12, full: 900, ..Answer::default() };
    let bytes = answer(&told, said);
    told.header = with_len(told.header, &bytes);
    assert_eq!(decode(&bytes), Ok(Record::Answer(told, said)));
    for len in 0..bytes.len() {
        let mut cut = bytes[..len].to_vec();
        assert!(decode(&cut).is_err(), "{len} bytes");
        if len > 4 {
            say_len(&mut cut, len);
            assert!(decode(&cut).is_err(), "{len} bytes that say so");
        }
    }
}
