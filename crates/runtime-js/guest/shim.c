// The guest's three doors: wizer-initialize makes the image that every instance starts from, compile turns an app's
// sources into bytecode, run is one invocation. All else is asked of the host through host.h.
#include "host.h"
#include <string.h>

// Of the 1 MiB that the linker gives to C's stack. Deeper recursion of JavaScript is a RangeError that can be caught.
#define STACK_FOR_JS (256 * 1024)
#define MAX_REJECTIONS 32

static JSRuntime *rt;
static JSContext *ctx;
// The prelude's entrances: call a handler, finish an operation, describe an error, report one that nobody caught.
static JSValue dispatch, settle, describe, report;
// Promises that were rejected while nobody listened, and their reasons.
static struct { JSValue promise, reason; } rejections[MAX_REJECTIONS];
static int rejection_count;

static void forget_rejection(int i)
{
    JS_FreeValue(ctx, rejections[i].promise);
    JS_FreeValue(ctx, rejections[i].reason);
    rejections[i] = rejections[--rejection_count];
}

static void track_rejection(JSContext *c, JSValueConst promise, JSValueConst reason, bool is_handled, void *opaque)
{
    int i;
    if (!is_handled) {
        if (rejection_count < MAX_REJECTIONS) {
            rejections[rejection_count].promise = JS_DupValue(c, promise);
            rejections[rejection_count++].reason = JS_DupValue(c, reason);
        }
        return;
    }
    for (i = 0; i < rejection_count; i++)
        if (JS_VALUE_GET_PTR(rejections[i].promise) == JS_VALUE_GET_PTR(promise)) {
            forget_rejection(i);
            return;
        }
}

// Calls a function of the prelude; what it throws is dropped, for it has nowhere to go.
static void tell(JSValueConst function, JSValueConst argument)
{
    JSValue result = JS_Call(ctx, function, JS_UNDEFINED, 1, &argument);
    if (JS_IsException(result))
        JS_FreeValue(ctx, JS_GetException(ctx));
    else
        JS_FreeValue(ctx, result);
}

// Reports the rejections that are still unheard; not that of the promise which is being waited for.
static void report_rejections(JSValueConst awaited)
{
    while (rejection_count) {
        if (JS_VALUE_GET_PTR(rejections[0].promise) != JS_VALUE_GET_PTR(awaited))
            tell(report, rejections[0].reason);
        forget_rejection(0);
    }
}

static void run_jobs(void)
{
    JSContext *c;
    int result;
    while ((result = JS_ExecutePendingJob(rt, &c)) != 0)
        if (result < 0)
            JS_FreeValue(c, JS_GetException(c));
}

// Runs the event loop until the promise has settled. Parking in host_wait is its only way to pass time.
static JSPromiseStateEnum pump(JSValueConst promise)
{
    for (;;) {
        JSPromiseStateEnum state;
        JSValue id;
        int32_t done;
        run_jobs();
        report_rejections(promise);
        state = JS_PromiseState(ctx, promise);
        if (state != JS_PROMISE_PENDING)
            return state;
        done = host_wait();
        if (done < 0)
            return JS_PROMISE_PENDING;
        id = JS_NewInt32(ctx, done);
        tell(settle, id);
    }
}

// Tells the host what was thrown. Consumes the reason.
static int fail_with(JSValue reason)
{
    static const char unknown[] = "[\"Error\",\"an error that cannot be described\",\"\",\"\"]";
    size_t len = sizeof unknown - 1;
    const char *words = NULL;
    JSValue text = JS_Call(ctx, describe, JS_UNDEFINED, 1, (JSValueConst *)&reason);
    if (JS_IsException(text))
        JS_FreeValue(ctx, JS_GetException(ctx));
    else if (JS_IsString(text))
        words = JS_ToCStringLen(ctx, &len, text);
    host_fail(FAIL_THROWN, words ? words : unknown, len);
    JS_FreeCString(ctx, words);
    JS_FreeValue(ctx, text);
    JS_FreeValue(ctx, reason);
    return 1;
}

static int fail_with_exception(void)
{
    return fail_with(JS_GetException(ctx));
}

// Waits for a promise; 0 when it was fulfilled. Consumes the promise.
static int settled(JSValue promise, const char *what)
{
    int failed = 0;
    if (JS_IsException(promise))
        return fail_with_exception();
    switch (pump(promise)) {
    case JS_PROMISE_REJECTED:
        failed = fail_with(JS_PromiseResult(ctx, promise));
        break;
    case JS_PROMISE_PENDING:
        host_fail(FAIL_NEVER_SETTLES, what, strlen(what));
        failed = 1;
        break;
    default:
        break;
    }
    JS_FreeValue(ctx, promise);
    return failed;
}

static char *entry_name(void)
{
    int32_t len = host_input(INPUT_ENTRY);
    char *name = js_malloc(ctx, (size_t)(len < 0 ? 0 : len) + 1);
    if (!name)
        return NULL;
    if (len > 0)
        host_take(name);
    name[len < 0 ? 0 : len] = '\0';
    return name;
}

static void use_modules(JSModuleDef *(*loader)(JSContext *, const char *, void *))
{
    JS_UpdateStackTop(rt);
    JS_SetModuleLoaderFunc(rt, module_normalize, loader, NULL);
}

