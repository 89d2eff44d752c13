"""The harmless peer of a shell: waits or connects on loopback, types a few commands, reads the answers, leaves."""
import os
import socket
import ssl
import subprocess
import sys
import time

COMMANDS = [b"id\n", b"uname -a\n", b"echo done\n", b"exit\n"]


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
    peer.settimeout(2)
    try:
        time.sleep(0.3)
        for command in commands:
            peer.sendall(command)
            time.sleep(0.25)
        while peer.recv(65536):
            pass
    except OSError:
        pass


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
