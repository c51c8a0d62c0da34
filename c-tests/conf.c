/* SSL_CONF_cmd(3): settings as text. */
#include "harness.h"

static void command(SSL_CONF_CTX *conf, const char *name, const char *value)
{
    int r = SSL_CONF_cmd(conf, name, value);
    show("%s %s: %d (%s)", name, value ? value : "", r, ERR_peek_error() ? "an error" : "none");
    ERR_clear_error();
}

static SSL_CONF_CTX *open_conf(SSL_CTX *ctx, unsigned flags)
{
    SSL_CONF_CTX *conf = SSL_CONF_CTX_new();
    SSL_CONF_CTX_set_flags(conf, flags);
    SSL_CONF_CTX_set_ssl_ctx(conf, ctx);
    return conf;
}

static void from_a_file(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL_CONF_CTX *conf = open_conf(ctx, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CLIENT |
                                            SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_SHOW_ERRORS);
    section("as in a file");
    command(conf, "MinProtocol", "TLSv1.2");
    command(conf, "MaxProtocol", "TLSv1.3");
    show("   min %lx, max %lx", SSL_CTX_get_min_proto_version(ctx), SSL_CTX_get_max_proto_version(ctx));
    command(conf, "MinProtocol", "TLSv7");
    command(conf, "Ciphersuites", "TLS_AES_128_GCM_SHA256");
    command(conf, "Ciphersuites", "NONSENSE");
    command(conf, "CipherString", "HIGH");
    command(conf, "CipherString", "NONSENSE");
    command(conf, "Groups", "P-256:X25519");
    command(conf, "Groups", "nonsense");
    command(conf, "SignatureAlgorithms", "ECDSA+SHA256");
    command(conf, "ClientSignatureAlgorithms", "ECDSA+SHA256");
    command(conf, "Options", "-SessionTicket,ServerPreference");
    show("   options %#llx", (unsigned long long)SSL_CTX_get_options(ctx));
    command(conf, "Options", "SessionTicket,Nonsense");
    command(conf, "VerifyMode", "Peer,Request");
    show("   verify mode %d", SSL_CTX_get_verify_mode(ctx));
    command(conf, "VerifyMode", "Nonsense");
    command(conf, "NumTickets", "5");
    show("   num_tickets %zu", SSL_CTX_get_num_tickets(ctx));
    command(conf, "NumTickets", "-1");
    command(conf, "RecordPadding", "512");
    command(conf, "Certificate", "/nonexistent");
    command(conf, "minprotocol", "TLSv1.3");
    command(conf, "Nonsense", "x");
    command(conf, "MinProtocol", NULL);
    is(SSL_CONF_CTX_finish(conf), 1, "finish");
    SSL_CONF_CTX_free(conf);
    SSL_CTX_free(ctx);
}

static void from_a_command_line(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL_CONF_CTX *conf = open_conf(ctx, SSL_CONF_FLAG_CMDLINE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CLIENT);
    section("as on a command line");
    command(conf, "-min_protocol", "TLSv1.2");
    command(conf, "-ciphersuites", "TLS_AES_128_GCM_SHA256");
    command(conf, "-no_ticket", NULL);
    show("   options %#llx", (unsigned long long)SSL_CTX_get_options(ctx));
    command(conf, "-num_tickets", "3");
    show("   num_tickets %zu", SSL_CTX_get_num_tickets(ctx));
    command(conf, "-groups", "X25519");
    command(conf, "-cert", "/nonexistent");
    command(conf, "min_protocol", "TLSv1.2");
    command(conf, "-nonsense", NULL);
    show("types: -cert %d, -no_ticket %d, -groups %d, -nonsense %d", SSL_CONF_cmd_value_type(conf, "-cert"),
         SSL_CONF_cmd_value_type(conf, "-no_ticket"), SSL_CONF_cmd_value_type(conf, "-groups"),
         SSL_CONF_cmd_value_type(conf, "-nonsense"));
    char *args[] = {"-no_ticket", "-num_tickets", "1", "rest", NULL}, **argv = args;
    int argc = 4;
    int r;
    while ((r = SSL_CONF_cmd_argv(conf, &argc, &argv)) > 0)
        show("argv: %d taken, %d left", r, argc);
    show("argv: %d at %s", r, *argv);
    is(SSL_CONF_CTX_finish(conf), 1, "finish");
    SSL_CONF_CTX_free(conf);
    SSL_CTX_free(ctx);
}

static void prefixes(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    SSL_CONF_CTX *conf = SSL_CONF_CTX_new();
    section("prefixes, sides, an SSL");
    show("flags %#x", SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT));
    show("flags %#x", SSL_CONF_CTX_clear_flags(conf, SSL_CONF_FLAG_CLIENT));
    SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_CLIENT);
    SSL_CONF_CTX_set_ssl(conf, ssl);
    is(SSL_CONF_CTX_set1_prefix(conf, "SSL_"), 1, "prefix");
    command(conf, "SSL_MinProtocol", "TLSv1.3");
    show("   of the SSL: min %lx", SSL_get_min_proto_version(ssl));
    command(conf, "MinProtocol", "TLSv1.3");
    command(conf, "SSL_NumTickets", "3");
    command(conf, "SSL_VerifyMode", "Peer");
    show("   verify mode %d", SSL_get_verify_mode(ssl));
    SSL_CONF_CTX_free(conf);
    SSL_free(ssl);
    conf = SSL_CONF_CTX_new();
    SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_FILE);
    command(conf, "MinProtocol", "TLSv1.3");
    SSL_CONF_CTX_free(conf);
    SSL_CONF_CTX_free(NULL);
    SSL_CTX_free(ctx);
}

int main(void)
{
    from_a_file();
    from_a_command_line();
    prefixes();
    return finish();
}
