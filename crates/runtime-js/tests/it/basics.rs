//! The shapes of handlers, and what they are given.

use crate::harness::{Bench, eval, invoke, text};
use egret_runtime::Failure;

#[test]
fn both_shapes_of_handler_answer() {
    let bench = Bench::shared();
    assert_eq!(text(&bench.run("export default function () { return new Response('a') }")), "a");
    assert_eq!(text(&bench.run("export default { word: 'b', fetch() { return new Response(this.word) } }")), "b");
    assert_eq!(text(&bench.run("export default async () => new Response('c')")), "c");
}

#[test]
fn the_handler_is_given_request_env_and_context() {
    assert_eq!(eval("return [request.method, request.url, request.headers.get('x-a')]"), "GET,http://shop.test/items/7?x=1,1, 2");
    assert_eq!(eval("return [env.REGION, ctx.params.id, ctx.invocation]"), "eu,7,01JINVOCATION");
}

#[test]
fn what_is_no_response_is_a_bad_answer_that_says_what_it_was() {
    let check = |source: &str, words: &str| match Bench::shared().run(source) {
        Err(Failure::BadAnswer(why)) => assert!(why.contains(words), "{why}"),
        other => panic!("{other:?}"),
    };
    check("export default () => 'text'", "a string");
    check("export default () => {}", "undefined");
    check("export default () => ({ status: 200 })", "an object");
    check("export default () => [1]", "an array");
    check("export default () => new Promise(() => {})", "never settle");
}

#[test]
fn a_loaded_app_is_called_again_and_again() {
    let app = Bench::shared().load("let n = 0; export default () => new Response(String(++n))");
    assert_eq!([text(&invoke(&*app)), text(&invoke(&*app))], ["1", "1"]);
}
