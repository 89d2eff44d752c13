//! No bytes break a line, and all of them come back.

use proptest::prelude::*;

use super::*;

/// Any bytes, with those that are hard to write among them.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let hard =
        prop::sample::select(vec![&b"\\"[..], b"\\x", b"\\x5c", b"\\xFF", b"\n", b"\"", b"\xc3", b"\x1b[2J", b"0"]);
    let piece = prop_oneof![hard.prop_map(<[u8]>::to_vec), prop::collection::vec(any::<u8>(), 0..4)];
    // Neither an argument nor a path holds a NUL.
    prop::collection::vec(piece, 0..6)
        .prop_map(|pieces| pieces.concat().into_iter().filter(|byte| *byte != 0).collect())
}

proptest! {
    #[test]
    fn any_bytes_come_back_from_json_as_they_were(
        exe in bytes(), cwd in bytes(), args in prop::collection::vec(bytes(), 0..5),
    ) {
        let args: Vec<_> = args.iter().map(Vec::as_slice).collect();
        let line = Told::new().json(&exec(image(&exe, &args, &cwd)));
        let process = &line["process"];
        // What is empty was not told: null.
        let back = |value: &Value| value.as_str().map(decoded).unwrap_or_default();
        prop_assert_eq!(back(&process["exe"]), exe.clone());
        prop_assert_eq!(back(&line["exec"]["given"]), exe);
        prop_assert_eq!(back(&process["cwd"]), cwd);
        let argv: Vec<_> = process["argv"].as_array().unwrap().iter().map(back).collect();
        prop_assert_eq!(argv, args);
    }

    #[test]
    fn no_text_makes_a_second_line_or_a_control_character(
        exe in bytes(), args in prop::collection::vec(bytes(), 0..5), name in any::<String>(),
    ) {
        let args: Vec<_> = args.iter().map(Vec::as_slice).collect();
        let path = String::from_utf8_lossy(&exe).into_owned();
        let mut told = Told::new();
        let key = GroupKey::Container(ID.into());
        told.0.apply(&Event::Container(ContainerNews { id: ID.into(), name: Some(name.clone()), ..Default::default() }));
        let service = GroupKey::Service(name.into());
        let lines = [
            told.text(&within(exec(image(&exe, &args, b"/")), &path, key, None)),
            told.text(&within(event(CHILD, Kind::Move), &path, service, None)),
            told.text(&event(CHILD, Kind::Exit(Exit::default()))),
        ];
        for line in lines {
            let line = line.strip_suffix('\n').unwrap();
            prop_assert!(!line.chars().any(|c| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c)), "{line:?}");
        }
    }

    #[test]
    fn no_moment_breaks_a_line(time in any::<u64>(), count in any::<u64>()) {
        let loss = Loss { time: Time(time), kind: LossKind::Net, count, from: Time(0), to: Time(time), group: None };
        let line = Told::new().json(&Event::Loss(loss));
        prop_assert_eq!(line["time"].as_str().unwrap().len(), 30);
        prop_assert_eq!(line["count"].as_u64(), Some(count));
    }
}
