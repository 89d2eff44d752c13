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
# The same peers, which prove that the shell answered: `proven PORT [KIND]`, `proven_caller PORT`, `proven_two TYPED HEARD`,
# `proven_http PORT`; and then `answered` as the last command of the case: false when no right answer came.
proven() { python3 "$LIB/heard.py" listen "$@" & PEER=$!; sleep 0.5; }
proven_caller() { python3 "$LIB/heard.py" connect "$@" & PEER=$!; }
proven_two() { python3 "$LIB/heard.py" two "$@" & PEER=$!; sleep 0.5; }
proven_http() { python3 "$LIB/heard.py" http "$@" & PEER=$!; sleep 0.7; }
answered() { wait "$PEER"; }

# A container with the rights an attacker would wish for.
RIGHTS="--cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
