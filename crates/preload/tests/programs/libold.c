/* What a program sees of OpenSSL 1.1: another version, other functions behind the same names. */
void *SSL_CTX_new(const void *method)
{
    static int context;
    return method ? &context : 0;
}

long SSL_CTX_ctrl(void *ctx, int command, long number, void *pointer)
{
    (void)ctx, (void)pointer;
    return command * 1000 + number;
}

unsigned long OpenSSL_version_num(void)
{
    return 0x1010117fUL;
}
