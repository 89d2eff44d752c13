-- The tables of a recording. docs/RECORDING.md tells what is in them.
-- Times are nanoseconds since 1970, UTC. A process is start << 22 | pid, start in hundredths of a second since boot.

CREATE TABLE node (place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);

CREATE TABLE batch (
    number INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    from_time INTEGER NOT NULL,
    to_time INTEGER NOT NULL,
    begins INTEGER NOT NULL,
    kept INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0,
    events BLOB,
    memory BLOB,
    digest BLOB NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB
);
CREATE INDEX batch_first ON batch (first);
CREATE INDEX batch_outline ON batch (pruned, number, first, count, from_time, to_time, begins, kept);

CREATE TABLE seal (
    batches INTEGER NOT NULL,
    time INTEGER NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB
);

CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    process INTEGER NOT NULL,
    path INTEGER,
    remote INTEGER,
    local INTEGER,
    direction INTEGER,
    protocol INTEGER,
    sent INTEGER,
    received INTEGER,
    error INTEGER
);
CREATE INDEX event_process ON event (process);
CREATE INDEX event_remote ON event (remote) WHERE remote IS NOT NULL;
CREATE INDEX event_local ON event (local) WHERE local IS NOT NULL;

CREATE TABLE touched (path INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (path, seq)) WITHOUT ROWID;
CREATE INDEX touched_seq ON touched (seq);

CREATE TABLE process (
    id INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    start INTEGER NOT NULL,
    parent INTEGER,
    born INTEGER NOT NULL,
    ended INTEGER,
    code INTEGER,
    signal INTEGER
);
CREATE INDEX process_pid ON process (pid);
CREATE INDEX process_parent ON process (parent) WHERE parent IS NOT NULL;

CREATE TABLE run (
    process INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    image INTEGER,
    state INTEGER NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (process, seq)
) WITHOUT ROWID;
CREATE INDEX run_image ON run (image);

CREATE TABLE member (
    place INTEGER NOT NULL,
    process INTEGER NOT NULL,
    PRIMARY KEY (place, process)
) WITHOUT ROWID;

CREATE TABLE image (
    id INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL,
    exe TEXT NOT NULL,
    command TEXT NOT NULL,
    argv TEXT,
    cwd TEXT NOT NULL
);
CREATE INDEX image_digest ON image (digest);
CREATE INDEX image_exe ON image (exe);
CREATE VIRTUAL TABLE image_text USING fts5 (
    exe, command, cwd, content = 'image', content_rowid = 'id', tokenize = 'trigram', detail = 'none'
);

CREATE TABLE state (
    id INTEGER PRIMARY KEY,
    uid INTEGER NOT NULL,
    gid INTEGER NOT NULL,
    euid INTEGER NOT NULL,
    login_uid INTEGER,
    session INTEGER,
    effective INTEGER NOT NULL,
    permitted INTEGER NOT NULL,
    tty TEXT NOT NULL,
    UNIQUE (uid, gid, euid, login_uid, session, effective, permitted, tty)
);

CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    cgroup TEXT NOT NULL,
    container TEXT,
    service TEXT,
    UNIQUE (cgroup, container, service)
);
CREATE INDEX place_container ON place (container) WHERE container IS NOT NULL;

CREATE TABLE container (
    id TEXT PRIMARY KEY,
    name TEXT,
    image TEXT,
    runtime TEXT,
    pod TEXT,
    namespace TEXT,
    state TEXT,
    labels TEXT NOT NULL,
    told INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE path (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);

CREATE TABLE endpoint (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL,
    port INTEGER NOT NULL,
    UNIQUE (address, port)
);

CREATE TABLE connection (
    seq INTEGER PRIMARY KEY,
    process INTEGER NOT NULL,
    socket INTEGER NOT NULL,
    protocol TEXT NOT NULL,
    direction TEXT NOT NULL,
    local INTEGER,
    remote INTEGER,
    opened INTEGER NOT NULL,
    closed INTEGER,
    sent INTEGER,
    received INTEGER
);
CREATE INDEX connection_socket ON connection (socket) WHERE closed IS NULL;

CREATE TABLE log (seq INTEGER NOT NULL, entry BLOB NOT NULL);

CREATE TABLE finding (
    number INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    process INTEGER NOT NULL,
    rule TEXT NOT NULL,
    class TEXT NOT NULL,
    severity TEXT NOT NULL,
    title TEXT NOT NULL,
    incident INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    muted TEXT,
    why TEXT NOT NULL
);

CREATE TABLE incident (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    stages TEXT NOT NULL,
    merged_into INTEGER
);

CREATE TABLE loss (
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    from_time INTEGER NOT NULL,
    to_time INTEGER NOT NULL
);

CREATE TABLE status (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    topic TEXT NOT NULL,
    health TEXT NOT NULL,
    text TEXT NOT NULL
);

CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    written INTEGER NOT NULL,
    author TEXT NOT NULL,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    process INTEGER,
    mark INTEGER NOT NULL,
    text TEXT NOT NULL
);

-- For people: each event with who did it and what that ran at that moment.
CREATE VIEW events AS
SELECT
    event.seq AS seq,
    strftime('%Y-%m-%dT%H:%M:%S', event.time / 1000000000, 'unixepoch')
        || printf('.%09dZ', event.time % 1000000000) AS time,
    kind.name AS kind,
    process.pid AS pid,
    process.start AS start,
    image.exe AS exe,
    image.command AS command,
    image.cwd AS cwd,
    state.uid AS uid,
    state.euid AS euid,
    place.container AS container,
    path.path AS path,
    remote.address AS remote,
    remote.port AS remote_port,
    local.address AS local,
    local.port AS local_port,
    CASE event.direction WHEN 0 THEN 'outbound' WHEN 1 THEN 'inbound' WHEN 2 THEN 'listening' END AS direction,
    CASE event.protocol WHEN 0 THEN 'tcp' WHEN 1 THEN 'udp' END AS protocol,
    event.sent AS sent,
    event.received AS received,
    event.error AS error
FROM event
LEFT JOIN kind ON kind.id = event.kind
LEFT JOIN process ON process.id = event.process
LEFT JOIN run ON run.process = event.process
    AND run.seq = (SELECT max(seq) FROM run AS last WHERE last.process = event.process AND last.seq <= event.seq)
LEFT JOIN image ON image.id = run.image
LEFT JOIN state ON state.id = run.state
LEFT JOIN place ON place.id = run.place
LEFT JOIN path ON path.id = event.path
LEFT JOIN endpoint AS remote ON remote.id = event.remote
LEFT JOIN endpoint AS local ON local.id = event.local;

CREATE VIEW processes AS
SELECT
    process.pid AS pid,
    process.start AS start,
    parent.pid AS parent_pid,
    process.born AS born,
    process.ended AS ended,
    process.code AS code,
    process.signal AS signal,
    image.exe AS exe,
    image.command AS command,
    state.uid AS uid,
    place.container AS container
FROM process
LEFT JOIN process AS parent ON parent.id = process.parent
LEFT JOIN run ON run.process = process.id
    AND run.seq = (SELECT max(seq) FROM run AS last WHERE last.process = process.id)
LEFT JOIN image ON image.id = run.image
LEFT JOIN state ON state.id = run.state
LEFT JOIN place ON place.id = run.place;
