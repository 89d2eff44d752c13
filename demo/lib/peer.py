"""The harmless peer of a shell: waits or connects on loopback, types a few commands, reads the answers, leaves.

Fails when its own commands are not answered: then there was no shell.
"""
import os
import socket
import ssl
import subprocess
import sys
import time

COMMANDS = [b"id\n", b"uname -a\n", b"expr 40 + 2\n", b"exit\n"]
ANSWER = b"42"


def certificate():
    key = f"/tmp/peer-{os.getpid()}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=peer",
         "-keyout", key, "-out", key + ".crt"], check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key + ".crt", key)
    return context


def listen(address, kind, commands):
    if kind == "udp":
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", int(address)))
        server.settimeout(10)
        _, peer = server.recvfrom(4096)
        server.connect(peer)
        return converse(server, commands)
    if kind == "unix":
        server = socket.socket(socket.AF_UNIX)
        server.bind(address)
    elif kind == "tcp6":
        server = socket.socket(socket.AF_INET6)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("::1", int(address)))
    else:
        context = certificate() if kind == "tls" else None
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", int(address)))
    server.listen(4)
    server.settimeout(10)
    peer, _ = server.accept()
    if kind == "tls":
        peer = context.wrap_socket(peer, server_side=True)
    converse(peer, commands)


def connect(address, kind, commands):
    for _ in range(50):
        try:
            if kind == "udp":
                peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                peer.connect(("127.0.0.1", int(address)))
            elif kind == "tcp6":
                peer = socket.create_connection(("::1", int(address)))
            else:
                peer = socket.create_connection(("127.0.0.1", int(address)))
            return converse(peer, commands)
        except OSError:
            time.sleep(0.1)


def converse(peer, commands):
    heard = bytearray()
    try:
        listen_for(peer, 0.3, heard)
        for command in commands:
            # A shell takes one byte at a time, and the rest of a datagram is lost.
            parts = [bytes([byte]) for byte in command] if peer.type == socket.SOCK_DGRAM else [command]
            for part in parts:
                peer.sendall(part)
            listen_for(peer, 0.25, heard)
        # Leaving before the shell does would take away what it has not read yet.
        listen_for(peer, 4, heard)
    except OSError:
        pass
    if commands is COMMANDS and ANSWER not in heard:
        sys.exit(f"peer: no shell answered; heard {bytes(heard)!r}")


def listen_for(peer, seconds, heard):
    """Takes what comes for so long, or until the other side is done."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        peer.settimeout(left)
        try:
            data = peer.recv(65536)
        except TimeoutError:
            return
        if not data:
            return
        heard += data


def wait(address, kind):
    """Until the peer waits: its socket is in /proc/net, or the file is there."""
    for _ in range(80):
        if kind == "unix":
            there = os.path.exists(address)
        else:
            table = {"udp": "/proc/net/udp", "tcp6": "/proc/net/tcp6"}.get(kind, "/proc/net/tcp")
            state = "07" if kind == "udp" else "0A"
            with open(table) as lines:
                there = any(f":{int(address):04X} " in line.split(" ", 5)[-1] + line and f" {state} " in line for line in lines)
        if there:
            return
        time.sleep(0.05)


if __name__ == "__main__":
    mode, address, *rest = sys.argv[1:]
    kind = rest[0] if rest else "tcp"
    commands = [command.encode() + b"\n" for command in rest[1:]] or COMMANDS
    {"listen": lambda: listen(address, kind, commands),
     "connect": lambda: connect(address, kind, commands),
     "wait": lambda: wait(address, kind)}[mode]()
