//! A CRI runtime that behaves, or misbehaves, as told: just enough gRPC on a unix socket.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::identity::cri::line::{containerd, cri};
use crate::identity::cri::wire::{
    Container, Containers, CriVersion, PodIp, PodNetwork, Sandbox, SandboxStatus, SandboxTold, Sandboxes,
};

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Manner {
    /// As CRI-O does without `enable_pod_events`.
    Well,
    /// As CRI-O does with it.
    WithEvents,
    /// Takes the connection and says nothing.
    Mute,
    /// Says who it is, and then nothing more.
    HangLater,
    /// With bytes that are not HTTP/2.
    Garbage,
    /// With protocol buffers of somebody else.
    OtherBytes,
    /// Knows no call.
    Foreign,
    /// Refuses every call.
    Error,
}

type Body = StreamBody<BoxStream<'static, Result<Frame<Bytes>, Infallible>>>;

#[derive(Default)]
struct State {
    manner: Mutex<Option<Manner>>,
    sandboxes: Mutex<Vec<Sandbox>>,
    containers: Mutex<Vec<Container>>,
    streams: Mutex<Vec<UnboundedSender<()>>>,
    calls: Mutex<Vec<String>>,
}

pub(in super::super) struct Fake {
    state: Arc<State>,
    path: PathBuf,
    tasks: JoinSet<()>,
}

impl Fake {
    pub(in super::super) fn start(path: &Path, manner: Manner) -> Fake {
        let listener = UnixListener::bind(path).unwrap();
        let state = Arc::new(State::default());
        *state.manner.lock().unwrap() = Some(manner);
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&state);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    let manner = shared.manner.lock().unwrap().unwrap();
                    match manner {
                        Manner::Mute => std::future::pending().await,
                        Manner::Garbage => drop(stream.write_all(b"SSH-2.0-OpenSSH_9.2 and more of it\r\n").await),
                        _ => {
                            let serve = service_fn(move |request| answer(Arc::clone(&shared), request));
                            let http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                            // A client that hangs up early is no failure of the fake.
                            let _ = http.serve_connection(TokioIo::new(stream), serve).await;
                        }
                    }
                });
            }
        });
        Fake { state, path: path.to_owned(), tasks }
    }

    pub(in super::super) fn behave(&self, manner: Manner) {
        *self.state.manner.lock().unwrap() = Some(manner);
    }

    pub(in super::super) fn has(&self, sandboxes: Vec<Sandbox>, containers: Vec<Container>) {
        *self.state.sandboxes.lock().unwrap() = sandboxes;
        *self.state.containers.lock().unwrap() = containers;
        self.state.streams.lock().unwrap().retain(|stream| stream.send(()).is_ok());
    }

    pub(in super::super) fn calls(&self, path: &str) -> usize {
        self.state.calls.lock().unwrap().iter().filter(|call| *call == path).count()
    }

    /// Ends it with all of its connections, and waits for that.
    pub(in super::super) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    state.calls.lock().unwrap().push(path.clone());
    let manner = state.manner.lock().unwrap().unwrap();
    let whole = |message: Vec<u8>| grpc(stream::iter([framed(&message)]).boxed());
    Ok(match (manner, path.as_str()) {
        (Manner::Mute | Manner::Garbage, _) => std::future::pending().await,
        (Manner::Foreign, _) | (_, containerd::VERSION) => refusal(12),
        (Manner::Error, _) => refusal(13),
        (Manner::OtherBytes, _) => whole(vec![0xff; 9]),
        (_, cri::VERSION) => {
            let version = CriVersion { name: "cri-o".into(), version: "1.99".into() };
            whole(version.encode_to_vec())
        }
        (Manner::HangLater, _) => std::future::pending().await,
        (_, cri::SANDBOXES) => whole(Sandboxes { items: state.sandboxes.lock().unwrap().clone() }.encode_to_vec()),
        (_, cri::SANDBOX) => {
            let (ip, more) = ("10.244.0.7".to_owned(), vec![PodIp { ip: "fd00::7".into() }]);
            let status = SandboxStatus { network: Some(PodNetwork { ip, more }), linux: None };
            whole(SandboxTold { status: Some(status), ..SandboxTold::default() }.encode_to_vec())
        }
        (_, cri::CONTAINERS) => {
            whole(Containers { containers: state.containers.lock().unwrap().clone() }.encode_to_vec())
        }
        (Manner::WithEvents, cri::EVENTS) => {
            let (sender, receiver) = unbounded_channel();
            state.streams.lock().unwrap().push(sender);
            let events = stream::unfold(receiver, |mut receiver| async {
                receiver.recv().await.map(|()| (framed(&[]), receiver))
            });
            grpc(events.boxed())
        }
        _ => refusal(12),
    })
}

/// A message with its length before it, as gRPC has it.
fn framed(message: &[u8]) -> Bytes {
    let mut bytes = vec![0];
    bytes.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    bytes.extend(message);
    bytes.into()
}

fn grpc(messages: BoxStream<'static, Bytes>) -> Response<Body> {
    let mut end = HeaderMap::new();
    end.insert("grpc-status", 0.into());
    let data = messages.map(|message| Ok(Frame::data(message)));
    let body = StreamBody::new(data.chain(stream::iter([Ok(Frame::trailers(end))])).boxed());
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

fn refusal(code: u16) -> Response<Body> {
    let head = Response::builder().header("content-type", "application/grpc");
    let head = head.header("grpc-status", code).header("grpc-message", "disk full");
    head.body(StreamBody::new(stream::empty().boxed())).unwrap()
}
