//! The messages of CRI v1 and of containerd's API, as far as they are read: fields that nobody here asks for are left out,
//! which protocol buffers allow. Written by hand, as generating them takes `protoc` on every machine that builds this.
//!
//! From `k8s.io/cri-api/pkg/apis/runtime/v1/api.proto` and `github.com/containerd/containerd/api`.

use std::collections::BTreeMap;

type Words = BTreeMap<String, String>;

/// `runtime.v1.VersionResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct CriVersion {
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(string, tag = "3")]
    pub(super) version: String,
}

/// `runtime.v1.ListPodSandboxResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Sandboxes {
    #[prost(message, repeated, tag = "1")]
    pub(super) items: Vec<Sandbox>,
}

/// `runtime.v1.PodSandbox`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Sandbox {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) metadata: Option<SandboxName>,
    /// 0 ready, 1 not.
    #[prost(int32, tag = "3")]
    pub(super) state: i32,
    #[prost(btree_map = "string, string", tag = "5")]
    pub(super) labels: Words,
    #[prost(btree_map = "string, string", tag = "6")]
    pub(super) annotations: Words,
}

/// `runtime.v1.PodSandboxMetadata`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SandboxName {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "3")]
    pub(super) namespace: String,
}

/// `runtime.v1.PodSandboxStatusRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SandboxAsked {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    /// Asks for the information that is not specified.
    #[prost(bool, tag = "2")]
    pub(super) verbose: bool,
}

/// `runtime.v1.PodSandboxStatusResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SandboxTold {
    #[prost(message, optional, tag = "1")]
    pub(super) status: Option<SandboxStatus>,
    #[prost(btree_map = "string, string", tag = "2")]
    pub(super) info: Words,
}

/// `runtime.v1.PodSandboxStatus`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SandboxStatus {
    #[prost(message, optional, tag = "5")]
    pub(super) network: Option<PodNetwork>,
    #[prost(message, optional, tag = "6")]
    pub(super) linux: Option<LinuxStatus>,
}

/// `runtime.v1.PodSandboxNetworkStatus`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PodNetwork {
    #[prost(string, tag = "1")]
    pub(super) ip: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) more: Vec<PodIp>,
}

/// `runtime.v1.PodIP`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PodIp {
    #[prost(string, tag = "1")]
    pub(super) ip: String,
}

/// `runtime.v1.LinuxPodSandboxStatus`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct LinuxStatus {
    #[prost(message, optional, tag = "1")]
    pub(super) namespaces: Option<PodNamespaces>,
}

/// `runtime.v1.Namespace`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PodNamespaces {
    #[prost(message, optional, tag = "2")]
    pub(super) options: Option<NamespaceModes>,
}

/// `runtime.v1.NamespaceOption`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct NamespaceModes {
    /// 0 of the pod, 1 of the container, 2 of the node.
    #[prost(int32, tag = "1")]
    pub(super) network: i32,
}

/// `runtime.v1.ListContainersResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Containers {
    #[prost(message, repeated, tag = "1")]
    pub(super) containers: Vec<Container>,
}

/// `runtime.v1.Container`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Container {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) sandbox: String,
    #[prost(message, optional, tag = "3")]
    pub(super) metadata: Option<ContainerName>,
    #[prost(message, optional, tag = "4")]
    pub(super) image: Option<Image>,
    /// 0 created, 1 running, 2 exited, 3 unknown.
    #[prost(int32, tag = "6")]
    pub(super) state: i32,
    #[prost(btree_map = "string, string", tag = "8")]
    pub(super) labels: Words,
    #[prost(btree_map = "string, string", tag = "9")]
    pub(super) annotations: Words,
}

/// `runtime.v1.ContainerStatusRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ContainerAsked {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    /// Asks for the information that is not specified.
    #[prost(bool, tag = "2")]
    pub(super) verbose: bool,
}

/// `runtime.v1.ContainerStatusResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ContainerTold {
    #[prost(btree_map = "string, string", tag = "2")]
    pub(super) info: Words,
}

/// `runtime.v1.ContainerMetadata`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ContainerName {
    #[prost(string, tag = "1")]
    pub(super) name: String,
}

/// `runtime.v1.ImageSpec`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Image {
    /// What the kubelet asks for: most often the digest that it was resolved to.
    #[prost(string, tag = "1")]
    pub(super) image: String,
    /// What the pod says; runtimes since CRI 1.29 tell it.
    #[prost(string, tag = "18")]
    pub(super) said: String,
}

/// `runtime.v1.ContainerEventResponse`, of which only that there was one is of interest.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct CriEvent {
    #[prost(string, tag = "1")]
    pub(super) container: String,
}

/// `containerd.services.version.v1.VersionResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ContainerdVersion {
    #[prost(string, tag = "1")]
    pub(super) version: String,
}

/// `containerd.services.namespaces.v1.ListNamespacesResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Namespaces {
    #[prost(message, repeated, tag = "1")]
    pub(super) namespaces: Vec<Namespace>,
}

/// `containerd.services.namespaces.v1.Namespace`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Namespace {
    #[prost(string, tag = "1")]
    pub(super) name: String,
}

/// `containerd.services.containers.v1.ListContainersResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Records {
    #[prost(message, repeated, tag = "1")]
    pub(super) containers: Vec<Record>,
}

/// `containerd.services.containers.v1.Container`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Record {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(btree_map = "string, string", tag = "2")]
    pub(super) labels: Words,
    #[prost(string, tag = "3")]
    pub(super) image: String,
    #[prost(message, optional, tag = "5")]
    pub(super) spec: Option<Any>,
}

/// `google.protobuf.Any`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Any {
    /// Of a spec: the `config.json` of its bundle.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) value: Vec<u8>,
}

/// `containerd.services.tasks.v1.ListTasksResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Tasks {
    #[prost(message, repeated, tag = "1")]
    pub(super) tasks: Vec<Task>,
}

/// `containerd.v1.types.Process`. Where it is the task of a container, containerd 1.6 fills in `id` and leaves the
/// container's id empty.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Task {
    #[prost(string, tag = "1")]
    pub(super) container: String,
    #[prost(string, tag = "2")]
    pub(super) id: String,
    /// 0 unknown, 1 created, 2 running, 3 stopped, 4 paused, 5 being paused.
    #[prost(int32, tag = "4")]
    pub(super) status: i32,
}

/// `containerd.services.events.v1.SubscribeRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Subscribe {
    #[prost(string, repeated, tag = "1")]
    pub(super) filters: Vec<String>,
}

/// `containerd.types.Envelope`, of which only that there was one is of interest.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Envelope {
    #[prost(string, tag = "3")]
    pub(super) topic: String,
}
