/* harness: checks and the text they print. */
#include "harness.h"

#include <stdarg.h>
#include <time.h>

int tls = TLS1_3_VERSION;

static int number, passed, failed;

/* --- checks ------------------------------------------------------------------------------------------------------- */

static void line(const char *prefix, const char *format, va_list args, const char *rest)
{
    fputs(prefix, stdout);
    vprintf(format, args);
    printf("%s\n", rest);
}

void section(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("# --- ", format, args, "");
    va_end(args);
}

void show(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("# ", format, args, "");
    va_end(args);
}

static int verdict(int good, const char *format, va_list args, const char *rest)
{
    char prefix[32];
    number++;
    good ? passed++ : failed++;
    snprintf(prefix, sizeof prefix, "%s %d - ", good ? "ok" : "not ok", number);
    line(prefix, format, args, rest);
    return good;
}

int ok(int good, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    good = verdict(good != 0, format, args, "");
    va_end(args);
    return good;
}

int is(long got, long wanted, const char *format, ...)
{
    char rest[80];
    va_list args;
    va_start(args, format);
    if (got == wanted)
        snprintf(rest, sizeof rest, " = %ld", got);
    else
        snprintf(rest, sizeof rest, " = %ld, wanted %ld", got, wanted);
    int good = verdict(got == wanted, format, args, rest);
    va_end(args);
    return good;
}

int is_text(const char *got, const char *wanted, const char *format, ...)
{
    char rest[600];
    va_list args;
    int good = got && !strcmp(got, wanted);
    va_start(args, format);
    if (good)
        snprintf(rest, sizeof rest, " = \"%s\"", got);
    else
        snprintf(rest, sizeof rest, " = \"%s\", wanted \"%s\"", got ? got : "(null)", wanted);
    verdict(good, format, args, rest);
    va_end(args);
    return good;
}

int carnet_ok(int good, const char *format, ...)
{
    va_list args;
    if (!on_carnet)
        return 1;
    va_start(args, format);
    good ? passed++ : failed++;
    line(good ? "carnet ok - " : "carnet not ok - ", format, args, "");
    va_end(args);
    return good;
}

int knows_another_hash(void)
{
    unsigned long version = OpenSSL_version_num();
    /* 3.0.22 and 3.5.7 do, 3.0.20 does not; the others were not measured. */
    return (version >= 0x30000160UL && version < 0x30100000UL) || version >= 0x30500070UL;
}

int is_since(long moment, long from)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return moment >= from && moment <= (long)now.tv_sec;
}

int finish(void)
{
    identities_free();
    printf("1..%d\n", number);
    return failed != 0 || passed == 0;
}

const char *reason(void)
{
    /* Since OpenSSL 3.2 it says "ssl/tls alert" for "sslv3 alert". */
    static const char renamed[] = "ssl/tls alert ";
    static _Thread_local char text[256];
    unsigned long e = ERR_peek_error();
    const char *why = ERR_reason_error_string(e);
    if (e == 0)
        return "none";
    if (!why)
        snprintf(text, sizeof text, "library %d reason %d", ERR_GET_LIB(e), ERR_GET_REASON(e));
    else if (ERR_GET_LIB(e) == ERR_LIB_SSL && !strncmp(why, renamed, strlen(renamed)))
        snprintf(text, sizeof text, "sslv3%s", why + strlen("ssl/tls"));
    else if (ERR_GET_LIB(e) == ERR_LIB_SSL)
        snprintf(text, sizeof text, "%s", why);
    else
        snprintf(text, sizeof text, "%s: %s", ERR_lib_error_string(e), why);
    ERR_clear_error();
    return text;
}

const char *error_name(int ssl_error)
{
    static const char *const names[] = {"NONE",
                                        "SSL",
                                        "WANT_READ",
                                        "WANT_WRITE",
                                        "WANT_X509_LOOKUP",
                                        "SYSCALL",
                                        "ZERO_RETURN",
                                        "WANT_CONNECT",
                                        "WANT_ACCEPT",
                                        "WANT_ASYNC",
                                        "WANT_ASYNC_JOB",
                                        "WANT_CLIENT_HELLO_CB",
                                        "WANT_RETRY_VERIFY"};
    return ssl_error >= 0 && ssl_error < (int)(sizeof names / sizeof names[0]) ? names[ssl_error] : "unknown";
}

const char *outcome(SSL *ssl, int result)
{
    static _Thread_local char text[4][320];
    static _Thread_local int next;
    char *out = text[next++ % 4];
    int error = SSL_get_error(ssl, result);
    const char *why = reason();
    if (error == SSL_ERROR_NONE)
        snprintf(out, sizeof text[0], "%d%s%s", result, strcmp(why, "none") ? ", and on the queue: " : "",
                 strcmp(why, "none") ? why : "");
    else
        snprintf(out, sizeof text[0], "%d %s (%s)", result, error_name(error), why);
    return out;
}

const int *versions(void)
{
    static int list[3];
    const char *wanted = getenv("C_TESTS_VERSIONS");
    int n = 0;
    if (!wanted || strstr(wanted, "1.3"))
        list[n++] = TLS1_3_VERSION;
    if (wanted && strstr(wanted, "1.2"))
        list[n++] = TLS1_2_VERSION;
    list[n] = 0;
    return list;
}

const char *tls_name(void)
{
    return tls == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2";
}
