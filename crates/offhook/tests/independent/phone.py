#!/usr/bin/env python3
"""A second phone, to hold the server against the protocols and not against its own client.

It asks the Trust Verification Service and enrols with the Certificate Authority Proxy Function. It was written from
the description of the two protocols alone and shares no code with the rest of the project: Python's standard library
carries the bytes, and the `openssl` command makes keys and signatures. What it saw is printed as JSON. It judges
little: it names each element by its tag, in the order they came, and leaves the verdict to the test.

    phone.py tvs   --server HOST:PORT --device CP-8845-SEP001122AABBCC verify=CERT.der query=CERT.der
    phone.py enrol --server HOST:PORT --name SEP001122AABBCC --out FOLDER [--password 123456] [--holds FOLDER]

A folder holds `key.pem` and `certificate.der`. One that is stored lands in `--out`.
"""

import argparse
import hashlib
import json
import pathlib
import socket
import ssl
import struct
import subprocess
import sys

PATIENCE = 60
CURVES = ["prime256v1", "secp384r1", "secp521r1"]


class Closed(Exception):
    """The server hung up."""


def openssl(*words, given=b""):
    """Runs the command and gives back what it wrote."""
    ran = subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True, timeout=PATIENCE, check=False)
    if ran.returncode != 0:
        sys.exit(f"openssl {' '.join(map(str, words))}: {ran.stderr.decode()}")
    return ran.stdout


class Line:
    """A TLS connection that reads messages of one protocol."""

    def __init__(self, server, header, length_at):
        host, port = server.rsplit(":", 1)
        # Whoever answers is told by its certificate, which the test knows; there is no authority to ask.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self.stream = context.wrap_socket(plain)
        self.shown = hashlib.sha256(self.stream.getpeercert(binary_form=True)).hexdigest()
        self.header, self.length_at = header, length_at
        self.whole = True

    def send(self, message):
        self.stream.sendall(message)

    def _read(self):
        try:
            # One call gives at most one TLS record, so this also tells whether a message came in one piece.
            record = self.stream.recv(1 << 16)
        except (ConnectionError, ssl.SSLError):
            record = b""
        if not record:
            raise Closed
        return record

    def receive(self):
        """The header and the body of the next message."""
        message = self._read()
        needed = self.header
        while True:
            if len(message) >= self.header:
                needed = self.header + struct.unpack_from(">H", message, self.length_at)[0]
            if len(message) >= needed:
                break
            self.whole = False
            message += self._read()
        if len(message) != needed:
            sys.exit(f"{len(message) - needed} bytes stand behind a message: {message.hex()}")
        return message[: self.header], message[self.header :]


def element(tag, value):
    return struct.pack(">BH", tag, len(value)) + value


def elements(body):
    """A list of tag and value, in the order they stand."""
    found = []
    while body:
        tag, length = struct.unpack_from(">BH", body)
        if len(body) < 3 + length:
            sys.exit(f"element {tag} is cut short: {body.hex()}")
        found.append((tag, body[3 : 3 + length]))
        body = body[3 + length :]
    return found


# The Trust Verification Service


def named(path, turned):
    """Issuer and serial number of a certificate: as phones write them, or in the certificate's own order."""
    x509 = ["x509", "-inform", "DER", "-in", path, "-noout"]
    form = "sep_comma_plus,sname,utf8" if turned else "RFC2253"
    issuer = openssl(*x509, "-issuer", "-nameopt", form).decode().strip().split("=", 1)[1]
    serial = openssl(*x509, "-serial").decode().strip().split("=", 1)[1]
    return issuer if turned else issuer.replace(",", ";"), bytes.fromhex(serial)


