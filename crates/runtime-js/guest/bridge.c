// The functions that the prelude is built on. Each is one import with JavaScript values on one side.
#include "host.h"

// How the engine resizes, and with a size of 0 frees, the memory of a buffer.
static void *resize_taken(JSRuntime *rt, void *opaque, void *bytes, size_t size)
{
    if (size)
        return js_realloc_rt(rt, bytes, size);
    js_free_rt(rt, bytes);
    return NULL;
}

JSValue taken_buffer(JSContext *ctx, int32_t len)
{
    uint8_t *bytes;
    if (len < 0)
        return JS_UNDEFINED;
    bytes = js_malloc(ctx, (size_t)len + 1);
    if (!bytes)
        return JS_EXCEPTION;
    host_take(bytes);
    return JS_NewArrayBuffer(ctx, bytes, len, 0, resize_taken, NULL, 0);
}

JSValue taken_string(JSContext *ctx, int32_t len)
{
    JSValue text;
    char *bytes;
    if (len < 0)
        return JS_UNDEFINED;
    bytes = js_malloc(ctx, (size_t)len + 1);
    if (!bytes)
        return JS_EXCEPTION;
    host_take(bytes);
    text = JS_NewStringLen(ctx, bytes, len);
    js_free(ctx, bytes);
    return text;
}

// The bytes of a Uint8Array, or none for undefined; -1 with an exception for anything else.
static int optional_bytes(JSContext *ctx, JSValueConst value, const uint8_t **bytes, size_t *len)
{
    *bytes = NULL;
    *len = 0;
    if (JS_IsUndefined(value))
        return 0;
    *bytes = JS_GetUint8Array(ctx, len, value);
    return *bytes || !JS_HasException(ctx) ? 0 : -1;
}

// start(kind, head, body?) -> id
static JSValue bridge_start(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t kind, id;
    size_t head_len, body_len;
    const uint8_t *body;
    const char *head;
    if (JS_ToInt32(ctx, &kind, argv[0]) || optional_bytes(ctx, argv[2], &body, &body_len))
        return JS_EXCEPTION;
    head = JS_ToCStringLen(ctx, &head_len, argv[1]);
    if (!head)
        return JS_EXCEPTION;
    id = host_start(kind, head, head_len, body, body_len);
    JS_FreeCString(ctx, head);
    return JS_NewInt32(ctx, id);
}

// waitFor(id) -> 0 | -1
static JSValue bridge_wait_for(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, host_wait_for(id));
}

// head(id) -> string | undefined
static JSValue bridge_head(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    return taken_string(ctx, host_result(id, 0));
}

// body(id) -> ArrayBuffer | undefined
static JSValue bridge_body(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    return taken_buffer(ctx, host_result(id, 1));
}

// cancel(id)
static JSValue bridge_cancel(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    host_cancel(id);
    return JS_UNDEFINED;
}

// log(level, text) and fail(kind, text): magic tells them apart.
static JSValue bridge_tell(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic)
{
    int32_t number;
    size_t len;
    const char *text;
    if (JS_ToInt32(ctx, &number, argv[0]))
        return JS_EXCEPTION;
    text = JS_ToCStringLen(ctx, &len, argv[1]);
    if (!text)
        return JS_EXCEPTION;
    if (magic)
        host_fail(number, text, len);
    else
        host_log(number, text, len);
    JS_FreeCString(ctx, text);
    return JS_UNDEFINED;
}

// url(question) -> string | undefined
static JSValue bridge_url(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    int32_t answer;
    const char *question = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!question)
        return JS_EXCEPTION;
    answer = host_url(question, len);
    JS_FreeCString(ctx, question);
    return taken_string(ctx, answer);
}

// respond(head, body?)
static JSValue bridge_respond(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t head_len, body_len;
    const uint8_t *body;
    const char *head;
    if (optional_bytes(ctx, argv[1], &body, &body_len))
        return JS_EXCEPTION;
    head = JS_ToCStringLen(ctx, &head_len, argv[0]);
    if (!head)
        return JS_EXCEPTION;
    host_respond(head, head_len, body, body_len);
    JS_FreeCString(ctx, head);
    return JS_UNDEFINED;
}

// encode(text) -> Uint8Array; the text must be well-formed
static JSValue bridge_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    JSValue bytes;
    const char *text = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!text)
        return JS_EXCEPTION;
    bytes = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text, len);
    JS_FreeCString(ctx, text);
    return bytes;
}

// decode(bytes, fatal, keepBom) -> string | undefined (ill-formed and fatal)
static JSValue bridge_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    const uint8_t *bytes;
    if (optional_bytes(ctx, argv[0], &bytes, &len))
        return JS_EXCEPTION;
    return text_decode(ctx, bytes, len, JS_ToBool(ctx, argv[1]), JS_ToBool(ctx, argv[2]));
}

// tail(bytes) -> how many bytes at the end await more
static JSValue bridge_tail(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    const uint8_t *bytes;
    if (optional_bytes(ctx, argv[0], &bytes, &len))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, text_incomplete_tail(bytes, len));
}

// promiseState(promise) -> 0 pending | 1 fulfilled | 2 rejected | -1 not a promise; used by console alone
static JSValue bridge_promise_state(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return JS_NewInt32(ctx, JS_PromiseState(ctx, argv[0]));
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("start", 3, bridge_start),
    JS_CFUNC_DEF("waitFor", 1, bridge_wait_for),
    JS_CFUNC_DEF("head", 1, bridge_head),
    JS_CFUNC_DEF("body", 1, bridge_body),
    JS_CFUNC_DEF("cancel", 1, bridge_cancel),
    JS_CFUNC_MAGIC_DEF("log", 2, bridge_tell, 0),
    JS_CFUNC_MAGIC_DEF("fail", 2, bridge_tell, 1),
    JS_CFUNC_DEF("url", 1, bridge_url),
    JS_CFUNC_DEF("respond", 2, bridge_respond),
    JS_CFUNC_DEF("encode", 1, bridge_encode),
    JS_CFUNC_DEF("decode", 3, bridge_decode),
    JS_CFUNC_DEF("tail", 1, bridge_tail),
    JS_CFUNC_DEF("promiseState", 1, bridge_promise_state),
};

JSValue bridge_new(JSContext *ctx)
{
    JSValue bridge = JS_NewObject(ctx);
    if (!JS_IsException(bridge))
        JS_SetPropertyFunctionList(ctx, bridge, functions, sizeof functions / sizeof functions[0]);
    return bridge;
}
