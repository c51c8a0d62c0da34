/* Uses libold. */
#include <stdio.h>

extern void *SSL_CTX_new(const void *method);
extern long SSL_CTX_ctrl(void *ctx, int command, long number, void *pointer);

int main(void)
{
    char keys[80], method;
    void *ctx = SSL_CTX_new(&method);
    printf("%d %ld %ld\n", ctx != NULL, SSL_CTX_ctrl(ctx, 59, 80, keys), SSL_CTX_ctrl(ctx, 33, 1, 0));
    return 0;
}