static JSValue call_handler(JSModuleDef *module)
{
    JSValue args[3], promise;
    args[0] = JS_GetModuleNamespace(ctx, module);
    args[1] = taken_string(ctx, host_input(INPUT_HEAD));
    args[2] = taken_buffer(ctx, host_input(INPUT_BODY));
    if (JS_IsException(args[0]) || JS_IsException(args[1]) || JS_IsException(args[2]))
        promise = JS_EXCEPTION;
    else
        promise = JS_Call(ctx, dispatch, JS_UNDEFINED, 3, (JSValueConst *)args);
    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    JS_FreeValue(ctx, args[2]);
    return promise;
}

// One invocation. 0: the handler is through; 1: the host was told why not.
EXPORT("run") int32_t run(int64_t seed)
{
    JSModuleDef *definition;
    JSValue module;
    char *name;
    use_modules(module_read);
    JS_SetRandomSeed(ctx, (uint64_t)seed);
    name = entry_name();
    module = name ? module_read_value(ctx, name) : JS_EXCEPTION;
    if (JS_IsException(module))
        return fail_with_exception();
    definition = JS_VALUE_GET_PTR(module);
    if (JS_ResolveModule(ctx, module) < 0)
        return fail_with_exception();
    if (settled(JS_EvalFunction(ctx, module), "the module's top-level await"))
        return 1;
    return settled(call_handler(definition), "the handler's promise");
}

// Compiles the entry and all it imports. 0: the host has the bytecode; 1: the host was told why not.
EXPORT("compile") int32_t compile(void)
{
    JSModuleDef *definition;
    JSValue module, namespace;
    JSAtom exported;
    char *name;
    use_modules(module_compile);
    name = entry_name();
    module = name ? module_compile_value(ctx, name) : JS_EXCEPTION;
    if (JS_IsException(module))
        return fail_with_exception();
    definition = JS_VALUE_GET_PTR(module);
    if (JS_LinkModule(ctx, definition) < 0)
        return fail_with_exception();
    namespace = JS_GetModuleNamespace(ctx, definition);
    exported = JS_NewAtom(ctx, "default");
    if (JS_HasProperty(ctx, namespace, exported) > 0)
        return 0;
    JS_ThrowTypeError(ctx, "the module has no default export: write `export default { fetch(request, env, ctx) { ... } }` or `export default function (request) { ... }`");
    return fail_with_exception();
}

static int take_entrances(JSValueConst entrances)
{
    dispatch = JS_GetPropertyStr(ctx, entrances, "dispatch");
    settle = JS_GetPropertyStr(ctx, entrances, "settle");
    describe = JS_GetPropertyStr(ctx, entrances, "describe");
    report = JS_GetPropertyStr(ctx, entrances, "report");
    return JS_IsFunction(ctx, dispatch) && JS_IsFunction(ctx, settle) && JS_IsFunction(ctx, describe) && JS_IsFunction(ctx, report);
}

// The engine's intrinsics without `performance`, whose origin of time the image would freeze.
static JSContext *new_context(void)
{
    JSContext *c = JS_NewContextRaw(rt);
    if (!c)
        __builtin_trap();
    if (JS_AddIntrinsicBaseObjects(c) || JS_AddIntrinsicDate(c) || JS_AddIntrinsicEval(c) || JS_AddIntrinsicRegExp(c)
        || JS_AddIntrinsicJSON(c) || JS_AddIntrinsicProxy(c) || JS_AddIntrinsicMapSet(c) || JS_AddIntrinsicTypedArrays(c)
        || JS_AddIntrinsicPromise(c) || JS_AddIntrinsicWeakRef(c) || JS_AddIntrinsicAToB(c))
        __builtin_trap();
    return c;
}

static JSValue evaluate_prelude(void)
{
    int32_t len = host_input(INPUT_PRELUDE);
    char *source = js_malloc(ctx, (size_t)len + 1);
    JSValue make, bridge, entrances;
    if (!source)
        return JS_EXCEPTION;
    host_take(source);
    source[len] = '\0';
    make = JS_Eval(ctx, source, len, "egret:prelude", JS_EVAL_TYPE_GLOBAL);
    js_free(ctx, source);
    if (JS_IsException(make))
        return make;
    bridge = bridge_new(ctx);
    entrances = JS_Call(ctx, make, JS_UNDEFINED, 1, (JSValueConst *)&bridge);
    JS_FreeValue(ctx, make);
    JS_FreeValue(ctx, bridge);
    return entrances;
}

static void explain_and_trap(void)
{
    JSValue error = JS_GetException(ctx);
    const char *text = JS_ToCString(ctx, error);
    JSValue stack = JS_GetPropertyStr(ctx, error, "stack");
    const char *where = JS_ToCString(ctx, stack);
    if (text)
        host_fail(FAIL_THROWN, text, strlen(text));
    if (where)
        host_fail(FAIL_THROWN, where, strlen(where));
    __builtin_trap();
}

// The key under which strings and numbers are hashed. Every image has its own, so that no client can choose keys of
// objects that collide. It must be there before the runtime, which makes the first strings.
static void set_hash_key(void)
{
    uint64_t key[4];
    if (host_input(INPUT_HASH_KEY) != sizeof key)
        __builtin_trap();
    host_take(key);
    JS_SetHashKey(key);
}

EXPORT("wizer-initialize") void initialize(void)
{
    JSValue entrances;
    set_hash_key();
    rt = JS_NewRuntime();
    if (!rt)
        __builtin_trap();
    JS_SetMaxStackSize(rt, STACK_FOR_JS);
    ctx = new_context();
    JS_SetHostPromiseRejectionTracker(rt, track_rejection, NULL);
    entrances = evaluate_prelude();
    if (JS_IsException(entrances) || !take_entrances(entrances))
        explain_and_trap();
    JS_FreeValue(ctx, entrances);
    JS_RunGC(rt);
}
