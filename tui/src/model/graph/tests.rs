//! Whatever order events come in, the graph stays whole.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::sync::Arc;

use petgraph::Direction::Incoming;
use proptest::prelude::*;

use super::super::container::{ContainerNews, ContainerState, GroupKey};
use super::super::event::*;
use super::super::health::*;
use super::super::process::*;
use super::super::text::Text;
use super::{Edge, Limits, Model, Node};

const LIMITS: Limits = Limits { dead: 16, connections: 3, images: 3 };

/// What every model must be, whatever it was told.
fn check(model: &Model) {
    let mut groups: HashMap<GroupKey, (usize, u64)> = HashMap::new();
    let (mut alive, mut dead, mut pinned) = (0, 0, 0);
    for (at, process) in model.processes.values().map(|&at| (at, model.process_at(at).unwrap())) {
        let count = |what| model.graph.edges_directed(at, Incoming).filter(|edge| *edge.weight() == what).count();
        assert_eq!(count(Edge::Member), 1, "{process:?} is a member of one group");
        assert!(count(Edge::Bore) <= 1 && count(Edge::Parent) <= 1, "{process:?} has one maker, one parent");
        let held = model.born_of(process.id).filter(|child| child.alive() || child.held > 0).count();
        assert_eq!(process.held as usize, held, "{process:?} is held by its children");
        let group = groups.entry(process.group.clone()).or_default();
        group.1 += 1;
        match process.exit {
            None => {
                (alive, group.0) = (alive + 1, group.0 + 1);
                assert_eq!(model.live.get(&process.id.pid), Some(&process.id));
                assert!(model.lineage(process.id).count() <= model.processes.len());
            }
            Some((ended, _)) => {
                (dead, pinned) = (dead + 1, pinned + usize::from(held > 0));
                assert_eq!(model.dead.contains(&(ended, process.id)), held == 0);
                assert!(process.open_connections().next().is_none(), "the dead hold nothing open");
            }
        }
        assert!(process.connections.len() <= LIMITS.connections && process.images.len() <= LIMITS.images);
    }
    assert_eq!((model.totals.alive, model.totals.dead), (alive, dead));
    assert_eq!((model.live.len(), model.dead.len()), (alive, dead - pinned));
    assert!(dead <= LIMITS.dead.max(pinned + LIMITS.dead / 8), "{dead} dead are kept, {pinned} for their children");
    assert_eq!(model.processes().count(), model.processes.len());
    assert_eq!(model.groups().count(), model.groups.len());
    for group in model.groups() {
        let (alive, kept) = groups.remove(&group.key).unwrap_or_default();
        assert_eq!((group.alive, model.members(&group.key).count() as u64), (alive, kept), "{:?}", group.key);
        assert!(group.seen >= kept);
        let ended = group.container.as_ref().is_some_and(|it| it.news.state == ContainerState::Exited);
        assert!(!ended || kept > 0, "an ended container without processes leaves");
    }
    assert!(groups.is_empty(), "every group of a process is there");
    for node in model.graph.node_weights() {
        if let Node::Process(process) = node {
            assert!(model.processes.contains_key(&process.id));
        }
    }
}

fn id() -> impl Strategy<Value = ProcessId> {
    (1u32..7, 0u64..4).prop_map(|(pid, start)| ProcessId { pid, start: Ticks(start) })
}

fn image(time: u64, name: u8) -> Image {
    let exe = Text::from(format!("/bin/{name}").as_str());
    let argv = Argv { args: [&exe].into_iter().collect(), ..Argv::default() };
    Image { time: Time(time), given: exe.clone(), exe, argv, cwd: Text::default(), unlinked: false }
}

fn place(to: u8) -> Option<Arc<Cgroup>> {
    let key = match to {
        0 => return None,
        1 => GroupKey::Host,
        2 => GroupKey::Service("a.service".into()),
        n => GroupKey::Container(format!("c{}", n % 3).into()),
    };
    let path = Text::from(format!("/{to}").as_str());
    Some(Arc::new(Cgroup { id: u64::from(to), path, place: Place { key, ..Place::default() } }))
}

