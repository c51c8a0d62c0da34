/*
 * What libcarnet leaves out fails as the manual page says a failure looks, and says ERR_R_UNSUPPORTED with the function's own
 * name; what has a true answer ("none was agreed on") gives it and leaves the queue empty. The answers without an error are
 * libssl's too, and compared.
 */
#include "harness.h"

#include <openssl/srtp.h>

static SSL_CTX *ctx;
static SSL *ssl;

/* The call gave `got` for `wanted`, and one error, by its name, is on the queue. */
static void refuses(const char *call, long got, long wanted)
{
    const char *function = NULL;
    unsigned long error = ERR_get_error_all(NULL, NULL, &function, NULL, NULL);
    size_t len = strcspn(call, "(");

    carnet_ok(got == wanted, "%s: %ld", call, got);
    carnet_ok(ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == ERR_R_UNSUPPORTED, "%.*s: unsupported",
              (int)len, call);
    carnet_ok(function != NULL && strlen(function) == len && strncmp(function, call, len) == 0, "%.*s: says its name",
              (int)len, call);
    carnet_ok(ERR_peek_error() == 0, "%.*s: one error", (int)len, call);
    ERR_clear_error();
}

#define REFUSES(call, wanted) refuses(#call, (long)(call), (long)(wanted))
#define REFUSES_VOID(call) ((call), refuses(#call, 0, 0))

static int timestamps(const CT_POLICY_EVAL_CTX *policy, const STACK_OF(SCT) * list, void *arg)
{
    (void)policy, (void)list, (void)arg;
    return 1;
}

static int extension(SSL *s, unsigned type, const unsigned char **out, size_t *len, int *alert, void *arg)
{
    (void)s, (void)type, (void)out, (void)len, (void)alert, (void)arg;
    return 0;
}

static unsigned timer(SSL *s, unsigned us)
{
    (void)s;
    return us;
}

static void protocols(void)
{

    REFUSES(DTLS_method(), NULL);
    REFUSES(DTLS_client_method(), NULL);
    REFUSES(DTLS_server_method(), NULL);
    REFUSES(DTLSv1_2_method(), NULL);
    REFUSES(DTLSv1_listen(ssl, NULL), -1);
    REFUSES(DTLS_get_data_mtu(ssl), 0);
    REFUSES_VOID(DTLS_set_timer_cb(ssl, timer));
    REFUSES(SSL_CTX_set_tlsext_use_srtp(ctx, "SRTP_AES128_CM_SHA1_80"), 1);
    REFUSES(SSL_set_tlsext_use_srtp(ssl, "SRTP_AES128_CM_SHA1_80"), 1);
    REFUSES(SSL_stateless(ssl), -1);
    REFUSES(SSL_sendfile(ssl, 0, 0, 1, 0), -1);
}

static void authentication(void)
{
    REFUSES(SSL_CTX_dane_enable(ctx), 0);
    REFUSES(SSL_dane_enable(ssl, "example.org"), 0);
    REFUSES(SSL_dane_tlsa_add(ssl, 3, 1, 1, (const unsigned char *)"", 0), 0);
    REFUSES(SSL_CTX_dane_mtype_set(ctx, NULL, 1, 1), 0);
    REFUSES(SSL_enable_ct(ssl, SSL_CT_VALIDATION_STRICT), 0);
    REFUSES(SSL_CTX_enable_ct(ctx, SSL_CT_VALIDATION_STRICT), 0);
    REFUSES(SSL_CTX_set_ct_validation_callback(ctx, timestamps, NULL), 0);
    REFUSES(SSL_CTX_set_ctlog_list_file(ctx, "/nowhere"), 0);
    REFUSES(SSL_CTX_set_srp_username(ctx, (char *)"user"), 0);
    REFUSES(SSL_CTX_set_srp_password(ctx, (char *)"word"), 0);
    REFUSES(SSL_set_srp_server_param_pw(ssl, "user", "word", "1024"), -1);
    REFUSES(SSL_get_srp_username(ssl), NULL);
    REFUSES(SSL_check_chain(ssl, NULL, NULL, NULL), 0);
}

static void extensions(void)
{
    REFUSES(SSL_CTX_add_client_custom_ext(ctx, 1000, extension, NULL, NULL, NULL, NULL), 0);
    REFUSES(SSL_CTX_add_server_custom_ext(ctx, 1000, NULL, NULL, NULL, NULL, NULL), 0);
    REFUSES(SSL_CTX_use_serverinfo(ctx, (const unsigned char *)"", 0), 0);
    REFUSES(SSL_set_session_ticket_ext(ssl, NULL, 0), 0);
}

/* Compared with libssl. */
static void truths(void)
{
    const unsigned char *protocol = (const unsigned char *)"x";
    unsigned len = 1;

    section("true answers");
    ok(SSL_get_selected_srtp_profile(ssl) == NULL, "no SRTP profile");
    ok(SSL_get_srtp_profiles(ssl) == NULL, "no SRTP profiles");
    is(SSL_ct_is_enabled(ssl), 0, "no timestamps wanted");
    is(SSL_CTX_ct_is_enabled(ctx), 0, "no timestamps wanted by the context");
    ok(SSL_CTX_get0_ctlog_store(ctx) != NULL || on_carnet, "logs");
    is(SSL_get0_dane_authority(ssl, NULL, NULL), -1, "no TLSA record");
    ok(SSL_get_current_compression(ssl) == NULL, "no compression");
    ok(SSL_get_current_expansion(ssl) == NULL, "no expansion");
    is(SSL_waiting_for_async(ssl), 0, "nothing to wait for");
    is(SSL_CTX_has_client_custom_ext(ctx, 1000), 0, "no extension of the application's");
    ok(SSL_get_psk_identity(ssl) == NULL && SSL_get_psk_identity_hint(ssl) == NULL, "no pre-shared key");
    SSL_get0_next_proto_negotiated(ssl, &protocol, &len);
    ok(protocol == NULL && len == 0, "no NPN");
    is_text(reason(), "none", "no error");
}

int main(void)
{
    ctx = new_server();
    ssl = SSL_new(ctx);
    ERR_clear_error();
    if (on_carnet) {
        protocols();
        authentication();
        extensions();
    }
    truths();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return finish();
}
