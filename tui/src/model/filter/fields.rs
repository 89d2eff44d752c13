//! What can be asked for: one table of fields.

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text; `*` stands for anything.
    Text,
    /// A whole number.
    Number,
    /// A moment.
    Time,
    /// An IP address or a network.
    Address,
    /// `yes` or `no`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A severity: they have an order.
    Severity,
}

/// What a field is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A process, also the one that an event or a finding is of.
    Process,
    /// The container that the process is in.
    Container,
    /// An event; of a process, what it has of the kind now.
    Event,
    /// A finding.
    Finding,
}

impl About {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            About::Process => "process",
            About::Container => "container",
            About::Event => "event",
            About::Finding => "finding",
        }
    }
}

/// Severities, the least first.
pub const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];

macro_rules! fields {
    ($($name:literal $field:ident $about:ident $kind:expr, $doc:literal;)*) => {
        /// A field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field {
            $(#[doc = $doc] $field,)*
        }

        impl Field {
            /// Every field, in the order of the documentation.
            pub const ALL: &'static [Field] = &[$(Field::$field,)*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Field::$field => $name,)* }
            }

            /// What it says, in a line.
            pub fn doc(self) -> &'static str {
                match self { $(Field::$field => $doc,)* }
            }

            /// What its values are.
            pub fn kind(self) -> Type {
                match self { $(Field::$field => $kind,)* }
            }

            /// What it is told of.
            pub fn about(self) -> About {
                match self { $(Field::$field => About::$about,)* }
            }
        }
    };
}

fields! {
    "pid" Pid Process Type::Number, "Its process id, as the observer sees it";
    "ppid" Ppid Process Type::Number, "The process id of who made it";
    "exe" Exe Process Type::Text, "The path of the program that it runs, or that it ran at the moment of the event";
    "name" Name Process Type::Text, "The last part of that path";
    "argv" Argv Process Type::Text, "All its arguments, joined by spaces";
    "arg" Arg Process Type::Text, "One of its arguments";
    "cwd" Cwd Process Type::Text, "Its working directory when it ran the program";
    "uid" Uid Process Type::Number, "Real user id";
    "gid" Gid Process Type::Number, "Real group id";
    "euid" Euid Process Type::Number, "Effective user id";
    "login" Login Process Type::Number, "The uid of who logged in, whatever ids came later: as audit has it, else as it follows from what its makers did";
    "session" Session Process Type::Number, "Audit session";
    "tty" Tty Process Type::Text, "Controlling terminal, like `pts/3`";
    "alive" Alive Process Type::Flag, "Whether it has not ended";
    "container" Container Container Type::Text, "Its id or the beginning of it, its name, or `host`";
    "image" Image Container Type::Text, "Image of the container";
    "pod" Pod Container Type::Text, "Name of the pod";
    "namespace" Namespace Container Type::Text, "Namespace of the pod";
    "service" Service Container Type::Text, "The systemd service, for processes of the host";
    "kind" Kind Event Type::Text, "The word of the event: `exec`, `connect`, `open`, …";
    "time" Time Event Type::Time, "When it happened; of a process, when it was born";
    "path" Path Event Type::Text, "The file, socket or mount point that the event is about";
    "sha256" Sha256 Event Type::Text, "SHA-256 of the program, of a `content` event: told once of each program of a container";
    "failed" Failed Event Type::Flag, "Whether it was refused or did not work";
    "error" Error Event Type::Number, "The errno, where it failed";
    "code" Code Event Type::Number, "Exit code";
    "signal" Signal Event Type::Number, "The signal that ended it";
    "address" Address Event Type::Address, "One of the two ends of a connection: an address, or a network like `10.0.0.0/8`";
    "port" Port Event Type::Number, "The port of one of the two ends";
    "remote" Remote Event Type::Address, "The other end of a connection";
    "remote.name" RemoteName Event Type::Text, "A name of the other end: as a name server told anybody here, or of the pod there";
    "local" Local Event Type::Address, "The own end of a connection";
    "direction" Direction Event Type::Word(&["outbound", "inbound", "listening"]), "Who opened the connection";
    "protocol" Protocol Event Type::Word(&["tcp", "udp"]), "The protocol of the connection";
    "sent" Sent Event Type::Number, "Bytes sent, known when the connection was closed";
    "received" Received Event Type::Number, "Bytes received, likewise";
    "rule" Rule Finding Type::Text, "The rule, as docs/DETECTIONS.md names it";
    "class" Class Finding Type::Text, "The class of the rule";
    "severity" Severity Finding Type::Severity, "How bad it is; `severity >= high` holds for critical, too";
    "incident" Incident Finding Type::Text, "The incident, like `i3`";
}

impl Field {
    /// The field of a name.
    pub fn of(name: &str) -> Option<Field> {
        Field::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// The name that is nearest to one that is none.
    pub fn nearest(name: &str) -> Option<&'static str> {
        let near = Field::ALL.iter().map(|field| (strsim::damerau_levenshtein(field.name(), name), field.name()));
        near.min().filter(|(far, _)| *far <= 2.max(name.len() / 3)).map(|(_, name)| name)
    }
}
