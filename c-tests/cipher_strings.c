/* ciphers(1), "CIPHER LIST FORMAT": what each string comes to, of the suites that both libraries have. Some strings are picked by hand,
 * most are put together at random (always the same ones; C_TESTS_STRINGS=n for another number of them). */
#include "harness.h"

/* The suites, a letter each. */
static char letter(const SSL_CIPHER *cipher)
{
    static const struct {
        int code;
        char letter;
    } known[] = {{0x1301, 'a'}, {0x1302, 'b'}, {0x1303, 'c'}, {0xc02b, 'E'}, {0xc02c, 'F'},
                 {0xcca9, 'G'}, {0xc02f, 'R'}, {0xc030, 'S'}, {0xcca8, 'T'}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].code == SSL_CIPHER_get_protocol_id(cipher))
            return known[i].letter;
    return 0;
}

static const char *letters(STACK_OF(SSL_CIPHER) *list)
{
    static char text[64];
    size_t n = 0;
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
        char c = letter(sk_SSL_CIPHER_value(list, i));
        if (c && n + 1 < sizeof text)
            text[n++] = c;
    }
    text[n] = 0;
    return text;
}

/* A list of nothing but suites that only libssl has is refused by libcarnet, and is shown as what it comes to: no suite of ours. */
static void show_list(const char *string, int r, STACK_OF(SSL_CIPHER) *list, int level)
{
    const char *why = reason(), *text = letters(list);
    int none = !strpbrk(text, "EFGRST");
    if (none && (r == 1 || !strcmp(why, "no cipher match")))
        show("%-40s -> none (%s), level %d", string, text, level);
    else
        show("%-40s -> %s%s%s, level %d", string, text, r ? "" : ", ", r ? "" : why, level);
}

static void try(const char *string)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    int r = SSL_CTX_set_cipher_list(ctx, string);
    show_list(string, r, SSL_CTX_get_ciphers(ctx), SSL_CTX_get_security_level(ctx));
    SSL_CTX_free(ctx);
}

static const char *const words[] = {
    "ALL", "COMPLEMENTOFALL", "DEFAULT", "COMPLEMENTOFDEFAULT", "HIGH", "MEDIUM", "LOW", "eNULL", "NULL", "aNULL",
    "kRSA", "aRSA", "RSA", "kDHE", "kEDH", "DH", "DHE", "EDH", "ADH", "kEECDH", "kECDHE", "ECDH", "EECDH", "ECDHE", "AECDH",
    "aDSS", "DSS", "aECDSA", "ECDSA", "TLSv1.2", "TLSv1.0", "TLSv1", "SSLv3", "AES128", "AES256", "AES", "AESGCM",
    "AESCCM", "AESCCM8", "ARIA128", "ARIA256", "ARIA", "ARIAGCM", "CAMELLIA128", "CAMELLIA256", "CAMELLIA", "CHACHA20",
    "3DES", "DES", "RC4", "RC2", "IDEA", "SEED", "MD5", "SHA1", "SHA", "SHA256", "SHA384", "aGOST", "kGOST", "GOST94",
    "GOST89MAC", "PSK", "kPSK", "kRSAPSK", "kECDHEPSK", "kDHEPSK", "aPSK", "SRP", "aSRP", "kSRP", "FIPS", "CBC", "AEAD",
    "EXP", "STRENGTH", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "nonsense", "all", "SUITEB128", "TLSv1.3",
    "TLSv1.1"};

