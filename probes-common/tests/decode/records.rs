//! Records of every kind with anything in them, and the bytes that the kernel side makes of each.

use ktrace_probes_common::{
    Act, ActOp, Answer, Descriptor, Exec, Exit, File, Fork, Header, Kind, Move, Net, Open, Redirect, Signal, Who,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Bytes of a record, written number by number as the wire is described, without the decoder's own declarations.
#[derive(Default)]
struct Wire(Vec<u8>);

impl Wire {
    fn u16(self, value: u16) -> Wire {
        self.bytes(&value.to_le_bytes())
    }

    fn u32(self, value: u32) -> Wire {
        self.bytes(&value.to_le_bytes())
    }

    fn u64(self, value: u64) -> Wire {
        self.bytes(&value.to_le_bytes())
    }

    fn bytes(mut self, value: &[u8]) -> Wire {
        self.0.extend(value);
        self
    }

    fn who(self, who: &Who) -> Wire {
        self.u32(who.pid).u32(who.reserved).u64(who.start)
    }

    fn header(self, h: &Header) -> Wire {
        let wire = self.u32(h.len).u16(h.kind).u16(h.flags).u64(h.seq).u64(h.time).who(&h.who);
        wire.u64(h.cgroup).u32(h.hierarchy).u32(h.tid).u32(h.cpu).u32(h.reserved)
    }

    fn file(self, f: &File) -> Wire {
        let wire = self.u64(f.inode).u32(f.device).u32(f.rdev).u32(f.mode).u32(f.magic);
        wire.u32(f.uid).u32(f.marks)
    }

    fn descriptor(self, d: &Descriptor) -> Wire {
        let wire = self.u64(d.inode).u64(d.object).u64(d.peer).who(&d.who).bytes(&d.local).bytes(&d.remote);
        let wire = wire.u16(d.local_port).u16(d.remote_port).u16(d.family).u16(d.protocol).u16(d.kind).u16(d.access);
        wire.u32(d.device).u32(d.rdev).u32(d.direction)
    }

    /// Writes the length, as the kernel side does when all is there.
    fn done(mut self) -> Vec<u8> {
        let len = self.0.len();
        say_len(&mut self.0, len);
        self.0
    }
}

/// Overwrites the length that a record says it has.
pub(crate) fn say_len(bytes: &mut [u8], len: usize) {
    bytes[..4].copy_from_slice(&u32::try_from(len).unwrap().to_le_bytes());
}

pub(crate) fn fork(f: &Fork, path: &[u8]) -> Vec<u8> {
    let wire = Wire::default().header(&f.header).who(&f.maker).who(&f.parent);
    let wire = wire.u32(f.uid).u32(f.gid).u32(f.euid).u32(f.login_uid).u32(f.session).u32(f.ns_pid);
    f.reserved.iter().fold(wire.u16(f.cgroup_len), |wire, word| wire.u16(*word)).bytes(path).done()
}

pub(crate) fn exec(e: &Exec, parts: &[Vec<u8>; 6]) -> Vec<u8> {
    let wire = Wire::default().header(&e.header).who(&e.parent).file(&e.file).who(&e.writer);
    let wire = e.stdio.iter().fold(wire, Wire::descriptor);
    let wire = wire.u64(e.effective).u64(e.permitted);
    let wire = e.namespaces.iter().fold(wire, |wire, inode| wire.u32(*inode));
    let wire = wire.u32(e.uid).u32(e.gid).u32(e.euid).u32(e.login_uid).u32(e.session).u32(e.ns_pid);
    let wire = wire.u64(e.argv_full).u16(e.cgroup_len).u16(e.exe_len).u16(e.given_len).u16(e.cwd_len);
    let wire = wire.u16(e.tty_len).u16(e.argv_len).u32(e.reserved);
    parts.iter().fold(wire, |wire, part| wire.bytes(part)).done()
}

pub(crate) fn exit(e: &Exit) -> Vec<u8> {
    Wire::default().header(&e.header).who(&e.heir).u64(e.run_time).u32(e.status).u32(e.reserved).done()
}

pub(crate) fn moved(m: &Move, path: &[u8]) -> Vec<u8> {
    let wire = Wire::default().header(&m.header).u16(m.cgroup_len);
    m.reserved.iter().fold(wire, |wire, word| wire.u16(*word)).bytes(path).done()
}

pub(crate) fn net(n: &Net) -> Vec<u8> {
    let wire = Wire::default().header(&n.header).u64(n.socket).u64(n.sent).u64(n.received);
    let wire = wire.bytes(&n.local).bytes(&n.remote).u16(n.local_port).u16(n.remote_port).u16(n.family).u16(n.op);
    wire.u32(n.net_ns).bytes(&n.error.to_le_bytes()).u32(n.direction).u32(n.reserved).done()
}

pub(crate) fn redirect(r: &Redirect) -> Vec<u8> {
    Wire::default().header(&r.header).u32(r.fd).u32(r.how).descriptor(&r.now).done()
}

pub(crate) fn open(o: &Open, parts: &[Vec<u8>; 4]) -> Vec<u8> {
    let wire = Wire::default().header(&o.header).file(&o.file).who(&o.subject).who(&o.writer);
    let wire = wire.u32(o.open_flags).bytes(&o.error.to_le_bytes()).u32(o.via);
    let wire = wire.u16(o.path_len).u16(o.inside_len).u16(o.given_len).u16(o.base_len).u32(o.reserved);
    parts.iter().fold(wire, |wire, part| wire.bytes(part)).done()
}

pub(crate) fn act(a: &Act, parts: &[Vec<u8>; 6]) -> Vec<u8> {
    let wire = a.args.iter().fold(Wire::default().header(&a.header), |wire, word| wire.u64(*word));
    let wire = wire.who(&a.target).file(&a.file).u16(a.op).u16(a.how).bytes(&a.error.to_le_bytes());
    let wire = wire.u16(a.base_len).u16(a.base2_len).u16(a.inside_len).u16(a.a_len).u16(a.b_len).u16(a.c_len);
    parts.iter().fold(wire.u32(a.reserved), |wire, part| wire.bytes(part)).done()
}

pub(crate) fn signal(s: &Signal) -> Vec<u8> {
    Wire::default().header(&s.header).who(&s.target).u32(s.number).bytes(&s.code.to_le_bytes()).done()
}

pub(crate) fn answer(a: &Answer, said: &[u8]) -> Vec<u8> {
    let wire = Wire::default().header(&a.header).bytes(&a.server).u16(a.family).u16(a.port).u16(a.len);
    wire.u16(a.reserved).u32(a.full).u32(a.reserved2).bytes(said).done()
}

prop_compose! {
    fn any_who()(pid: u32, reserved: u32, start: u64) -> Who {
        Who { pid, reserved, start }
    }
}

prop_compose! {
    fn any_header(kind: Kind)(
        (flags, seq, time, who) in (any::<u16>(), any::<u64>(), any::<u64>(), any_who()),
        (cgroup, hierarchy, tid, cpu, reserved) in any::<(u64, u32, u32, u32, u32)>(),
    ) -> Header {
        // The length is filled in when the record is written.
        Header { len: 0, kind: kind as u16, flags, seq, time, who, cgroup, hierarchy, tid, cpu, reserved }
    }
}

prop_compose! {
    pub(crate) fn any_fork()(
        (header, maker, parent) in (any_header(Kind::Fork), any_who(), any_who()),
        [uid, gid, euid, login_uid, session, ns_pid] in any::<[u32; 6]>(),
        reserved: [u16; 3],
        path in vec(any::<u8>(), 0..1100),
    ) -> (Fork, Vec<u8>) {
        let cgroup_len = path.len() as u16;
        (Fork { header, maker, parent, uid, gid, euid, login_uid, session, ns_pid, cgroup_len, reserved }, path)
    }
}

prop_compose! {
    fn any_file()(inode: u64, [device, rdev, mode, magic, uid, marks] in any::<[u32; 6]>()) -> File {
        File { inode, device, rdev, mode, magic, uid, marks }
    }
}

prop_compose! {
    fn any_descriptor()(
        [inode, object, peer] in any::<[u64; 3]>(), who in any_who(),
        (local, remote) in any::<([u8; 16], [u8; 16])>(),
        [local_port, remote_port, family, protocol, kind, access] in any::<[u16; 6]>(),
        [device, rdev, direction] in any::<[u32; 3]>(),
    ) -> Descriptor {
        Descriptor {
            inode, object, peer, who, local, remote, local_port, remote_port, family, protocol, kind, access, device,
            rdev, direction,
        }
    }
}

prop_compose! {
    pub(crate) fn any_redirect()(
        header in any_header(Kind::Redirect), (fd, how) in any::<(u32, u32)>(), now in any_descriptor(),
    ) -> Redirect {
        Redirect { header, fd, how, now }
    }
}

prop_compose! {
    pub(crate) fn any_open()(
        (header, file) in (any_header(Kind::Open), any_file()), (subject, writer) in (any_who(), any_who()),
        (open_flags, error, via, reserved) in any::<(u32, i32, u32, u32)>(),
        parts in proptest::array::uniform4(vec(any::<u8>(), 0..400)),
    ) -> (Open, [Vec<u8>; 4]) {
        let [path_len, inside_len, given_len, base_len] = parts.each_ref().map(|p| p.len() as u16);
        let open = Open {
            header, file, subject, writer, open_flags, error, via, path_len, inside_len, given_len, base_len, reserved,
        };
        (open, parts)
    }
}

prop_compose! {
    pub(crate) fn any_act()(
        (header, file, target) in (any_header(Kind::Act), any_file(), any_who()), args: [u64; 6],
        (op, how) in (0u16..12).prop_flat_map(|op| (Just(op), 0..ActOp::from_number(op).unwrap().calls())),
        (error, reserved) in any::<(i32, u32)>(),
        parts in proptest::array::uniform6(vec(any::<u8>(), 0..400)),
    ) -> (Act, [Vec<u8>; 6]) {
        let [base_len, base2_len, inside_len, a_len, b_len, c_len] = parts.each_ref().map(|p| p.len() as u16);
        let act = Act {
            header, args, target, file, op, how, error, base_len, base2_len, inside_len, a_len, b_len, c_len, reserved,
        };
        (act, parts)
    }
}

prop_compose! {
    pub(crate) fn any_exec()(
        (header, parent) in (any_header(Kind::Exec), any_who()),
        (file, writer) in (any_file(), any_who()),
        stdio in proptest::array::uniform3(any_descriptor()),
        [effective, permitted, argv_full] in any::<[u64; 3]>(),
        namespaces: [u32; 8],
        [uid, gid, euid, login_uid, session, ns_pid, reserved] in any::<[u32; 7]>(),
        parts in proptest::array::uniform6(vec(any::<u8>(), 0..400)),
    ) -> (Exec, [Vec<u8>; 6]) {
        let [cgroup_len, exe_len, given_len, cwd_len, tty_len, argv_len] = parts.each_ref().map(|p| p.len() as u16);
        let exec = Exec {
            header, parent, file, writer, stdio, effective, permitted, namespaces, uid, gid, euid, login_uid, session, ns_pid, argv_full,
            cgroup_len, exe_len, given_len, cwd_len, tty_len, argv_len, reserved,
        };
        (exec, parts)
    }
}

prop_compose! {
    pub(crate) fn any_exit()(
        (header, heir) in (any_header(Kind::Exit), any_who()),
        (run_time, status, reserved) in any::<(u64, u32, u32)>(),
    ) -> Exit {
        Exit { header, heir, run_time, status, reserved }
    }
}

prop_compose! {
    pub(crate) fn any_move()(
        header in any_header(Kind::Move), reserved: [u16; 3], path in vec(any::<u8>(), 0..1100),
    ) -> (Move, Vec<u8>) {
        (Move { header, cgroup_len: path.len() as u16, reserved }, path)
    }
}

prop_compose! {
    pub(crate) fn any_net()(
        header in prop_oneof![any_header(Kind::Tcp), any_header(Kind::TcpBetween), any_header(Kind::Udp)],
        [socket, sent, received] in any::<[u64; 3]>(),
        (local, remote) in any::<([u8; 16], [u8; 16])>(),
        [local_port, remote_port, family] in any::<[u16; 3]>(),
        op in 0u16..5,
        (net_ns, error, direction, reserved) in any::<(u32, i32, u32, u32)>(),
    ) -> Net {
        Net {
            header, socket, sent, received, local, remote, local_port, remote_port, family, op, net_ns, error,
            direction, reserved,
        }
    }
}

prop_compose! {
    pub(crate) fn any_signal()(
        (header, target) in (any_header(Kind::Signal), any_who()), number: u32, code: i32,
    ) -> Signal {
        Signal { header, target, number, code }
    }
}

prop_compose! {
    pub(crate) fn any_answer()(
        header in any_header(Kind::Answer), server: [u8; 16],
        [family, port, reserved] in any::<[u16; 3]>(), [full, reserved2] in any::<[u32; 2]>(),
        said in vec(any::<u8>(), 0..1100),
    ) -> (Answer, Vec<u8>) {
        (Answer { header, server, family, port, len: said.len() as u16, reserved, full, reserved2 }, said)
    }
}

/// A valid record of any kind.
pub(crate) fn any_record() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any_fork().prop_map(|(f, path)| fork(&f, &path)),
        any_exec().prop_map(|(e, parts)| exec(&e, &parts)),
        any_exit().prop_map(|e| exit(&e)),
        any_signal().prop_map(|s| signal(&s)),
        any_move().prop_map(|(m, path)| moved(&m, &path)),
        any_net().prop_map(|n| net(&n)),
        any_redirect().prop_map(|r| redirect(&r)),
        any_open().prop_map(|(o, parts)| open(&o, &parts)),
        any_act().prop_map(|(a, parts)| act(&a, &parts)),
        any_answer().prop_map(|(a, said)| answer(&a, &said)),
    ]
}

pub(crate) fn with_len(mut header: Header, bytes: &[u8]) -> Header {
    header.len = u32::try_from(bytes.len()).unwrap();
    header
}
