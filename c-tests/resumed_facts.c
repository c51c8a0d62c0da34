/* SSL_CTX_set_session_ticket_cb(3): a resumed connection is "as if a full negotiation had occurred". What both sides can
 * ask for, after the full handshake and after a resumption by ticket, by a ticket that only names the session, and by id. */
#include "harness.h"

static int name_of(X509 *cert, char *out, int room)
{
    out[0] = 0;
    return cert && X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, out, room) > 0;
}

static void show_chain(const char *what, STACK_OF(X509) * chain)
{
    if (!chain) {
        show("   %s: none", what);
        return;
    }
    for (int i = 0; i < sk_X509_num(chain); i++) {
        char name[64];
        name_of(sk_X509_value(chain, i), name, sizeof name);
        show("   %s %d: %s", what, i, name);
    }
    if (sk_X509_num(chain) == 0)
        show("   %s: empty", what);
}

static void show_session(SSL *ssl)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    const unsigned char *alpn = NULL;
    const char *host;
    void *appdata = NULL;
    char name[64];
    size_t alpn_len = 0, ticket_len = 0, appdata_len = 0;
    unsigned id_len = 0, context_len = 0;
    const unsigned char *ticket, *context;
    if (!session) {
        show("   no session");
        return;
    }
    SSL_SESSION_get0_alpn_selected(session, &alpn, &alpn_len);
    SSL_SESSION_get0_ticket(session, &ticket, &ticket_len);
    SSL_SESSION_get0_ticket_appdata(session, &appdata, &appdata_len);
    SSL_SESSION_get_id(session, &id_len);
    context = SSL_SESSION_get0_id_context(session, &context_len);
    host = SSL_SESSION_get0_hostname(session);
    name_of(SSL_SESSION_get0_peer(session), name, sizeof name);
    show("   session: version %x, suite %s, resumable %d, protocol %.*s, host %s, peer %s",
         SSL_SESSION_get_protocol_version(session), SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)),
         SSL_SESSION_is_resumable(session), (int)alpn_len, alpn ? (const char *)alpn : "", host ? host : "none", name);
    show("   session: id %u, context %.*s, ticket %d, hint %lu, timeout %ld, appdata %.*s, secret %zu, fragment %d",
         id_len, (int)context_len, (const char *)context, SSL_SESSION_has_ticket(session),
         SSL_SESSION_get_ticket_lifetime_hint(session), SSL_SESSION_get_timeout(session), (int)appdata_len,
         appdata ? (const char *)appdata : "", SSL_SESSION_get_master_key(session, NULL, 0),
         SSL_SESSION_get_max_fragment_length(session));
}

static void show_facts(SSL *ssl, const char *who)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    X509 *same = SSL_get0_peer_certificate(ssl);
    const unsigned char *alpn = NULL;
    unsigned alpn_len = 0;
    char name[64];
    name_of(cert, name, sizeof name);
    show("%s: reused %d, version %s, suite %s, EMS %ld", who, SSL_session_reused(ssl), SSL_get_version(ssl),
         SSL_get_cipher_name(ssl), SSL_get_extms_support(ssl));
    show("   peer %s, the same %d, verified %ld", cert ? name : "none", cert == same, SSL_get_verify_result(ssl));
    X509_free(cert);
    show_chain("sent", SSL_get_peer_cert_chain(ssl));
    show_chain("verified", SSL_get0_verified_chain(ssl));
    SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
    show("   protocol %.*s", (int)alpn_len, alpn ? (const char *)alpn : "");
    show("   name %s, type %d",
         SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
                                                            : "none",
         SSL_get_servername_type(ssl));
    int digest = 0, type = 0;
    show("   peer signed %d %d %d",
         (int)SSL_get_peer_signature_nid(ssl, &digest) + SSL_get_peer_signature_type_nid(ssl, &type), digest, type);
    show_session(ssl);
    ERR_clear_error();
}

static int generate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), "a user", 6);
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)session, (void)name, (void)name_len, (void)arg;
    return status == SSL_TICKET_SUCCESS_RENEW || status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE_RENEW
                                                                              : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static int alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in, unsigned in_len,
                   void *arg)
{
    (void)ssl, (void)in_len, (void)arg;
    *out = in + 3;
    *len = in[2];
    return SSL_TLSEXT_ERR_OK;
}

