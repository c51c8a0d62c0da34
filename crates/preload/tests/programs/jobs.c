/* The server's part of a handshake in one of OpenSSL's asynchronous jobs. Says for both versions what was resumed. */
#include "pair.h"

int main(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    SSL_CTX *client = client_context(), *server = SSL_CTX_new(TLS_server_method());
    int i;
    use_identity(server, "server");
    SSL_CTX_set_mode(server, SSL_MODE_ASYNC);
    for (i = 0; i < 2; i++) {
        struct kept first = { NULL, 0 }, second = { NULL, 0 };
        int full, resumed;
        if (!connect_pair(client, server, versions[i], NULL, NULL, &first, &full)
            || !connect_pair(client, server, versions[i], NULL, first.session, &second, &resumed))
            die("handshake");
        printf("%d %d\n", full, resumed);
        SSL_SESSION_free(first.session);
        SSL_SESSION_free(second.session);
    }
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    return 0;
}