fn kind(time: u64) -> impl Strategy<Value = Kind> {
    let fork =
        (id(), id()).prop_map(|(maker, parent)| Kind::Fork(Fork { maker, parent, ns_pid: 1, creds: Creds::default() }));
    let exec = (prop::option::of(id()), 0u8..3).prop_map(move |(parent, name)| {
        Kind::Exec(Box::new(Exec {
            image: image(time, name),
            parent,
            ns_pid: 1,
            creds: Creds::default(),
            caps: Caps::default(),
            namespaces: Namespaces::default(),
            tty: Text::default(),
            stdio: Default::default(),
            file: None,
        }))
    });
    let exit = (prop::option::of(0u8..3), prop::option::of(id()))
        .prop_map(|(code, heir)| Kind::Exit(Exit { code, heir, ..Exit::default() }));
    let ops =
        prop::sample::select(vec![NetOp::Connect, NetOp::Established, NetOp::Accept, NetOp::Listen, NetOp::Close]);
    let net = (ops, 0u64..3, any::<bool>()).prop_map(|(op, socket, tcp)| {
        let protocol = if tcp { Protocol::Tcp } else { Protocol::Udp };
        let direction = Direction::Outbound;
        let (local, remote, sent, received, error) = (None, None, None, None, None);
        Kind::Net(Box::new(Net { op, protocol, direction, local, remote, socket, sent, received, error }))
    });
    let seen = (prop::option::of(id()), 0u8..3).prop_map(move |(parent, name)| {
        Kind::Seen(Box::new(Seen {
            parent,
            image: (name > 0).then(|| image(time, name)),
            born: Time(time),
            ns_pid: 1,
            creds: Creds::default(),
            caps: Caps::default(),
            namespaces: Namespaces::default(),
            tty: Text::default(),
            connections: Vec::new(),
            stdio: Default::default(),
            fifos: Vec::new(),
        }))
    });
    prop_oneof![4 => fork, 2 => exec, 3 => exit, 1 => net, 1 => seen, 1 => Just(Kind::Move), 1 => Just(Kind::Vanished)]
}

fn event() -> impl Strategy<Value = Event> {
    let process = (0u64..1_000, id(), 0u8..6)
        .prop_flat_map(|(time, process, to)| kind(time).prop_map(move |kind| (time, process, to, kind)))
        .prop_map(|(time, process, to, kind)| {
            Event::Process(ProcessEvent { time: Time(time), process, tid: process.pid, cgroup: place(to), kind })
        });
    let states = prop::sample::select(vec![ContainerState::Running, ContainerState::Exited, ContainerState::Unknown]);
    let news = (0u64..1_000, 0u8..3, states).prop_map(|(time, name, state)| {
        Event::Container(ContainerNews { time: Time(time), id: format!("c{name}"), state, ..ContainerNews::default() })
    });
    let loss = (0u64..1_000, 0u64..1_000).prop_map(|(from, to)| {
        Event::Loss(Loss {
            time: Time(to),
            kind: LossKind::Exec,
            count: 1,
            from: Time(from),
            to: Time(to),
            group: None,
        })
    });
    prop_oneof![20 => process, 2 => news, 1 => loss]
}

proptest! {
    #[test]
    fn no_order_of_events_breaks_the_graph(events in prop::collection::vec(event(), 1..120)) {
        let mut model = Model::new(LIMITS);
        for event in &events {
            model.apply(event);
            check(&model);
        }
    }
}

fn at(time: u64, pid: u32, kind: Kind) -> Event {
    let process = ProcessId { pid, start: Ticks(u64::from(pid)) };
    Event::Process(ProcessEvent { time: Time(time), process, tid: pid, cgroup: None, kind })
}

fn child(time: u64, pid: u32, maker: u32) -> Event {
    let maker = ProcessId { pid: maker, start: Ticks(u64::from(maker)) };
    at(time, pid, Kind::Fork(Fork { maker, parent: maker, ns_pid: pid, creds: Creds::default() }))
}

#[test]
fn thousands_leave_in_batches_and_the_graph_stays_whole() {
    let mut model = Model::new(Limits { dead: 1_000, ..LIMITS });
    for pid in 2..5_000 {
        model.apply(&child(u64::from(pid), pid, 1));
        model.apply(&at(u64::from(pid), pid, Kind::Exit(Exit { code: Some(0), ..Exit::default() })));
        assert!(model.totals.dead <= 1_000);
    }
    assert_eq!(model.totals.dead as u64 + model.totals.evicted, 4_998);
    assert!(model.process(ProcessId { pid: 4_999, start: Ticks(4_999) }).is_some(), "the youngest is kept");
    assert_eq!(model.members(&GroupKey::Host).count(), model.processes.len());
    assert_eq!(model.born_of(ProcessId { pid: 1, start: Ticks(1) }).count(), model.totals.dead);
}

