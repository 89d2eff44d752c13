//! A connection to a runtime: calls with a time limit, and streams of which only each sign of life is of interest.

use std::path::Path;
use std::time::Duration;

use prost::Message;
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

use crate::identity::fault::Fault;

/// Bytes of an answer: the specs of a node's containers are some MiB.
const MOST: usize = 64 << 20;

/// The header that names a namespace of containerd.
const NAMESPACE: &str = "containerd-namespace";

/// Calls of `runtime.v1.RuntimeService` (CRI).
pub(super) mod cri {
    pub(in super::super) const VERSION: &str = "/runtime.v1.RuntimeService/Version";
    pub(in super::super) const SANDBOX: &str = "/runtime.v1.RuntimeService/PodSandboxStatus";
    pub(in super::super) const SANDBOXES: &str = "/runtime.v1.RuntimeService/ListPodSandbox";
    pub(in super::super) const CONTAINER: &str = "/runtime.v1.RuntimeService/ContainerStatus";
    pub(in super::super) const CONTAINERS: &str = "/runtime.v1.RuntimeService/ListContainers";
    pub(in super::super) const EVENTS: &str = "/runtime.v1.RuntimeService/GetContainerEvents";
}

/// Calls of containerd's own API.
pub(super) mod containerd {
    pub(in super::super) const VERSION: &str = "/containerd.services.version.v1.Version/Version";
    pub(in super::super) const NAMESPACES: &str = "/containerd.services.namespaces.v1.Namespaces/List";
    pub(in super::super) const CONTAINERS: &str = "/containerd.services.containers.v1.Containers/List";
    pub(in super::super) const TASKS: &str = "/containerd.services.tasks.v1.Tasks/List";
    pub(in super::super) const EVENTS: &str = "/containerd.services.events.v1.Events/Subscribe";
}

/// A socket that could be opened. Copies share the connection.
#[derive(Clone)]
pub(super) struct Line(Channel);

impl Line {
    pub(super) async fn open(socket: &Path, limit: Duration) -> Result<Line, Fault> {
        let path = socket.to_str().ok_or_else(|| Fault::Broken("the path is not UTF-8".into()))?;
        let endpoint = Endpoint::from_shared(format!("unix://{path}"))?;
        let channel = timeout(limit, endpoint.connect()).await.map_err(|_| Fault::Hangs(limit))?;
        Ok(Line(channel?))
    }

    /// Asks, and gives the whole answer; in a namespace of containerd where one is named.
    pub(super) async fn ask<A>(&self, call: &str, namespace: Option<&str>, limit: Duration) -> Result<A, Fault>
    where
        A: Message + Default + 'static,
    {
        self.ask_for(call, namespace, (), limit).await
    }

    /// The same, of what `request` names.
    pub(super) async fn ask_for<Q, A>(
        &self,
        call: &str,
        namespace: Option<&str>,
        request: Q,
        limit: Duration,
    ) -> Result<A, Fault>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let mut request = Request::new(request);
        if let Some(namespace) = namespace {
            let value = MetadataValue::try_from(namespace).map_err(|error| Fault::Broken(error.to_string()))?;
            request.metadata_mut().insert(NAMESPACE, value);
        }
        let answer = async {
            let mut client = self.client().await?;
            client.unary(request, path(call)?, ProstCodec::<Q, A>::default()).await
        };
        match timeout(limit, answer).await {
            Ok(answer) => Ok(answer?.into_inner()),
            Err(_) => Err(Fault::Hangs(limit)),
        }
    }

    /// Says `Ok` for each message of a stream, and why it ended. The runtime may send nothing, headers included, until
    /// something happens: there is no time limit here.
    pub(super) async fn listen<Q, A>(self, call: &'static str, request: Q, told: Sender<Result<(), Fault>>)
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let answer = async {
            let mut client = self.client().await?;
            let codec = ProstCodec::<Q, A>::default();
            let mut stream = client.server_streaming(Request::new(request), path(call)?, codec).await?.into_inner();
            while stream.message().await?.is_some() {
                // What is full tells the same.
                let _ = told.try_send(Ok(()));
            }
            Ok::<(), Status>(())
        };
        let end = match answer.await {
            Ok(()) => Fault::Closed,
            Err(status) => status.into(),
        };
        // Nobody listens any more when the session is over.
        let _ = told.send(Err(end)).await;
    }

    async fn client(&self) -> Result<Grpc<Channel>, Status> {
        let mut client = Grpc::new(self.0.clone()).max_decoding_message_size(MOST);
        client.ready().await.map_err(|error| Status::from_error(error.into()))?;
        Ok(client)
    }
}

fn path<T: std::str::FromStr>(call: &str) -> Result<T, Status> {
    call.parse().map_err(|_| Status::internal("not the path of a call"))
}
