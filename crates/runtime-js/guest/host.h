// What the guest asks of its host, and what the files of the shim share.
//
// Every import is in the module "egret". None blocks but host_wait and host_wait_for, which park the whole instance.
// Bytes from the host come in two steps, so that the guest owns the memory they are written to: a call names them and
// returns their length (negative: there are none), then host_take writes exactly that many.
#ifndef EGRET_HOST_H
#define EGRET_HOST_H

#include "quickjs.h"
#include <stddef.h>
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("egret"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

enum { INPUT_PRELUDE = 0, INPUT_ENTRY = 1, INPUT_HEAD = 2, INPUT_BODY = 3, INPUT_HASH_KEY = 4 };
enum { FAIL_THROWN = 0, FAIL_BAD_ANSWER = 1, FAIL_NEVER_SETTLES = 2 };

// One of the inputs of this run.
IMPORT("input") int32_t host_input(int32_t kind);
// A module by its normalised name: its source while compiling, its bytecode while running.
IMPORT("module") int32_t host_module(const char *name, size_t name_len);
// Says which import is being looked at, so that the host can name the place of a fault.
IMPORT("importing") void host_importing(const char *base, size_t base_len, const char *name, size_t name_len);
// Hands the host one compiled module.
IMPORT("compiled") void host_compiled(const char *name, size_t name_len, const uint8_t *code, size_t code_len);
// Starts an operation; its id, or a negative number when there are too many.
IMPORT("start") int32_t host_start(int32_t kind, const char *head, size_t head_len, const uint8_t *body, size_t body_len);
// Parks until any operation is done; its id, or -1 when none is under way.
IMPORT("wait") int32_t host_wait(void);
// Parks until this one is done; 0, or -1 when there is no such operation.
IMPORT("wait_for") int32_t host_wait_for(int32_t id);
// A part (0 head, 1 body) of what an operation gave.
IMPORT("result") int32_t host_result(int32_t id, int32_t part);
// Ends an operation, or forgets one that is done.
IMPORT("cancel") void host_cancel(int32_t id);
IMPORT("log") void host_log(int32_t level, const char *text, size_t len);
// A question about a URL or a query string, as a JSON array of strings; the answer is JSON too.
IMPORT("url") int32_t host_url(const char *question, size_t len);
// The function's answer.
IMPORT("respond") void host_respond(const char *head, size_t head_len, const uint8_t *body, size_t body_len);
// Why there is no answer.
IMPORT("fail") void host_fail(int32_t kind, const char *text, size_t len);
// Writes the bytes that the call before announced.
IMPORT("take") void host_take(void *to);

// The announced bytes as a string or an ArrayBuffer.
JSValue taken_string(JSContext *ctx, int32_t len);
JSValue taken_buffer(JSContext *ctx, int32_t len);
// The object of functions that the prelude is given; nothing else ever sees it.
JSValue bridge_new(JSContext *ctx);
// The module loader's two halves, for compiling and for running.
char *module_normalize(JSContext *ctx, const char *base, const char *name, void *opaque);
JSModuleDef *module_compile(JSContext *ctx, const char *name, void *opaque);
JSModuleDef *module_read(JSContext *ctx, const char *name, void *opaque);
// The module as a value, which must be given on or freed; JS_EXCEPTION on failure.
JSValue module_compile_value(JSContext *ctx, const char *name);
JSValue module_read_value(JSContext *ctx, const char *name);
// UTF-8 as the Encoding standard reads it.
JSValue text_decode(JSContext *ctx, const uint8_t *bytes, size_t len, int fatal, int keep_bom);
size_t text_incomplete_tail(const uint8_t *bytes, size_t len);

// Added to QuickJS-NG by quickjs.patch.
void JS_SetHashKey(const uint64_t key[4]);
void JS_SetRandomSeed(JSContext *ctx, uint64_t seed);
int JS_LinkModule(JSContext *ctx, JSModuleDef *module);

#endif
