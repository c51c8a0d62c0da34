/* SSL_CTX_set_keylog_callback(3), SSL_export_keying_material(3), SSL_get_finished(3): secrets that both ends share. */
#include "harness.h"

static char lines[2][16][256];
static int num_lines[2];

static void keylog_cb(const SSL *ssl, const char *text)
{
    int side = SSL_is_server(ssl);
    if (num_lines[side] < 16)
        snprintf(lines[side][num_lines[side]++], sizeof lines[0][0], "%s", text);
}

static int has_line(int side, const char *line)
{
    for (int i = 0; i < num_lines[side]; i++)
        if (!strcmp(lines[side][i], line))
            return 1;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void labels(SSL *client, const char *what)
{
    unsigned char random[32];
    char hex[65] = "";
    char names[16][256];
    section("%s, key log of a %s handshake", tls_name(), what);
    is((long)SSL_get_client_random(client, random, sizeof random), 32, "client random");
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", random[i]);
    is(num_lines[0], num_lines[1], "as many lines on both sides");
    for (int i = 0; i < num_lines[0]; i++) {
        char *space = strchr(lines[0][i], ' ');
        ok(has_line(1, lines[0][i]), "the same line on both sides");
        ok(space && !strncmp(space + 1, hex, 64) && space[65] == ' ', "with the client random");
        ok(space && strspn(space + 1, "0123456789abcdef ") == strlen(space + 1), "in lower-case hex");
        snprintf(names[i], sizeof names[0], "%.*s: %zu digits", space ? (int)(space - lines[0][i]) : 0, lines[0][i],
                 space ? strlen(space + 66) : 0);
    }
    qsort(names, (size_t)num_lines[0], sizeof names[0], by_name);
    for (int i = 0; i < num_lines[0]; i++)
        show("%s", names[i]);
    num_lines[0] = num_lines[1] = 0;
}

static void keylog(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session;
    ok(SSL_CTX_get_keylog_callback(client) == NULL, "none at first");
    SSL_CTX_set_keylog_callback(client, keylog_cb);
    SSL_CTX_set_keylog_callback(server, keylog_cb);
    ok(SSL_CTX_get_keylog_callback(client) == keylog_cb, "set");
    num_lines[0] = num_lines[1] = 0;
    struct pair pair = join(client, server);
    shake(&pair);
    settle(&pair);
    labels(pair.client, "full");
    session = SSL_get1_session(pair.client);
    SSL_shutdown(pair.client);
    part(&pair);
    pair = join(client, server);
    SSL_set_session(pair.client, session);
    shake(&pair);
    labels(pair.client, "resumed");
    settle(&pair);
    if (tls == TLS1_3_VERSION) {
        SSL_key_update(pair.client, SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(pair.client);
        settle(&pair);
        show("lines after a key update: %d, %d", num_lines[0], num_lines[1]);
        for (int side = 0; side < 2; side++)
            if (num_lines[side] == 1)
                show("%.*s", (int)strcspn(lines[side][0], " "), lines[side][0]);
    }
    part(&pair);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void exporter(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    unsigned char a[300], b[300], first[32];
    section("%s, exporter", tls_name());
    int r = SSL_export_keying_material(pair.client, a, 32, "label", 5, NULL, 0, 0);
    show("before the handshake: %d (%s)", r, reason());
    ok(shake(&pair), "handshake");
    is(SSL_export_keying_material(pair.client, a, 32, "EXPORTER-test", 13, NULL, 0, 0), 1, "client");
    is(SSL_export_keying_material(pair.server, b, 32, "EXPORTER-test", 13, NULL, 0, 0), 1, "server");
    ok(!memcmp(a, b, 32), "no context: equal");
    memcpy(first, a, 32);
    SSL_export_keying_material(pair.client, a, 32, "EXPORTER-test", 13, (const unsigned char *)"ctx", 3, 1);
    SSL_export_keying_material(pair.server, b, 32, "EXPORTER-test", 13, (const unsigned char *)"ctx", 3, 1);
    ok(!memcmp(a, b, 32), "a context: equal");
    ok(memcmp(a, first, 32) != 0, "and another value");
    SSL_export_keying_material(pair.client, a, 32, "EXPORTER-test", 13, (const unsigned char *)"", 0, 1);
    show("an empty context is %s", memcmp(a, first, 32) ? "not none" : "the same as none");
    SSL_export_keying_material(pair.client, a, 32, "EXPORTER-text", 13, NULL, 0, 0);
    ok(memcmp(a, first, 32) != 0, "another label: another value");
    SSL_export_keying_material(pair.client, a, 1, "EXPORTER-test", 13, NULL, 0, 0);
    is(SSL_export_keying_material(pair.client, a, sizeof a, "EXPORTER-test", 13, NULL, 0, 0), 1, "300 bytes");
    SSL_export_keying_material(pair.server, b, sizeof b, "EXPORTER-test", 13, NULL, 0, 0);
    ok(!memcmp(a, b, sizeof a), "equal");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void finished(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    unsigned char a[64] = {0}, b[64] = {0};
    section("%s, Finished and randoms", tls_name());
    ok(shake(&pair), "handshake");
    show("lengths %zu %zu", SSL_get_finished(pair.client, a, sizeof a),
         SSL_get_peer_finished(pair.server, b, sizeof b));
    ok(!memcmp(a, b, sizeof a), "the client's Finished is the same on both sides");
    SSL_get_peer_finished(pair.client, a, sizeof a);
    SSL_get_finished(pair.server, b, sizeof b);
    ok(!memcmp(a, b, sizeof a), "the server's too");
    memset(a, 0, sizeof a);
    show("a short buffer: %zu", SSL_get_finished(pair.client, a, 4));
    ok(a[4] == 0, "and no more is written");
    is((long)SSL_get_server_random(pair.client, a, 32), 32, "server random");
    SSL_get_server_random(pair.server, b, 32);
    ok(!memcmp(a, b, 32), "the same on both sides");
    is((long)SSL_get_server_random(pair.client, NULL, 0), 32, "length asked for");
    is((long)SSL_get_client_random(pair.client, a, 5), 5, "a short buffer");
    show("master key before a ticket came: %zu bytes",
         SSL_SESSION_get_master_key(SSL_get_session(pair.client), NULL, 0));
    settle(&pair);
    show("after it: %zu bytes", SSL_SESSION_get_master_key(SSL_get_session(pair.client), NULL, 0));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        keylog();
        exporter();
        finished();
    }
    return finish();
}
