#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=300
"""The examples that filter packets, with the programs a user would use: curl, getent, nc, between hosts that are namespaces."""

import os
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from frames import SLOW
from hosts import DNS, example, hosts, inside, resolve_with, serving, sh
from ktap import equal, finish, like, ok, within

# An HTTPS server; a client that says nothing keeps no other from being served.
HTTPS = r'''
import http.server, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/cert", sys.argv[1] + "/key")
class Server(http.server.ThreadingHTTPServer):
    def get_request(self):
        connection, address = super().get_request()
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address
Server(("0.0.0.0", 443), http.server.SimpleHTTPRequestHandler).serve_forever()
'''


def sni():
    with tempfile.TemporaryDirectory(dir="/tmp") as directory, hosts():
        sh(f"cd {directory} && openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=test")
        get = "curl -sk -o /dev/null -w '%{http_code}' --max-time "
        with serving("nb", sys.executable, "-c", HTTPS, directory):
            good = get + f"{20 * SLOW} --resolve good.test:443:10.1.1.1 https://good.test/"
            bad = get + f"{4 * SLOW} --resolve bad.test:443:10.1.1.1 https://bad.test/"
            ok("both servers answer", within(20, lambda: inside("na", good).stdout == "200") and inside("na", bad).stdout == "200")
            for words in ("softirq", "softirq percpu"):
                with example("na", "filter", words, "bad.test", "other.test"):
                    equal(f"an allowed server answers ({words})", inside("na", good).stdout, "200")
                    ok(f"a blocked one does not ({words})", inside("na", bad).returncode != 0)
                    like("the log names it", inside("na", "lunatik log examples/filter").stdout, "bad.test\tDROP")
                    # Names are the same in capitals.
                    hello = f"timeout {4 * SLOW} openssl s_client -connect 10.1.1.1:443 -servername BAD.test </dev/null"
                    ok("in capitals neither", "BEGIN CERTIFICATE" not in inside("na", hello).stdout)
            equal("afterwards it answers again", inside("na", bad).stdout, "200")
            sni_by_xdp(directory, good, bad)


def sni_by_xdp(directory, good, bad):
    """The same by an eBPF program at the server's device, where packets of the client come in."""
    if tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (6, 4):
        return
    source = pathlib.Path(__file__).resolve().parents[2] / "examples/filter/https.bpf.c"
    done = sh(f"clang -O2 -g -Wall -Werror -target bpf -I/usr/include/$(uname -m)-linux-gnu -c {source} -o {directory}/https.o", 120)
    ok("the eBPF program compiles", done.returncode == 0, done.stderr)
    hello = "timeout {} openssl s_client -connect 10.1.1.1:443 -servername {} </dev/null"
    for words in ("softirq", "softirq percpu"):
        with example("nb", "filter/sni", words, "bad.test", "other.test"):
            done = inside("nb", f"lunatik xdp load {directory}/https.o vb")
            ok("it is attached", done.returncode == 0, done.stderr)
            equal(f"an allowed server answers ({words})", inside("na", good).stdout, "200")
            ok(f"a blocked one does not ({words})", inside("na", bad).returncode != 0)
            like("the log names it", inside("nb", "lunatik log examples/filter/sni").stdout, "bad.test\tDROP")
            like("openssl gets a certificate", inside("na", hello.format(20 * SLOW, "good.test")).stdout, "BEGIN CERTIFICATE")
            ok("and none of a blocked server", "BEGIN CERTIFICATE" not in inside("na", hello.format(4 * SLOW, "bad.test")).stdout)
            like("no errors", inside("nb", "lunatik --json list").stdout, r'"errors": ?0')
            equal("it is taken off", inside("nb", "lunatik xdp unload vb").returncode, 0)
    equal("afterwards it answers again", inside("na", bad).stdout, "200")


def dns():
    resolve_with("na", "10.1.1.1")
    with hosts(), serving("nb", sys.executable, "-c", DNS):
        def address(name):
            return inside("na", f"getent -s dns ahostsv4 {name}").stdout.split(" ")[0]
        ok("names have addresses", within(20, lambda: address("lunatik.com") == "192.168.10.1"))
        with example("na", "dnsblock", "softirq", "github.com"):
            equal("another name", address("lunatik.com"), "192.168.10.1")
            equal("a blocked name", address("github.com"), "")
            equal("one below it, in capitals", address("API.GitHub.com"), "")
            equal("one that ends alike", address("notgithub.com"), "192.168.10.1")
            like("the log", inside("na", "lunatik log examples/dnsblock").stdout, "DNS query blocked:\tgithub.com")
        equal("afterwards it has one", address("github.com"), "192.168.10.1")
        with example("na", "dnsdoctor", "softirq percpu", "lunatik.com", "10.1.1.2", "192.168.10.1", "10.1.2.3"):
            equal("the doctored name", address("lunatik.com"), "10.1.2.3")
            equal("in capitals", address("LUNATIK.com"), "10.1.2.3")
            equal("another name stays", address("example.com"), "192.168.10.1")
        equal("afterwards it is as it was", address("lunatik.com"), "192.168.10.1")
        with example("na", "dnsdoctor", "softirq", "lunatik.com", "10.1.1.77", "192.168.10.1", "10.1.2.3"):
            equal("for another host only", address("lunatik.com"), "192.168.10.1")


def reject():
    with hosts(), serving("nb", sys.executable, "-m", "http.server", "8080"), serving("nb", sys.executable, "-m", "http.server", "8081"):
        def fetch(port):
            done = inside("na", f"curl -sS -o /dev/null --max-time {10 * SLOW} http://10.1.1.1:{port}/")
            return done.returncode, done.stderr
        ok("both answer", within(30, lambda: fetch(8080)[0] == 0 and fetch(8081)[0] == 0))
        with example("nb", "tcpreject", "softirq", "8080"):
            status, said = fetch(8080)
            equal("refused, not timed out", status, 7)
            like("as curl says", said, "refused|Couldn't connect|Failed to connect")
            equal("the other port answers", fetch(8081)[0], 0)
            errors = inside("nb", "lunatik --json list").stdout
            like("no errors", errors, r'"errors": ?0')
        equal("afterwards it answers", fetch(8080)[0], 0)


def main():
    for part in (sni, dns, reject):
        if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
            part()
    return finish()


sys.exit(main())