#[test]
fn a_process_that_goes_on_by_forking_itself_leaves_a_bounded_line_behind() {
    let mut model = Model::new(Limits { dead: 100, ..LIMITS });
    for pid in 2..5_000 {
        model.apply(&child(u64::from(pid), pid, pid - 1));
        model.apply(&at(u64::from(pid), pid - 1, Kind::Exit(Exit { code: Some(0), ..Exit::default() })));
        assert!(model.totals.dead <= 200, "{} dead are kept", model.totals.dead);
        assert_eq!(model.totals.dead, model.dead.len() + model.ancestors.len());
    }
    let last = ProcessId { pid: 4_999, start: Ticks(4_999) };
    assert!(model.lineage(last).count() >= 80, "the nearest ancestors are kept");
    model.apply(&at(5_000, 4_999, Kind::Exit(Exit::default())));
    assert_eq!((model.totals.alive, model.ancestors.len()), (0, 0));
}

#[test]
fn losses_cast_doubt_on_who_lived_and_in_a_storm_once_per_pause() {
    let loss = |time: u64, from: u64| {
        Event::Loss(Loss {
            time: Time(time),
            kind: LossKind::Exec,
            count: 1,
            from: Time(from),
            to: Time(time),
            group: None,
        })
    };
    let doubt = |model: &Model, pid: u32| model.process(ProcessId { pid, start: Ticks(u64::from(pid)) }).unwrap().doubt;
    let mut model = Model::default();
    model.apply(&child(1_000, 2, 1));
    model.apply(&at(2_000, 2, Kind::Exit(Exit::default())));
    model.apply(&child(5_000, 3, 1));
    model.apply(&loss(6_000, 4_000));
    assert!(!doubt(&model, 2), "it had ended before");
    assert!(doubt(&model, 3));
    model.apply(&child(7_000, 4, 1));
    model.apply(&loss(8_000, 7_500));
    assert!(!doubt(&model, 4), "not yet: this would be a second walk at once");
    model.apply(&child(200_000_000, 5, 1));
    assert!(doubt(&model, 4));
    assert!(!doubt(&model, 5), "it was born after the loss");
}

#[test]
fn containers_that_only_a_runtime_told_of_as_ended_are_no_groups_but_keep_their_names() {
    let mut model = Model::default();
    for n in 0..5_000 {
        let news =
            ContainerNews { time: Time(n), id: format!("c{n}"), name: Some(format!("web-{n}")), ..Default::default() };
        model.apply(&Event::Container(ContainerNews { state: ContainerState::Exited, ..news }));
    }
    assert_eq!((model.groups().count(), model.shelf.len()), (0, 1_000));
    let key = GroupKey::Container("c4999".into());
    let cgroup = Cgroup { id: 7, path: Text::default(), place: Place { key: key.clone(), ..Place::default() } };
    let process = ProcessId { pid: 5, start: Ticks(5) };
    let event = ProcessEvent { time: Time(9_000), process, tid: 5, cgroup: Some(Arc::new(cgroup)), kind: Kind::Move };
    model.apply(&Event::Process(event));
    let name = model.group(&key).unwrap().container.as_ref().unwrap().news.name.clone();
    assert_eq!(name.as_deref(), Some("web-4999"));
}

mod relations {
    use super::*;
    use crate::model::{Act, Deed, Descriptor, ImageFile, Link, NetOp, Opened, ReachCall, Target};

    fn told(model: &Model, pid: u32) -> Vec<(u32, Link, bool)> {
        let mut links: Vec<_> =
            model.links(at(pid)).map(|(other, link, onward)| (other.id.pid, link, onward)).collect();
        links.sort();
        links
    }

    fn at(pid: u32) -> ProcessId {
        ProcessId { pid, start: Ticks(u64::from(pid)) }
    }