static void by_hand(void)
{
    static const char *const strings[] = {
        "", ":", " ", "::,;", "ALL:", ":ALL", "ALL::AES", "ALL,!AES", "ALL !AES", "ALL;!AES", "ALL|AES", "ALL\t!AES",
        "!ALL:ALL", "-ALL:ALL", "ALL:-ALL", "ALL:-ALL:AES128", "ALL:+AES128", "+ALL", "ALL:+ALL", "ALL:+CHACHA20:+aRSA",
        "!", "-", "+", "@", "ALL:!", "ALL:+", "ALL+", "ALL+:AES", "ALL++AES", "+ALL+AES", "ALL+AES128", "AES128+aRSA",
        "AES128+AES256", "AES128+aRSA+aECDSA", "aRSA+aECDSA", "AES128+nonsense", "nonsense+AES128", "AES128+CHACHA20",
        "ECDHE!AES128", "ECDHE!AES128:CHACHA20", "nonsense!AES128:ALL", "nonsense:ALL!AES128", "ALL-AES128", "ALL!-AES",
        "!!AES", "--AES", "!AES:ALL:AES", "-AES:ALL", "ALL:-AES128:+AES256:AES128", "ALL:!AES128:AES128",
        "@STRENGTH", "ALL:@STRENGTH", "ALL@STRENGTH", "AES128:ALL:@STRENGTH", "AES128:AES256@STRENGTH",
        "CHACHA20:AES128:AES256:@STRENGTH", "AES128:aRSA:@STRENGTH:aECDSA", "AES128:ALL:@STRENGTH+AES",
        "AES128:-AES128:ALL:@STRENGTH", "AES128:@STRENGTH:CHACHA20", "ALL:@strength", "ALL:@NONSENSE", "@NONSENSE:ALL", "ALL:@NONSENSE:@SECLEVEL=4", "ALL|AES:@SECLEVEL=4",
        "ALL:@NONSENSE:!AES", "ALL:@", "ALL:@:AES", "ALL:@STRENGTHS", "ALL:@STRENGT", "@SECLEVEL=0:ALL", "ALL:@SECLEVEL=1",
        "ALL@SECLEVEL=2", "ALL@SECLEVEL=3", "ALL:@SECLEVEL=4", "ALL:@SECLEVEL=5", "ALL:@SECLEVEL=6", "ALL:@SECLEVEL=-1",
        "ALL:@SECLEVEL=", "ALL:@SECLEVEL=12", "ALL:@SECLEVEL 1", "ALL:@SECLEVEL=1:@SECLEVEL=3", "@SECLEVEL=3", "@SECLEVEL=1",
        "ALL:@SECLEVEL=1!AES", "ALL:@SECLEVEL=x", "nonsense:@SECLEVEL=4", "nonsense@SECLEVEL=4", "@SECLEVEL=4:@NONSENSE",
        "DEFAULT", "DEFAULT:ALL", "DEFAULT:!AES", "DEFAULT!AES", "DEFAULT@SECLEVEL=1", "DEFAULT@STRENGTH", "DEFAULTS",
        "DEFAULTnonsense", "DEFAULTAES", "DEFAULT+AES", "DEFAULT-AES128", "DEFAULT:DEFAULT", "ALL:DEFAULT", "AES:DEFAULT",
        "ALL:-DEFAULT", "!DEFAULT:ALL", "ALL:+DEFAULT", " DEFAULT", ":DEFAULT", "DEFAULT ", "DEFAULT,!aRSA", "default",
        "SUITEB128", "SUITEB128ONLY", "SUITEB128C2", "SUITEB192", "SUITEB128:ALL", "SUITEB192,!ALL", "SUITEB128ONLYx",
        "SUITEB12", "ALL:SUITEB128", "SUITEB256", "SUITEB1928", "suiteb128", " SUITEB128", "SUITEB128@SECLEVEL=0",
        "FIPS", "FIPS+HIGH", "HIGH+FIPS", "FIPS+ECDHE", "HIGH+LOW", "HIGH+AES128", "TLSv1.2+TLSv1.0", "TLSv1.2+HIGH",
        "TLSv1.2+ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256+TLSv1.2", "TLSv1.0+ECDHE", "TLSv1.3",
        "ECDHE-RSA-AES128-GCM-SHA256+ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256+AES256",
        "AES256+ECDHE-RSA-AES128-GCM-SHA256", "AES+ECDHE-RSA-AES128-GCM-SHA256", "ALL:!ECDHE-RSA-AES128-GCM-SHA256",
        "ALL:-ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256:ALL",
        "ECDHE-RSA-AES128-GCM-SHA25", "ECDHE-RSA-AES128-GCM-SHA256x", "ecdhe-rsa-aes128-gcm-sha256", "AES128-SHA",
        "AES128-SHA:AES128", "kRSA!AES128:ALL", "ALL:!kRSA", "TLS_AES_128_GCM_SHA256",
        "TLS_AES_128_GCM_SHA256:ALL", "ALL:!TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:!aNULL:!MD5", "HIGH:!aNULL:!MD5", "HIGH:!aNULL:!kRSA:!PSK:!SRP:!MD5:!RC4",
        "EECDH+AESGCM:EDH+AESGCM:AES256+EECDH:AES256+EDH", "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL",
        "EECDH+ECDSA+AESGCM EECDH+aRSA+AESGCM EECDH+ECDSA+SHA384 EECDH+ECDSA+SHA256 EECDH+aRSA+SHA384 EECDH !RC4",
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE+AESGCM@STRENGTH", "ALL:!COMPLEMENTOFDEFAULT:!eNULL",
        "COMPLEMENTOFALL", "ALL:COMPLEMENTOFALL", "ALL:!COMPLEMENTOFALL", "eNULL:ALL", "ALL:eNULL", "AES128=AES256", "AES.128",
        "ALL:\xc3\xa9", "ALL:\xc3\xa9!AES", "ALL:(AES)", "ALL:'AES'", "ALL:!AES\"", "ALL:_", "ALL_AES", "ALL&AES:AES"};
    section("by hand");
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        try(strings[i]);
    section("each word alone, taken from all, put last");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char string[128];
        try(words[i]);
        snprintf(string, sizeof string, "ALL:!%s", words[i]);
        try(string);
        snprintf(string, sizeof string, "ALL:+%s", words[i]);
        try(string);
        snprintf(string, sizeof string, "%s!AES128:ALL", words[i]);
        try(string);
    }
}

