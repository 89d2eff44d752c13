# What every case has at hand. Sourced before the case; `set -eu` is on: a case that cannot do what it says is broken.

# Starts a peer that waits on loopback for a shell to call, and then types: `peer PORT [tls|udp|unix] [commands…]`.
peer() {
    python3 "$LIB/peer.py" listen "$@" &
    PEER=$!
    python3 "$LIB/peer.py" wait "$1" "${2-tcp}"
}

# Connects to a shell that waits, and types.
caller() {
    python3 "$LIB/peer.py" connect "$@" &
    PEER=$!
}

# Waits until the peer has typed everything; fails when no shell answered.
done_typing() { wait "$PEER"; }

# Runs a command in a container of the node: `container [docker's options] -- command…`.
container() {
    local options=()
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    docker run --rm --network none "${options[@]}" tools "$@"
}
