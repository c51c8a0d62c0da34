/* SSL_alert_type_string(3), SSL_load_error_strings, SSL_COMP_get_name(3), …: texts that need no connection. */
#include "harness.h"

#include <openssl/tls1.h>

static void alerts(void)
{
    section("alerts");
    for (int i = 0; i < 256; i++)
        if (strcmp(SSL_alert_desc_string(i), "UK"))
            show("%d: %s, %s", i, SSL_alert_desc_string(i), SSL_alert_desc_string_long(i));
    show("unknown: %s, %s", SSL_alert_desc_string(99), SSL_alert_desc_string_long(99));
    for (int level = 0; level < 4; level++)
        show("level %d: %s, %s", level, SSL_alert_type_string(level << 8), SSL_alert_type_string_long(level << 8));
    show("level and description: %s %s", SSL_alert_type_string_long(SSL3_AL_FATAL << 8 | SSL_AD_CERTIFICATE_EXPIRED),
         SSL_alert_desc_string_long(SSL3_AL_FATAL << 8 | SSL_AD_CERTIFICATE_EXPIRED));
}

/* The texts of all reasons: a program's log must not change. */
static void reasons(void)
{
    int texts = 0;
    section("reasons");
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    for (int i = 1; i < 2000; i++) {
        const char *text = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, i));
        if (text) {
            show("%d: %s", i, text);
            texts++;
        }
    }
    ok(texts > 250, "texts");
    is_text(ERR_lib_error_string(ERR_PACK(ERR_LIB_SSL, 0, 1)), "SSL routines", "library");
}

static void others(void)
{
    section("others");
    is(OPENSSL_init_ssl(0, NULL), 1, "OPENSSL_init_ssl");
    is(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_NO_ATEXIT, NULL), 1, "and again");
    show("default suites: %s", OSSL_default_ciphersuites());
    show("default ciphers: %s", OSSL_default_cipher_list());
    is_text(OPENSSL_cipher_name("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), "ECDHE-ECDSA-AES128-GCM-SHA256",
            "OPENSSL_cipher_name");
    is_text(OPENSSL_cipher_name("nonsense"), "(NONE)", "of nonsense");
    show("extension_supported: ALPN %d, 0x1234 %d", SSL_extension_supported(16), SSL_extension_supported(0x1234));
    show("compression: %s", SSL_COMP_get_name(NULL) ? SSL_COMP_get_name(NULL) : "NULL");
}

int main(void)
{
    alerts();
    reasons();
    others();
    return finish();
}