/* --- at random ------------------------------------------------------------------------------------------------------ */

static uint64_t seed = 20240229;

static unsigned dice(unsigned sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % sides;
}

static void append(char *string, size_t room, const char *text)
{
    size_t used = strlen(string);
    snprintf(string + used, room - used, "%s", text);
}

/* Words that concern our suites come often. */
static const char *any_word(void)
{
    static const char *const ours[] = {"ALL",    "HIGH",   "ECDHE", "aRSA",     "ECDSA",   "AES128",
                                       "AES256", "AESGCM", "AES",   "CHACHA20", "TLSv1.2", "FIPS"};
    static const size_t count = sizeof words / sizeof words[0];
    return dice(3) ? ours[dice(sizeof ours / sizeof ours[0])] : words[dice(count)];
}

static void any_element(char *string, size_t room)
{
    static const char *const commands[] = {"@STRENGTH", "@SECLEVEL=1", "@SECLEVEL=3", "@STRENGTH", "@NONSENSE"};
    static const char *const operators[] = {"", "", "", "!", "-", "+", "-", "+"};
    if (dice(12) == 0) {
        append(string, room, commands[dice(5)]);
        return;
    }
    append(string, room, operators[dice(8)]);
    append(string, room, any_word());
    while (dice(4) == 0) {
        append(string, room, "+");
        append(string, room, any_word());
    }
}

static void at_random(void)
{
    static const char *const separators[] = {":", ":", ":", ":", " ", ",", ";", "::", ""};
    const char *wanted = getenv("C_TESTS_STRINGS");
    long count = wanted ? atol(wanted) : 400;
    section("at random");
    for (long i = 0; i < count; i++) {
        char string[512] = "";
        unsigned elements = 1 + dice(7);
        for (unsigned e = 0; e < elements; e++) {
            if (e > 0)
                append(string, sizeof string, separators[dice(9)]);
            any_element(string, sizeof string);
        }
        try(string);
    }
}

/* --- where the suites stand ------------------------------------------------------------------------------------------ */

static void in_turn(const char *what, int r, SSL_CTX *ctx)
{
    show_list(what, r, SSL_CTX_get_ciphers(ctx), SSL_CTX_get_security_level(ctx));
}