def tvs_question(device, question):
    """The command and the body for a question: `verify=FILE`, `query=FILE` and the others of `--help`."""
    how, path = question.split("=", 1)
    who = element(1, b"\x01" + device.encode())
    if how == "verify":
        return 1, who + element(2, pathlib.Path(path).read_bytes())
    if how == "broken":
        # An element that is longer than the body it stands in.
        return 1, who + b"\2\xff\xff" + pathlib.Path(path).read_bytes()
    # The other way of asking: other order and separator of the name, other pair of tags, no subject.
    other = how == "query-other"
    issuer, serial = named(path, other)
    if how == "query-wrong":
        serial = serial[:-1] + bytes([serial[-1] ^ 1])
    name = element(5 if other else 4, issuer.encode() + b"\0")
    number = element(6 if other else 5, serial)
    subject = b"" if other else element(3, b"CN=whoever\0")
    return 3, who + subject + name + number


def tvs(args):
    line = Line(args.server, 10, 8)
    answers = []
    for turn, question in enumerate(args.question):
        session = 0x01020304 + turn
        command, body = tvs_question(args.device, question)
        line.send(struct.pack(">BBBBIH", 87, args.version, command, 0, session, len(body)) + body)
        try:
            header, body = line.receive()
        except Closed:
            answers.append({"question": question, "closed": True})
            break
        protocol, version, answer, _, repeated, _ = struct.unpack(">BBBBIH", header)
        found = elements(body)
        values = dict(found)
        answers.append({
            "question": question,
            "protocol": protocol,
            "version": version,
            "command": answer,
            "same_session": repeated == session,
            "tags": [tag for tag, _ in found],
            "status": values[7][0] if len(values.get(7, b"")) == 1 else None,
            "certificate": hashlib.sha256(values[2]).hexdigest() if 2 in values else None,
            "roles": list(values[8]) if 8 in values else None,
            "ttl": struct.unpack(">I", values[9])[0] if 9 in values else None,
        })
    return {"shown": line.shown, "answers": answers}


# The Certificate Authority Proxy Function


def signature(key, kind, data, digest, spoil):
    """Over the bare digest: RSA with padding of type 1 written out here, EC as it is."""
    hashed = hashlib.new(digest, data).digest()
    if kind == "ec":
        return openssl("pkeyutl", "-sign", "-inkey", key, given=hashed)
    size = len(openssl("rsa", "-in", key, "-noout", "-modulus").strip().split(b"=")[1]) // 2
    padded = bytearray(b"\0\1" + b"\xff" * (size - 3 - len(hashed)) + b"\0" + hashed)
    if spoil == digest:
        padded[9] = 0xFE
    # The bare operation of the private key is what `openssl` calls decrypting without padding.
    return openssl("pkeyutl", "-decrypt", "-inkey", key, "-pkeyopt", "rsa_padding_mode:none", given=bytes(padded))


def kind_of(key):
    return "ec" if b"ASN1 OID" in openssl("pkey", "-in", key, "-noout", "-text") else "rsa"


def certificate_element(der):
    return element(4, b"\x01" + struct.pack(">H", len(der) + 2) + b"\0\1" + der)


def proof(args, session):
    """Elements 4, 6, 20 and 16: that the phone holds the key of the certificate in the folder."""
    folder = pathlib.Path(args.holds)
    key, der = folder / "key.pem", (folder / "certificate.der").read_bytes()
    kind = kind_of(key)
    data = (args.signed_name or args.name).encode() + b"\0" + der
    body = certificate_element(der)
    body += element(6, signature(key, kind, data, "sha1", args.spoil))
    long = signature(key, kind, data, "sha512", args.spoil)
    body += element(20, struct.pack(">BH", 3, len(long)) + long)
    if args.sudi:
        data = struct.pack("<I", session ^ (args.spoil == "sudi")) + der
        blocks = [(0, der), (1, signature(key, kind, data, "sha1", "")), (3, signature(key, kind, data, "sha512", ""))]
        body += element(16, b"".join(struct.pack(">BH", number, len(block)) + block for number, block in blocks))
    return body


def make_key(wanted, path):
    """The key that the server asks for, its public half as DER, and what it was."""
    if wanted.get(17) == b"\0":
        bits = struct.unpack(">H", wanted[10])[0]
        options, what = ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"], f"rsa {bits}"
    else:
        curve = CURVES[wanted[18][0]]
        options = ["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-pkeyopt", "ec_param_enc:named_curve"]
        what = f"ec {curve}"
    openssl("genpkey", *options, "-out", path)
    return openssl("pkey", "-in", path, "-pubout", "-outform", "DER"), what


