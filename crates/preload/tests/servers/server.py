# Workers as pre-fork servers have them: each makes its own contexts. Listens on three ports: one asks for no client
# certificate, one requires one, one requires one by another authority. Where it asks for one, only the verification
# differs: no context has a list of authorities to show.
import os, select, socket, ssl, sys

cert, key, ca, other_ca = sys.argv[1:]
listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
for listener in listeners:
    listener.setblocking(False)


def context(authority):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(cert, key)
    if authority:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(authority)
    return made


def serve():
    contexts = dict(zip(listeners, map(context, [None, ca, other_ca])))
    while True:
        for listener in select.select(listeners, [], [])[0]:
            try:
                plain = listener.accept()[0]
            except BlockingIOError:
                continue
            try:
                plain.settimeout(10)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with contexts[listener].wrap_socket(plain, server_side=True) as tls:
                    tls.recv(1000)
                    tls.send(b"pid=%d peer=%a end" % (os.getpid(), tls.getpeercert()))
                    tls.unwrap()
            except OSError:
                pass


def work():
    if os.fork() == 0:
        serve()


for _ in range(2):
    work()
print("ports", *[listener.getsockname()[1] for listener in listeners], flush=True)
while True:
    os.wait()
    work()
    print("a worker is gone, and another has come", flush=True)
