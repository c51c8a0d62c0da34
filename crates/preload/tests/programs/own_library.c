/*
 * Has a library context of its own and leaves the default one empty, as fips_module(7) advises. For TLS 1.2 and 1.3: a full
 * handshake, one with its ticket in the same place, and one with it where another certificate is.
 */
#include "pair.h"

#include <openssl/provider.h>

static OSSL_LIB_CTX *library;

static SSL_CTX *context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new_ex(library, "provider=default", method);
    if (ctx == NULL)
        die("context");
    return ctx;
}

static SSL_SESSION *connect(SSL_CTX *client_ctx, SSL_CTX *server_ctx, int version, SSL_SESSION *with)
{
    SSL *client = SSL_new(client_ctx), *server = SSL_new(server_ctx);
    struct kept kept = { NULL, 0 };
    SSL_set_ex_data(client, kept_index(), &kept);
    SSL_set_max_proto_version(client, version);
    if (with != NULL)
        SSL_set_session(client, with);
    if (!shake(client, server))
        die("handshake");
    printf("%s ", SSL_session_reused(server) ? "resumed" : "full");
    if (kept.session == NULL)
        kept.session = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_free(client);
    SSL_free(server);
    return kept.session;
}

int main(void)
{
    SSL_CTX *one, *other, *client;
    SSL_SESSION *session;
    int version;
    library = OSSL_LIB_CTX_new();
    if (OSSL_PROVIDER_load(library, "default") == NULL || OSSL_PROVIDER_load(NULL, "null") == NULL)
        die("providers");
    one = context(TLS_server_method());
    other = context(TLS_server_method());
    client = context(TLS_client_method());
    use_identity(one, "server");
    use_identity(other, "other");
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, keep);
    kept_index();
    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        session = connect(client, one, version, NULL);
        SSL_SESSION_free(connect(client, one, version, session));
        SSL_SESSION_free(connect(client, other, version, session));
        SSL_SESSION_free(session);
        printf("\n");
    }
    SSL_CTX_free(one);
    SSL_CTX_free(other);
    SSL_CTX_free(client);
    OSSL_LIB_CTX_free(library);
    return 0;
}
