/* A plug-in that brings libssl with it, as Python's _ssl does: the program that loads it has none. */
#include "pair.h"

/* A full and a resumed handshake in each version; how many of four went as they should, and whose keys the tickets had. */
int visit(int *not_openssls)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    unsigned char blob[80];
    int good = 0;
    SSL_CTX *client = client_context(), *server = SSL_CTX_new(TLS_server_method());
    use_identity(server, "server");
    *not_openssls = 0;
    for (int i = 0; i < 2; i++) {
        struct kept first = { NULL, 0 }, second = { NULL, 0 };
        const unsigned char *ticket;
        size_t len = 0;
        int resumed = 0;
        good += connect_pair(client, server, versions[i], "a.example", NULL, &first, &resumed) && !resumed;
        if (first.session != NULL)
            SSL_SESSION_get0_ticket(first.session, &ticket, &len);
        good += connect_pair(client, server, versions[i], "a.example", first.session, &second, &resumed) && resumed;
        if (len > 16) {
            unsigned char name[16];
            memcpy(name, ticket, 16);
            /* At the end only: asking for them is taking them. */
            if (i == 1 && SSL_CTX_get_tlsext_ticket_keys(server, blob, sizeof blob) == 1)
                *not_openssls = memcmp(blob, name, 16) != 0;
        }
        SSL_SESSION_free(first.session);
        SSL_SESSION_free(second.session);
    }
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    return good;
}
