# SPDX-License-Identifier: MPL-2.0
"""raw.py: a ZMTP peer made of a plain TCP socket, which may do anything."""
import socket
import struct

SIGNATURE = b"\xff\0\0\0\0\0\0\0\x01\x7f"
MORE, LONG, COMMAND = 1, 2, 4


def greeting(mechanism=b"NULL", version=b"\3\0", as_server=0):
    return (SIGNATURE + version + mechanism.ljust(20, b"\0") +
            bytes([as_server]) + bytes(31))


def frame(body, flags=0):
    if len(body) > 255:
        return struct.pack(">BQ", flags | LONG, len(body)) + body
    return struct.pack(">BB", flags, len(body)) + body


def long_header(length, flags=0):
    """Claims so many bytes, and brings none."""
    return struct.pack(">BQ", flags | LONG, length)


def command(name, body=b""):
    return frame(bytes([len(name)]) + name + body, COMMAND)


def ready(kind, identity=b"", **more):
    def pair(name, value):
        return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
    return command(b"READY", pair(b"Socket-Type", kind) +
                   pair(b"Identity", identity) +
                   b"".join(pair(k.encode(), v) for k, v in more.items()))


class Raw:
    def __init__(self, endpoint, small=False, source="", seconds=8):
        local = endpoint.startswith("ipc://")
        self.socket = socket.socket(socket.AF_UNIX if local else
                                    socket.AF_INET, socket.SOCK_STREAM)
        if small:  # takes as little as the kernel allows
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(seconds)
        if local:
            self.socket.connect(endpoint[len("ipc://"):])
            return
        host, port = endpoint[len("tcp://"):].rsplit(":", 1)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:  # an address of this machine
            self.socket.bind((source, 0))
        self.socket.connect((host, int(port)))

    def send(self, data):
        """Sends all of it; False when the broker has closed, or takes no
        more for 8 s."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def receive(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.socket.recv(count - len(data))
            except OSError:
                more = b""
            if not more:
                return data
            data += more
        return data

    def handshake(self, kind=b"DEALER", identity=b"", **more):
        """Until both are ready."""
        self.send(greeting())
        self.receive(64)
        self.send(ready(kind, identity, **more))
        return self.read_frame()

    def read_frame(self):
        head = self.receive(2)
        if len(head) < 2:
            return None
        length = head[1]
        if head[0] & LONG:
            length = struct.unpack(">Q", head[1:] + self.receive(7))[0]
        return self.receive(length)

    @staticmethod
    def sealed(body, flags=0):
        """A frame of a message; curve.py's are encrypted."""
        return frame(body, flags)

    def read_message(self):
        """The next frame of a message, None when it is shut. Commands (a
        ping, a subscription) are passed over by nobody here: none come."""
        return self.read_frame()

    def pour(self, data, total):
        """Sends the same again and again until it is shut, or so many bytes
        were sent; gives how many."""
        sent = 0
        while sent < total and self.send(data):
            sent += len(data)
        return sent

    def closed(self):
        """Waits until the broker closes."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except socket.timeout:
            return False
        except OSError:
            return True

    def close(self):
        self.socket.close()


def own_address():
    """An address of this machine that is not a loopback one, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            return probe.getsockname()[0]
        except OSError:
            return None


def dealer(endpoint, identity=b"", small=False):
    peer = Raw(endpoint, small)
    peer.handshake(b"DEALER", identity)
    return peer


def sub(endpoint, *topics, small=False):
    peer = Raw(endpoint, small)
    peer.handshake(b"SUB")
    for topic in topics:
        peer.send(frame(b"\1" + topic))
    return peer