static int name_cb(SSL *ssl, int *alert, void *arg)
{
    (void)ssl, (void)alert;
    return *(int *)arg;
}

static int later_alpn; /* what follows offers another list */

static SSL_SESSION *meet(SSL_CTX *client, SSL_CTX *server, SSL_SESSION *offered, const char *host, const char *what)
{
    struct pair pair = join(client, server);
    SSL_SESSION *session = NULL;
    show("-- %s", what);
    if (offered)
        SSL_set_session(pair.client, offered);
    if (host)
        SSL_set_tlsext_host_name(pair.client, host);
    if (later_alpn)
        SSL_set_alpn_protos(pair.client, (const unsigned char *)"\1x\1z", 4);
    if (ok(shake(&pair), "handshake")) {
        say(pair.server, pair.client, "so that tickets arrive");
        show_facts(pair.client, "client");
        show_facts(pair.server, "server");
        session = SSL_get1_session(pair.client);
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
    }
    part(&pair);
    return session;
}

struct way {
    const char *name;
    uint64_t options; /* of the server */
    int client_cert, name_verdict;
};

static void all(const struct way *way)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session, *next;
    int verdict = way->name_verdict;
    section("%s, %s", tls_name(), way->name);
    SSL_CTX_set_options(server, way->options);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, NULL);
    SSL_CTX_set_tlsext_servername_callback(server, name_cb);
    SSL_CTX_set_tlsext_servername_arg(server, &verdict);
    SSL_CTX_set_alpn_select_cb(server, alpn_cb, NULL);
    SSL_CTX_set_alpn_protos(client, (const unsigned char *)"\1x\1y", 4);
    trust(client, authority());
    trust(server, authority());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    if (way->client_cert) {
        use_identity(client, client_identity());
        SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    session = meet(client, server, NULL, "server.example", "in full");
    next = meet(client, server, session, "server.example", "resumed");
    SSL_SESSION_free(session);
    session = next;
    next = meet(client, server, session, "other.example", "resumed, another name");
    SSL_SESSION_free(session);
    session = next;
    next = meet(client, server, session, NULL, "resumed, no name");
    SSL_SESSION_free(session);
    session = next;
    later_alpn = 1;
    next = meet(client, server, session, "server.example", "resumed, another protocol");
    later_alpn = 0;
    SSL_SESSION_free(session);
    SSL_SESSION_free(next);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* A client that took a certificate it could not verify finds the result in the session, and so does the server. */
static int any_cb(int good, X509_STORE_CTX *store)
{
    (void)good, (void)store;
    return 1;
}

static void unverified(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, taken unverified", tls_name());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, any_cb);
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, any_cb);
    use_identity(client, client_identity());
    SSL_SESSION *session = meet(client, server, NULL, NULL, "in full");
    SSL_SESSION_free(meet(client, server, session, NULL, "resumed"));
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Sessions that went through i2d and d2i have lost what the DER does not hold. */
static void through_der(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    unsigned char *der = NULL;
    section("%s, through the DER", tls_name());
    trust(client, authority());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    SSL_SESSION *session = meet(client, server, NULL, "server.example", "in full");
    int len = i2d_SSL_SESSION(session, &der);
    const unsigned char *p = der;
    SSL_SESSION *copy = d2i_SSL_SESSION(NULL, &p, len);
    SSL_SESSION_free(meet(client, server, copy, "server.example", "resumed"));
    OPENSSL_free(der);
    SSL_SESSION_free(copy);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    static const struct way ways[] = {
        {"tickets", 0, 0, SSL_TLSEXT_ERR_OK},
        {"tickets, client certificate", 0, 1, SSL_TLSEXT_ERR_OK},
        {"tickets, the name is not taken", 0, 1, SSL_TLSEXT_ERR_NOACK},
        {"no tickets", SSL_OP_NO_TICKET, 0, SSL_TLSEXT_ERR_OK},
        {"no tickets, client certificate", SSL_OP_NO_TICKET, 1, SSL_TLSEXT_ERR_OK},
    };
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
            all(&ways[i]);
        unverified();
        through_der();
    }
    return finish();
}
