"""A peer that proves its shell: types commands, reads the answers, and ends with 1 unless the right answer came.

    heard.py listen PORT [tcp|tls|udp|unix|tcp6|mptcp|fastopen]     waits for the shell to call
    heard.py connect PORT                    calls a shell that waits
    heard.py two TYPED HEARD                 types into one connection, hears from another
    heard.py http PORT                       gives the commands one by one to GET, hears from POST
"""
import http.server
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import peer  # noqa: E402

# The answer is not in what is typed: an echo proves nothing.
COMMANDS = [b"id\n", b"uname -a\n", b"echo $((6*7))-answered\n", b"exit\n"]
ANSWER = b"42-answered"


def listener(port, kind="tcp"):
    if kind == "unix":
        server = socket.socket(socket.AF_UNIX)
        server.bind(port)
    else:
        family = socket.AF_INET6 if kind == "tcp6" else socket.AF_INET
        server = socket.socket(family, socket.SOCK_STREAM, 262 if kind == "mptcp" else 0)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if kind == "fastopen":
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
        server.bind(("::1" if kind == "tcp6" else "127.0.0.1", int(port)))
    server.listen(4)
    server.settimeout(10)
    return server


def hear(ear, said, limit=4):
    ear.settimeout(limit)
    try:
        while ANSWER not in said:
            got = ear.recv(65536)
            if not got:
                break
            said += got
    except OSError:
        pass


def type_to(mouth, commands=COMMANDS):
    try:
        time.sleep(0.4)
        for command in commands:
            mouth.sendall(command)
            time.sleep(0.25)
    except OSError:
        pass


def converse(mouth, ear):
    said = bytearray()
    thread = threading.Thread(target=hear, args=(ear, said, 5))
    thread.start()
    type_to(mouth)
    thread.join()
    return said


def listen(port, kind="tcp"):
    if kind == "udp":
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", int(port)))
        server.settimeout(10)
        _, caller = server.recvfrom(4096)
        server.connect(caller)
        return converse(server, server)
    server = listener(port, "tcp" if kind == "tls" else kind)
    connection, _ = server.accept()
    if kind == "tls":
        connection = peer.certificate().wrap_socket(connection, server_side=True)
    return converse(connection, connection)


def connect(port, kind="tcp"):
    for _ in range(60):
        try:
            connection = socket.create_connection(("127.0.0.1", int(port)))
            return converse(connection, connection)
        except OSError:
            time.sleep(0.1)
    return b""


def two(typed, heard):
    first, second = listener(typed), listener(heard)
    mouth, _ = first.accept()
    ear, _ = second.accept()
    return converse(mouth, ear)


def beacon(port):
    said = bytearray()
    jobs = [b"exit", b"echo $((6*7))-answered", b"uname -a", b"id"]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = jobs.pop() if jobs else b""
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            said.extend(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", int(port)), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    end = time.time() + 8
    while time.time() < end and ANSWER not in said:
        time.sleep(0.1)
    time.sleep(0.5)
    return said


if __name__ == "__main__":
    try:
        said = {"listen": listen, "connect": connect, "two": two, "http": beacon}[sys.argv[1]](*sys.argv[2:])
    except OSError as error:
        sys.exit(f"heard nothing: {error}")
    if ANSWER not in said:
        sys.exit(f"no answer from the shell, only {bytes(said)[-200:]!r}")