class Enrolment:
    """A session from the phone's side: the server speaks, the phone answers."""

    def __init__(self, args):
        self.args = args
        self.line = Line(args.server, 8, 6)
        self.out = pathlib.Path(args.out)
        self.told = {"shown": self.line.shown, "steps": [], "reason": None, "closed": False, "same_session": True}
        self.session = None

    def say(self, command, body=b""):
        self.line.send(struct.pack(">BBIH", 85, command, self.session, len(body)) + body)

    def authenticate(self, wanted):
        self.told["asked"] = {"version": wanted[7][0], "auth": wanted[8][0]}
        args = self.args
        body = element(1, b"\1") + element(7, bytes([args.version])) + element(11, args.password.encode() + b"\0")
        body += element(13, args.name.encode() + b"\0")
        if args.holds:
            body += proof(args, self.session)
        self.say(2, body)

    def generate(self, wanted):
        self.say(17)
        public, self.told["key"] = make_key(wanted, self.out / "key.pem")
        self.say(17)
        self.say(4, element(9, public))

    def store(self, wanted):
        self.told["type"] = wanted[3][0]
        head, der = wanted[4][:5], wanted[4][5:]
        self.told["head_fits"] = head == b"\x01" + struct.pack(">H", len(der) + 2) + b"\0\1"
        (self.out / "certificate.der").write_bytes(der)
        self.say(10, element(1, b"\1"))

    def fetch(self, _):
        der = (pathlib.Path(self.args.holds or self.args.has) / "certificate.der").read_bytes()
        self.say(12, element(1, b"\1") + certificate_element(der))

    def delete(self, _):
        self.say(14, element(1, b"\1"))

    def run(self):
        answers = {1: self.authenticate, 3: self.generate, 9: self.store, 11: self.fetch, 13: self.delete}
        while self.told["reason"] is None:
            try:
                header, body = self.line.receive()
            except Closed:
                self.told["closed"] = True
                break
            protocol, command, session, _ = struct.unpack(">BBIH", header)
            if self.session is None:
                self.session = session
            self.told["same_session"] &= session == self.session and protocol == 85
            found = elements(body)
            self.told["steps"].append([command, [tag for tag, _ in found]])
            if command == 15:
                self.told["reason"] = dict(found)[1][0]
            elif command in answers:
                answers[command](dict(found))
            else:
                sys.exit(f"the server sent command {command}, which no phone knows: {body.hex()}")
        self.told["one_write"] = self.line.whole
        return self.told


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("tvs", help="ask about certificates, all on one connection")
    ask.add_argument("--device", required=True, help="CP-<model>-SEP<MAC>")
    ask.add_argument("--version", type=int, default=1)
    ask.add_argument("question", nargs="+", help="verify=, query=, query-other=, query-wrong= or broken=, and a DER file")
    enrol = commands.add_parser("enrol", help="one enrolment session")
    enrol.add_argument("--name", required=True, help="SEP<MAC>")
    enrol.add_argument("--out", required=True, help="the folder for the new key and certificate")
    enrol.add_argument("--password", default="")
    enrol.add_argument("--version", type=int, default=3)
    enrol.add_argument("--holds", help="prove it by the key and the certificate in this folder")
    enrol.add_argument("--has", help="show the certificate in this folder when asked for it, and prove nothing")
    enrol.add_argument("--sudi", action="store_true", help="prove it over the number of the session, too")
    enrol.add_argument("--signed-name", help="sign another name than the one that is given")
    enrol.add_argument("--spoil", default="", help="sha1, sha512: a wrong byte in that padding; sudi: a wrong session")
    for command in (ask, enrol):
        command.add_argument("--server", required=True, help="HOST:PORT")
    args = parser.parse_args()
    told = tvs(args) if args.command == "tvs" else Enrolment(args).run()
    print(json.dumps(told, indent=2))


main()
