//! As much of a kubelet as it takes to have a pod: CRI's calls, written by hand.
#![allow(dead_code, unreachable_pub, reason = "each test crate includes this file and uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

use prost::Message;
use tonic::Request;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

/// `NamespaceMode::NODE`: a pod on the node's network needs no CNI plugin.
const NODE: i32 = 2;

#[derive(Clone, PartialEq, Message)]
struct PodName {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    uid: String,
    #[prost(string, tag = "3")]
    namespace: String,
}

#[derive(Clone, PartialEq, Message)]
struct Modes {
    #[prost(int32, tag = "1")]
    network: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Security {
    #[prost(message, optional, tag = "1")]
    modes: Option<Modes>,
}

#[derive(Clone, PartialEq, Message)]
struct Linux {
    #[prost(message, optional, tag = "2")]
    security: Option<Security>,
    #[prost(btree_map = "string, string", tag = "3")]
    sysctls: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
struct Port {
    #[prost(int32, tag = "2")]
    inside: i32,
    #[prost(int32, tag = "3")]
    port: i32,
}

#[derive(Clone, PartialEq, Message)]
struct PodConfig {
    #[prost(message, optional, tag = "1")]
    name: Option<PodName>,
    #[prost(message, repeated, tag = "5")]
    ports: Vec<Port>,
    #[prost(btree_map = "string, string", tag = "6")]
    labels: BTreeMap<String, String>,
    #[prost(message, optional, tag = "8")]
    linux: Option<Linux>,
}

#[derive(Clone, PartialEq, Message)]
struct RunPod {
    #[prost(message, optional, tag = "1")]
    config: Option<PodConfig>,
}

/// One string, the first field: the id in most requests and answers.
#[derive(Clone, PartialEq, Message)]
struct Id {
    #[prost(string, tag = "1")]
    id: String,
}

#[derive(Clone, PartialEq, Message)]
struct ContainerConfig {
    #[prost(message, optional, tag = "1")]
    name: Option<Id>,
    #[prost(message, optional, tag = "2")]
    image: Option<Id>,
    #[prost(string, repeated, tag = "3")]
    command: Vec<String>,
    #[prost(btree_map = "string, string", tag = "9")]
    labels: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
struct CreateContainer {
    #[prost(string, tag = "1")]
    pod: String,
    #[prost(message, optional, tag = "2")]
    config: Option<ContainerConfig>,
    #[prost(message, optional, tag = "3")]
    pod_config: Option<PodConfig>,
}

#[derive(Clone, PartialEq, Message)]
struct ExecSync {
    #[prost(string, tag = "1")]
    container: String,
    #[prost(string, repeated, tag = "2")]
    command: Vec<String>,
    #[prost(int64, tag = "3")]
    timeout: i64,
}

/// A kubelet without a cluster.
pub struct Kubelet(Grpc<Channel>);

impl Kubelet {
    /// Connects to a CRI socket.
    pub async fn new(socket: &Path) -> Kubelet {
        let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display())).unwrap();
        Kubelet(Grpc::new(endpoint.connect().await.expect("containerd answers")))
    }

    async fn call<Q: Message + 'static, A: Message + Default + 'static>(&mut self, call: &str, request: Q) -> A {
        self.0.ready().await.unwrap();
        let path = format!("/runtime.v1.RuntimeService/{call}").parse().unwrap();
        let answer = self.0.unary(Request::new(request), path, ProstCodec::<Q, A>::default()).await;
        answer.unwrap_or_else(|status| panic!("{call}: {status}")).into_inner()
    }

    /// Starts a pod; gives the id of its sandbox.
    pub async fn pod(&mut self, name: &str, namespace: &str) -> String {
        self.call::<_, Id>("RunPodSandbox", RunPod { config: Some(pod(name, namespace)) }).await.id
    }

    /// Starts a container in a pod with the labels of a kubelet; gives its id.
    pub async fn container(
        &mut self,
        sandbox: &str,
        pod_name: (&str, &str),
        name: &str,
        image: &str,
        command: &[&str],
    ) -> String {
        let pod_config = pod(pod_name.0, pod_name.1);
        let mut labels = pod_config.labels.clone();
        labels.insert("io.kubernetes.container.name".into(), name.into());
        let config = ContainerConfig {
            name: Some(Id { id: name.into() }),
            image: Some(Id { id: image.into() }),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            labels,
        };
        let request = CreateContainer { pod: sandbox.into(), config: Some(config), pod_config: Some(pod_config) };
        let id = self.call::<_, Id>("CreateContainer", request).await.id;
        self.call::<_, Id>("StartContainer", Id { id: id.clone() }).await;
        id
    }

    /// Runs a command in a container and waits for it, as a probe of the kubelet does.
    pub async fn exec(&mut self, container: &str, command: &[&str]) {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        self.call::<_, ()>("ExecSync", ExecSync { container: container.into(), command, timeout: 20 }).await;
    }

    /// Ends a container.
    pub async fn stop(&mut self, container: &str) {
        self.call::<_, ()>("StopContainer", Id { id: container.into() }).await;
    }

    /// Ends a pod and takes it away, with its containers.
    pub async fn remove(&mut self, sandbox: &str) {
        self.call::<_, ()>("StopPodSandbox", Id { id: sandbox.into() }).await;
        self.call::<_, ()>("RemovePodSandbox", Id { id: sandbox.into() }).await;
    }
}

fn pod(name: &str, namespace: &str) -> PodConfig {
    let uid = "0f7c9f4e-8f3b-4c62-9f0e-3d1f5a2b6c7d";
    let labels = [
        ("io.kubernetes.pod.name", name),
        ("io.kubernetes.pod.namespace", namespace),
        ("io.kubernetes.pod.uid", uid),
        ("tier", "front"),
    ];
    PodConfig {
        name: Some(PodName { name: name.into(), uid: uid.into(), namespace: namespace.into() }),
        labels: labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        // On the node's network a port leads nowhere that it would not be anyway: it is asked for all the same.
        ports: vec![Port { inside: 80, port: 8080 }],
        linux: Some(Linux {
            security: Some(Security { modes: Some(Modes { network: NODE }) }),
            sysctls: [("kernel.msgmax".to_owned(), "8192".to_owned())].into(),
        }),
    }
}
