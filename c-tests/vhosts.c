/* Virtual hosts: a server-name callback that changes to another SSL_CTX, and tickets that travel between the hosts. */
#include "harness.h"

enum { HOSTS = 3 };
static SSL_CTX *hosts[HOSTS];
static const char *const names[HOSTS] = {"default.example", "one.example", "two.example"};
static struct identity ids[HOSTS];

static int name_cb(SSL *ssl, int *alert, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert, (void)arg;
    for (int i = 1; i < HOSTS && name; i++)
        if (!strcmp(name, names[i])) {
            ok(SSL_set_SSL_CTX(ssl, hosts[i]) == hosts[i], "SSL_set_SSL_CTX");
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_NOACK;
}

static SSL_CTX *client;

/* A visit to a host, offering a session. */
static SSL_SESSION *visit_host(int host, SSL_SESSION *session, const char *what)
{
    struct pair pair = join(client, hosts[0]);
    SSL_SESSION *got = NULL, *copy = session ? SSL_SESSION_dup(session) : NULL;
    SSL_set_tlsext_host_name(pair.client, names[host]);
    if (copy)
        SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    if (show_shake(&pair, what)) {
        settle(&pair);
        show("   resumed %d, certificate %s, the server's context is host %d, verify mode %d, num_tickets %zu, client "
             "%s",
             SSL_session_reused(pair.server), peer_name(pair.client),
             SSL_get_SSL_CTX(pair.server) == hosts[0]   ? 0
             : SSL_get_SSL_CTX(pair.server) == hosts[1] ? 1
                                                        : 2,
             SSL_get_verify_mode(pair.server), SSL_get_num_tickets(pair.server), peer_name(pair.server));
        unsigned len = 0;
        const unsigned char *context = SSL_SESSION_get0_id_context(SSL_get_session(pair.server), &len);
        show("   session id context \"%.*s\"", (int)len, (const char *)context);
        got = SSL_get1_session(pair.client);
        SSL_shutdown(pair.client);
    }
    part(&pair);
    return got;
}

static void open_hosts(int same_context)
{
    client = new_client();
    use_identity(client, client_identity());
    for (int i = 0; i < HOSTS; i++) {
        hosts[i] = new_server();
        use_identity(hosts[i], &ids[i]);
        trust(hosts[i], authority());
        if (!same_context)
            SSL_CTX_set_session_id_context(hosts[i], (const unsigned char *)names[i], 5);
    }
    SSL_CTX_set_tlsext_servername_callback(hosts[0], name_cb);
}

static void close_hosts(void)
{
    for (int i = 0; i < HOSTS; i++)
        SSL_CTX_free(hosts[i]);
    SSL_CTX_free(client);
}

static void travel(int same_context)
{
    SSL_SESSION *sessions[HOSTS];
    section("%s, %s session id context", tls_name(), same_context ? "the same" : "each host its own");
    open_hosts(same_context);
    for (int i = 0; i < HOSTS; i++)
        sessions[i] = visit_host(i, NULL, names[i]);
    for (int from = 0; from < HOSTS; from++)
        for (int to = 0; to < HOSTS; to++) {
            char what[64];
            snprintf(what, sizeof what, "the ticket of host %d at host %d", from, to);
            SSL_SESSION_free(visit_host(to, sessions[from], what));
        }
    for (int i = 0; i < HOSTS; i++)
        SSL_SESSION_free(sessions[i]);
    close_hosts();
}

/* What is taken from the new context, and what stays as SSL_new found it. */
static void inherited(void)
{
    section("%s, settings of the host", tls_name());
    open_hosts(1);
    SSL_CTX_set_verify(hosts[1], SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_num_tickets(hosts[1], 4);
    SSL_CTX_set_options(hosts[1], SSL_OP_NO_TICKET);
    SSL_SESSION_free(visit_host(1, NULL, "a host with settings of its own"));
    SSL_SESSION_free(visit_host(2, NULL, "one without"));
    close_hosts();
}

int main(void)
{
    for (int i = 0; i < HOSTS; i++)
        ids[i] = identity_new(names[i], KEY_P256, authority());
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        travel(1);
        travel(0);
        inherited();
    }
    for (int i = 0; i < HOSTS; i++)
        identity_free(&ids[i]);
    return finish();
}