static void contexts(void)
{
    section("TLS 1.3's suites stand first");
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    in_turn("at first", 1, ctx);
    in_turn("AES128", SSL_CTX_set_cipher_list(ctx, "AES128"), ctx);
    in_turn("one suite", SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256"), ctx);
    in_turn("AES256", SSL_CTX_set_cipher_list(ctx, "AES256"), ctx);
    in_turn("no suite", SSL_CTX_set_ciphersuites(ctx, ""), ctx);
    in_turn("a list of none", SSL_CTX_set_cipher_list(ctx, "nonsense"), ctx);
    in_turn("two suites", SSL_CTX_set_ciphersuites(ctx, "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"), ctx);
    in_turn("a command that is none", SSL_CTX_set_cipher_list(ctx, "ALL:@NONSENSE"), ctx);
    in_turn("ALL", SSL_CTX_set_cipher_list(ctx, "ALL"), ctx);
    in_turn("nonsense suites", SSL_CTX_set_ciphersuites(ctx, "nonsense"), ctx);
    in_turn("Suite B", SSL_CTX_set_cipher_list(ctx, "SUITEB128"), ctx);
    in_turn("ALL after Suite B", SSL_CTX_set_cipher_list(ctx, "ALL"), ctx);
    in_turn("Suite B 192", SSL_CTX_set_cipher_list(ctx, "SUITEB192"), ctx);
    in_turn("CHACHA20 after Suite B", SSL_CTX_set_cipher_list(ctx, "CHACHA20"), ctx);
    SSL_CTX_free(ctx);
    static const char *const suites[] = {" TLS_AES_128_GCM_SHA256",
                                         "TLS_AES_128_GCM_SHA256 ",
                                         "TLS_AES_128_GCM_SHA256 : TLS_AES_256_GCM_SHA384",
                                         ":TLS_AES_128_GCM_SHA256",
                                         ":",
                                         " ",
                                         "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384",
                                         "TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256",
                                         "ECDHE-RSA-AES128-GCM-SHA256",
                                         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                                         "TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
                                         "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256",
                                         "ALL",
                                         "DEFAULT",
                                         "TLS_AES_128_GCM_SHA256:!TLS_AES_256_GCM_SHA384",
                                         "nonsense:TLS_CHACHA20_POLY1305_SHA256:more",
                                         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                         "TLS_AES_128_GCM_SHA256:"
                                         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
    section("SSL_CTX_set_ciphersuites");
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        ctx = SSL_CTX_new(TLS_method());
        int r = SSL_CTX_set_ciphersuites(ctx, suites[i]);
        show("\"%s\": %d (%s), %s", suites[i], r, reason(), letters(SSL_CTX_get_ciphers(ctx)));
        SSL_CTX_free(ctx);
    }
}

static void connections(void)
{
    section("connections");
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx), *other = SSL_new(ctx);
    ok(SSL_get_ciphers(ssl) == SSL_get_ciphers(ssl), "a list stays where it is");
    ok(SSL_get_ciphers(ssl) == SSL_CTX_get_ciphers(ctx), "a connection shows its context's");
    int r = SSL_set_cipher_list(ssl, "AES128:@SECLEVEL=1");
    show_list("on the first", r, SSL_get_ciphers(ssl), SSL_get_security_level(ssl));
    r = SSL_set_ciphersuites(other, "TLS_AES_128_GCM_SHA256");
    show_list("on the second", r, SSL_get_ciphers(other), SSL_get_security_level(other));
    show_list("on the context", 1, SSL_CTX_get_ciphers(ctx), SSL_CTX_get_security_level(ctx));
    SSL_CTX_set_cipher_list(ctx, "CHACHA20");
    SSL_CTX_set_ciphersuites(ctx, "TLS_CHACHA20_POLY1305_SHA256");
    show_list("the first, the context changed", 1, SSL_get_ciphers(ssl), SSL_get_security_level(ssl));
    show_list("the second, the context changed", 1, SSL_get_ciphers(other), SSL_get_security_level(other));
    r = SSL_set_cipher_list(other, "nonsense");
    show_list("a list of none", r, SSL_get_ciphers(other), SSL_get_security_level(other));
    SSL *copy = SSL_dup(ssl);
    show_list("a copy of the first", 1, SSL_get_ciphers(copy), SSL_get_security_level(copy));
    SSL_free(copy);
    SSL_free(ssl);
    SSL_free(other);
    SSL_CTX_free(ctx);
}

int main(void)
{
    by_hand();
    at_random();
    contexts();
    connections();
    return finish();
}
