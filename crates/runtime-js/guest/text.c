// UTF-8 as the Encoding standard reads it: every maximal subpart of an ill-formed sequence becomes one U+FFFD.
#include "host.h"
#include <string.h>

// The length of the unit at p: a whole character (*valid = 1) or a maximal subpart (*valid = 0). *cut tells whether
// the subpart ended only because the bytes did.
static size_t unit(const uint8_t *p, const uint8_t *end, int *valid, int *cut)
{
    uint8_t lead = *p, low = 0x80, high = 0xBF;
    size_t need, got = 1;
    *valid = 0;
    *cut = 0;
    if (lead < 0x80) {
        *valid = 1;
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF)
        need = 2;
    else if (lead >= 0xE0 && lead <= 0xEF)
        need = 3;
    else if (lead >= 0xF0 && lead <= 0xF4)
        need = 4;
    else
        return 1;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    for (; got < need; got++) {
        if (p + got == end) {
            *cut = 1;
            return got;
        }
        if (p[got] < low || p[got] > high)
            return got;
        low = 0x80;
        high = 0xBF;
    }
    *valid = 1;
    return need;
}

static size_t count_invalid(const uint8_t *p, const uint8_t *end)
{
    size_t invalid = 0;
    int valid, cut;
    while (p < end) {
        p += unit(p, end, &valid, &cut);
        invalid += !valid;
    }
    return invalid;
}

static JSValue decode_replacing(JSContext *ctx, const uint8_t *p, size_t len, size_t invalid)
{
    const uint8_t *end = p + len;
    uint8_t *clean = js_malloc(ctx, len + 3 * invalid + 1), *to = clean;
    JSValue text;
    int valid, cut;
    if (!clean)
        return JS_EXCEPTION;
    while (p < end) {
        size_t n = unit(p, end, &valid, &cut);
        memcpy(to, valid ? p : (const uint8_t *)"\xEF\xBF\xBD", valid ? n : 3);
        to += valid ? n : 3;
        p += n;
    }
    text = JS_NewStringLen(ctx, (char *)clean, to - clean);
    js_free(ctx, clean);
    return text;
}

JSValue text_decode(JSContext *ctx, const uint8_t *bytes, size_t len, int fatal, int keep_bom)
{
    size_t invalid;
    if (!keep_bom && len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3)) {
        bytes += 3;
        len -= 3;
    }
    invalid = count_invalid(bytes, bytes + len);
    if (!invalid)
        return JS_NewStringLen(ctx, (const char *)bytes, len);
    if (fatal)
        return JS_UNDEFINED;
    return decode_replacing(ctx, bytes, len, invalid);
}

// How many bytes at the end begin a character that more bytes could complete.
size_t text_incomplete_tail(const uint8_t *bytes, size_t len)
{
    size_t back;
    int valid, cut;
    for (back = 1; back <= 3 && back <= len; back++) {
        if (unit(bytes + len - back, bytes + len, &valid, &cut) == back && cut)
            return back;
    }
    return 0;
}