    fn happens(model: &mut Model, pid: u32, kind: Kind) {
        let event = ProcessEvent { time: Time(u64::from(pid)), process: at(pid), tid: pid, cgroup: None, kind };
        model.apply(&Event::Process(event));
    }

    fn forks(model: &mut Model, pid: u32, maker: u32) {
        let fork = Fork { maker: at(maker), parent: at(maker), ns_pid: pid, creds: Creds::default() };
        happens(model, pid, Kind::Fork(fork));
    }

    fn runs(model: &mut Model, pid: u32, stdio: [Option<Descriptor>; 3], writer: Option<u32>) {
        let image = Image {
            time: Time(u64::from(pid)),
            exe: "/bin/x".into(),
            given: "/bin/x".into(),
            argv: Argv::default(),
            cwd: Text::default(),
            unlinked: false,
        };
        let file = writer.map(|writer| Box::new(ImageFile { writer: Some(at(writer)), ..ImageFile::default() }));
        let exec = Exec {
            image,
            parent: None,
            ns_pid: pid,
            creds: Creds::default(),
            caps: Caps::default(),
            namespaces: Namespaces::default(),
            tty: Text::default(),
            stdio,
            file,
        };
        happens(model, pid, Kind::Exec(Box::new(exec)));
    }

    fn pipe(inode: u64, write: bool, maker: u32) -> Option<Descriptor> {
        Some(Descriptor { to: Target::Pipe(Some(at(maker))), inode, device: 9, read: !write, write })
    }

    #[test]
    fn the_two_ends_of_a_pipe_are_joined_and_who_inherits_them_is_not() {
        let mut model = Model::default();
        for (pid, maker) in [(10, 1), (11, 10), (12, 10), (13, 12)] {
            forks(&mut model, pid, maker);
        }
        runs(&mut model, 11, [None, pipe(7, true, 10), None], None);
        runs(&mut model, 12, [pipe(7, false, 10), None, None], None);
        runs(&mut model, 13, [pipe(7, false, 10), None, None], None);
        assert_eq!(told(&model, 12), [(11, Link::Pipe, false)]);
        assert_eq!(told(&model, 13), []);
    }

    #[test]
    fn who_wrote_a_program_or_a_file_is_joined_with_who_runs_or_reads_it() {
        let mut model = Model::default();
        for pid in [10, 11, 12] {
            forks(&mut model, pid, 1);
        }
        runs(&mut model, 11, [None, None, None], Some(10));
        let opened = Opened { read: true, writer: Some(at(10)), ..Opened::default() };
        happens(
            &mut model,
            12,
            Kind::Act(Box::new(Act { error: None, observer: None, what: Deed::Open(Box::new(opened)) })),
        );
        assert_eq!(told(&model, 10), [(11, Link::Program, true), (12, Link::File, true)]);
    }

    #[test]
    fn the_two_ends_of_a_connection_are_joined_whichever_is_told_first() {
        let mut model = Model::default();
        let (own, other) = ("127.0.0.1:40000".parse().ok(), "127.0.0.1:80".parse().ok());
        for (pid, op, direction, local, remote) in [
            (20, NetOp::Accept, Direction::Inbound, other, own),
            (21, NetOp::Established, Direction::Outbound, own, other),
        ] {
            forks(&mut model, pid, 1);
            let protocol = Protocol::Tcp;
            let (socket, sent, received, error) = (u64::from(pid), None, None, None);
            let net = Net { op, protocol, direction, local, remote, socket, sent, received, error };
            happens(&mut model, pid, Kind::Net(Box::new(net)));
        }
        assert_eq!(told(&model, 21), [(20, Link::Connection, true)]);
    }

    #[test]
    fn reaching_into_another_is_told_once_and_goes_with_the_process() {
        let mut model = Model::new(Limits { dead: 0, ..Limits::default() });
        forks(&mut model, 10, 1);
        forks(&mut model, 11, 1);
        for _ in 0..3 {
            let what = Deed::Reach { how: ReachCall::Attach, target: Some(at(11)) };
            happens(&mut model, 10, Kind::Act(Box::new(Act { error: None, observer: None, what })));
        }
        assert_eq!(told(&model, 11), [(10, Link::Reach, false)]);
        happens(&mut model, 10, Kind::Exit(Exit::default()));
        assert_eq!(told(&model, 11), []);
    }
}
