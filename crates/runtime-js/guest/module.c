// ES modules. Names are paths inside the app's folder, normalised as text here; whether such a file exists and may be
// read is the host's question, asked once, when the app is loaded. A running function gets bytecode and nothing else.
#include "host.h"
#include <stdio.h>
#include <string.h>

static void refuse(JSContext *ctx, const char *name, const char *why)
{
    JS_ThrowTypeError(ctx, "cannot import '%s': %s", name, why);
}

// Appends the segments of path to out, resolving "." and ".."; -1 when it leaves the folder.
static int append(char *out, const char *path, size_t len)
{
    const char *end = path + len;
    while (path < end) {
        const char *slash = memchr(path, '/', end - path);
        size_t n = (slash ? slash : end) - path, have = strlen(out);
        if (n == 2 && path[0] == '.' && path[1] == '.') {
            char *last = strrchr(out, '/');
            if (!have)
                return -1;
            *(last ? last : out) = '\0';
        } else if (n && !(n == 1 && path[0] == '.')) {
            if (have)
                out[have++] = '/';
            memcpy(out + have, path, n);
            out[have + n] = '\0';
        }
        path += n + 1;
    }
    return 0;
}

char *module_normalize(JSContext *ctx, const char *base, const char *name, void *opaque)
{
    const char *slash = strrchr(base, '/');
    char *out;
    host_importing(base, strlen(base), name, strlen(name));
    if (strncmp(name, "./", 2) && strncmp(name, "../", 3)) {
        refuse(ctx, name, "only files inside the app's folder can be imported, by a path that begins with ./ or ../ (bundle packages first)");
        return NULL;
    }
    out = js_malloc(ctx, strlen(base) + strlen(name) + 2);
    if (!out)
        return NULL;
    out[0] = '\0';
    if (append(out, base, slash ? slash - base : 0) || append(out, name, strlen(name))) {
        js_free(ctx, out);
        refuse(ctx, name, "the path leaves the app's folder");
        return NULL;
    }
    return out;
}

// The host's bytes for a module, NUL-terminated as the parser wants them.
static char *module_bytes(JSContext *ctx, const char *name, int32_t *len)
{
    char *bytes;
    *len = host_module(name, strlen(name));
    if (*len < 0) {
        JS_ThrowTypeError(ctx, "cannot import '%s': it is not among the modules that this function was loaded with", name);
        return NULL;
    }
    bytes = js_malloc(ctx, (size_t)*len + 1);
    if (!bytes)
        return NULL;
    host_take(bytes);
    bytes[*len] = '\0';
    return bytes;
}

JSValue module_compile_value(JSContext *ctx, const char *name)
{
    int32_t len;
    size_t code_len;
    uint8_t *code;
    JSValue module;
    char *source = module_bytes(ctx, name, &len);
    if (!source)
        return JS_EXCEPTION;
    module = JS_Eval(ctx, source, len, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    js_free(ctx, source);
    if (JS_IsException(module))
        return module;
    code = JS_WriteObject(ctx, &code_len, module, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE);
    if (!code) {
        JS_FreeValue(ctx, module);
        return JS_EXCEPTION;
    }
    host_compiled(name, strlen(name), code, code_len);
    js_free(ctx, code);
    return module;
}

JSValue module_read_value(JSContext *ctx, const char *name)
{
    int32_t len;
    JSValue module;
    char *code = module_bytes(ctx, name, &len);
    if (!code)
        return JS_EXCEPTION;
    module = JS_ReadObject(ctx, (uint8_t *)code, len, JS_READ_OBJ_BYTECODE);
    js_free(ctx, code);
    return module;
}

// The engine keeps the module in its own list; the value is one reference too many for a loader.
static JSModuleDef *definition(JSContext *ctx, JSValue module)
{
    JSModuleDef *def;
    if (JS_IsException(module))
        return NULL;
    def = JS_VALUE_GET_PTR(module);
    JS_FreeValue(ctx, module);
    return def;
}

JSModuleDef *module_compile(JSContext *ctx, const char *name, void *opaque)
{
    return definition(ctx, module_compile_value(ctx, name));
}

JSModuleDef *module_read(JSContext *ctx, const char *name, void *opaque)
{
    return definition(ctx, module_read_value(ctx, name));
}
